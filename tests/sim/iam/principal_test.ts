import assert from "node:assert/strict";
import { resourcesOf } from "../../../pipelines/resources.ts";
import { keysById, nameOf, roleKey, userKey } from "../../../sim/iam/principal.ts";
import { planOf } from "../../../sim/plan.ts";
import { drawSecrets } from "../../../sim/secrets.ts";
import { worldFromSeed } from "../../../sim/world.ts";

const pair = { accessKeyId: "AKIATEST", secretAccessKey: "secret" };

Deno.test("a user's key and a role's name their principals as AWS does", () => {
  // Forms: IAM user guide, "IAM ARNs".
  const user = userKey(pair, "111122223333", "alice").principal;
  assert.equal(nameOf(user), "arn:aws:iam::111122223333:user/alice");
  const role = { role: "gateway", sessionName: "s1" };
  const session = roleKey(pair, "111122223333", role).principal;
  assert.equal(nameOf(session), "arn:aws:sts::111122223333:assumed-role/gateway/s1");
  assert.ok(session.kind === "aws");
  assert.equal(session.session?.name, "s1");
  assert.equal(session.accessKeyId, "AKIATEST");
});

Deno.test("a key is found by its id, and no other name is one", () => {
  const keyOf = keysById([userKey(pair, "111122223333", "alice")]);
  assert.equal(keyOf("AKIATEST")?.secretAccessKey, "secret");
  for (const name of ["", "akiatest", "constructor", "__proto__"]) {
    assert.equal(keyOf(name), undefined, name);
  }
});

Deno.test("the account is twelve digits, the seed's own, and no draw of others moves it", () => {
  const accounts = [1, 2, 3, 2 ** 32 - 1].map((seed) => worldFromSeed(seed).accountId);
  for (const account of accounts) assert.match(account, /^[1-9][0-9]{11}$/);
  assert.equal(new Set(accounts).size, 4);
  const world = worldFromSeed(1);
  world.random("account")();
  assert.equal(world.accountId, accounts[0]);
});

Deno.test("a plan's users have a key each, the person's by the id, and its roles have none", () => {
  const secrets = drawSecrets();
  const resources = resourcesOf("0a1b2c3d4e5f");
  const policy = { trust: "{}", permissions: "{}" };
  const roles = { gateway: policy, rest: policy, sink: policy, reader: policy };
  const identities = { person: "{}", roles };
  const plan = planOf({ dir: "/data", seed: 1, resources, identities }, secrets);
  const { administrator, users, roles: planned } = plan.identities;
  assert.equal(administrator.accessKeyId, secrets.accessKeyId);
  assert.deepEqual(users.map(({ name, accessKeyId }) => [name, accessKeyId]), [
    ["0a1b2c3d4e5f", secrets.personAccessKeyId],
  ]);
  assert.deepEqual(
    planned.map(({ name }) => name),
    ["kinesis-access", "ec2-access", "sink", "reader"].map((name) => `0a1b2c3d4e5f-${name}-role`),
  );
  const text = JSON.stringify(plan.identities);
  for (const name of ["mysqlPassword", "databricksToken", "kafkaPassword"] as const) {
    assert.ok(!text.includes(secrets[name]), name);
  }
});
