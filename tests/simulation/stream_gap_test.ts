/**
 * Records that leave a stream before they are read: a day passes between two runs. A run stops
 * rather than go on in silence; told to accept the gap it goes on, and says what it means.
 */
import assert from "node:assert/strict";
import { noFaults } from "../../sim/faults/plan.ts";
import { LogPool } from "../../sim/kinesis/log_pool.ts";
import { Streams } from "../../sim/kinesis/streams.ts";
import { each, ended, inFolder, json, run, start } from "./harness.ts";
import { dirtySource } from "./stream_source.ts";
import { type StreamJson, untilPosted } from "./stream_world.ts";

/** As if the simulator had been asked after its records 25 hours later. */
function passADay(data: string): void {
  const nowMs = () => Date.now() + 25 * 3_600_000;
  using logs = new LogPool(noFaults);
  const world = { nowMs, faults: noFaults, logs, transitionMs: 0 };
  using streams = new Streams(`${data}/kinesis`, world, { accountId: "000000000000" });
  for (const stream of streams.all()) {
    for (const shard of stream.shards) {
      assert.equal(shard.startOffset(stream.cutoffMs), shard.endOffset);
    }
  }
}

function wordsOf(folder: string): string[] {
  return [
    ...["stream", "--source", `${folder}/source`, "--out", `${folder}/out`],
    ...["--data", `${folder}/data`, "--delta-dir", `${folder}/tables`, "--batch-size", "20"],
  ];
}

const stops = /^Error: Cannot go on reading the stream streaming-[0-9a-f]{12}-(pin|geo|user): /m;

Deno.test("what was committed before it left the stream is no loss, but has to be accepted", () =>
  inFolder(async (folder) => {
    const lines = await dirtySource({ posts: 60, seed: 6, dir: `${folder}/source` });
    const words = wordsOf(folder);
    await json<StreamJson>(...words, "--rows", "40");
    passADay(`${folder}/data`);
    const stopped = await run(...words);
    assert.equal(stopped.code, 1, stopped.stderr);
    assert.match(stopped.stderr, stops);
    assert.match(stopped.stderr, /shardId-[0-9]{12} was read up to [0-9]{50,}, but /);
    assert.match(stopped.stderr, /run again with --accept-gap/);
    const accepted = await json<StreamJson>(...words, "--accept-gap");
    assert.equal(accepted.reconciled, true, JSON.stringify(accepted.problems));
    assert.ok(accepted.gaps.length > 0);
    for (const { stream, shardId, position } of accepted.gaps) {
      assert.match(`${stream} ${shardId} ${position}`, /^streaming-\S+ shardId-\d{12} \d{50,}$/);
    }
    assert.deepEqual(accepted.hops["committed"], each(60));
    const more = await json<StreamJson>(...words);
    assert.deepEqual(more.gaps, []);
    assert.equal(lines.pin.length, accepted.hops["posted"]?.pin);
  }));

Deno.test("what left the stream unread is lost: the run stops, and an accepted gap is no proof", () =>
  inFolder(async (folder) => {
    await dirtySource({ posts: 300, seed: 6, dir: `${folder}/source` });
    const words = wordsOf(folder);
    await json<StreamJson>(...words, "--rows", "30");
    await killAfter(200, folder, words);
    passADay(`${folder}/data`);
    const stopped = await run(...words);
    assert.equal(stopped.code, 1, stopped.stderr);
    assert.match(stopped.stderr, stops);
    await assertLossIsTold(words);
  }));

Deno.test("what left the stream is not waited for without end, even if no table knows of it", () =>
  inFolder(async (folder) => {
    await dirtySource({ posts: 30, seed: 6, dir: `${folder}/source` });
    const words = wordsOf(folder);
    await json<StreamJson>(...words);
    passADay(`${folder}/data`);
    await Deno.remove(`${folder}/tables`, { recursive: true });
    const stopped = await run(...words);
    assert.equal(stopped.code, 1, stopped.stderr);
    assert.match(stopped.stderr, /^Error: Cannot finish reading the stream .* left the stream/m);
    assert.match(stopped.stderr, /run again with --accept-gap/);
    await assertLossIsTold(words);
  }));

/** Ends a run that has posted something and committed none of it. */
async function killAfter(rows: number, folder: string, words: string[]): Promise<void> {
  const slow = ["--rate", "600", "--flush-age", "1h", "--flush-records", "1000000"];
  const child = start(...words, ...slow);
  await untilPosted(`${folder}/data/stream`, "user", rows);
  child.kill("SIGKILL");
  await ended(child);
}

async function assertLossIsTold(words: string[]): Promise<void> {
  const { code, stdout, stderr } = await run(...words, "--accept-gap", "--json");
  assert.equal(code, 1, stderr);
  const { reconciled, gaps, problems }: StreamJson = JSON.parse(stdout);
  assert.equal(reconciled, false);
  assert.ok(gaps.length > 0, "no gap is named");
  assert.match(JSON.stringify(problems), /acknowledged, and not in the table/);
  assert.match(stderr, /Gap accepted/);
}
