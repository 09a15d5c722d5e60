/** Streams from their making to their end, by a clock that only the test moves. */
import assert from "node:assert/strict";
import { TestKinesis, transitionMs } from "./support.ts";

const half = String(2n ** 127n);

function status(kinesis: TestKinesis, name = "s"): string {
  return kinesis.ask("DescribeStreamSummary", { StreamName: name })
    .StreamDescriptionSummary.StreamStatus;
}

Deno.test("a stream is CREATING, without shards, until its time has come", () => {
  using kinesis = new TestKinesis();
  kinesis.ask("CreateStream", { StreamName: "s", ShardCount: 2 });
  assert.equal(status(kinesis), "CREATING");
  assert.deepEqual(
    kinesis.ask("DescribeStream", { StreamName: "s" }).StreamDescription.Shards,
    [],
  );
  assert.throws(() => kinesis.put("s", "k"), { code: "ResourceNotFoundException" });
  kinesis.nowMs += transitionMs - 1;
  assert.equal(status(kinesis), "CREATING");
  kinesis.nowMs += 1;
  assert.equal(status(kinesis), "ACTIVE");
  assert.equal(kinesis.shards("s").length, 2);
});

Deno.test("a stream on demand begins with four shards and 24 hours", () => {
  using kinesis = new TestKinesis();
  const StreamModeDetails = { StreamMode: "ON_DEMAND" };
  kinesis.ask("CreateStream", { StreamName: "s", StreamModeDetails });
  kinesis.settle();
  const { StreamDescriptionSummary: found } = kinesis.ask("DescribeStreamSummary", {
    StreamName: "s",
  });
  assert.equal(found.OpenShardCount, 4);
  assert.equal(found.RetentionPeriodHours, 24);
  assert.deepEqual(found.StreamModeDetails, StreamModeDetails);
});

Deno.test("a name is taken until the stream is gone, and then free for an empty one", () => {
  using kinesis = new TestKinesis();
  kinesis.create("s");
  kinesis.put("s", "k");
  const again = { StreamName: "s", ShardCount: 1 };
  assert.throws(() => kinesis.ask("CreateStream", again), { code: "ResourceInUseException" });
  const iterator = kinesis.iterator("s", "shardId-000000000000");
  kinesis.ask("DeleteStream", { StreamName: "s" });
  assert.equal(status(kinesis), "DELETING");
  kinesis.settle();
  assert.throws(() => status(kinesis), {
    code: "ResourceNotFoundException",
    message: "Stream s under account 000000000000 not found.",
  });
  assert.deepEqual([...Deno.readDirSync(kinesis.dir)], []);
  kinesis.create("s");
  assert.deepEqual(kinesis.readAll("s", "shardId-000000000000"), []);
  // An iterator of the old stream does not read the new one.
  assert.throws(() => kinesis.ask("GetRecords", { ShardIterator: iterator }), {
    code: "ResourceNotFoundException",
  });
});

Deno.test("streams may be called by their ARN, and name and ARN must agree", () => {
  using kinesis = new TestKinesis();
  kinesis.create("s");
  const StreamARN = "arn:aws:kinesis:us-east-1:000000000000:stream/s";
  for (const name of ["DescribeStream", "DescribeStreamSummary", "ListTagsForStream"]) {
    kinesis.ask(name, { StreamARN });
    kinesis.ask(name, { StreamARN, StreamName: "s" });
    assert.throws(() => kinesis.ask(name, { StreamARN, StreamName: "t" }), {
      code: "InvalidArgumentException",
    });
    assert.throws(() => kinesis.ask(name, {}), { code: "InvalidArgumentException" });
  }
  const elsewhere = "arn:aws:kinesis:us-east-2:000000000000:stream/s";
  assert.throws(() => kinesis.ask("DescribeStream", { StreamARN: elsewhere }), {
    code: "ResourceNotFoundException",
  });
  assert.throws(() => kinesis.ask("DescribeStream", { StreamName: "s", StreamId: "abc" }), {
    code: "ValidationException",
  });
});

Deno.test("odd names that the pattern allows are streams like others", () => {
  using kinesis = new TestKinesis();
  for (const name of [".", "..", "a.b-c_D", "x".repeat(128)]) kinesis.create(name);
  using reopened = kinesis.reopened();
  assert.deepEqual(
    reopened.ask("ListStreams").StreamNames,
    [".", "..", "a.b-c_D", "x".repeat(128)],
  );
});

Deno.test("ListStreams gives pages that can be followed by token or by name", () => {
  using kinesis = new TestKinesis();
  for (const name of ["c", "a", "b"]) kinesis.create(name);
  const first = kinesis.ask("ListStreams", { Limit: 2 });
  assert.deepEqual([first.StreamNames, first.HasMoreStreams], [["a", "b"], true]);
  for (const next of [{ NextToken: first.NextToken }, { ExclusiveStartStreamName: "b" }]) {
    const page = kinesis.ask("ListStreams", next);
    assert.deepEqual([page.StreamNames, page.HasMoreStreams], [["c"], false]);
  }
});

Deno.test("SplitShard closes the parent and its halves take over when the time has come", () => {
  using kinesis = new TestKinesis();
  kinesis.create("s");
  const before = kinesis.put("s", "k", "before");
  kinesis.ask("SplitShard", {
    StreamName: "s",
    ShardToSplit: "shardId-000000000000",
    NewStartingHashKey: half,
  });
  assert.equal(status(kinesis), "UPDATING");
  // Until then the parent takes records.
  assert.equal(kinesis.put("s", "k", "meanwhile").ShardId, before.ShardId);
  kinesis.settle();
  const [parent, low, high] = kinesis.shards("s");
  assert.ok(parent?.SequenceNumberRange.EndingSequenceNumber);
  assert.deepEqual(low?.HashKeyRange, {
    StartingHashKey: "0",
    EndingHashKey: String(2n ** 127n - 1n),
  });
  assert.equal(high?.HashKeyRange.StartingHashKey, half);
  for (const child of [low, high]) assert.equal(child?.ParentShardId, parent.ShardId);
  const after = kinesis.put("s", "k", "after");
  assert.notEqual(after.ShardId, parent.ShardId);
  const ending = BigInt(parent.SequenceNumberRange.EndingSequenceNumber);
  assert.ok(BigInt(before.SequenceNumber) < ending);
  assert.ok(ending < BigInt(after.SequenceNumber));
});

Deno.test("a closed shard that is drained has no next iterator and names its children", () => {
  using kinesis = new TestKinesis();
  kinesis.create("s");
  kinesis.put("s", "k");
  const ShardIterator = kinesis.iterator("s", "shardId-000000000000");
  kinesis.ask("SplitShard", {
    StreamName: "s",
    ShardToSplit: "shardId-000000000000",
    NewStartingHashKey: half,
  });
  kinesis.settle();
  const page = kinesis.ask("GetRecords", { ShardIterator, Limit: 1 });
  assert.equal(page.Records.length, 1);
  assert.equal(page.NextShardIterator, undefined);
  assert.deepEqual(page.ChildShards?.map(({ ShardId, ParentShards }) => [ShardId, ParentShards]), [
    ["shardId-000000000001", ["shardId-000000000000"]],
    ["shardId-000000000002", ["shardId-000000000000"]],
  ]);
});

Deno.test("MergeShards makes one of two neighbours, and of no others", () => {
  using kinesis = new TestKinesis();
  kinesis.create("s", 3);
  const merge = (one: number, other: number) =>
    kinesis.ask("MergeShards", {
      StreamName: "s",
      ShardToMerge: `shardId-00000000000${one}`,
      AdjacentShardToMerge: `shardId-00000000000${other}`,
    });
  assert.throws(() => merge(0, 2), {
    code: "InvalidArgumentException",
    message: "Shards shardId-000000000000 and shardId-000000000002 in stream s under account " +
      "000000000000 are not an adjacent pair of shards eligible for merging",
  });
  merge(0, 1);
  assert.throws(() => merge(1, 2), {
    code: "ResourceInUseException",
    message: "Stream s under account 000000000000 not ACTIVE, instead in state UPDATING",
  });
  kinesis.settle();
  const child = kinesis.shards("s")[3];
  assert.equal(child?.ParentShardId, "shardId-000000000000");
  assert.equal(child?.AdjacentParentShardId, "shardId-000000000001");
  assert.throws(() => merge(0, 1), { code: "InvalidArgumentException" });
  assert.throws(() => merge(8, 1), {
    code: "ResourceNotFoundException",
    message: "Could not find shard shardId-000000000008 in stream s under account 000000000000.",
  });
});

Deno.test("SplitShard refuses a key at the edge of the shard, in AWS's words", () => {
  using kinesis = new TestKinesis();
  kinesis.create("s");
  for (const key of ["0", "1", String(2n ** 128n - 1n)]) {
    assert.throws(
      () =>
        kinesis.ask("SplitShard", {
          StreamName: "s",
          ShardToSplit: "shardId-000000000000",
          NewStartingHashKey: key,
        }),
      {
        code: "InvalidArgumentException",
        message: `NewStartingHashKey ${key} used in SplitShard() on shard shardId-000000000000 ` +
          "in stream s under account 000000000000 is not both greater than one plus the shard's " +
          "StartingHashKey 0 and less than the shard's EndingHashKey " +
          "340282366920938463463374607431768211455.",
      },
    );
  }
});

Deno.test("UpdateShardCount keeps the lineage and the records of closed shards", () => {
  using kinesis = new TestKinesis();
  kinesis.create("s", 2);
  for (let key = 0; key < 40; key++) kinesis.put("s", `k${key}`);
  const request = { StreamName: "s", ScalingType: "UNIFORM_SCALING" };
  assert.equal(
    kinesis.ask("UpdateShardCount", { ...request, TargetShardCount: 3 }).CurrentShardCount,
    2,
  );
  kinesis.settle();
  const shards = kinesis.shards("s");
  const open = shards.filter((one) => one.SequenceNumberRange.EndingSequenceNumber === undefined);
  assert.equal(open.length, 3);
  const ids = new Set(shards.map(({ ShardId }) => ShardId));
  for (const { ShardId, ParentShardId } of shards.slice(2)) {
    assert.ok(ParentShardId !== undefined && ids.has(ParentShardId), ShardId);
  }
  const read = shards.flatMap(({ ShardId }) => kinesis.readAll("s", ShardId));
  assert.equal(read.length, 40);
  for (const [target, way] of [[7, "up over double"], [1, "down below half"]] as const) {
    assert.throws(() => kinesis.ask("UpdateShardCount", { ...request, TargetShardCount: target }), {
      code: "LimitExceededException",
      message: `UpdateShardCount cannot scale ${way} your current open shard count. ` +
        `Current open shard count: 3, Target shard count: ${target}`,
    });
  }
});

Deno.test("shards of a stream on demand are changed only after UpdateStreamMode", () => {
  using kinesis = new TestKinesis();
  kinesis.ask("CreateStream", {
    StreamName: "s",
    StreamModeDetails: { StreamMode: "ON_DEMAND" },
  });
  kinesis.settle();
  const split = () =>
    kinesis.ask("SplitShard", {
      StreamName: "s",
      ShardToSplit: "shardId-000000000000",
      NewStartingHashKey: "1000",
    });
  assert.throws(split, { code: "ValidationException" });
  kinesis.ask("UpdateStreamMode", {
    StreamARN: "arn:aws:kinesis:us-east-1:000000000000:stream/s",
    StreamModeDetails: { StreamMode: "PROVISIONED" },
  });
  kinesis.settle();
  split();
});

Deno.test("ListShards filters by what was open when", () => {
  using kinesis = new TestKinesis();
  kinesis.create("s");
  const madeMs = kinesis.nowMs;
  kinesis.nowMs += 5000;
  kinesis.ask("SplitShard", {
    StreamName: "s",
    ShardToSplit: "shardId-000000000000",
    NewStartingHashKey: half,
  });
  kinesis.settle();
  kinesis.shards("s"); // Somebody looks, and the split is carried out.
  kinesis.nowMs += 5000;
  const ids = (ShardFilter?: Record<string, unknown>) =>
    kinesis.ask("ListShards", { StreamName: "s", ...(ShardFilter && { ShardFilter }) })
      .Shards.map(({ ShardId }) => Number(ShardId.slice(-1))).join("");
  assert.equal(ids(), "012");
  assert.equal(ids({ Type: "FROM_TRIM_HORIZON" }), "012");
  assert.equal(ids({ Type: "AT_TRIM_HORIZON" }), "0");
  assert.equal(ids({ Type: "AT_LATEST" }), "12");
  assert.equal(ids({ Type: "AFTER_SHARD_ID", ShardId: "shardId-000000000001" }), "2");
  assert.equal(ids({ Type: "AT_TIMESTAMP", Timestamp: (madeMs + 1000) / 1000 }), "0");
  assert.equal(ids({ Type: "AT_TIMESTAMP", Timestamp: kinesis.nowMs / 1000 }), "12");
  assert.equal(ids({ Type: "FROM_TIMESTAMP", Timestamp: kinesis.nowMs / 1000 }), "12");
  assert.throws(() => ids({ Type: "AFTER_SHARD_ID" }), { code: "InvalidArgumentException" });
});

Deno.test("a token of ListShards goes on where the page ended, and dies after 300 s", () => {
  using kinesis = new TestKinesis();
  kinesis.create("s", 5);
  const { NextToken } = kinesis.ask("ListShards", { StreamName: "s", MaxResults: 3 });
  const rest = kinesis.ask("ListShards", { NextToken });
  assert.deepEqual(rest.Shards.map(({ ShardId }) => ShardId), [
    "shardId-000000000003",
    "shardId-000000000004",
  ]);
  assert.throws(() => kinesis.ask("ListShards", { NextToken, StreamName: "s" }), {
    code: "InvalidArgumentException",
    message: "NextToken and StreamName cannot be provided together.",
  });
  kinesis.nowMs += 300_001;
  assert.throws(() => kinesis.ask("ListShards", { NextToken }), {
    code: "ExpiredNextTokenException",
  });
});

Deno.test("DescribeStream pages through the shards", () => {
  using kinesis = new TestKinesis();
  kinesis.create("s", 3);
  const first = kinesis.ask("DescribeStream", { StreamName: "s", Limit: 2 }).StreamDescription;
  assert.deepEqual([first.Shards.length, first.HasMoreShards], [2, true]);
  const rest = kinesis.ask("DescribeStream", {
    StreamName: "s",
    ExclusiveStartShardId: first.Shards[1]?.ShardId,
  }).StreamDescription;
  assert.deepEqual([rest.Shards.length, rest.HasMoreShards], [1, false]);
});

Deno.test("tags are added, replaced, listed in order and removed", () => {
  using kinesis = new TestKinesis();
  kinesis.create("s");
  const StreamName = "s";
  kinesis.ask("AddTagsToStream", { StreamName, Tags: { b: "1", a: "2" } });
  kinesis.ask("AddTagsToStream", { StreamName, Tags: { b: "3", ä: "" } });
  assert.deepEqual(kinesis.ask("ListTagsForStream", { StreamName }).Tags, [
    { Key: "a", Value: "2" },
    { Key: "b", Value: "3" },
    { Key: "ä", Value: "" },
  ]);
  assert.equal(kinesis.ask("ListTagsForStream", { StreamName, Limit: 1 }).HasMoreTags, true);
  kinesis.ask("RemoveTagsFromStream", { StreamName, TagKeys: ["a", "none"] });
  const { Tags } = kinesis.ask("ListTagsForStream", { StreamName, ExclusiveStartTagKey: "b" });
  assert.deepEqual(Tags.map(({ Key }) => Key), ["ä"]);
  assert.throws(() => kinesis.ask("AddTagsToStream", { StreamName, Tags: { "a%b": "" } }), {
    code: "InvalidArgumentException",
  });
});

Deno.test("retention goes up and down within its bounds, in AWS's words", () => {
  using kinesis = new TestKinesis();
  kinesis.create("s");
  const change = (way: string, hours: number) =>
    kinesis.ask(`${way}StreamRetentionPeriod`, { StreamName: "s", RetentionPeriodHours: hours });
  change("Increase", 48);
  kinesis.settle();
  assert.throws(() => change("Increase", 30), {
    message:
      "Requested retention period (30 hours) for stream s can not be shorter than existing " +
      "retention period (48 hours). Use DecreaseRetentionPeriod API.",
  });
  assert.throws(() => change("Decrease", 50), {
    message: "Requested retention period (50 hours) for stream s can not be longer than existing " +
      "retention period (48 hours). Use IncreaseRetentionPeriod API.",
  });
  assert.throws(() => change("Decrease", 23), {
    message: "Minimum allowed retention period is 24 hours. " +
      "Requested retention period (23 hours) is too short.",
  });
  assert.throws(() => change("Increase", 8761), {
    message: "Maximum allowed retention period is 8760 hours. " +
      "Requested retention period (8761 hours) is too long.",
  });
});

Deno.test("records older than the retention are gone, and closed shards with them", () => {
  using kinesis = new TestKinesis();
  kinesis.create("s");
  kinesis.put("s", "k", "old");
  kinesis.ask("SplitShard", {
    StreamName: "s",
    ShardToSplit: "shardId-000000000000",
    NewStartingHashKey: half,
  });
  kinesis.settle();
  const young = kinesis.put("s", "k", "young");
  kinesis.nowMs += 23 * 3_600_000;
  const younger = kinesis.put("s", "k", "younger");
  assert.equal(kinesis.readAll("s", "shardId-000000000000").length, 1);
  kinesis.nowMs += 2 * 3_600_000;
  assert.deepEqual(kinesis.shards("s").map(({ ShardId }) => ShardId), [
    "shardId-000000000001",
    "shardId-000000000002",
  ]);
  const read = kinesis.readAll("s", young.ShardId);
  assert.deepEqual(read.map(({ SequenceNumber }) => SequenceNumber), [younger.SequenceNumber]);
  // A place that was cut off leads to the oldest that is left.
  const from = { ShardIteratorType: "AT_SEQUENCE_NUMBER" };
  assert.deepEqual(
    kinesis.readAll("s", young.ShardId, { ...from, StartingSequenceNumber: young.SequenceNumber }),
    read,
  );
});

Deno.test("UpdateMaxRecordSize lets larger records in", () => {
  using kinesis = new TestKinesis();
  kinesis.create("s");
  const large = "x".repeat(1024 * 1024);
  assert.throws(() => kinesis.put("s", "key", `${large}x`), {
    code: "ValidationException",
    message: "1 validation error detected: Value 'java.nio.HeapByteBuffer[pos=0 lim=1048577 " +
      "cap=1048577]' at 'data' failed to satisfy constraint: Member must have length less than " +
      "or equal to 1048576",
  });
  // Documented: the key counts too.
  assert.throws(() => kinesis.put("s", "key", large), { code: "InvalidArgumentException" });
  kinesis.put("s", "key", large.slice(3));
  kinesis.ask("UpdateMaxRecordSize", {
    StreamARN: "arn:aws:kinesis:us-east-1:000000000000:stream/s",
    MaxRecordSizeInKiB: 10_240,
  });
  kinesis.settle();
  kinesis.put("s", "key", large.repeat(9));
  assert.equal(kinesis.readAll("s", "shardId-000000000000").length, 2);
});

Deno.test("DescribeLimits counts open shards of provisioned streams", () => {
  using kinesis = new TestKinesis();
  kinesis.create("s", 3);
  assert.equal(kinesis.ask("DescribeLimits").OpenShardCount, 3);
});
