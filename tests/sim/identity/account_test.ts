/**
 * The account as a whole: GetAccountAuthorizationDetails, GetAccountSummary, ListAccountAliases,
 * CreateAccountAlias, DeleteAccountAlias; simulation: SimulatePrincipalPolicy,
 * SimulateCustomPolicy, GetContextKeysForPrincipalPolicy, GetContextKeysForCustomPolicy.
 */
import assert from "node:assert/strict";
import {
  accountId,
  asAlice,
  policy,
  readsLogs,
  refusal,
  type Said,
  startIdentity,
  statement,
} from "./support.ts";

const aliceArn = `arn:aws:iam::${accountId}:user/alice`;

Deno.test("the details hold every document, by kind and in pages", async () => {
  await using identity = await startIdentity();
  const { iam } = identity;
  const all = await iam("GetAccountAuthorizationDetails", { Filter: ["User", "Role"] });
  const alice = all.UserDetailList.find((one: Said) => one.UserName === "alice");
  assert.equal(decodeURIComponent(alice.UserPolicyList[0].PolicyDocument), readsLogs);
  const machine = all.RoleDetailList[0];
  assert.equal(machine.InstanceProfileList[0].InstanceProfileName, "machine");
  assert.equal(all.Policies, "");
  const seen: string[] = [];
  let page: Said = {};
  do {
    const more = page.Marker === undefined ? {} : { Marker: page.Marker };
    page = await iam("GetAccountAuthorizationDetails", { MaxItems: 2, ...more });
    for (const list of ["UserDetailList", "GroupDetailList", "RoleDetailList", "Policies"]) {
      if (Array.isArray(page[list])) seen.push(...page[list].map((one: Said) => one.Arn));
    }
  } while (page.IsTruncated === "true");
  assert.equal(new Set(seen).size, seen.length);
  assert.ok(seen.includes(aliceArn) && seen.includes("arn:aws:iam::aws:policy/IAMFullAccess"));
});

Deno.test("the summary counts, and the account has one alias at most", async () => {
  await using identity = await startIdentity();
  const { iam } = identity;
  const { entry } = (await iam("GetAccountSummary")).SummaryMap;
  const counts = Object.fromEntries(entry.map(({ key, value }: Said) => [key, value]));
  assert.deepEqual([counts.Users, counts.Roles, counts.UserPolicySizeQuota], ["2", "1", "2048"]);
  await iam("CreateAccountAlias", { AccountAlias: "first" });
  await iam("CreateAccountAlias", { AccountAlias: "second" });
  assert.deepEqual((await iam("ListAccountAliases")).AccountAliases, ["second"]);
  await iam("DeleteAccountAlias", { AccountAlias: "second" });
  assert.equal((await iam("ListAccountAliases")).AccountAliases, "");
});

Deno.test("a simulation says what is allowed, by which policy, and which keys were missing", async () => {
  await using identity = await startIdentity();
  const { iam } = identity;
  const conditional = policy({
    ...statement("Allow", "s3:PutObject"),
    Condition: { StringEquals: { "aws:RequestTag/team": "x" } },
  });
  const simulate = async (more: Record<string, string | string[]> = {}) =>
    (await iam("SimulatePrincipalPolicy", {
      PolicySourceArn: aliceArn,
      ActionNames: ["s3:GetObject", "s3:PutObject"],
      ResourceArns: ["arn:aws:s3:::logs/a"],
      ...more,
    })).EvaluationResults as Said[];
  const [reads, writes] = await simulate({ PolicyInputList: [conditional] });
  assert.deepEqual(reads, {
    EvalActionName: "s3:GetObject",
    EvalResourceName: "arn:aws:s3:::logs/a",
    EvalDecision: "allowed",
    MatchedStatements: [{ SourcePolicyId: "user_alice_reads", SourcePolicyType: "user" }],
    MissingContextValues: "",
  });
  assert.deepEqual([writes?.EvalDecision, writes?.MissingContextValues], [
    "implicitDeny",
    ["aws:RequestTag/team"],
  ]);
  const boundary = policy(statement("Allow", "s3:PutObject"));
  const [bounded] = await simulate({ PermissionsBoundaryPolicyInputList: [boundary] });
  assert.equal(bounded?.EvalDecision, "implicitDeny");
  assert.equal(bounded.PermissionsBoundaryDecisionDetail.AllowedByPermissionsBoundary, "false");
});

Deno.test("custom policies are simulated with the keys that are given, a deny before all", async () => {
  await using identity = await startIdentity();
  const { iam } = identity;
  const tagged = policy({
    ...statement("Allow", "kinesis:*"),
    Condition: { StringEquals: { "aws:PrincipalTag/team": ["x", "y"] } },
  }, statement("Deny", "kinesis:DeleteStream"));
  const { EvaluationResults } = await iam("SimulateCustomPolicy", {
    PolicyInputList: [tagged],
    ActionNames: ["kinesis:PutRecords", "kinesis:DeleteStream"],
    ContextEntries: [{
      ContextKeyName: "aws:PrincipalTag/team",
      ContextKeyValues: ["y"],
      ContextKeyType: "string",
    }],
  });
  assert.deepEqual(EvaluationResults.map((one: Said) => one.EvalDecision), [
    "allowed",
    "explicitDeny",
  ]);
  const keys = await iam("GetContextKeysForCustomPolicy", { PolicyInputList: [tagged] });
  assert.deepEqual(keys.ContextKeyNames, ["aws:PrincipalTag/team"]);
  const both = await iam("GetContextKeysForPrincipalPolicy", {
    PolicySourceArn: aliceArn,
    PolicyInputList: [tagged],
  });
  assert.deepEqual(both.ContextKeyNames, ["aws:PrincipalTag/team"]);
});

Deno.test("who simulates somebody needs the permission for that somebody", async () => {
  await using identity = await startIdentity();
  const { iam } = identity;
  await iam("PutUserPolicy", {
    UserName: "alice",
    PolicyName: "simulates",
    PolicyDocument: policy(statement("Allow", "iam:SimulatePrincipalPolicy", aliceArn)),
  });
  const about = { ActionNames: ["s3:GetObject"] };
  await iam("SimulatePrincipalPolicy", { PolicySourceArn: aliceArn, ...about }, asAlice);
  const machine = `arn:aws:iam::${accountId}:role/machine`;
  assert.match(
    await refusal(iam("SimulatePrincipalPolicy", { PolicySourceArn: machine, ...about }, asAlice)),
    /^403 AccessDenied/,
  );
  assert.match(
    await refusal(iam("SimulatePrincipalPolicy", { PolicySourceArn: `${machine}s`, ...about })),
    /^404 NoSuchEntity/,
  );
});
