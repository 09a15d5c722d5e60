/** Throughput and rates, exactly, by a clock that stands still. */
import assert from "node:assert/strict";
import { faultsWithOdds } from "../../../sim/faults/plan.ts";
import { worldFromSeed } from "../../../sim/world.ts";
import { TestKinesis } from "./support.ts";

const first = "shardId-000000000000";
const throttled = "Rate exceeded for shard shardId-000000000000 in stream s under account " +
  "000000000000.";

function records(count: number, bytes = 1): unknown[] {
  const Data = new Uint8Array(bytes).toBase64();
  return Array.from({ length: count }, (_, index) => ({ PartitionKey: `k${index}`, Data }));
}

Deno.test("PutRecords refuses the records beyond 1,000 a second, each by itself and in its place", () => {
  using kinesis = new TestKinesis({ limits: "on" });
  kinesis.create("s");
  const put = (count: number) =>
    kinesis.ask("PutRecords", { StreamName: "s", Records: records(count) });
  assert.equal(put(500).FailedRecordCount, 0);
  assert.equal(put(400).FailedRecordCount, 0);
  const part = put(150);
  assert.equal(part.FailedRecordCount, 50);
  assert.ok(part.Records.slice(0, 100).every(({ SequenceNumber }) => SequenceNumber));
  assert.deepEqual(part.Records[100], {
    ErrorCode: "ProvisionedThroughputExceededException",
    ErrorMessage: throttled,
  });
  kinesis.nowMs += 999;
  assert.equal(put(1).FailedRecordCount, 1);
  kinesis.nowMs += 1;
  assert.equal(put(500).FailedRecordCount, 0);
  kinesis.nowMs += 1000;
  assert.equal(kinesis.readAll("s", first).length, 1500);
});

Deno.test("PutRecord throws what PutRecords reports", () => {
  using kinesis = new TestKinesis({ limits: "on" });
  kinesis.create("s");
  kinesis.put("s", "k", "x".repeat(1_048_575));
  assert.throws(() => kinesis.put("s", "k"), {
    code: "ProvisionedThroughputExceededException",
    message: throttled,
  });
  kinesis.nowMs += 1000;
  kinesis.put("s", "k");
});

Deno.test("a shard is read five times a second, and rests for 5 s after 10 MiB", () => {
  using kinesis = new TestKinesis({ limits: "on" });
  kinesis.create("s");
  for (let count = 0; count < 11; count++) {
    kinesis.put("s", "k", "x".repeat(1_000_000));
    kinesis.nowMs += 1000;
  }
  let ShardIterator = kinesis.iterator("s", first);
  const read = () => {
    ShardIterator = kinesis.ask("GetRecords", { ShardIterator }).NextShardIterator!;
  };
  read();
  kinesis.nowMs += 4700;
  assert.throws(read, { code: "ProvisionedThroughputExceededException", message: throttled });
  kinesis.nowMs += 300;
  for (let count = 0; count < 5; count++) read();
  assert.throws(read, { code: "ProvisionedThroughputExceededException" });
});

Deno.test("with limits off nothing is throttled", () => {
  using kinesis = new TestKinesis();
  kinesis.create("s");
  for (let count = 0; count < 5; count++) {
    const { FailedRecordCount } = kinesis.ask("PutRecords", {
      StreamName: "s",
      Records: records(500, 3000),
    });
    assert.equal(FailedRecordCount, 0);
  }
  for (let count = 0; count < 10; count++) kinesis.readAll("s", first);
  for (let count = 0; count < 30; count++) kinesis.ask("ListStreams");
});

Deno.test("calls of each action are counted by the second, for the account or the stream", () => {
  using kinesis = new TestKinesis({ limits: "on" });
  for (const name of ["s", "t"]) kinesis.create(name);
  const rates: [string, Record<string, unknown>, number][] = [
    ["ListStreams", {}, 5],
    ["DescribeStream", { StreamName: "s" }, 10],
    ["DescribeStreamSummary", { StreamName: "s" }, 20],
    ["ListShards", { StreamName: "s" }, 1000],
    ["ListTagsForStream", { StreamName: "s" }, 5],
    ["DescribeLimits", {}, 1],
  ];
  for (const [name, request, max] of rates) {
    for (let count = 0; count < max; count++) kinesis.ask(name, request);
    assert.throws(() => kinesis.ask(name, request), { code: "LimitExceededException" }, name);
  }
  assert.throws(() => kinesis.ask("DescribeStream", { StreamName: "s" }), {
    message: "Rate exceeded for stream s under account 000000000000.",
  });
  kinesis.ask("ListShards", { StreamName: "t" });
  kinesis.nowMs += 1000;
  for (const [name, request] of rates) kinesis.ask(name, request);
});

Deno.test("an open shard gives five iterators a second", () => {
  using kinesis = new TestKinesis({ limits: "on" });
  kinesis.create("s");
  for (let count = 0; count < 5; count++) kinesis.iterator("s", first);
  assert.throws(() => kinesis.iterator("s", first), {
    code: "ProvisionedThroughputExceededException",
  });
});

Deno.test("five streams may be in the making at once", () => {
  using kinesis = new TestKinesis({ limits: "on" });
  const create = (name: string) => kinesis.ask("CreateStream", { StreamName: name, ShardCount: 1 });
  for (const name of ["a", "b", "c", "d"]) create(name);
  kinesis.nowMs += 15; // Less than a second, and less than the making of a stream.
  create("e");
  assert.throws(() => create("f"), { code: "LimitExceededException" });
  kinesis.nowMs += 1000;
  create("f");
});

Deno.test("the number of shards is changed ten times in 24 hours", () => {
  using kinesis = new TestKinesis({ limits: "on" });
  kinesis.create("s");
  const scale = (count: number) => {
    kinesis.ask("UpdateShardCount", {
      StreamName: "s",
      TargetShardCount: count,
      ScalingType: "UNIFORM_SCALING",
    });
    kinesis.nowMs += 1000;
  };
  for (let round = 0; round < 5; round++) for (const count of [2, 1]) scale(count);
  assert.throws(() => scale(2), { code: "LimitExceededException" });
  kinesis.nowMs += 24 * 3_600_000 - 10_000;
  scale(2);
});

Deno.test("faults by name: throttled writes and reads, and iterators too old", () => {
  const faults = faultsWithOdds(worldFromSeed(1), {
    "kinesis.put_records.throttle": 0.5,
    "kinesis.get_records.throttle": 0.5,
    "kinesis.iterator_expired": 0.3,
  });
  using kinesis = new TestKinesis({ faults });
  kinesis.create("s");
  const answer = kinesis.ask("PutRecords", { StreamName: "s", Records: records(100) });
  assert.ok(answer.FailedRecordCount > 20 && answer.FailedRecordCount < 80);
  const ShardIterator = kinesis.iterator("s", first);
  const seen = new Map<string, number>();
  for (let count = 0; count < 100; count++) {
    let outcome = "read";
    try {
      const { Records } = kinesis.ask("GetRecords", { ShardIterator });
      assert.equal(Records.length, 100 - answer.FailedRecordCount);
    } catch (error) {
      outcome = (error as { code: string }).code;
    }
    seen.set(outcome, (seen.get(outcome) ?? 0) + 1);
  }
  assert.deepEqual([...seen.keys()].sort(), [
    "ExpiredIteratorException",
    "ProvisionedThroughputExceededException",
    "read",
  ]);
});
