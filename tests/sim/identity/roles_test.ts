/**
 * Roles and instance profiles: CreateRole, GetRole, ListRoles, UpdateRole, UpdateRoleDescription,
 * UpdateAssumeRolePolicy, DeleteRole, TagRole, UntagRole, ListRoleTags,
 * PutRolePermissionsBoundary, DeleteRolePermissionsBoundary; CreateInstanceProfile,
 * GetInstanceProfile, ListInstanceProfiles, ListInstanceProfilesForRole, DeleteInstanceProfile,
 * AddRoleToInstanceProfile, RemoveRoleFromInstanceProfile, TagInstanceProfile,
 * UntagInstanceProfile, ListInstanceProfileTags.
 */
import assert from "node:assert/strict";
import {
  accountId,
  asAlice,
  policy,
  refusal,
  startIdentity,
  statement,
  trustOf,
} from "./support.ts";

const trust = trustOf({ Service: "ec2.amazonaws.com" });

Deno.test("a role is made with all it can have, changed, listed and removed", async () => {
  await using identity = await startIdentity();
  const { iam } = identity;
  const { Role } = await iam("CreateRole", {
    RoleName: "r",
    Path: "/service/",
    AssumeRolePolicyDocument: trust,
    Description: "for <tests> & more",
    MaxSessionDuration: 7200,
    PermissionsBoundary: "arn:aws:iam::aws:policy/PowerUserAccess",
    Tags: [{ Key: "team", Value: "x" }],
  });
  assert.equal(Role.Arn, `arn:aws:iam::${accountId}:role/service/r`);
  assert.match(Role.RoleId, /^AROA/);
  assert.equal(decodeURIComponent(Role.AssumeRolePolicyDocument), trust);
  assert.equal(Role.MaxSessionDuration, "7200");
  assert.deepEqual((await iam("ListRoleTags", { RoleName: "r" })).Tags, [
    { Key: "team", Value: "x" },
  ]);
  await iam("UpdateRole", { RoleName: "r", MaxSessionDuration: 3600 });
  await iam("UpdateRoleDescription", { RoleName: "r", Description: "other" });
  const other = trustOf({ Service: "apigateway.amazonaws.com" });
  await iam("UpdateAssumeRolePolicy", { RoleName: "r", PolicyDocument: other });
  await iam("DeleteRolePermissionsBoundary", { RoleName: "r" });
  await iam("TagRole", { RoleName: "r", Tags: [{ Key: "b", Value: "" }] });
  await iam("UntagRole", { RoleName: "r", TagKeys: ["team"] });
  const changed = (await iam("GetRole", { RoleName: "r" })).Role;
  assert.equal(decodeURIComponent(changed.AssumeRolePolicyDocument), other);
  assert.deepEqual([changed.Description, changed.MaxSessionDuration], ["other", "3600"]);
  assert.equal("PermissionsBoundary" in changed, false);
  assert.deepEqual(changed.Tags, [{ Key: "b", Value: "" }]);
  await iam("PutRolePermissionsBoundary", {
    RoleName: "r",
    PermissionsBoundary: "arn:aws:iam::aws:policy/PowerUserAccess",
  });
  const listed = await iam("ListRoles", { PathPrefix: "/service/" });
  assert.deepEqual(listed.Roles.map((role: { RoleName: string }) => role.RoleName), ["r"]);
  await iam("DeleteRole", { RoleName: "r" });
  assert.equal(
    await refusal(iam("GetRole", { RoleName: "r" })),
    "404 NoSuchEntity: The role with name r cannot be found.",
  );
});

Deno.test("a trust policy must be one, not too long, and name nobody who is not there", async () => {
  await using identity = await startIdentity();
  const { iam } = identity;
  const make = (AssumeRolePolicyDocument: string) =>
    iam("CreateRole", { RoleName: "r", AssumeRolePolicyDocument });
  assert.match(await refusal(make("{")), /^400 MalformedPolicyDocument/);
  const resource = policy({ ...JSON.parse(trust).Statement[0], Resource: "*" });
  assert.match(await refusal(make(resource)), /^400 MalformedPolicyDocument/);
  const nobody = `arn:aws:iam::${accountId}:user/nobody`;
  assert.equal(
    await refusal(make(trustOf({ AWS: nobody }))),
    `400 MalformedPolicyDocument: Invalid principal in policy: "AWS":"${nobody}"`,
  );
  const service = { Effect: "Allow", Action: "sts:AssumeRole" };
  const many = policy(...Array.from({ length: 30 }, (_, at) => ({
    ...service,
    Sid: `s${at}`,
    Principal: { Service: "ec2.amazonaws.com" },
  })));
  assert.equal(
    await refusal(make(many)),
    "409 LimitExceeded: Cannot exceed quota for ACLSizePerRole: 2048",
  );
  await make(trustOf({ AWS: `arn:aws:iam::${accountId}:user/alice` }));
});

Deno.test("an instance profile holds one role, which must be passed and stays while it is held", async () => {
  await using identity = await startIdentity();
  const { iam } = identity;
  await iam("CreateRole", { RoleName: "r", AssumeRolePolicyDocument: trust });
  await iam("CreateInstanceProfile", { InstanceProfileName: "p" });
  const both = { InstanceProfileName: "p", RoleName: "r" };
  await iam("PutUserPolicy", {
    UserName: "alice",
    PolicyName: "adds",
    PolicyDocument: policy(statement("Allow", "iam:AddRoleToInstanceProfile")),
  });
  assert.match(
    await refusal(iam("AddRoleToInstanceProfile", both, asAlice)),
    /not authorized to perform: iam:PassRole on resource: .*:role\/r because/,
  );
  await iam("AddRoleToInstanceProfile", both);
  assert.equal(
    await refusal(iam("AddRoleToInstanceProfile", both)),
    "409 LimitExceeded: Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1",
  );
  const found = (await iam("GetInstanceProfile", { InstanceProfileName: "p" })).InstanceProfile;
  assert.deepEqual(found.Roles.map((role: { RoleName: string }) => role.RoleName), ["r"]);
  const ofRole = await iam("ListInstanceProfilesForRole", { RoleName: "r" });
  assert.equal(ofRole.InstanceProfiles[0].InstanceProfileId, found.InstanceProfileId);
  const inUse = /^409 DeleteConflict: .*must remove roles from instance profile first/;
  assert.match(await refusal(iam("DeleteRole", { RoleName: "r" })), inUse);
  assert.match(await refusal(iam("DeleteInstanceProfile", { InstanceProfileName: "p" })), inUse);
  await iam("RemoveRoleFromInstanceProfile", both);
  await iam("TagInstanceProfile", {
    InstanceProfileName: "p",
    Tags: [{ Key: "a", Value: "1" }, { Key: "b", Value: "2" }],
  });
  await iam("UntagInstanceProfile", { InstanceProfileName: "p", TagKeys: ["a"] });
  const tags = (await iam("ListInstanceProfileTags", { InstanceProfileName: "p" })).Tags;
  assert.deepEqual(tags, [{ Key: "b", Value: "2" }]);
  await iam("DeleteInstanceProfile", { InstanceProfileName: "p" });
  const left = (await iam("ListInstanceProfiles")).InstanceProfiles;
  assert.deepEqual(
    left.map((one: { InstanceProfileName: string }) => one.InstanceProfileName),
    ["machine"],
  );
  assert.equal(
    await refusal(iam("GetInstanceProfile", { InstanceProfileName: "p" })),
    "404 NoSuchEntity: Instance Profile p cannot be found.",
  );
});
