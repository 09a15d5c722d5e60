/** What is left after a restart, after `kill -9`, and on a disk that is full. */
import assert from "node:assert/strict";
import { KinesisClient, type PutRecordsCommandOutput } from "@aws-sdk/client-kinesis";
import {
  CreateStreamCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  PutRecordsCommand,
} from "@aws-sdk/client-kinesis";
import type { Faults } from "../../../sim/faults/plan.ts";
import { TestKinesis } from "./support.ts";

const first = "shardId-000000000000";

Deno.test("a restart keeps streams, shards, sequence numbers and iterators", () => {
  using kinesis = new TestKinesis();
  kinesis.create("s", 2);
  kinesis.ask("AddTagsToStream", { StreamName: "s", Tags: { a: "b" } });
  for (let key = 0; key < 20; key++) kinesis.put("s", `k${key}`, `text ${key}`);
  kinesis.ask("UpdateShardCount", {
    StreamName: "s",
    TargetShardCount: 4,
    ScalingType: "UNIFORM_SCALING",
  });
  const ShardIterator = kinesis.iterator("s", first);
  const before = kinesis.ask("GetRecords", { ShardIterator }).Records;
  using reopened = kinesis.reopened();
  assert.equal(
    reopened.ask("DescribeStream", { StreamName: "s" }).StreamDescription.StreamStatus,
    "UPDATING",
  );
  reopened.settle();
  const shards = reopened.shards("s");
  assert.equal(shards.length, 6);
  assert.deepEqual(reopened.ask("GetRecords", { ShardIterator }).Records, before);
  const more = reopened.put("s", "k0");
  const own = reopened.readAll("s", more.ShardId);
  assert.equal(own.at(-1)?.SequenceNumber, more.SequenceNumber);
  assert.deepEqual(reopened.ask("ListTagsForStream", { StreamName: "s" }).Tags, [
    { Key: "a", Value: "b" },
  ]);
});

Deno.test("numbers go on growing after a restart under a clock that was set back", () => {
  using kinesis = new TestKinesis();
  kinesis.create("s");
  const before = kinesis.put("s", "k");
  using reopened = kinesis.reopened();
  reopened.nowMs -= 3_600_000;
  const after = reopened.put("s", "k");
  assert.ok(BigInt(after.SequenceNumber) > BigInt(before.SequenceNumber));
  assert.equal(reopened.readAll("s", first).length, 2);
});

Deno.test("what is left of a stream that was half deleted is cleared away", () => {
  using kinesis = new TestKinesis();
  kinesis.create("s");
  kinesis.put("s", "k");
  Deno.renameSync(`${kinesis.dir}/s.stream`, `${kinesis.dir}/s.stream.unfinished`);
  using reopened = kinesis.reopened();
  assert.deepEqual(reopened.ask("ListStreams").StreamNames, []);
  reopened.create("s");
  assert.deepEqual(reopened.readAll("s", first), []);
});

/** A disk that takes nothing while `isFull`, or nothing after so many writes. */
class Disk implements Faults {
  isFull = false;
  writesLeft = Infinity;

  strikes(point: string): boolean {
    return point === "disk.full" && (this.isFull || --this.writesLeft < 0);
  }
}

Deno.test("a full disk is an InternalFailure, and nothing of the request is there", () => {
  const disk = new Disk();
  using kinesis = new TestKinesis({ faults: disk });
  kinesis.create("s", 2);
  const stored = kinesis.put("s", "k0");
  disk.isFull = true;
  const failure = { code: "InternalFailure", status: 500 };
  assert.throws(() => kinesis.put("s", "k0"), failure);
  const Records = Array.from({ length: 10 }, (_, index) => ({
    PartitionKey: `k${index}`,
    Data: "",
  }));
  assert.throws(() => kinesis.ask("PutRecords", { StreamName: "s", Records }), failure);
  assert.throws(() => kinesis.ask("AddTagsToStream", { StreamName: "s", Tags: { a: "b" } }), {
    name: "StorageError",
  });
  assert.throws(() => kinesis.create("t"), { name: "StorageError" });
  disk.isFull = false;
  const read = ["0", "1"].flatMap((index) => kinesis.readAll("s", `shardId-00000000000${index}`));
  assert.deepEqual(read.map(({ SequenceNumber }) => SequenceNumber), [stored.SequenceNumber]);
  assert.deepEqual(kinesis.ask("ListTagsForStream", { StreamName: "s" }).Tags, []);
  kinesis.create("t");
});

Deno.test("a disk that fills between two shards fails the records of one, each by itself", () => {
  const disk = new Disk();
  using kinesis = new TestKinesis({ faults: disk });
  kinesis.create("s", 2);
  kinesis.shards("s"); // Somebody looks, and that the stream is ready is written down.
  disk.writesLeft = 1;
  const Records = ["0", String(2n ** 127n)].map((ExplicitHashKey) => ({
    PartitionKey: "k",
    ExplicitHashKey,
    Data: "",
  }));
  const answer = kinesis.ask("PutRecords", { StreamName: "s", Records });
  disk.writesLeft = Infinity;
  assert.equal(answer.FailedRecordCount, 1);
  assert.equal(answer.Records[1]?.ErrorCode, "InternalFailure");
  assert.equal(kinesis.readAll("s", first).length, 1);
  assert.equal(kinesis.readAll("s", "shardId-000000000001").length, 0);
});

async function startServer(dir: string) {
  const permissions = ["--allow-net=127.0.0.1", `--allow-read`, `--allow-write`, "--allow-env"];
  const args = ["run", "--no-prompt", "--no-check", ...permissions];
  const script = new URL("crash_server.ts", import.meta.url).pathname;
  const child = new Deno.Command(Deno.execPath(), {
    args: [...args, script, dir],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const { value = "" } = await reader.read();
  await reader.cancel();
  const client = new KinesisClient({
    region: "us-east-1",
    endpoint: `http://127.0.0.1:${Number(value)}`,
    credentials: { accessKeyId: "AKIATEST", secretAccessKey: "secret" },
    maxAttempts: 1,
  });
  return { child, client };
}

Deno.test("everything that was acknowledged is there after kill -9, once and in order", async () => {
  const dir = await Deno.makeTempDir();
  const acknowledged: string[] = [];
  for (let round = 0; round < 2; round++) {
    const { child, client } = await startServer(dir);
    if (round === 0) {
      await client.send(new CreateStreamCommand({ StreamName: "s", ShardCount: 1 }));
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const killer = setTimeout(() => child.kill("SIGKILL"), 300);
    for (let number = 0;; number++) {
      const data = new TextEncoder().encode(`${round}.${number}`);
      const Records = new Array(20).fill({ PartitionKey: "k", Data: data });
      let answer: PutRecordsCommandOutput;
      try {
        answer = await client.send(new PutRecordsCommand({ StreamName: "s", Records }));
      } catch {
        break;
      }
      acknowledged.push(...answer.Records!.map((one) => one.SequenceNumber!));
    }
    clearTimeout(killer);
    client.destroy();
    await child.status;
  }
  const { child, client } = await startServer(dir);
  try {
    assert.ok(acknowledged.length > 0);
    const found: string[] = [];
    let { ShardIterator } = await client.send(
      new GetShardIteratorCommand({
        StreamName: "s",
        ShardId: first,
        ShardIteratorType: "TRIM_HORIZON",
      }),
    );
    for (let behind = 1; behind > 0;) {
      const page = await client.send(new GetRecordsCommand({ ShardIterator, Limit: 200 }));
      found.push(...page.Records!.map((record) => record.SequenceNumber!));
      ShardIterator = page.NextShardIterator;
      behind = page.MillisBehindLatest!;
    }
    assert.equal(new Set(found).size, found.length);
    const kept = new Set(found);
    assert.deepEqual(acknowledged.filter((number) => !kept.has(number)), []);
    assert.deepEqual(found, [...found].sort((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1)));
  } finally {
    client.destroy();
    child.kill("SIGKILL");
    await child.status;
    await Deno.remove(dir, { recursive: true });
  }
});

/** Flips one byte of a shard's log, and returns what the file holds then. */
function damageShard(kinesis: TestKinesis, at: number): { path: string; bytes: Uint8Array } {
  const path = `${kinesis.dir}/s.stream/${first}/${"0".repeat(20)}.log`;
  const bytes = Deno.readFileSync(path);
  bytes[at < 0 ? bytes.length + at : at]! ^= 1;
  Deno.writeFileSync(path, bytes);
  return { path, bytes };
}

Deno.test("a damaged record is told and kept beside, the others are read, and numbers go on growing", () => {
  for (const [at, left] of [[70, ["k1", "k2"]], [-1, ["k0", "k1"]]] as const) {
    using kinesis = new TestKinesis();
    kinesis.create("s");
    for (const key of ["k0", "k1", "k2"]) kinesis.put("s", key);
    const last = kinesis.readAll("s", first).at(-1)!.SequenceNumber;
    const { path, bytes } = damageShard(kinesis, at);
    using reopened = kinesis.reopened();
    const keys = () => reopened.readAll("s", first).map(({ PartitionKey }) => PartitionKey);
    assert.deepEqual(keys(), left);
    assert.equal(reopened.told.length, 1);
    assert.ok(reopened.told[0]?.startsWith(`${path}: cut `));
    const kept = Deno.readFileSync(/ kept as (\S+)$/.exec(reopened.told[0]!)![1]!);
    const from = at < 0 ? bytes.length - kept.length : 0;
    assert.deepEqual(kept, bytes.subarray(from, from + kept.length));
    assert.ok(BigInt(reopened.put("s", "new").SequenceNumber) > BigInt(last));
    assert.deepEqual(keys(), [...left, "new"]);
    using again = reopened.reopened();
    assert.equal(again.readAll("s", first).length, 3);
    assert.deepEqual(again.told, []);
  }
});

Deno.test("a shard whose only record is damaged reads as one that has no records yet", () => {
  using kinesis = new TestKinesis();
  kinesis.create("s");
  kinesis.put("s", "k");
  damageShard(kinesis, -1);
  using reopened = kinesis.reopened();
  const page = reopened.ask("GetRecords", { ShardIterator: reopened.iterator("s", first) });
  assert.deepEqual(page.Records, []);
  assert.equal(page.MillisBehindLatest, 0);
  reopened.put("s", "new");
  const next = reopened.ask("GetRecords", { ShardIterator: page.NextShardIterator });
  assert.deepEqual(next.Records.map(({ PartitionKey }) => PartitionKey), ["new"]);
});

Deno.test("a stream.json that is missing, empty or garbage comes back from its copy, and is told", () => {
  using kinesis = new TestKinesis();
  kinesis.create("s", 2);
  kinesis.put("s", "k");
  const path = `${kinesis.dir}/s.stream/stream.json`;
  const before = kinesis.shards("s");
  for (const damage of [null, "", '{"name":"s","cre']) {
    if (damage === null) Deno.removeSync(path);
    else Deno.writeTextFileSync(path, damage);
    using reopened = kinesis.reopened();
    assert.deepEqual(reopened.shards("s"), before);
    assert.equal(reopened.told.length, 1);
    assert.ok(reopened.told[0]?.startsWith(`${path} was `), String(reopened.told[0]));
    using again = kinesis.reopened();
    assert.deepEqual(again.told, []);
  }
});

Deno.test("without stream.json and its copy the start is refused, by name, and no record is removed", () => {
  using kinesis = new TestKinesis();
  kinesis.create("s");
  kinesis.put("s", "k");
  const folder = `${kinesis.dir}/s.stream`;
  for (const name of ["stream.json", "stream.json.copy"]) Deno.removeSync(`${folder}/${name}`);
  assert.throws(() => kinesis.reopened(), /Cannot read .*s\.stream\/stream\.json: it and its copy/);
  assert.ok(Deno.statSync(`${folder}/${first}`).isDirectory);
});
