/** Whole runs under identities: what is printed, recorded, taken away and given back. */
import assert from "node:assert/strict";
import { resourcesOf } from "../../pipelines/resources.ts";
import { idOfSeed } from "../../sim/mod.ts";
import { deployed } from "../start_sim.ts";
import { inFolder, json, postsIn, run, type Summary } from "./harness.ts";
import { play } from "./policy_child.ts";

const resources = resourcesOf(idOfSeed(1));
const { roles, bucket } = resources;
const { identities } = await deployed(resources, 1, "iam");

Deno.test("what is in force is printed, and a run under its policies is recorded as their use", () =>
  inFolder(async (folder) => {
    const words = [...await postsIn(folder, 30), "--out", `${folder}/out`];
    const file = `${folder}/record.json`;
    const { code, stderr } = await run("batch", ...words, "--record", file);
    assert.equal(code, 0, stderr);
    assert.match(stderr, /^Identity {9}IAM decides; open to everybody: the REST proxy$/m);
    // One run of the batch needs no right that it has not, and none of the stream's.
    assert.doesNotMatch(stderr, / lacks /);
    assert.match(stderr, /^ {2}gateway\.json allows unused: kinesis:CreateStream, /m);
    assert.doesNotMatch(stderr, /^ {2}rest\.json/m);
    const { principals } = JSON.parse(await Deno.readTextFile(file));
    const sink = principals.find(({ arn }: { arn: string }) => arn.endsWith(`:role/${roles.sink}`));
    const puts = sink.policy.Statement.filter(({ Action }: { Action: string[] }) =>
      Action.includes("s3:PutObject")
    );
    assert.equal(puts.length, 1);
    for (const resource of puts[0].Resource) {
      assert.ok(resource.startsWith(`arn:aws:s3:::${bucket}/topics/`), resource);
    }
  }));

Deno.test("a record that cannot be written is refused before anything is started", () =>
  inFolder(async (folder) => {
    const out = `${folder}/out`;
    const { code, stderr } = await run("batch", "--out", out, "--record", `${folder}/no/such`);
    assert.equal(code, 2);
    assert.match(stderr, /^Error: --record is '.*\/no\/such', which cannot be written: /m);
    await assert.rejects(Deno.stat(out), Deno.errors.NotFound);
  }));

Deno.test("--iam and --record are refused where the simulator is somebody else's", () =>
  inFolder(async (folder) => {
    for (const [flag, value] of [["--iam", "off"], ["--record", `${folder}/r`]] as const) {
      const words = ["--endpoints", `${folder}/e.env`, "--out", `${folder}/out`, flag, value];
      const { code, stderr } = await run("batch", ...words);
      assert.equal(code, 2);
      assert.match(stderr, new RegExp(`^Error: ${flag} needs a simulator of this run's own`, "m"));
    }
  }));

Deno.test("the course's habits meet an open gateway", () =>
  inFolder(async (folder) => {
    const words = ["--course", "--rows", "3", "--no-pauses", "--out", `${folder}/out`];
    const summary = await json<Summary>("batch", ...words);
    assert.ok(summary.reconciled);
    const settings = await Deno.readTextFile(`${folder}/out/sim/endpoints.env`);
    assert.match(settings, /^export GATEWAY_AUTH='none'$/m);
  }));

Deno.test("a policy taken away in the middle of a batch stops it; given back, it goes on", async () => {
  const { during, after } = await play("takenAway", { posts: 150 });
  const denial =
    `assumed-role/${roles.sink}/.* is not authorized to perform: s3:PutObject on resource: `;
  assert.match(during.failed ?? "", new RegExp(denial));
  assert.deepEqual(after, {
    failed: null,
    reconciled: true,
    cleaned: { pin: 150, geo: 150, user: 150 },
  });
});

Deno.test("with --iam log all is let through, and what would be refused is told once", async () => {
  const { run, told } = await play("logged", { posts: 6 });
  assert.equal(run.failed, null);
  assert.ok(run.reconciled);
  const puts = told.filter((text) => text.includes("s3:PutObject"));
  assert.ok(puts.length > 0, told.join("\n"));
  assert.equal(new Set(puts).size, puts.length);
  const denial =
    `^Would be refused: User: .*assumed-role/${roles.sink}/.* because no identity-based`;
  assert.match(puts[0]!, new RegExp(denial));
});

Deno.test("who the gateway's role does not trust is not let on: 500, and no record is stored", async () => {
  const { trust } = identities.roles.gateway;
  const others = trust.replace("apigateway.amazonaws.com", "ec2.amazonaws.com");
  // For another account's use: the confused deputy.
  const confused = trust.replace(/"\d{12}"/, '"999999999999"');
  for (const one of [others, confused]) {
    assert.notEqual(one, trust);
    const { failed } = await play("trusted", { trust: one });
    // Documented: a role that may not be assumed is an internal error of the gateway.
    assert.match(failed ?? "", /500.*Internal server error/);
  }
  assert.equal((await play("trusted", { trust })).failed, null);
});
