/**
 * Parts of the cloud that go away in the middle of a stream, that refuse, that misbehave by a seed;
 * a disk without room; a person's Ctrl-C. The run waits, or ends with a sentence, and goes on.
 */
import assert from "node:assert/strict";
import { type FaultPoint, faultsFromSeed } from "../../sim/faults/plan.ts";
import type { ServiceName } from "../../sim/mod.ts";
import { worldFromSeed } from "../../sim/world.ts";
import { commandLine, each, ended, inFolder, json, start } from "./harness.ts";
import { bucketTables, tally } from "./stream_checks.ts";
import { dirtySource } from "./stream_source.ts";
import { type Attached, attached, type StreamJson, untilPosted } from "./stream_world.ts";

const posts = 400;

async function assertExact({ place, lines }: Pick<Attached, "place" | "lines">): Promise<void> {
  const found = await tally(place, lines);
  assert.deepEqual(found, { ...found, out: found.in, lost: 0, doubled: 0 });
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** All three at once: each is what the next one needs. */
const services = ["kinesis", "gateway", "s3"] as const satisfies ServiceName[];

for (const service of services) {
  Deno.test(`${service} gone for a moment is waited for, gone for good ends a stream with 1`, () =>
    inFolder(async (folder) => {
      await using world = await attached(folder, posts);
      const { sim, words } = world;
      const slowly = ["--rate", "700", "--flush-age", "100ms"];
      const child = start(...words(), ...slowly, "--give-up-after", "2");
      const output = ended(child);
      await untilPosted(`${folder}/state`, "pin");
      await sim.stopService(service);
      await pause(400);
      await sim.startService(service);
      await untilPosted(`${folder}/state`, "pin", 250);
      await sim.stopService(service);
      const { code, stderr } = await output;
      assert.equal(code, 1, stderr);
      assert.match(stderr, /^Error: Cannot .*tried/m);
      assert.match(stderr, /the same command with --data \S+\/state goes on/);
      assert.doesNotMatch(stderr, /^\s+at /m);
      await sim.startService(service);
      const { reconciled, problems } = await json<StreamJson>(...words());
      assert.equal(reconciled, true, JSON.stringify(problems));
      await assertExact(world);
    }));
}

Deno.test("writes and reads that are throttled are waited for", () =>
  inFolder(async (folder) => {
    await using world = await attached(folder, 2000, { loaded: ["pin"], limits: "on" });
    // 2,600 records, where a shard has room for 1,000 a second.
    await world.vendor.create("pin");
    const { reconciled, problems, thisRun } = await json<StreamJson>(
      ...world.words(),
      ...["--batch-size", "500", "--without", "geo,user"],
    );
    assert.equal(reconciled, true, JSON.stringify(problems));
    assert.ok(thisRun["resent"]!.pin > 0, "no record was refused");
    await assertExact(world);
  }));

/** What can go wrong on the way of a stream. */
const faults: FaultPoint[] = [
  "kinesis.put_records.throttle",
  "kinesis.get_records.throttle",
  "kinesis.iterator_expired",
  "gateway.throttled",
  "gateway.timeout",
  "s3.slow_down",
  "net.answer_lost",
];

/** Which faults strike at all, by a thousand rolls of each. */
function faultsOf(seed: number): FaultPoint[] {
  const plan = faultsFromSeed(worldFromSeed(seed));
  return faults.filter((point) =>
    Array.from({ length: 1000 }, () => plan.strikes(point)).some(Boolean)
  );
}

/** The first seeds that bring each fault at least once. */
function seedsForAll(): number[] {
  const seeds: number[] = [];
  const missing = new Set(faults);
  for (let seed = 1; missing.size > 0; seed++) {
    const news = faultsOf(seed).filter((point) => missing.has(point));
    if (news.length === 0) continue;
    seeds.push(seed);
    for (const point of news) missing.delete(point);
  }
  return seeds;
}

for (const seed of seedsForAll()) {
  Deno.test(`with the faults of seed ${seed} (${faultsOf(seed).join(", ")}) nothing is lost`, () =>
    inFolder(async (folder) => {
      const lines = await dirtySource({ posts, seed, dir: `${folder}/source` });
      const data = `${folder}/data`;
      const { id, reconciled, problems } = await json<StreamJson>(
        ...["stream", "--source", `${folder}/source`, "--out", folder, "--data", data],
        ...["--faults", "seeded", "--seed", String(seed)],
        ...["--batch-size", "20", "--flush-records", "60"],
      );
      assert.equal(reconciled, true, JSON.stringify(problems));
      await assertExact({ place: { id, data, delta: bucketTables(data, id) }, lines });
    }));
}

/** Runs a stream whose process can make no file larger than so many KiB. */
async function runLimited(words: string[], fileKib: number) {
  // ulimit counts blocks of 512 bytes in sh. With SIGXFSZ ignored the write fails with EFBIG, as
  // a full disk fails with ENOSPC.
  const limited = `trap '' XFSZ; ulimit -f ${2 * fileKib}; exec "$0" "$@"`;
  const child = new Deno.Command("sh", {
    args: ["-c", limited, Deno.execPath(), ...commandLine(...words, "--give-up-after", "2")],
    env: { NO_COLOR: "1" },
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const { code, stderr } = await ended(child);
  assert.equal(code, 1, stderr);
  assert.doesNotMatch(stderr, /^\s+at /m);
  return stderr;
}

Deno.test("a file that may not grow ends a stream with 1 and a sentence; more room mends it", () =>
  inFolder(async (folder) => {
    await using world = await attached(folder, 3000);
    const words = [...world.words(), "--flush-age", "100ms"];
    const stderr = await runLimited(words, 100);
    assert.match(
      stderr,
      /^Error: The disk takes no more: a limit on the size of files.*File too large/m,
    );
    const { reconciled, problems } = await json<StreamJson>(...words);
    assert.equal(reconciled, true, JSON.stringify(problems));
    await assertExact(world);
  }));

Deno.test("streams without room for more refuse, and take on when there is some", () =>
  inFolder(async (folder) => {
    // The database is outside of the process without room, and pins are long: their stream is full
    // before the ledger is.
    await using world = await attached(folder, 1500, { loaded: ["pin"] });
    const { lines } = world;
    const data = `${folder}/data`;
    const source = world.sim.settings["MYSQL_URL"] ?? "";
    const words = [
      ...["stream", "--source", source, "--without", "geo,user"],
      ...["--out", folder, "--data", data],
    ];
    const stderr = await runLimited([...words, "--flush-records", "60"], 120);
    assert.match(stderr, /^Error: The disk takes no more: .*Cannot write .*\.stream\/shardId/m);
    const { id, reconciled, problems } = await json<StreamJson>(...words);
    assert.equal(reconciled, true, JSON.stringify(problems));
    await assertExact({ place: { id, data, delta: bucketTables(data, id) }, lines });
  }));

Deno.test("a second Ctrl-C after a second leaves at once, says how to go on, and loses nothing", () =>
  inFolder(async (folder) => {
    await using world = await attached(folder, posts);
    const { sim, words } = world;
    const child = start(...words(), "--rate", "500", "--batch-size", "20");
    const output = ended(child);
    await untilPosted(`${folder}/state`, "geo", 40);
    await sim.stopService("kinesis"); // So that what is on the way does not arrive.
    child.kill("SIGINT");
    await pause(1100);
    child.kill("SIGINT");
    const { code, stderr } = await output;
    assert.equal(code, 130, stderr);
    assert.match(stderr, /^Stopping: /m);
    assert.match(stderr, /^Left at once: .*the same command with --data \S+\/state goes on/m);
    await sim.startService("kinesis");
    const { reconciled, hops } = await json<StreamJson>(...words());
    assert.equal(reconciled, true);
    assert.deepEqual(hops["committed"], each(posts));
    await assertExact(world);
  }));
