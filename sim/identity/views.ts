/**
 * Views: entities -> what answers show of them.
 *
 * Source: IAM API reference, "Data types".
 */
import type { Account } from "../iam/account/mod.ts";
import type {
  Entities,
  Group,
  InstanceProfile,
  ManagedPolicy,
  Named,
  PolicyVersion,
  Role,
  User,
} from "../iam/account/model.ts";
import { arnOf } from "../iam/account/names.ts";
import { encodeUri } from "../net/uri.ts";
import { timeText, type Value } from "./xml.ts";

type Shown = Record<string, Value>;

export function tagsShown(tags: ReadonlyMap<string, string>): Value {
  return [...tags].map(([Key, Value]) => ({ Key, Value }));
}

function tagsIfAny(tags: ReadonlyMap<string, string>): Shown {
  return tags.size === 0 ? {} : { Tags: tagsShown(tags) };
}

function boundaryShown(arn: string | null): Shown {
  if (arn === null) return {};
  const type = "PermissionsBoundaryPolicy";
  return { PermissionsBoundary: { PermissionsBoundaryType: type, PermissionsBoundaryArn: arn } };
}

/** As in lists: without tags and boundary. */
export function userListed(user: User, { accountId }: Account): Shown {
  return {
    Path: user.path,
    UserName: user.name,
    UserId: user.id,
    Arn: arnOf("user", user, accountId),
    CreateDate: new Date(user.createdMs),
  };
}

export function userShown(user: User, account: Account): Shown {
  return { ...userListed(user, account), ...boundaryShown(user.boundary), ...tagsIfAny(user.tags) };
}

export function groupShown(group: Group, { accountId }: Account): Shown {
  return {
    Path: group.path,
    GroupName: group.name,
    GroupId: group.id,
    Arn: arnOf("group", group, accountId),
    CreateDate: new Date(group.createdMs),
  };
}

/** As in lists: without tags, boundary and last use. */
export function roleListed(role: Role, { accountId }: Account): Shown {
  return {
    Path: role.path,
    RoleName: role.name,
    RoleId: role.id,
    Arn: arnOf("role", role, accountId),
    CreateDate: new Date(role.createdMs),
    AssumeRolePolicyDocument: encodeUri(role.trust),
    Description: role.description,
    MaxSessionDuration: role.maxSessionSeconds,
  };
}

export function roleShown(role: Role, account: Account): Shown {
  const used = account.usedOf(role.id);
  const RoleLastUsed = used === null
    ? {}
    : { LastUsedDate: new Date(used.ms), Region: account.region };
  return {
    ...roleListed(role, account),
    ...boundaryShown(role.boundary),
    ...tagsIfAny(role.tags),
    RoleLastUsed,
  };
}

export function profileShown(profile: InstanceProfile, account: Account): Shown {
  const role = profile.role === null ? undefined : account.entities.roles.get(profile.role);
  return {
    Path: profile.path,
    InstanceProfileName: profile.name,
    InstanceProfileId: profile.id,
    Arn: arnOf("instance-profile", profile, account.accountId),
    CreateDate: new Date(profile.createdMs),
    Roles: role === undefined ? [] : [roleListed(role, account)],
    ...tagsIfAny(profile.tags),
  };
}

/** How many users, groups and roles hold a policy, or have it as their boundary. */
export function uses(arn: string, { users, groups, roles }: Entities) {
  const holders = [...users.values(), ...groups.values(), ...roles.values()];
  const bounded = [...users.values(), ...roles.values()];
  return {
    attached: holders.filter(({ attached }) => attached.includes(arn)).length,
    boundaries: bounded.filter(({ boundary }) => boundary === arn).length,
  };
}

/** As in lists: without description and tags. */
export function policyListed(policy: ManagedPolicy, { entities }: Account): Shown {
  const { attached, boundaries } = uses(policy.arn, entities);
  return {
    PolicyName: policy.name,
    PolicyId: policy.id,
    Arn: policy.arn,
    Path: policy.path,
    DefaultVersionId: policy.defaultVersion,
    AttachmentCount: attached,
    PermissionsBoundaryUsageCount: boundaries,
    IsAttachable: true,
    CreateDate: new Date(policy.createdMs),
    UpdateDate: new Date(policy.updatedMs),
  };
}

/** Observed (moto's tests that were verified on AWS): GetPolicy has tags, be there any or not. */
export function policyShown(policy: ManagedPolicy, account: Account): Shown {
  const { description, tags } = policy;
  return { ...policyListed(policy, account), Description: description, Tags: tagsShown(tags) };
}

/** Observed (as above): CreatePolicy tells no description, and tags only where some were given. */
export function policyMade(policy: ManagedPolicy, account: Account): Shown {
  return { ...policyListed(policy, account), ...tagsIfAny(policy.tags) };
}

export function versionShown(version: PolicyVersion, policy: ManagedPolicy): Shown {
  return {
    VersionId: version.id,
    IsDefaultVersion: version.id === policy.defaultVersion,
    CreateDate: new Date(version.createdMs),
  };
}

export function attachedShown(arn: string, name: string): Shown {
  return { PolicyName: name, PolicyArn: arn };
}

export function inlineShown(policies: ReadonlyMap<string, string>): Value {
  return [...policies].map(([PolicyName, text]) => ({
    PolicyName,
    PolicyDocument: encodeUri(text),
  }));
}

/** Without fractions, as answers have it. */
export function secondText(ms: number): string {
  return timeText(new Date(ms));
}

/** Path first, so that lists come in the order of paths. */
export function listKey({ name }: Named): string {
  return name;
}
