/** Whole runs under identities: what is printed, recorded, taken away and given back. */
import assert from "node:assert/strict";
import { call } from "../aws_query.ts";
import { resourcesOf } from "../../pipelines/resources.ts";
import { idOfSeed } from "../../sim/mod.ts";
import { inFolder, json, postsIn, run, type Summary } from "./harness.ts";
import { type Doings, withCloud } from "./policy_runs.ts";

const { roles, bucket } = resourcesOf(idOfSeed(1));

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

/** What the administrator does to the sink's policy. */
function sinkPolicy(doings: Doings) {
  const RoleName = roles.sink;
  const PolicyName = "sink";
  const { settings } = doings.sim;
  return {
    take: () => call("iam", settings, { Action: "DeleteRolePolicy", RoleName, PolicyName }),
    give: (PolicyDocument: string) =>
      call("iam", settings, { Action: "PutRolePolicy", RoleName, PolicyName, PolicyDocument }),
  };
}

Deno.test("a policy taken away in the middle of a batch stops it; given back, it goes on", () =>
  withCloud({ seed: 1, posts: 150 }, async (doings) => {
    const policy = sinkPolicy(doings);
    const whole = doings.identities.roles.sink.permissions;
    const less = JSON.parse(whole);
    less.Statement = less.Statement.filter(({ Sid }: { Sid: string }) => Sid !== "Land");
    let taken: Promise<string> | null = null;
    const stored: string[] = [];
    const failing = doings.batch({
      flushSize: 1,
      onEvent: ({ service, action, answer }) => {
        if (service !== "s3" || action !== "PutObject" || !answer.startsWith("200")) return;
        stored.push(action);
        if (stored.length === 2) taken ??= policy.give(JSON.stringify(less));
      },
    });
    await assert.rejects(failing, (error: Error) => {
      assert.match(
        error.message,
        new RegExp(
          `assumed-role/${roles.sink}/.* is not authorized to perform: s3:PutObject on resource: `,
        ),
      );
      return true;
    });
    await taken;
    await policy.give(whole);
    const { reconciled } = await doings.batch({ flushSize: 1 });
    assert.ok(reconciled.reconciled, JSON.stringify(reconciled.problems));
    assert.deepEqual(reconciled.hops.cleaned, { pin: 150, geo: 150, user: 150 });
  }));

Deno.test("with --iam log all is let through, and what would be refused is told once", () => {
  const told: string[] = [];
  const tell = (sentence: string) => void told.push(sentence);
  return withCloud({ seed: 1, posts: 6, iam: "log", tell }, async (doings) => {
    await sinkPolicy(doings).take();
    const { reconciled } = await doings.batch({ flushSize: 2 });
    assert.ok(reconciled.reconciled);
    const puts = told.filter((text) => text.includes("s3:PutObject"));
    assert.ok(puts.length > 0, told.join("\n"));
    assert.equal(new Set(puts).size, puts.length);
    assert.match(
      puts[0]!,
      new RegExp(
        `^Would be refused: User: .*assumed-role/${roles.sink}/.* because no identity-based policy`,
      ),
    );
  });
});

Deno.test("who the gateway's role does not trust is not let on: 500, and no record is stored", () =>
  withCloud({ seed: 1, posts: 6 }, async ({ sim, stream }) => {
    const nobody = {
      Version: "2012-10-17",
      Statement: [{
        Effect: "Allow",
        Principal: { Service: "ec2.amazonaws.com" },
        Action: "sts:AssumeRole",
      }],
    };
    await call("iam", sim.settings, {
      Action: "UpdateAssumeRolePolicy",
      RoleName: roles.gateway,
      PolicyDocument: JSON.stringify(nobody),
    });
    // Documented: a role that may not be assumed is an internal error of the gateway.
    await assert.rejects(stream({ rows: 2, giveUpAfterMs: 1000 }), /500.*Internal server error/);
  }));

Deno.test("a trust policy for another account's use does not let the gateway in", () =>
  withCloud({ seed: 1, posts: 6 }, async ({ sim, stream, identities }) => {
    const confused = identities.roles.gateway.trust.replace(/"\d{12}"/, '"999999999999"');
    assert.notEqual(confused, identities.roles.gateway.trust);
    await call("iam", sim.settings, {
      Action: "UpdateAssumeRolePolicy",
      RoleName: roles.gateway,
      PolicyDocument: confused,
    });
    await assert.rejects(stream({ rows: 2, giveUpAfterMs: 1000 }), /500.*Internal server error/);
  }));
