/**
 * Holders: what the actions on policies of users, groups and roles have in common.
 *
 * Documented: ten managed policies for each; attaching twice is as once.
 */
import type { Entities, Holder, Named } from "../iam/account/model.ts";
import { managedPolicy } from "../iam/account/in_force.ts";
import { encodeUri } from "../net/uri.ts";
import type { Asking, Call } from "./action.ts";
import { onGroup, onRole, onUser, withPolicy } from "./asking.ts";
import { checkedInline } from "./documents.ts";
import { deleteConflict, noSuchEntity, overQuota } from "./errors.ts";
import { attachable, groupOf, roleOf, userOf } from "./lookups.ts";
import { page, type PageRequest } from "./pages.ts";
import { attachedShown } from "./views.ts";
import type { Answer } from "./xml.ts";

export type HolderType = "user" | "group" | "role";

const attachedMax = 10;
const quotas = { user: "PoliciesPerUser", group: "PoliciesPerGroup", role: "PoliciesPerRole" };

export function holderOf(type: HolderType, name: string, entities: Entities): Named & Holder {
  if (type === "user") return userOf(name, entities);
  return type === "group" ? groupOf(name, entities) : roleOf(name, entities);
}

export function onHolder(
  type: HolderType,
  name: string,
  call: Call,
  policyArn?: string,
): Asking {
  const more = policyArn === undefined ? {} : withPolicy(policyArn);
  if (type === "user") return onUser(name, call, more);
  return type === "group" ? onGroup(name, call, more) : onRole(name, call, more);
}

interface Inline {
  holder: string;
  policy: string;
}

export function putInline(
  type: HolderType,
  { holder: name, policy, text }: Inline & { text: string },
  { account }: Call,
): void {
  account.change((entities) => {
    const holder = holderOf(type, name, entities);
    checkedInline(type, holder, policy, text);
    holder.inline.set(policy, text);
  });
}

/** Name and text of one. @throws {ServiceError} NoSuchEntity */
export function getInline(
  type: HolderType,
  { holder, policy }: Inline,
  { account }: Call,
): Answer {
  const text = holderOf(type, holder, account.entities).inline.get(policy);
  if (text === undefined) throw noInline(type, policy);
  return { PolicyName: policy, PolicyDocument: encodeUri(text) };
}

export function deleteInline(
  type: HolderType,
  { holder, policy }: Inline,
  { account }: Call,
): void {
  account.change((entities) => {
    if (!holderOf(type, holder, entities).inline.delete(policy)) throw noInline(type, policy);
  });
}

export function listInline(
  type: HolderType,
  name: string,
  request: PageRequest,
  { account }: Call,
): Answer {
  const holder = holderOf(type, name, account.entities);
  const { items, rest } = page(holder.inline.keys(), (policy) => policy, request);
  return { PolicyNames: items, ...rest };
}

function noInline(type: HolderType, policy: string) {
  return noSuchEntity(`The ${type} policy with name ${policy} cannot be found.`);
}

export function attach(type: HolderType, name: string, arn: string, { account }: Call): void {
  account.change((entities) => {
    const { attached } = holderOf(type, name, entities);
    attachable(arn, entities);
    if (attached.includes(arn)) return;
    if (attached.length >= attachedMax) throw overQuota(quotas[type], attachedMax);
    attached.push(arn);
  });
}

export function detach(type: HolderType, name: string, arn: string, { account }: Call): void {
  account.change((entities) => {
    const { attached } = holderOf(type, name, entities);
    const at = attached.indexOf(arn);
    if (at < 0) throw noSuchEntity(`Policy ${arn} was not found.`);
    attached.splice(at, 1);
  });
}

interface ListAttached extends PageRequest {
  PathPrefix?: string | undefined;
}

export function listAttached(
  type: HolderType,
  name: string,
  request: ListAttached,
  { account }: Call,
): Answer {
  const { PathPrefix = "/" } = request;
  const { entities } = account;
  const policies = holderOf(type, name, entities).attached
    .flatMap((arn) => managedPolicy(arn, entities) ?? [])
    .filter(({ path }) => path.startsWith(PathPrefix));
  const { items, rest } = page(policies, ({ arn }) => arn, request);
  return { AttachedPolicies: items.map(({ arn, name }) => attachedShown(arn, name)), ...rest };
}

/** Before one of them goes. @throws {ServiceError} DeleteConflict */
export function mustHoldNothing({ attached, inline }: Holder): void {
  if (attached.length > 0) {
    throw deleteConflict("Cannot delete entity, must detach all policies first.");
  }
  if (inline.size > 0) throw deleteConflict("Cannot delete entity, must delete policies first.");
}
