/**
 * Parts of the cloud that go away in the middle of a batch, and parts that misbehave by a seed.
 * The run retries, ends clearly when they stay away, and completes when they are back.
 */
import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import type { ServiceName, Sim } from "../../sim/mod.ts";
import { generateSource } from "../../fixtures/generate.ts";
import { contentHash } from "../../pipelines/record/content.ts";
import { shellLines } from "../../pipelines/cli/settings_file.ts";
import { startSim } from "../start_sim.ts";
import {
  each,
  ended,
  inFolder,
  json,
  postsIn,
  run,
  start,
  type Summary,
  until,
} from "./harness.ts";

const posts = 2000;

/** A simulator in this process, and the flags that attach a batch to it. */
async function attached(folder: string): Promise<{ sim: Sim; flags: string[] }> {
  const sim = await startSim({ dir: `${folder}/sim`, seed: 3, sources: [`${folder}/source`] });
  const files = await generateSource({ posts, seed: 3, dir: `${folder}/source` });
  await sim.loadSource({
    pinterest_data: files.pin,
    geolocation_data: files.geo,
    user_data: files.user,
  });
  await Deno.writeTextFile(`${folder}/endpoints.env`, shellLines(sim.settings));
  const flags = [
    ...["--endpoints", `${folder}/endpoints.env`, "--out", `${folder}/out`],
    ...["--data", `${folder}/state`, "--batch-size", "40", "--flush-size", "55"],
  ];
  return { sim, flags };
}

/** How much was acknowledged. */
async function ledgerBytes(folder: string): Promise<number> {
  const ledger = await Deno.stat(`${folder}/state/posted-pin.csv`).catch(() => null);
  return ledger?.size ?? 0;
}

/** How much was landed; without S3 ingest may have come to its end before. */
async function objectCount(folder: string): Promise<number> {
  const names = await readdir(`${folder}/sim/s3`, { recursive: true });
  return names.filter((name) => name.includes("/topics/") && name.endsWith(".json")).length;
}

/** Takes a service away for a moment, once there is more than before. */
async function interrupt(folder: string, sim: Sim, service: ServiceName): Promise<void> {
  const done = service === "s3" ? objectCount : ledgerBytes;
  const before = await done(folder);
  await until("the run goes on", async () => await done(folder) > before);
  await sim.stopService(service);
  await new Promise((resolve) => setTimeout(resolve, 700));
  await sim.startService(service);
}

for (const service of ["gateway", "kafkaRest", "kafka", "s3"] as const satisfies ServiceName[]) {
  Deno.test(`${service} gone for good ends the run with 1; back again, and gone for a moment, the next one completes`, () =>
    inFolder(async (folder) => {
      const { sim, flags } = await attached(folder);
      await using _sim = sim;
      const child = start("batch", ...flags, "--give-up-after", "3");
      await until("ingest has begun", async () => await ledgerBytes(folder) > 0);
      await sim.stopService(service);
      const { code, stderr } = await ended(child);
      assert.equal(code, 1, stderr);
      assert.match(stderr, /^Error: Cannot .*tried/m);
      assert.match(stderr, /the same command with --data \S+\/state goes on/);
      await sim.startService(service);
      const next = start("batch", ...flags, "--json");
      const output = ended(next);
      await interrupt(folder, sim, service);
      const { code: nextCode, stdout, stderr: nextErrors } = await output;
      assert.equal(nextCode, 0, nextErrors);
      const { reconciled, hops, problems }: Summary = JSON.parse(stdout);
      assert.equal(reconciled, true, JSON.stringify(problems));
      assert.deepEqual(hops["posted"], each(posts));
      assert.deepEqual(hops["cleaned"], each(posts));
    }));
}

// kafkajs says another thing when its member ends while offsets are being committed.
for (const afterMs of [110, 300]) {
  Deno.test(`kafka gone ${afterMs} ms after the first records is waited for`, () =>
    inFolder(async (folder) => {
      const { sim, flags } = await attached(folder);
      await using _sim = sim;
      const child = start("batch", ...flags, "--json");
      await until("ingest has begun", async () => await ledgerBytes(folder) > 0);
      await new Promise((resolve) => setTimeout(resolve, afterMs));
      await sim.stopService("kafka");
      await new Promise((resolve) => setTimeout(resolve, 700));
      await sim.startService("kafka");
      const { code, stderr } = await ended(child);
      assert.equal(code, 0, stderr);
    }));
}

for (const seed of [1, 2, 3, 4]) {
  Deno.test(`with the faults of seed ${seed} every row arrives exactly once`, () =>
    inFolder(async (folder) => {
      const source = await postsIn(folder, 1500);
      const flags = [...source, "--seed", String(seed), "--faults", "seeded"];
      const small = ["--batch-size", "25", "--flush-size", "100"];
      const summary = await json("batch", ...flags, ...small, "--out", `${folder}/out`);
      assert.equal(summary.reconciled, true, JSON.stringify(summary.problems));
      assert.deepEqual(summary.hops["cleaned"], each(1500));
      assert.deepEqual(summary.hops["rejected"], each(0));
    }));
}

Deno.test("records that cannot be used end in the rejects, and mended they can be posted again", () =>
  inFolder(async (folder) => {
    const { sim, flags } = await attached(folder);
    await using _sim = sim;
    await json("batch", ...flags, "--rows", "100");
    const id = sim.settings["PIPELINE_ID"];
    const pinRow = { index: 900_001, title: "lost", follower_count: "1k", category: "art" };
    await produce(sim, `${id}.user`, [JSON.stringify(pinRow), "[1,2]", "{broken", null]);
    const summary = await json("batch", ...flags, "--rows", "101");
    assert.equal(summary.reconciled, true, JSON.stringify(summary.problems));
    assert.deepEqual(summary.hops["rejected"], { pin: 0, geo: 0, user: 4 });
    assert.deepEqual(summary.hops["landed"], { pin: 101, geo: 101, user: 105 });
    const csv = await Deno.readTextFile(`${folder}/out/batch/rejects.csv`);
    const mended = csv.split("\n").filter((line, at) => at === 0 || line.includes(base64(pinRow)))
      .join("\n").replace(/^user,/m, "pin,");
    await Deno.writeTextFile(`${folder}/mended.csv`, mended + "\n");
    const replayed = await json(
      "batch",
      ...flags,
      "--rows",
      "101",
      "--replay",
      `${folder}/mended.csv`,
    );
    assert.equal(replayed.reconciled, true, JSON.stringify(replayed.problems));
    assert.deepEqual(replayed.hops["cleaned"], { pin: 102, geo: 101, user: 101 });
  }));

Deno.test("what a killed --replay had acknowledged is landed and counted by a run without the flag", () =>
  inFolder(async (folder) => {
    const { sim, flags } = await attached(folder);
    await using _sim = sim;
    await json("batch", ...flags, "--rows", "50");
    const row = { index: 900_002, title: "posted again", category: "art" };
    await produce(sim, `${sim.settings["PIPELINE_ID"]}.pin`, [JSON.stringify(row)]);
    // The ledger as the killed run left it: acknowledged at offset 50, nothing said of the end.
    const ledger = `${folder}/state/replay-killed`;
    await Deno.mkdir(ledger);
    const line = `${row.index},${contentHash("pin", row)},0,50\n`;
    await Deno.writeTextFile(`${ledger}/posted-pin.csv`, line);
    const summary = await json("batch", ...flags, "--rows", "50");
    assert.equal(summary.reconciled, true, JSON.stringify(summary.problems));
    for (const hop of ["source", "posted", "landed", "cleaned"]) {
      assert.deepEqual(summary.hops[hop], { pin: 51, geo: 50, user: 50 }, hop);
    }
  }));

function base64(row: unknown): string {
  return btoa(JSON.stringify(row));
}

/** Puts raw values on a topic, past the proxy, which would refuse some of them. */
async function produce(sim: Sim, topic: string, values: (string | null)[]): Promise<void> {
  const { Kafka, logLevel } = await import("kafkajs");
  const brokers = [sim.settings["KAFKA_BROKERS"] ?? ""];
  const producer = new Kafka({ brokers, logLevel: logLevel.NOTHING }).producer();
  await producer.connect();
  await producer.send({ topic, messages: values.map((value) => ({ value })) });
  await producer.disconnect();
}

Deno.test("attached without --data, a batch keeps nothing: the next one posts everything again", () =>
  inFolder(async (folder) => {
    const { sim, flags } = await attached(folder);
    await using _sim = sim;
    const once = ["--endpoints", flags[1] ?? "", "--out", `${folder}/out`, "--rows", "60"];
    await json("batch", ...once);
    const again = await json("batch", ...once);
    assert.equal(again.reconciled, true, JSON.stringify(again.problems));
    assert.deepEqual(again.thisRun["posted"], each(60));
    assert.deepEqual(again.hops["landed"], each(120));
    assert.deepEqual(again.hops["duplicates"], each(60));
  }));

Deno.test("an attached batch does not end the simulator that it was attached to", () =>
  inFolder(async (folder) => {
    const { sim, flags } = await attached(folder);
    await using _sim = sim;
    await json("batch", ...flags, "--rows", "20");
    const answer = await fetch(`${sim.settings["KAFKA_REST_URL"]}/topics`);
    assert.equal((await answer.json()).length, 3);
    const again = await run("batch", ...flags, "--rows", "20", "--quiet");
    assert.equal(again.code, 0, again.stderr);
  }));
