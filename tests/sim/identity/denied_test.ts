/** Each action of IAM and STS, by somebody who may do everything but exactly this. */
import assert from "node:assert/strict";
import { iamActions } from "../../../sim/identity/iam_actions.ts";
import { stsActions } from "../../../sim/identity/sts_actions.ts";
import {
  accountId,
  alice,
  type Given,
  policy,
  readsLogs,
  refused,
  startIdentity,
  statement,
  trustOf,
} from "./support.ts";

const own = (type: string, name: string) => `arn:aws:iam::${accountId}:${type}/${name}`;
const PolicyArn = own("policy", "p");
const UserName = "u";
const GroupName = "g";
const RoleName = "r";
const InstanceProfileName = "i";
const PolicyName = "inline";
const PolicyDocument = readsLogs;
const PermissionsBoundary = PolicyArn;
const Tags = [{ Key: "k", Value: "v" }];
const TagKeys = ["k"];
const AccessKeyId = "AKIAU000000000000000";
const AccountAlias = "alias";
const ActionNames = ["s3:GetObject"];

/** What would succeed. */
const requests: Record<string, Given> = {
  AddRoleToInstanceProfile: { InstanceProfileName: "empty", RoleName },
  AddUserToGroup: { GroupName, UserName: "other" },
  AttachGroupPolicy: { GroupName, PolicyArn: own("policy", "q") },
  AttachRolePolicy: { RoleName, PolicyArn: own("policy", "q") },
  AttachUserPolicy: { UserName, PolicyArn: own("policy", "q") },
  CreateAccessKey: { UserName },
  CreateAccountAlias: { AccountAlias: "another" },
  CreateGroup: { GroupName: "new" },
  CreateInstanceProfile: { InstanceProfileName: "new" },
  CreatePolicy: { PolicyName: "new", PolicyDocument },
  CreatePolicyVersion: { PolicyArn, PolicyDocument, SetAsDefault: true },
  CreateRole: { RoleName: "new", AssumeRolePolicyDocument: trustOf({ AWS: accountId }) },
  CreateUser: { UserName: "new" },
  DeleteAccessKey: { UserName, AccessKeyId },
  DeleteAccountAlias: { AccountAlias },
  DeleteGroup: { GroupName: "empty" },
  DeleteGroupPolicy: { GroupName, PolicyName },
  DeleteInstanceProfile: { InstanceProfileName: "empty" },
  DeletePolicy: { PolicyArn: own("policy", "q") },
  DeletePolicyVersion: { PolicyArn, VersionId: "v2" },
  DeleteRole: { RoleName: "empty" },
  DeleteRolePermissionsBoundary: { RoleName },
  DeleteRolePolicy: { RoleName, PolicyName },
  DeleteUser: { UserName: "other" },
  DeleteUserPermissionsBoundary: { UserName },
  DeleteUserPolicy: { UserName, PolicyName },
  DetachGroupPolicy: { GroupName, PolicyArn },
  DetachRolePolicy: { RoleName, PolicyArn },
  DetachUserPolicy: { UserName, PolicyArn },
  GetAccessKeyLastUsed: { AccessKeyId },
  GetAccountAuthorizationDetails: {},
  GetAccountSummary: {},
  GetContextKeysForCustomPolicy: { PolicyInputList: [readsLogs] },
  GetContextKeysForPrincipalPolicy: { PolicySourceArn: own("user", "u") },
  GetGroup: { GroupName },
  GetGroupPolicy: { GroupName, PolicyName },
  GetInstanceProfile: { InstanceProfileName },
  GetPolicy: { PolicyArn },
  GetPolicyVersion: { PolicyArn, VersionId: "v1" },
  GetRole: { RoleName },
  GetRolePolicy: { RoleName, PolicyName },
  GetUser: { UserName },
  GetUserPolicy: { UserName, PolicyName },
  ListAccessKeys: { UserName },
  ListAccountAliases: {},
  ListAttachedGroupPolicies: { GroupName },
  ListAttachedRolePolicies: { RoleName },
  ListAttachedUserPolicies: { UserName },
  ListEntitiesForPolicy: { PolicyArn },
  ListGroupPolicies: { GroupName },
  ListGroups: {},
  ListGroupsForUser: { UserName },
  ListInstanceProfileTags: { InstanceProfileName },
  ListInstanceProfiles: {},
  ListInstanceProfilesForRole: { RoleName },
  ListPolicies: {},
  ListPolicyTags: { PolicyArn },
  ListPolicyVersions: { PolicyArn },
  ListRolePolicies: { RoleName },
  ListRoleTags: { RoleName },
  ListRoles: {},
  ListUserPolicies: { UserName },
  ListUserTags: { UserName },
  ListUsers: {},
  PutGroupPolicy: { GroupName, PolicyName: "more", PolicyDocument },
  PutRolePermissionsBoundary: { RoleName, PermissionsBoundary },
  PutRolePolicy: { RoleName, PolicyName: "more", PolicyDocument },
  PutUserPermissionsBoundary: { UserName, PermissionsBoundary },
  PutUserPolicy: { UserName, PolicyName: "more", PolicyDocument },
  RemoveRoleFromInstanceProfile: { InstanceProfileName, RoleName },
  RemoveUserFromGroup: { GroupName, UserName },
  SetDefaultPolicyVersion: { PolicyArn, VersionId: "v2" },
  SimulateCustomPolicy: { ActionNames, PolicyInputList: [readsLogs] },
  SimulatePrincipalPolicy: { ActionNames, PolicySourceArn: own("user", "u") },
  TagInstanceProfile: { InstanceProfileName, Tags },
  TagPolicy: { PolicyArn, Tags },
  TagRole: { RoleName, Tags },
  TagUser: { UserName, Tags },
  UntagInstanceProfile: { InstanceProfileName, TagKeys },
  UntagPolicy: { PolicyArn, TagKeys },
  UntagRole: { RoleName, TagKeys },
  UntagUser: { UserName, TagKeys },
  UpdateAccessKey: { UserName, AccessKeyId, Status: "Inactive" },
  UpdateAssumeRolePolicy: { RoleName, PolicyDocument: trustOf({ AWS: accountId }) },
  UpdateGroup: { GroupName, NewGroupName: "renamed" },
  UpdateRole: { RoleName, Description: "another" },
  UpdateRoleDescription: { RoleName, Description: "another" },
  UpdateUser: { UserName, NewUserName: "renamed" },
};

const stsRequests: Record<string, Given> = {
  AssumeRole: { RoleArn: own("role", RoleName), RoleSessionName: "s1" },
  GetAccessKeyInfo: { AccessKeyId },
};
/** Documented: these need no permission, and no policy takes them away. */
const free = ["GetCallerIdentity", "GetSessionToken"];

/** What one action needs beside itself. */
const more: Record<string, readonly [action: string, request: Given][]> = {
  AddRoleToInstanceProfile: [["iam:PassRole", requests.AddRoleToInstanceProfile ?? {}]],
  CreateInstanceProfile: [["iam:TagInstanceProfile", { InstanceProfileName: "new", Tags }]],
  CreatePolicy: [["iam:TagPolicy", { PolicyName: "new", PolicyDocument, Tags }]],
  CreateRole: [["iam:TagRole", {
    RoleName: "new",
    AssumeRolePolicyDocument: trustOf({ AWS: accountId }),
    Tags,
  }]],
  CreateUser: [["iam:TagUser", { UserName: "new", Tags }]],
};

/** Something for each action to work on. */
async function withEntities() {
  const world = await startIdentity();
  const { iam, account } = world;
  for (const name of ["p", "q"]) await iam("CreatePolicy", { PolicyName: name, PolicyDocument });
  await iam("CreatePolicyVersion", { PolicyArn, PolicyDocument });
  const trust = trustOf({ AWS: accountId });
  for (const name of ["u", "other"]) await iam("CreateUser", { UserName: name, Tags });
  for (const name of ["g", "empty"]) await iam("CreateGroup", { GroupName: name });
  for (const name of ["r", "empty"]) {
    await iam("CreateRole", { RoleName: name, AssumeRolePolicyDocument: trust, Tags });
    await iam("CreateInstanceProfile", {
      InstanceProfileName: name === "r" ? "i" : name,
      Tags,
    });
  }
  await iam("AddRoleToInstanceProfile", { InstanceProfileName, RoleName });
  await iam("AddUserToGroup", { GroupName, UserName });
  for (
    const [type, named] of Object.entries({
      User: { UserName },
      Group: { GroupName },
      Role: { RoleName },
    })
  ) {
    await iam(`Put${type}Policy`, { ...named, PolicyName, PolicyDocument });
    await iam(`Attach${type}Policy`, { ...named, PolicyArn });
    if (type !== "Group") {
      await iam(`Put${type}PermissionsBoundary`, { ...named, PermissionsBoundary });
    }
  }
  await iam("CreateAccountAlias", { AccountAlias });
  account.change(({ users }) => {
    users.get(UserName)?.keys.push({ id: AccessKeyId, secret: "s", isActive: true, createdMs: 0 });
  });
  return world;
}

Deno.test("every action of IAM and STS has a request here", () => {
  assert.deepEqual(Object.keys(requests).sort(), [...iamActions.keys()].sort());
  assert.deepEqual([...Object.keys(stsRequests), ...free].sort(), [...stsActions.keys()].sort());
});

Deno.test("whoever may do everything but one action is refused it and nothing happens; else it is done", async (t) => {
  await using world = await withEntities();
  const { account, dir } = world;
  const only = (...denied: string[]) =>
    account.change(({ users }) => {
      const deny = denied.map((action) => statement("Deny", action));
      users.get(alice.name)?.inline.set("reads", policy(statement("Allow", "*"), ...deny));
    });
  const kept = () =>
    ["account.json", "sessions.jsonl"].map((name) => Deno.readTextFileSync(`${dir}/${name}`));
  const first = structuredClone(account.entities);
  for (const service of ["iam", "sts"] as const) {
    const ask = world[service];
    const all = service === "iam" ? requests : stsRequests;
    for (const [name, request] of Object.entries(all)) {
      await t.step(name, async () => {
        for (
          const [action, given] of [[`${service}:${name}`, request] as const, ...more[name] ?? []]
        ) {
          only(action);
          const before = kept();
          const { status, code, message } = await refused(ask(name, given, alice));
          assert.deepEqual([status, code], [403, "AccessDenied"], action);
          assert.match(message, new RegExp(`${action} on resource: .* with an explicit deny`));
          assert.deepEqual(kept(), before, action);
        }
        only();
        await ask(name, request, alice);
        account.change((entities) => Object.assign(entities, structuredClone(first)));
      });
    }
  }
  only("sts:*", "iam:*");
  for (const name of free) assert.ok(await world.sts(name, {}, alice), name);
});
