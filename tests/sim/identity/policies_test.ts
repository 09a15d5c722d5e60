/**
 * Policies. Inline: PutUserPolicy, GetUserPolicy, ListUserPolicies, DeleteUserPolicy,
 * PutGroupPolicy, GetGroupPolicy, ListGroupPolicies, DeleteGroupPolicy, PutRolePolicy,
 * GetRolePolicy, ListRolePolicies, DeleteRolePolicy. Managed: CreatePolicy, GetPolicy,
 * ListPolicies, DeletePolicy, CreatePolicyVersion, GetPolicyVersion, ListPolicyVersions,
 * DeletePolicyVersion, SetDefaultPolicyVersion, TagPolicy, UntagPolicy, ListPolicyTags,
 * AttachUserPolicy, DetachUserPolicy, ListAttachedUserPolicies, AttachGroupPolicy,
 * DetachGroupPolicy, ListAttachedGroupPolicies, AttachRolePolicy, DetachRolePolicy,
 * ListAttachedRolePolicies, ListEntitiesForPolicy.
 */
import assert from "node:assert/strict";
import {
  accountId,
  asAlice,
  policy,
  refusal,
  type Said,
  startIdentity,
  statement,
  type TestIdentity,
} from "./support.ts";

const lists = policy(statement("Allow", "iam:ListUsers"));
const ours = `arn:aws:iam::${accountId}:policy/ours`;

const holders = [
  { kind: "User", list: "ListUserPolicies", name: "alice", sizeMax: 2048 },
  { kind: "Group", list: "ListGroupPolicies", name: "g", sizeMax: 5120 },
  { kind: "Role", list: "ListRolePolicies", name: "machine", sizeMax: 10_240 },
] as const;

async function withGroup(): Promise<TestIdentity> {
  const identity = await startIdentity();
  await identity.iam("CreateGroup", { GroupName: "g" });
  return identity;
}

/** A policy whose characters, white space aside, are so many. */
function sized(size: number): string {
  const empty = policy({ ...statement("Allow", "s3:GetObject"), Sid: "" });
  return policy({ ...statement("Allow", "s3:GetObject"), Sid: "x".repeat(size - empty.length) });
}

for (const { kind, list, name, sizeMax } of holders) {
  const holder = { [`${kind}Name`]: name };
  const about = { ...holder, PolicyName: "p" };

  Deno.test(`an inline policy of a ${kind} is put, got, listed and deleted`, async () => {
    await using identity = await withGroup();
    const { iam } = identity;
    const text = `${policy(statement("Allow", "s3:*"))}\n  `;
    await iam(`Put${kind}Policy`, { ...about, PolicyDocument: lists });
    await iam(`Put${kind}Policy`, { ...about, PolicyDocument: text });
    const got = await iam(`Get${kind}Policy`, about);
    assert.deepEqual(
      [got[`${kind}Name`], got.PolicyName, decodeURIComponent(got.PolicyDocument)],
      [name, "p", text],
    );
    assert.ok((await iam(list, holder)).PolicyNames.includes("p"));
    await iam(`Delete${kind}Policy`, about);
    assert.equal(
      await refusal(iam(`Get${kind}Policy`, about)),
      `404 NoSuchEntity: The ${kind.toLowerCase()} policy with name p cannot be found.`,
    );
  });

  Deno.test(`inline policies of a ${kind} are ${sizeMax} characters together at most`, async () => {
    await using identity = await withGroup();
    const { iam } = identity;
    for (const PolicyName of ["reads"]) {
      if (kind !== "Group") await iam(`Delete${kind}Policy`, { ...holder, PolicyName });
    }
    await iam(`Put${kind}Policy`, { ...about, PolicyDocument: sized(sizeMax) });
    assert.equal(
      await refusal(iam(`Put${kind}Policy`, { ...about, PolicyDocument: sized(sizeMax + 1) })),
      `409 LimitExceeded: Maximum policy size of ${sizeMax} bytes exceeded for ` +
        `${kind.toLowerCase()} ${name}`,
    );
    assert.match(
      await refusal(iam(`Put${kind}Policy`, {
        ...holder,
        PolicyName: "other",
        PolicyDocument: lists,
      })),
      /^409 LimitExceeded/,
    );
  });

  Deno.test(`a managed policy is attached to a ${kind}, found there and detached`, async () => {
    await using identity = await withGroup();
    const { iam } = identity;
    await iam("CreatePolicy", { PolicyName: "ours", PolicyDocument: lists });
    const attached = { ...holder, PolicyArn: ours };
    await iam(`Attach${kind}Policy`, attached);
    await iam(`Attach${kind}Policy`, attached);
    const { AttachedPolicies } = await iam(`ListAttached${kind}Policies`, holder);
    assert.deepEqual(AttachedPolicies, [{ PolicyName: "ours", PolicyArn: ours }]);
    const entities = await iam("ListEntitiesForPolicy", { PolicyArn: ours });
    assert.equal(entities[`Policy${kind}s`][0][`${kind}Name`], name);
    assert.equal((await iam("GetPolicy", { PolicyArn: ours })).Policy.AttachmentCount, "1");
    assert.match(
      await refusal(iam("DeletePolicy", { PolicyArn: ours })),
      /^409 DeleteConflict: Cannot delete a policy attached to entities/,
    );
    await iam(`Detach${kind}Policy`, attached);
    assert.equal(
      await refusal(iam(`Detach${kind}Policy`, attached)),
      `404 NoSuchEntity: Policy ${ours} was not found.`,
    );
    await iam("DeletePolicy", { PolicyArn: ours });
    assert.equal(
      await refusal(iam(`Attach${kind}Policy`, attached)),
      `404 NoSuchEntity: Policy ${ours} does not exist or is not attachable.`,
    );
  });
}

Deno.test("ten managed policies for each", async () => {
  await using identity = await startIdentity();
  const { iam } = identity;
  const attach = async (at: number) => {
    await iam("CreatePolicy", { PolicyName: `p${at}`, PolicyDocument: lists });
    const PolicyArn = `arn:aws:iam::${accountId}:policy/p${at}`;
    await iam("AttachUserPolicy", { UserName: "alice", PolicyArn });
  };
  for (let at = 0; at < 10; at++) await attach(at);
  assert.equal(
    await refusal(attach(10)),
    "409 LimitExceeded: Cannot exceed quota for PoliciesPerUser: 10",
  );
});

Deno.test("the version in force decides, from the next request on", async () => {
  await using identity = await startIdentity();
  const { iam } = identity;
  const { Policy } = await iam("CreatePolicy", { PolicyName: "ours", PolicyDocument: lists });
  assert.deepEqual([Policy.Arn, Policy.DefaultVersionId], [ours, "v1"]);
  await iam("AttachUserPolicy", { UserName: "alice", PolicyArn: ours });
  await iam("ListUsers", {}, asAlice);
  const nothing = policy(statement("Allow", "s3:GetObject"));
  const version = { PolicyArn: ours, VersionId: "v2" };
  await iam("CreatePolicyVersion", { PolicyArn: ours, PolicyDocument: nothing });
  await iam("ListUsers", {}, asAlice);
  await iam("SetDefaultPolicyVersion", version);
  assert.match(await refusal(iam("ListUsers", {}, asAlice)), /^403 AccessDenied/);
  const got = (await iam("GetPolicyVersion", version)).PolicyVersion;
  assert.deepEqual([decodeURIComponent(got.Document), got.IsDefaultVersion], [nothing, "true"]);
  assert.equal(
    await refusal(iam("DeletePolicyVersion", version)),
    "409 DeleteConflict: Cannot delete the default version of a policy.",
  );
  assert.match(await refusal(iam("DeletePolicy", { PolicyArn: ours })), /^409 DeleteConflict/);
});

Deno.test("five versions, and a number that was used does not come again", async () => {
  await using identity = await startIdentity();
  const { iam } = identity;
  await iam("CreatePolicy", { PolicyName: "ours", PolicyDocument: lists });
  const add = async () =>
    (await iam("CreatePolicyVersion", { PolicyArn: ours, PolicyDocument: lists })).PolicyVersion;
  for (let count = 2; count <= 5; count++) assert.equal((await add()).VersionId, `v${count}`);
  assert.match(await refusal(add()), /^409 LimitExceeded: A managed policy can have up to 5 vers/);
  await iam("DeletePolicyVersion", { PolicyArn: ours, VersionId: "v5" });
  assert.equal((await add()).VersionId, "v6");
  const { Versions } = await iam("ListPolicyVersions", { PolicyArn: ours });
  assert.deepEqual(Versions.map((one: Said) => one.VersionId), ["v6", "v4", "v3", "v2", "v1"]);
});

Deno.test("policies of ours and of AWS are listed apart; AWS's are not ours to change", async () => {
  await using identity = await startIdentity();
  const { iam } = identity;
  await iam("CreatePolicy", { PolicyName: "ours", PolicyDocument: lists, Path: "/p/" });
  const arns = async (parameters: Record<string, string | boolean>) =>
    ((await iam("ListPolicies", parameters)).Policies as Said[]).map(({ Arn }) => Arn);
  const mine = `arn:aws:iam::${accountId}:policy/p/ours`;
  assert.deepEqual(await arns({ Scope: "Local" }), [mine]);
  assert.deepEqual(await arns({ PathPrefix: "/p/" }), [mine]);
  assert.deepEqual(await arns({ OnlyAttached: true }), [
    "arn:aws:iam::aws:policy/AdministratorAccess",
  ]);
  const awsOwn = await arns({ Scope: "AWS" });
  assert.ok(awsOwn.includes("arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"));
  assert.match(await refusal(iam("DeletePolicy", { PolicyArn: awsOwn[0] })), /^404 NoSuchEntity/);
  await iam("TagPolicy", { PolicyArn: mine, Tags: [{ Key: "a", Value: "1" }] });
  assert.deepEqual((await iam("ListPolicyTags", { PolicyArn: mine })).Tags, [
    { Key: "a", Value: "1" },
  ]);
  await iam("UntagPolicy", { PolicyArn: mine, TagKeys: ["a"] });
  assert.equal((await iam("ListPolicyTags", { PolicyArn: mine })).Tags, "");
});

Deno.test("a managed policy is a policy, of 6,144 characters, white space not counted", async () => {
  await using identity = await startIdentity();
  const { iam } = identity;
  const make = (PolicyName: string, PolicyDocument: string) =>
    iam("CreatePolicy", { PolicyName, PolicyDocument });
  await make("most", sized(6144) + " ".repeat(100));
  assert.equal(
    await refusal(make("more", sized(6145))),
    "409 LimitExceeded: Cannot exceed quota for PolicySize: 6144",
  );
  assert.match(await refusal(make("none", "not JSON")), /^400 MalformedPolicyDocument/);
  assert.equal(
    await refusal(make("Most", lists)),
    "409 EntityAlreadyExists: A policy called Most already exists. Duplicate names are not allowed.",
  );
});
