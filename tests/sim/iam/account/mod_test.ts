import assert from "node:assert/strict";
import type { Asked } from "../../../../sim/iam/door.ts";
import { anonymous } from "../../../../sim/iam/principal.ts";
import { newId } from "../../../../sim/iam/account/names.ts";
import { RoleError } from "../../../../sim/iam/account/mod.ts";
import { worldFromSeed } from "../../../../sim/world.ts";
import {
  accountId,
  administrator,
  alice,
  opened,
  policy,
  readsLogs,
  refusal,
  statement,
} from "./support.ts";

const logs = "arn:aws:s3:::logs/today";

Deno.test("a user may what its policy says, and is refused else in AWS's words", () => {
  using world = opened();
  const { account } = world;
  assert.equal(refusal(account, alice.accessKeyId, "s3:GetObject", logs), null);
  assert.equal(
    refusal(account, alice.accessKeyId, "s3:PutObject", logs),
    `User: arn:aws:iam::${accountId}:user/alice is not authorized to perform: s3:PutObject on ` +
      `resource: ${logs} because no identity-based policy allows the s3:PutObject action`,
  );
});

Deno.test("the administrator may everything", () => {
  using world = opened();
  assert.equal(refusal(world.account, administrator.accessKeyId, "kinesis:PutRecords", "*"), null);
});

Deno.test("a key gives its secret and its principal, and an unknown one nothing", () => {
  using world = opened();
  const key = world.account.keyOf(alice.accessKeyId);
  assert.equal(key?.secretAccessKey, alice.secretAccessKey);
  assert.equal(key.sessionToken, null);
  assert.equal(key.principal.arn, `arn:aws:iam::${accountId}:user/alice`);
  assert.match(key.principal.userId, /^AIDA[A-Z2-7]{17}$/);
  assert.equal(world.account.keyOf("AKIAUNKNOWN000000000"), undefined);
  assert.equal(world.account.keyOf("__proto__"), undefined);
});

Deno.test("a change counts for the next request: policy, group, boundary, key", () => {
  using world = opened();
  const { account } = world;
  const may = (action: string) => refusal(account, alice.accessKeyId, action, logs) === null;
  const aliceOf = () => account.entities.users.get("alice")!;
  account.change(() => aliceOf().inline.set("writes", policy(statement("Allow", "s3:PutObject"))));
  assert.equal(may("s3:PutObject"), true);
  account.change(() => aliceOf().inline.delete("writes"));
  assert.equal(may("s3:PutObject"), false);

  account.change(({ groups }) => {
    const inline = new Map([["deletes", policy(statement("Allow", "s3:DeleteObject"))]]);
    const named = { name: "cleaners", path: "/", id: newId("group"), createdMs: 0 };
    groups.set("cleaners", { ...named, inline, attached: [] });
    aliceOf().groups.push("cleaners");
  });
  assert.equal(may("s3:DeleteObject"), true);

  account.change(() => aliceOf().boundary = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess");
  assert.deepEqual([may("s3:DeleteObject"), may("s3:GetObject")], [false, true]);

  account.change(() => aliceOf().boundary = `arn:aws:iam::${accountId}:policy/gone`);
  assert.equal(may("s3:GetObject"), false);
});

Deno.test("an inactive key is unknown, and a principal that it gave before may nothing more", () => {
  using world = opened();
  const { account } = world;
  const { principal } = account.keyOf(alice.accessKeyId)!;
  account.change(({ users }) => users.get("alice")!.keys[0]!.isActive = false);
  assert.equal(account.keyOf(alice.accessKeyId), undefined);
  assert.notEqual(account.refusalOf({ principal, action: "s3:GetObject", resource: logs }), null);
  account.change(({ users }) => users.get("alice")!.keys[0]!.isActive = true);
  assert.equal(account.refusalOf({ principal, action: "s3:GetObject", resource: logs }), null);
});

Deno.test("a session has its token, its role's rights narrowed by its own, and an end", () => {
  let nowMs = 1_800_000_000_000;
  using world = opened({ world: worldFromSeed(1, () => nowMs) });
  const { account } = world;
  const entity = { type: "role", name: "machine" } as const;
  const wide = account.openSession({ entity, name: "one", seconds: 900 });
  const text = policy(statement("Allow", "s3:GetObject", "arn:aws:s3:::logs/x"));
  const narrow = account.openSession({ entity, name: "two", seconds: 900, policies: [text] });
  assert.notEqual(wide.sessionToken, narrow.sessionToken);
  assert.equal(wide.principal.arn, `arn:aws:sts::${accountId}:assumed-role/machine/one`);
  assert.match(wide.principal.userId, /^AROA[A-Z2-7]{17}:one$/);
  assert.equal(refusal(account, wide.accessKeyId, "s3:GetObject", logs), null);
  assert.equal(
    refusal(account, narrow.accessKeyId, "s3:GetObject", logs),
    `User: arn:aws:sts::${accountId}:assumed-role/machine/two is not authorized to perform: ` +
      `s3:GetObject on resource: ${logs} because no session policy allows the s3:GetObject action`,
  );
  nowMs += 900_000;
  // Still known, so that a service can say that it has ended.
  assert.equal(account.keyOf(wide.accessKeyId)?.principal.session?.expiresMs, nowMs);
  assert.notEqual(refusal(account, wide.accessKeyId, "s3:GetObject", logs), null);
});

Deno.test("a session ends with its role, also if there is another one of that name", () => {
  using world = opened();
  const { account } = world;
  const key = account.sessionOf("machine", "i-1");
  const machine = account.entities.roles.get("machine")!;
  account.change(({ roles }) => roles.delete("machine"));
  assert.equal(account.keyOf(key.accessKeyId), undefined);
  account.change(({ roles }) => roles.set("machine", { ...machine, id: newId("role") }));
  assert.equal(account.keyOf(key.accessKeyId), undefined);
});

Deno.test("a service gets a session only of a role that trusts it", () => {
  using world = opened();
  const { account } = world;
  assert.ok(account.sessionOf("machine", "i-1", "ec2.amazonaws.com"));
  assert.throws(
    () => account.sessionOf("machine", "gateway", "apigateway.amazonaws.com"),
    RoleError,
  );
  assert.throws(() => account.sessionOf("nobody", "x"), RoleError);
});

Deno.test("where no session can be kept a service has none, as of a role that does not let it", () => {
  const dir = Deno.makeTempDirSync();
  const session = { secret: "s", token: "t", entity: { type: "role", name: "machine" } };
  const expiresMs = Date.now() + 3_600_000;
  const about = {
    ...session,
    entityId: "AROA",
    name: "n",
    policies: [],
    tags: [],
    issuedMs: 0,
    expiresMs,
  };
  // As many as are kept at most.
  const lines = Array.from(
    { length: 50_000 },
    (_, at) => JSON.stringify({ id: `A${at}`, ...about }),
  );
  Deno.writeTextFileSync(`${dir}/sessions.jsonl`, `${lines.join("\n")}\n`);
  {
    using world = opened({ dir });
    const { account } = world;
    assert.throws(() => account.sessionOf("machine", "i-1", "ec2.amazonaws.com"), RoleError);
  }
  Deno.removeSync(dir, { recursive: true });
});

Deno.test("mode log lets through and tells; mode off asks nobody; both know only known keys", () => {
  const told: string[] = [];
  const asked: Asked[] = [];
  for (const mode of ["log", "off"] as const) {
    using world = opened({
      mode,
      told: ({ message }) => told.push(message),
      asked: (one) => asked.push(one),
    });
    assert.equal(refusal(world.account, alice.accessKeyId, "s3:PutObject", logs), null, mode);
    assert.equal(world.account.keyOf("AKIAUNKNOWN000000000"), undefined);
    const nobody = { principal: anonymous, action: "s3:GetObject", resource: logs };
    assert.notEqual(world.account.refusalOf(nobody), null, mode);
  }
  assert.equal(told.length, 1);
  assert.match(told[0]!, /alice is not authorized to perform: s3:PutObject/);
  assert.deepEqual(asked.map(({ action }) => action), [
    ...["s3:PutObject", "s3:GetObject"],
    ...["s3:PutObject", "s3:GetObject"],
  ]);
});

Deno.test("a key that was made inactive, or whose session has ended, opens nothing in any mode", () => {
  for (const mode of ["enforce", "log", "off"] as const) {
    const clock = { ms: Date.UTC(2026, 0, 1) };
    using world = opened({ mode, world: worldFromSeed(1, () => clock.ms) });
    const { account } = world;
    const entity = { type: "role", name: "machine" } as const;
    const machine = account.openSession({ entity, name: "s", seconds: 900 }).principal;
    const user = account.keyOf(alice.accessKeyId)?.principal;
    assert.ok(user);
    const asked = { action: "s3:GetObject", resource: logs };
    assert.equal(account.refusalOf({ principal: user, ...asked }), null, mode);
    assert.equal(account.refusalOf({ principal: machine, ...asked }), null, mode);
    account.change(({ users }) => users.get("alice")?.keys.forEach((key) => key.isActive = false));
    clock.ms += 900_000;
    // As on a connection that was open before.
    assert.notEqual(account.refusalOf({ principal: user, ...asked }), null, mode);
    assert.notEqual(account.refusalOf({ principal: machine, ...asked }), null, mode);
  }
});

Deno.test("nobody may what a resource's own policy allows everybody, and nothing else", () => {
  using world = opened();
  const resourcePolicy = policy({
    Effect: "Allow",
    Principal: "*",
    Action: "s3:GetObject",
    Resource: logs,
  });
  const about = { principal: anonymous, resource: logs, resourcePolicy };
  assert.equal(world.account.refusalOf({ ...about, action: "s3:GetObject" }), null);
  assert.notEqual(world.account.refusalOf({ ...about, action: "s3:PutObject" }), null);
  const damaged = { ...about, action: "s3:GetObject", resourcePolicy: "{" };
  assert.notEqual(world.account.refusalOf(damaged), null);
});

Deno.test("a name that one service alone knows is that service's business", () => {
  using world = opened();
  const principal = { kind: "account", name: "project_user" } as const;
  const asked = { principal, action: "rds-db:connect", resource: "*" };
  assert.equal(world.account.refusalOf(asked), null);
});

Deno.test("what throws in a change leaves all as it was", () => {
  using world = opened();
  const { account } = world;
  assert.throws(() =>
    account.change(({ users }) => {
      users.clear();
      throw new RangeError("in the middle");
    }), RangeError);
  assert.equal(refusal(account, alice.accessKeyId, "s3:GetObject", logs), null);
  assert.equal(account.entities.users.get("alice")?.inline.get("reads"), readsLogs);
});

Deno.test("when and for what a key was used last is known", () => {
  using world = opened({ world: worldFromSeed(1, () => 5000) });
  const { account } = world;
  assert.equal(account.usedOf(alice.accessKeyId), null);
  refusal(account, alice.accessKeyId, "s3:GetObject", logs);
  assert.deepEqual(account.usedOf(alice.accessKeyId), { ms: 5000, service: "s3" });
});
