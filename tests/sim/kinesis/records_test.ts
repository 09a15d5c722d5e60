/** Records in and out of shards, by a clock that only the test moves. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { hash } from "node:crypto";
import fc from "fast-check";
import { TestKinesis } from "./support.ts";

const first = "shardId-000000000000";

/** The shard by the documented rule: MD5 of the key among uniform ranges. */
function shardByRule(key: string, count: number): string {
  const point = BigInt(`0x${hash("md5", key, "hex")}`);
  const index = point / (2n ** 128n / BigInt(count));
  return `shardId-${String(index).padStart(12, "0")}`;
}

Deno.test("what is put comes back, byte for byte, in the order of its shard", () => {
  const record = fc.record({
    key: fc.string({ minLength: 1, maxLength: 60, unit: "grapheme" }),
    data: fc.uint8Array({ maxLength: 300 }),
  });
  fc.assert(
    fc.property(
      fc.array(fc.array(record, { minLength: 1, maxLength: 20 }), { maxLength: 6 }),
      fc.integer({ min: 1, max: 7 }),
      (requests, limit) => {
        using kinesis = new TestKinesis();
        kinesis.create("s", 4);
        const expected = new Map<string, unknown[]>();
        for (const records of requests) {
          const { Records, FailedRecordCount } = kinesis.ask("PutRecords", {
            StreamName: "s",
            Records: records.map(({ key, data }) => ({ PartitionKey: key, Data: data.toBase64() })),
          });
          assert.equal(FailedRecordCount, 0);
          for (const [index, { key, data }] of records.entries()) {
            const { ShardId = "", SequenceNumber } = Records[index]!;
            assert.equal(ShardId, shardByRule(key, 4));
            const shard = expected.get(ShardId) ?? [];
            shard.push([SequenceNumber, key, data.toBase64()]);
            expected.set(ShardId, shard);
          }
          kinesis.nowMs += 700;
        }
        for (const [shardId, records] of expected) {
          assert.deepEqual(readInPages(kinesis, shardId, limit), records);
          const numbers = records.map((one) => BigInt((one as string[])[0]!));
          assert.deepEqual(numbers, [...numbers].sort((a, b) => (a < b ? -1 : 1)));
        }
      },
    ),
    { numRuns: 25 },
  );
});

function readInPages(kinesis: TestKinesis, shardId: string, Limit: number): unknown[] {
  const found: unknown[] = [];
  let ShardIterator: string | undefined = kinesis.iterator("s", shardId);
  while (ShardIterator !== undefined) {
    const page = kinesis.ask("GetRecords", { ShardIterator, Limit });
    assert.ok(page.Records.length <= Limit);
    for (const { SequenceNumber, PartitionKey, Data } of page.Records) {
      found.push([SequenceNumber, PartitionKey, Data]);
    }
    if (page.MillisBehindLatest === 0) break;
    ShardIterator = page.NextShardIterator;
  }
  return found;
}

Deno.test("ExplicitHashKey decides in place of the partition key", () => {
  using kinesis = new TestKinesis();
  kinesis.create("s", 2);
  for (const [key, shard] of [["0", 0], [String(2n ** 127n), 1], [String(2n ** 128n - 1n), 1]]) {
    const put = kinesis.ask("PutRecord", {
      StreamName: "s",
      Data: "",
      PartitionKey: "same",
      ExplicitHashKey: key,
    });
    assert.equal(put.ShardId, `shardId-00000000000${shard}`);
  }
});

Deno.test("iterators begin at, after, before and behind what they name", () => {
  using kinesis = new TestKinesis();
  kinesis.create("s");
  const numbers: string[] = [];
  const times: number[] = [];
  for (const text of ["a", "b", "c"]) {
    times.push(kinesis.nowMs);
    numbers.push(kinesis.put("s", "k", text).SequenceNumber);
    kinesis.nowMs += 1000;
  }
  const texts = (more: Record<string, unknown>) =>
    kinesis.readAll("s", first, more).map(({ Data }) => atob(Data)).join("");
  const sequence = (type: string, number: string | undefined) =>
    texts({ ShardIteratorType: `${type}_SEQUENCE_NUMBER`, StartingSequenceNumber: number });
  assert.equal(texts({ ShardIteratorType: "TRIM_HORIZON" }), "abc");
  assert.equal(texts({ ShardIteratorType: "LATEST" }), "");
  assert.equal(sequence("AT", numbers[1]), "bc");
  assert.equal(sequence("AFTER", numbers[1]), "c");
  const [shard] = kinesis.shards("s");
  for (const type of ["AT", "AFTER"]) {
    assert.equal(sequence(type, shard?.SequenceNumberRange.StartingSequenceNumber), "abc");
  }
  const at = (ms: number) => texts({ ShardIteratorType: "AT_TIMESTAMP", Timestamp: ms / 1000 });
  assert.equal(at(0), "abc");
  assert.equal(at(times[1]!), "bc");
  assert.equal(at(times[1]! + 1), "c");
  assert.equal(at(kinesis.nowMs), "");
});

Deno.test("LATEST is the tip when the iterator is made, not when it is used", () => {
  using kinesis = new TestKinesis();
  kinesis.create("s");
  kinesis.put("s", "k", "before");
  const ShardIterator = kinesis.iterator("s", first, { ShardIteratorType: "LATEST" });
  kinesis.put("s", "k", "after");
  const { Records } = kinesis.ask("GetRecords", { ShardIterator });
  assert.deepEqual(Records.map(({ Data }) => atob(Data)), ["after"]);
});

Deno.test("an iterator lives for 300 s and then names both times", () => {
  using kinesis = new TestKinesis();
  kinesis.create("s");
  const ShardIterator = kinesis.iterator("s", first);
  assert.ok(ShardIterator.length <= 512);
  kinesis.nowMs += 300_000;
  kinesis.ask("GetRecords", { ShardIterator });
  kinesis.nowMs += 1;
  assert.throws(() => kinesis.ask("GetRecords", { ShardIterator }), {
    code: "ExpiredIteratorException",
    message: "Iterator expired. The iterator was created at time Fri Jan 02 03:04:05 UTC 2026 " +
      "while right now it is Fri Jan 02 03:09:05 UTC 2026 which is further in the future than " +
      "the tolerated delay of 300000 milliseconds.",
  });
});

Deno.test("an iterator that was made up or changed is refused", () => {
  using kinesis = new TestKinesis();
  kinesis.create("s");
  const good = kinesis.iterator("s", first);
  const bytes = Buffer.from(good, "base64");
  bytes[12]! ^= 1;
  for (const ShardIterator of ["AAAA", "no base64!", bytes.toString("base64"), good.slice(4)]) {
    assert.throws(() => kinesis.ask("GetRecords", { ShardIterator }), {
      code: "InvalidArgumentException",
      message: "Invalid ShardIterator.",
    });
  }
});

Deno.test("places that this shard never had are refused in AWS's words", () => {
  using kinesis = new TestKinesis();
  kinesis.create("s", 2);
  const [one, two] = kinesis.shards("s").map((shard) =>
    shard.SequenceNumberRange.StartingSequenceNumber
  );
  const ask = (type: string, StartingSequenceNumber?: string) => () =>
    kinesis.iterator("s", first, {
      ShardIteratorType: type,
      ...(StartingSequenceNumber && { StartingSequenceNumber }),
    });
  assert.throws(ask("AT_SEQUENCE_NUMBER", two), {
    code: "InvalidArgumentException",
    message: "Invalid StartingSequenceNumber. It encodes shardId-000000000001, while it was used " +
      "in a call to a shard with shardId-000000000000",
  });
  // The same place in a shard that was made a second later.
  const other = String(BigInt(one!) + (1n << 148n));
  const prefix = "used in GetShardIterator on shard shardId-000000000000 in stream s under " +
    "account 000000000000 is invalid";
  assert.throws(ask("AT_SEQUENCE_NUMBER", other), {
    message: `StartingSequenceNumber ${other} ${prefix} because it did not come from this stream.`,
  });
  assert.throws(ask("AFTER_SEQUENCE_NUMBER", "7"), {
    message: `StartingSequenceNumber 7 ${prefix}.`,
  });
  assert.throws(ask("LATEST", one), {
    message: "Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and " +
      "StartingSequenceNumber or (2) TRIM_HORIZON or LATEST and no StartingSequenceNumber. " +
      "Request specified LATEST and also a StartingSequenceNumber.",
  });
  assert.throws(() => kinesis.iterator("s", "shardId-000000000009"), {
    code: "ResourceNotFoundException",
    message: "Shard shardId-000000000009 in stream s under account 000000000000 does not exist",
  });
  assert.throws(() => kinesis.iterator("s", "nonsense"), {
    code: "ResourceNotFoundException",
    message: "Could not find shard nonsense in stream s under account 000000000000.",
  });
});

Deno.test("MillisBehindLatest is the age of the page, and 0 at the tip only", () => {
  using kinesis = new TestKinesis();
  kinesis.create("s");
  kinesis.put("s", "k");
  kinesis.put("s", "k");
  const read = (ShardIterator: string) => kinesis.ask("GetRecords", { ShardIterator, Limit: 1 });
  // In the same millisecond there is more to come all the same.
  assert.equal(read(kinesis.iterator("s", first)).MillisBehindLatest, 1);
  kinesis.nowMs += 4321;
  const page = read(kinesis.iterator("s", first));
  assert.equal(page.MillisBehindLatest, 4321);
  assert.equal(read(page.NextShardIterator!).MillisBehindLatest, 0);
});

Deno.test("a page ends at 10 MiB", () => {
  using kinesis = new TestKinesis();
  kinesis.create("s");
  for (let count = 0; count < 12; count++) kinesis.put("s", "k", "x".repeat(1_000_000));
  const { Records, NextShardIterator } = kinesis.ask("GetRecords", {
    ShardIterator: kinesis.iterator("s", first),
  });
  assert.equal(Records.length, 10);
  const rest = kinesis.ask("GetRecords", { ShardIterator: NextShardIterator });
  assert.equal(rest.Records.length, 2);
});

Deno.test("PutRecords refuses more than 10 MiB in all, keys included", () => {
  using kinesis = new TestKinesis();
  kinesis.create("s");
  const full = { Data: new Uint8Array(1_048_575).toBase64(), PartitionKey: "k" };
  const put = (Records: unknown[]) => kinesis.ask("PutRecords", { StreamName: "s", Records });
  assert.equal(put(new Array(10).fill(full)).FailedRecordCount, 0);
  assert.throws(() => put([...new Array(10).fill(full), { Data: "", PartitionKey: "k" }]), {
    code: "InvalidArgumentException",
    message: "Records size exceeds 10 MB limit",
  });
});

Deno.test("SequenceNumberForOrdering must be one that could have been given out by now", () => {
  using kinesis = new TestKinesis();
  kinesis.create("s");
  const { SequenceNumber } = kinesis.put("s", "k");
  const put = (SequenceNumberForOrdering: string) =>
    kinesis.ask("PutRecord", {
      StreamName: "s",
      PartitionKey: "k",
      Data: "",
      SequenceNumberForOrdering,
    });
  assert.ok(BigInt(put(SequenceNumber).SequenceNumber) > BigInt(SequenceNumber));
  assert.throws(() => put("5"), {
    message: "ExclusiveMinimumSequenceNumber 5 used in PutRecord on stream s under account " +
      "000000000000 is invalid.",
  });
});
