/**
 * Whole runs on a folder whose files were damaged in between: whatever is missing is told, kept
 * beside, and either made good or the reason why the run does not reconcile. Never silence.
 */
import assert from "node:assert/strict";
import { startSim } from "../start_sim.ts";
import { each, inFolder, json, postsIn, run, type Summary, until } from "./harness.ts";

async function flagsIn(folder: string): Promise<string[]> {
  const source = await postsIn(folder, 300);
  return [...source, "--out", `${folder}/out`, "--data", `${folder}/data`];
}

/** The one file below `folder` whose path matches. */
async function find(folder: string, path: RegExp): Promise<string> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) found.push(await find(`${folder}/${name}`, path));
    else if (path.test(`${folder}/${name}`)) found.push(`${folder}/${name}`);
  }
  return found.filter((one) => one !== "").sort()[0] ?? "";
}

/** Flips one byte, that far into the file. */
async function damage(path: string, share: number): Promise<Uint8Array> {
  const bytes = await Deno.readFile(path);
  bytes[Math.floor(bytes.length * share)]! ^= 4;
  await Deno.writeFile(path, bytes);
  return bytes;
}

/** What the run said of the file, and that the bytes it cut are kept as they were. */
async function assertTold(stderr: string, path: string, bytes: Uint8Array): Promise<void> {
  const told = stderr.split("\n").find((line) => line.startsWith(`Note: ${path}: cut `));
  const found = /cut (\d+) bytes at byte (\d+), .*; they are kept as (\S+)$/.exec(told ?? stderr);
  assert.ok(found !== null, stderr);
  const [size, at] = [Number(found[1]), Number(found[2])];
  assert.deepEqual(await Deno.readFile(found[3]!), bytes.subarray(at, at + size));
}

for (const [where, share] of [["in the middle", 0.5], ["at the end", 0.99]] as const) {
  Deno.test(`batch after damage ${where} of a Kafka segment tells it, and does not pass as whole`, () =>
    inFolder(async (folder) => {
      const flags = [...await flagsIn(folder), "--batch-size", "50"];
      await json("batch", ...flags);
      const path = await find(`${folder}/data/kafka/logs`, /\.pin\.[0-9a-f]+\/0\/0+\.log$/);
      const bytes = await damage(path, share);
      const { code, stdout, stderr } = await run("batch", ...flags, "--json");
      await assertTold(stderr, path, bytes);
      const missing = Number(/gone: (\d+) records/.exec(stderr)?.[1]);
      assert.equal(missing, 50);
      assert.equal(code, 1, stderr);
      const isReconciled = stdout !== "" && (JSON.parse(stdout) as Summary).reconciled;
      assert.equal(isReconciled, false);
      const again = await run("batch", ...flags, "--json");
      assert.equal(again.code, 1);
      assert.doesNotMatch(again.stderr, /^Note: /m);
    }));
}

Deno.test("a start alone tells what is damaged in Kafka and in Kinesis, before anybody asks", () =>
  inFolder(async (folder) => {
    const dir = `${folder}/data`;
    const flags = [...await flagsIn(folder), "--batch-size", "50"];
    await json("batch", ...flags);
    await json("stream", ...flags);
    const damaged = [
      await find(`${dir}/kafka/logs`, /\.geo\.[0-9a-f]+\/0\/0+\.log$/),
      await find(`${dir}/kinesis`, /-user\.stream\/shardId-[0-9]+\/0+\.log$/),
    ];
    for (const path of damaged) await damage(path, 0.5);
    const told: string[] = [];
    await using _sim = await startSim({ dir, seed: 1, tell: (sentence) => told.push(sentence) });
    await until("both are told", () => told.length >= damaged.length);
    for (const path of damaged) {
      assert.equal(told.filter((sentence) => sentence.startsWith(`${path}: cut `)).length, 1, path);
    }
  }));

Deno.test("stream after damage to a Kinesis segment tells it, and goes on once the gap is accepted", () =>
  inFolder(async (folder) => {
    const streaming = await flagsIn(folder);
    await json("stream", ...streaming);
    const path = await find(`${folder}/data/kinesis`, /-pin\.stream\/shardId-0+\/0+\.log$/);
    const bytes = await damage(path, 0.5);
    const { code, stdout, stderr } = await run("stream", ...streaming, "--json");
    await assertTold(stderr, path, bytes);
    // What is gone was committed before. Where it was all that the shard had, nothing is left to say
    // that it had been read; how many requests the posts came in is a matter of speed.
    if (code === 0) assert.equal((JSON.parse(stdout) as Summary).reconciled, true);
    else assert.match(stderr, /^Error: Cannot go on reading .*shardId-0+ was read up to/m);
    const again = await run("stream", ...streaming, "--accept-gap", "--json");
    assert.equal(again.code, 0, again.stderr);
    assert.doesNotMatch(again.stderr, /^Note: /m);
    assert.deepEqual((JSON.parse(again.stdout) as Summary).hops["committed"], each(300));
  }));
