/** Links in a data folder, in place of what each service keeps there: not followed, at any time. */
import assert from "node:assert/strict";
import {
  AppendFile,
  readFileIfAny,
  replaceFile,
  StorageError,
} from "../../sim/storage/append_file.ts";
import { noFaults } from "../../sim/faults/plan.ts";
import { TopicConfig } from "../../sim/kafka/configs.ts";
import { Topics } from "../../sim/kafka/topics.ts";
import { LogPool } from "../../sim/kinesis/log_pool.ts";
import { Streams } from "../../sim/kinesis/streams.ts";
import type { StreamState } from "../../sim/kinesis/stream.ts";
import { isDeviceName } from "../../sim/storage/portable_name.ts";
import { SafeFolder } from "../../sim/storage/safe_path.ts";
import { worldFromSeed } from "../../sim/world.ts";
import { startSim } from "../start_sim.ts";

/** A data folder and, beside it, one that nobody may touch. */
function setUp() {
  const outer = Deno.makeTempDirSync();
  for (const name of ["data", "outside"]) Deno.mkdirSync(`${outer}/${name}`);
  Deno.writeTextFileSync(`${outer}/outside/kept`, "kept");
  return {
    data: `${outer}/data`,
    outside: `${outer}/outside`,
    mustBeUntouched() {
      assert.deepEqual([...Deno.readDirSync(`${outer}/outside`)].map(({ name }) => name), ["kept"]);
      assert.equal(Deno.readTextFileSync(`${outer}/outside/kept`), "kept");
    },
    [Symbol.dispose]: () => Deno.removeSync(outer, { recursive: true }),
  };
}

Deno.test("a start refuses a link in place of a service's folder, and of what lies in it", async () => {
  const links = [
    "kafka",
    "kinesis",
    "s3",
    "mysql",
    "databricks",
    "kafka/logs",
    "kafka/topics.json",
  ];
  for (const link of [...links, "databricks/results", ".lock"]) {
    using at = setUp();
    if (link !== ".lock") Deno.writeTextFileSync(`${at.data}/.lock`, "");
    const path = `${at.data}/${link}`;
    Deno.mkdirSync(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    const target = link.includes(".") ? `${at.outside}/kept` : at.outside;
    Deno.symlinkSync(target, path);
    const started = startSim({ dir: at.data, seed: 1 }).then((sim) => sim[Symbol.asyncDispose]());
    await assert.rejects(started, /link/, link);
    at.mustBeUntouched();
  }
});

Deno.test("emptying a folder removes its links, not what they lead to", async () => {
  using at = setUp();
  Deno.writeTextFileSync(`${at.data}/.lock`, "");
  Deno.symlinkSync(at.outside, `${at.data}/s3`);
  await using sim = await startSim({ dir: at.data, seed: 1, fresh: true });
  assert.ok(Deno.lstatSync(`${sim.dir}/s3`).isDirectory);
  at.mustBeUntouched();
});

Deno.test("Kafka follows no link to a partition that is opened while it runs", () => {
  using at = setUp();
  const world = worldFromSeed(1);
  const newId = () => world.id("topic", 32);
  using topics = new Topics({ dir: at.data, world, faults: noFaults, newId });
  const topic = topics.create("a", 2, new TopicConfig([]));
  const folder = `${at.data}/logs/a.${topic.id.slice(0, 16)}`;
  Deno.mkdirSync(folder);
  Deno.symlinkSync(at.outside, `${folder}/0`);
  assert.throws(() => topic.partitions[0]?.log, StorageError);
  Deno.removeSync(folder, { recursive: true });
  Deno.symlinkSync(at.outside, folder);
  assert.throws(() => topic.partitions[1]?.log, StorageError);
  at.mustBeUntouched();
});

Deno.test("Kinesis follows no link to a shard that is opened while it runs", () => {
  using at = setUp();
  using logs = new LogPool(noFaults, { root: new SafeFolder(at.data) });
  Deno.mkdirSync(`${at.data}/a.stream`);
  Deno.symlinkSync(at.outside, `${at.data}/a.stream/shardId-000000000000`);
  assert.throws(() => logs.open(`${at.data}/a.stream/shardId-000000000000`), StorageError);
  Deno.removeSync(`${at.data}/a.stream`, { recursive: true });
  Deno.symlinkSync(at.outside, `${at.data}/a.stream`);
  assert.throws(() => logs.open(`${at.data}/a.stream/shardId-000000000000`), StorageError);
  const world = { nowMs: () => 0, faults: noFaults, logs, transitionMs: 0 };
  assert.throws(() => new Streams(at.data, world, { accountId: "0" }), StorageError);
  at.mustBeUntouched();
});

Deno.test("streams and topics whose names a disk could take for one another lie apart", () => {
  using at = setUp();
  const world = worldFromSeed(1);
  using logs = new LogPool(noFaults);
  const streamWorld = { nowMs: () => 0, faults: noFaults, logs, transitionMs: 0 };
  const names = ["a", "A", "con", "CON", "nul.x", ".", "..", "X".repeat(128)];
  using streams = new Streams(`${at.data}/kinesis`, streamWorld, { accountId: "0" });
  for (const name of names) streams.create(streamOf(name));
  using topics = new Topics({
    dir: at.data,
    world,
    faults: noFaults,
    newId: () => world.id("topic", 32),
  });
  for (const name of names.slice(0, 5)) {
    topics.create(name, 1, new TopicConfig([])).partitions[0]?.log;
  }
  for (const folder of ["kinesis", "logs"]) {
    const found = [...Deno.readDirSync(`${at.data}/${folder}`)].map(({ name }) =>
      name.toLowerCase()
    );
    assert.equal(new Set(found).size, folder === "kinesis" ? names.length : 5);
    for (const name of found) assert.ok(!isDeviceName(name) && name.length <= 255, name);
  }
  using again = new Streams(`${at.data}/kinesis`, streamWorld, { accountId: "0" });
  assert.deepEqual(again.all().map(({ name }) => name), names.toSorted());
});

function streamOf(name: string): StreamState {
  return {
    name,
    createdMs: 0,
    mode: "PROVISIONED",
    retentionHours: 24,
    maxRecordSizeKiB: 1024,
    tags: [],
    shards: [],
    nextShard: 0,
    change: null,
    shardCountUpdatesMs: [],
    modeUpdatesMs: [],
  };
}

Deno.test("a file that is a link is neither read nor written", () => {
  using at = setUp();
  const path = `${at.data}/file`;
  for (const target of [`${at.outside}/kept`, `${at.outside}/new`]) {
    Deno.symlinkSync(target, path);
    Deno.symlinkSync(target, `${path}.new`);
    assert.throws(() => new AppendFile(path, noFaults), StorageError);
    assert.throws(() => readFileIfAny(path), StorageError);
    assert.throws(() => replaceFile(path, new Uint8Array(1), noFaults), StorageError);
    for (const link of [path, `${path}.new`]) Deno.removeSync(link);
  }
  at.mustBeUntouched();
});
