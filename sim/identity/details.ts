/**
 * Details: every entity of the account with its documents, as GetAccountAuthorizationDetails has
 * them.
 */
import type { Account } from "../iam/account/mod.ts";
import { awsPolicies } from "../iam/account/aws_policies.ts";
import { managedPolicy } from "../iam/account/in_force.ts";
import type { Group, Holder, ManagedPolicy, Role, User } from "../iam/account/model.ts";
import { encodeUri } from "../net/uri.ts";
import { page, type PageRequest } from "./pages.ts";
import {
  attachedShown,
  groupShown,
  inlineShown,
  policyShown,
  profileShown,
  roleShown,
  userShown,
  versionShown,
} from "./views.ts";
import type { Answer, Value } from "./xml.ts";

export const detailTypes = ["User", "Role", "Group", "LocalManagedPolicy", "AWSManagedPolicy"];

interface Detail {
  type: string;
  /** What the list is called in which it stands. */
  list: string;
  name: string;
  shown(): Value;
}

export function detailsOf(
  types: readonly string[],
  request: PageRequest,
  account: Account,
): Answer {
  const all = detailsIn(account).filter(({ type }) => types.includes(type));
  const { items, rest } = page(all, ({ type, name }) => `${type} ${name}`, request);
  const listed = (list: string) =>
    items.filter((one) => one.list === list).map((one) => one.shown());
  return {
    UserDetailList: listed("UserDetailList"),
    GroupDetailList: listed("GroupDetailList"),
    RoleDetailList: listed("RoleDetailList"),
    Policies: listed("Policies"),
    ...rest,
  };
}

function detailsIn(account: Account): Detail[] {
  const { users, groups, roles, policies } = account.entities;
  const managed = (type: string) => (policy: ManagedPolicy): Detail => {
    return { type, list: "Policies", name: policy.arn, shown: () => policyDetail(policy, account) };
  };
  return [
    ...[...users.values()].map((user): Detail => ({
      type: "User",
      list: "UserDetailList",
      name: user.name,
      shown: () => userDetail(user, account),
    })),
    ...[...groups.values()].map((group): Detail => ({
      type: "Group",
      list: "GroupDetailList",
      name: group.name,
      shown: () => groupDetail(group, account),
    })),
    ...[...roles.values()].map((role): Detail => ({
      type: "Role",
      list: "RoleDetailList",
      name: role.name,
      shown: () => roleDetail(role, account),
    })),
    ...[...policies.values()].map(managed("LocalManagedPolicy")),
    ...[...awsPolicies.values()].map(managed("AWSManagedPolicy")),
  ];
}

function attachedTo({ attached }: Holder, { entities }: Account): Value {
  return attached.map((arn) => attachedShown(arn, managedPolicy(arn, entities)?.name ?? ""));
}

function userDetail(user: User, account: Account): Value {
  return {
    ...userShown(user, account),
    UserPolicyList: inlineShown(user.inline),
    GroupList: user.groups,
    AttachedManagedPolicies: attachedTo(user, account),
  };
}

function groupDetail(group: Group, account: Account): Value {
  return {
    ...groupShown(group, account),
    GroupPolicyList: inlineShown(group.inline),
    AttachedManagedPolicies: attachedTo(group, account),
  };
}

function roleDetail(role: Role, account: Account): Value {
  const profiles = [...account.entities.instanceProfiles.values()]
    .filter((profile) => profile.role === role.name);
  return {
    ...roleShown(role, account),
    InstanceProfileList: profiles.map((profile) => profileShown(profile, account)),
    RolePolicyList: inlineShown(role.inline),
    AttachedManagedPolicies: attachedTo(role, account),
  };
}

function policyDetail(policy: ManagedPolicy, account: Account): Value {
  const PolicyVersionList = policy.versions.map((version) => ({
    Document: encodeUri(version.text),
    ...versionShown(version, policy),
  }));
  return { ...policyShown(policy, account), PolicyVersionList };
}
