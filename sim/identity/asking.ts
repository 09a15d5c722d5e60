/**
 * Asking: an entity -> what the door is asked about it: its ARN, its tags, its boundary.
 *
 * One that is not there is asked for under the ARN that it would have, so that a refusal says
 * nothing about what there is.
 *
 * Source: Service authorization reference, "AWS Identity and Access Management".
 */
import type { Account } from "../iam/account/mod.ts";
import { managedPolicy } from "../iam/account/in_force.ts";
import type { Named } from "../iam/account/model.ts";
import { arnOf, type EntityType } from "../iam/account/names.ts";
import type { Context } from "../iam/policy/types.ts";
import type { Asking, Call } from "./action.ts";
import type { Tag } from "./fields.ts";

type Keys = Record<string, string | string[]>;

/** Of an action that knows no resource. */
export const everything: Asking = { resource: "*" };

export function onUser(name: string, { account }: Call, more?: Context): Asking {
  const user = account.entities.users.get(name);
  return about(
    "user",
    name,
    account,
    { ...resourceTags(user?.tags), ...boundaryOf(user), ...more },
    user,
  );
}

export function onRole(name: string, { account }: Call, more?: Context): Asking {
  const role = account.entities.roles.get(name);
  return about(
    "role",
    name,
    account,
    { ...resourceTags(role?.tags), ...boundaryOf(role), ...more },
    role,
  );
}

export function onGroup(name: string, { account }: Call, more: Context = {}): Asking {
  return about("group", name, account, more, account.entities.groups.get(name));
}

export function onProfile(name: string, { account }: Call, more?: Context): Asking {
  const profile = account.entities.instanceProfiles.get(name);
  return about(
    "instance-profile",
    name,
    account,
    { ...resourceTags(profile?.tags), ...more },
    profile,
  );
}

export function onPolicy(arn: string, { account }: Call, more?: Context): Asking {
  const policy = managedPolicy(arn, account.entities);
  return { resource: arn, context: { ...resourceTags(policy?.tags), ...more } };
}

/** One that is to be made. */
export function onNew(
  type: EntityType,
  { name, path = "/" }: { name: string; path?: string | undefined },
  { account }: Call,
  context: Context = {},
): Asking {
  return { resource: arnOf(type, { name, path }, account.accountId), context };
}

function about(
  type: EntityType,
  name: string,
  { accountId }: Account,
  context: Context,
  found: Named | undefined,
): Asking {
  return { resource: arnOf(type, found ?? { name, path: "/" }, accountId), context };
}

function boundaryOf(found: { boundary: string | null } | undefined): Keys {
  const boundary = found?.boundary ?? null;
  return boundary === null ? {} : { "iam:permissionsboundary": boundary };
}

function resourceTags(tags: ReadonlyMap<string, string> = new Map()): Keys {
  const keys: Keys = {};
  for (const [tag, value] of tags) {
    keys[`aws:resourcetag/${tag.toLowerCase()}`] = value;
    keys[`iam:resourcetag/${tag.toLowerCase()}`] = value;
  }
  return keys;
}

/** What a request wants to tag with. */
export function requestTags(tags: readonly Tag[] = []): Keys {
  if (tags.length === 0) return {};
  const keys: Keys = { "aws:tagkeys": tags.map(({ Key }) => Key) };
  for (const { Key, Value } of tags) keys[`aws:requesttag/${Key.toLowerCase()}`] = Value;
  return keys;
}

/** Documented: tagging what is made is a permission of its own. */
export function andTags(
  asking: Asking,
  tags: readonly Tag[] | undefined,
  action: string,
): Asking[] {
  return tags === undefined || tags.length === 0 ? [asking] : [asking, { ...asking, action }];
}

export function withPolicy(arn: string): Context {
  return { "iam:policyarn": arn };
}

export function withBoundary(arn: string | undefined): Context {
  return arn === undefined ? {} : { "iam:permissionsboundary": arn };
}

/** A list is refused under the path that was asked for. */
export function onList(
  type: Exclude<EntityType, "policy">,
  path = "/",
  { account }: Call,
): Asking {
  return { resource: arnOf(type, { path, name: "" }, account.accountId) };
}
