/** STS: GetCallerIdentity, AssumeRole, GetSessionToken, GetAccessKeyInfo. */
import assert from "node:assert/strict";
import { worldFromSeed } from "../../../sim/world.ts";
import {
  accountId,
  alice,
  asAlice,
  type Given,
  policy,
  refusal,
  sessionIn,
  startIdentity,
  statement,
  type TestIdentity,
  trustOf,
} from "./support.ts";

const aliceArn = `arn:aws:iam::${accountId}:user/alice`;
const roleArn = `arn:aws:iam::${accountId}:role/reader`;
const root = `arn:aws:iam::${accountId}:root`;

function reader(identity: TestIdentity, trust: string, more: Record<string, Given> = {}) {
  const { iam } = identity;
  return iam("CreateRole", { RoleName: "reader", AssumeRolePolicyDocument: trust, ...more })
    .then(() =>
      iam("PutRolePolicy", {
        RoleName: "reader",
        PolicyName: "lists",
        PolicyDocument: policy(statement("Allow", "iam:List*")),
      })
    );
}

const take = { RoleArn: roleArn, RoleSessionName: "s1" };

Deno.test("GetCallerIdentity is refused to nobody, not even by an explicit deny", async () => {
  await using identity = await startIdentity();
  const { iam, sts } = identity;
  await iam("PutUserPolicy", {
    UserName: "alice",
    PolicyName: "nothing",
    PolicyDocument: policy(statement("Deny", "*")),
  });
  const { UserId } = (await iam("GetUser", { UserName: "alice" })).User;
  assert.deepEqual(await sts("GetCallerIdentity", {}, asAlice), {
    UserId,
    Account: accountId,
    Arn: aliceArn,
  });
});

Deno.test("a role is taken by whom it names, and works as the role, with its token alone", async () => {
  await using identity = await startIdentity();
  const { iam, sts } = identity;
  await reader(identity, trustOf({ AWS: aliceArn }));
  const taken = await sts("AssumeRole", take, asAlice);
  const session = sessionIn(taken);
  assert.match(session.accessKeyId, /^ASIA/);
  assert.match(taken.AssumedRoleUser.AssumedRoleId, /^AROA[A-Z2-7]{17}:s1$/);
  const arn = `arn:aws:sts::${accountId}:assumed-role/reader/s1`;
  assert.equal(taken.AssumedRoleUser.Arn, arn);
  assert.equal((await sts("GetCallerIdentity", {}, session)).Arn, arn);
  await iam("ListUsers", {}, session);
  assert.match(
    await refusal(iam("CreateUser", { UserName: "x" }, session)),
    new RegExp(`User: ${arn} is not authorized to perform: iam:CreateUser on resource`),
  );
  const withoutToken = { ...session, sessionToken: null };
  assert.match(await refusal(iam("ListUsers", {}, withoutToken)), /^403 InvalidClientTokenId/);
  const withOther = { ...session, sessionToken: `${session.sessionToken}x` };
  assert.match(await refusal(iam("ListUsers", {}, withOther)), /^403 InvalidClientTokenId/);
});

Deno.test("who is trusted by the account alone needs a policy of his own", async () => {
  await using identity = await startIdentity();
  const { iam, sts } = identity;
  await reader(identity, trustOf({ AWS: root }));
  assert.equal(
    await refusal(sts("AssumeRole", take, asAlice)),
    `403 AccessDenied: User: ${aliceArn} is not authorized to perform: sts:AssumeRole on ` +
      `resource: ${roleArn} because no identity-based policy allows the sts:AssumeRole action`,
  );
  await iam("PutUserPolicy", {
    UserName: "alice",
    PolicyName: "takes",
    PolicyDocument: policy(statement("Allow", "sts:AssumeRole", roleArn)),
  });
  await sts("AssumeRole", take, asAlice);
});

Deno.test("whom a role does not trust, and who asks for one that is not there, reads the same", async () => {
  await using identity = await startIdentity();
  const { sts } = identity;
  await reader(identity, trustOf({ Service: "ec2.amazonaws.com" }));
  const untrusted = await refusal(sts("AssumeRole", take, asAlice));
  const missing = await refusal(sts("AssumeRole", { ...take, RoleArn: `${roleArn}s` }, asAlice));
  assert.match(untrusted, /^403 AccessDenied: User: .* is not authorized to perform: sts:AssumeR/);
  assert.equal(missing.replace("role/readers", "role/reader"), untrusted);
  // Not even an administrator takes a role that does not trust the account.
  assert.match(await refusal(sts("AssumeRole", take)), /^403 AccessDenied/);
});

Deno.test("external id and session name are conditions of the trust", async () => {
  await using identity = await startIdentity();
  const { sts } = identity;
  const condition = {
    StringEquals: { "sts:ExternalId": "secret-7" },
    StringLike: { "sts:RoleSessionName": "s*" },
  };
  const trusted = { Effect: "Allow", Principal: { AWS: aliceArn }, Action: "sts:AssumeRole" };
  await reader(identity, policy({ ...trusted, Condition: condition }));
  const asked = (more: object) => sts("AssumeRole", { ...take, ...more }, asAlice);
  await asked({ ExternalId: "secret-7" });
  for (const wrong of [{}, { ExternalId: "secret-8" }]) {
    assert.match(await refusal(asked(wrong)), /^403 AccessDenied/);
  }
  const other = { ExternalId: "secret-7", RoleSessionName: "other" };
  assert.match(await refusal(asked(other)), /^403 AccessDenied/);
});

Deno.test("session policies, given and managed, narrow what the role may", async () => {
  await using identity = await startIdentity();
  const { iam, sts } = identity;
  await reader(identity, trustOf({ AWS: aliceArn }));
  const narrowed = async (more: object) =>
    sessionIn(await sts("AssumeRole", { ...take, ...more }, asAlice));
  const inline = await narrowed({ Policy: policy(statement("Allow", "iam:ListRoles")) });
  await iam("ListRoles", {}, inline);
  assert.match(
    await refusal(iam("ListUsers", {}, inline)),
    /because no session policy allows the iam:ListUsers action$/,
  );
  const arn = "arn:aws:iam::aws:policy/AmazonS3FullAccess";
  const managed = await narrowed({ PolicyArns: [{ arn }] });
  assert.match(await refusal(iam("ListRoles", {}, managed)), /no session policy allows/);
  assert.match(await refusal(narrowed({ Policy: "{" })), /^400 MalformedPolicyDocument/);
});

Deno.test("tags of a session need sts:TagSession in the trust, and are its principal's tags", async () => {
  await using identity = await startIdentity();
  const { iam, sts } = identity;
  await reader(identity, trustOf({ AWS: aliceArn }));
  const tagged = () => sts("AssumeRole", { ...take, Tags: [{ Key: "Team", Value: "x" }] }, asAlice);
  assert.match(await refusal(tagged()), /not authorized to perform: sts:TagSession/);
  const trusted = { Effect: "Allow", Principal: { AWS: aliceArn } };
  const PolicyDocument = policy({ ...trusted, Action: ["sts:AssumeRole", "sts:TagSession"] });
  await iam("UpdateAssumeRolePolicy", { RoleName: "reader", PolicyDocument });
  const taken = sessionIn(await tagged());
  const ofTeam = { StringEquals: { "aws:PrincipalTag/team": "x" } };
  await iam("PutRolePolicy", {
    RoleName: "reader",
    PolicyName: "lists",
    PolicyDocument: policy({ ...statement("Allow", "iam:List*"), Condition: ofTeam }),
  });
  await iam("ListUsers", {}, taken);
  const untagged = sessionIn(await sts("AssumeRole", take, asAlice));
  assert.match(await refusal(iam("ListUsers", {}, untagged)), /^403 AccessDenied/);
});

Deno.test("a session lasts as long as the role allows, and one hour from another session", async () => {
  let nowMs = Date.parse("2026-01-02T03:04:05Z");
  await using identity = await startIdentity({ world: worldFromSeed(1, () => nowMs) });
  const { iam, sts } = identity;
  await reader(identity, trustOf({ AWS: root }), { MaxSessionDuration: 7200 });
  const PolicyDocument = policy(statement("Allow", "sts:AssumeRole"));
  await iam("PutUserPolicy", { UserName: "alice", PolicyName: "takes", PolicyDocument });
  await iam("PutRolePolicy", { RoleName: "reader", PolicyName: "takes", PolicyDocument });
  const lasting = (DurationSeconds: number, by = asAlice) =>
    sts("AssumeRole", { ...take, DurationSeconds }, by);
  assert.match(
    await refusal(lasting(899)),
    /at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or/,
  );
  assert.equal(
    await refusal(lasting(7201)),
    "400 ValidationError: The requested DurationSeconds exceeds the MaxSessionDuration set for " +
      "this role.",
  );
  const taken = await lasting(7200);
  assert.equal(taken.Credentials.Expiration, "2026-01-02T05:04:05Z");
  assert.equal(
    await refusal(lasting(3601, sessionIn(taken))),
    "400 ValidationError: The requested DurationSeconds exceeds the 1 hour session limit for " +
      "roles assumed by role chaining.",
  );
  await lasting(3600, sessionIn(taken));
  nowMs += 7_200_000;
  assert.equal(
    await refusal(iam("ListUsers", {}, sessionIn(taken))),
    "403 ExpiredToken: The security token included in the request is expired",
  );
});

Deno.test("a user's session is the user, calls nothing of IAM and opens no other", async () => {
  await using identity = await startIdentity();
  const { iam, sts } = identity;
  const session = sessionIn(await sts("GetSessionToken", { DurationSeconds: 900 }, asAlice));
  assert.equal((await sts("GetCallerIdentity", {}, session)).Arn, aliceArn);
  assert.match(await refusal(iam("ListUsers", {}, session)), /^403 InvalidClientTokenId/);
  assert.equal(
    await refusal(sts("GetSessionToken", {}, session)),
    "403 AccessDenied: Cannot call GetSessionToken with session credentials",
  );
  await reader(identity, trustOf({ AWS: aliceArn }));
  await sts("AssumeRole", take, session);
});

Deno.test("GetAccessKeyInfo tells the account of a key", async () => {
  await using identity = await startIdentity();
  const { sts } = identity;
  const about = { AccessKeyId: alice.accessKeyId };
  assert.equal((await sts("GetAccessKeyInfo", about)).Account, accountId);
  assert.match(await refusal(sts("GetAccessKeyInfo", about, asAlice)), /^403 AccessDenied/);
});
