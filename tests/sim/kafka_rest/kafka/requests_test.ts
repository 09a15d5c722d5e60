import assert from "node:assert/strict";
import {
  earliest,
  fetchRecords,
  findCoordinator,
  type KafkaRequest,
  listOffsets,
  metadata,
  offsetCommit,
  offsetFetch,
  produce,
  topicConfigs,
} from "../../../../sim/kafka_rest/kafka/requests.ts";
import { Reader, Writer } from "../../../../sim/net/bytes.ts";
import { encodeRecordBatch } from "../../../../sim/storage/record_batch.ts";

const hex = (text: string) => Uint8Array.fromHex(text.replace(/#.*|\s/g, ""));

function written<T>({ key, version, write }: KafkaRequest<T>): string {
  const writer = new Writer();
  write(writer);
  return `${key} v${version} ${writer.finish().toHex()}`;
}

const bytes = (text: string) => new TextEncoder().encode(text);
const t0 = { topic: "t", partition: 0 };

// All written by kafkajs 2.2.4, src/protocol/requests.
Deno.test("Requests are the bytes that kafkajs writes", () => {
  assert.equal(written(metadata(["t"], true)), "3 v4 0000000100017401");
  assert.equal(written(metadata(null, false)), "3 v4 ffffffff00");
  assert.equal(
    written(listOffsets([t0, { topic: "t", partition: 1 }], earliest)),
    "2 v1 ffffffff000000010001740000000200000000fffffffffffffffe00000001fffffffffffffffe",
  );
  assert.equal(
    written(
      fetchRecords([{ topic: "t", partition: 2, offset: 7n }], { maxWaitMs: 500, bytesMax: 4096 }),
    ),
    "1 v4 ffffffff000001f4000000010000100000000000010001740000000100000002000000000000000700001000",
  );
  assert.equal(
    written(offsetCommit("g", [{ ...t0, offset: 5n, metadata: "m" }])),
    "8 v2 000167ffffffff0000ffffffffffffffff000000010001740000000100000000000000000000000500016d",
  );
  assert.equal(written(offsetFetch("g", [t0])), "9 v1 000167000000010001740000000100000000");
  assert.equal(written(findCoordinator("g")), "10 v0 000167");
  assert.equal(written(topicConfigs("t")), "32 v1 0000000102000174ffffffff00");
});

Deno.test("A Produce request is the bytes that kafkajs writes around its batch", () => {
  // The batch stands between: bytes of kafkajs with its leader epoch and sequences, left out here.
  const start = "ffffffff0000753000000001000174000000010000000000000046";
  const records = "10000000026b027600";
  const batch = encodeRecordBatch([{ key: bytes("k"), value: bytes("v") }], { timestampMs: 1000 });
  const request = written(produce([{ ...t0, bytes: batch }], 30_000));
  assert.equal(request, `0 v3 ${start}${batch.toHex()}`);
  assert.ok(request.endsWith(records));
});

Deno.test("A Metadata answer is read to its last byte, and no shorter one is taken for it", () => {
  const answer = hex(`
    00000000                      # throttle_time_ms
    00000001 00000001 0001 68 00002384 ffff  # brokers: id 1, host "h", port 9092, rack null
    0002 6363 00000001            # cluster_id "cc", controller_id 1
    00000002                      # topics
    0000 0001 61 00               # no error, "a", not internal
    00000001 0000 00000003 00000001 00000002 00000001 00000002 00000001 00000001
    0003 0001 62 01 00000000      # unknown, "b", internal, no partitions
  `);
  const reader = new Reader(answer);
  assert.deepEqual(metadata(null, false).read(reader), {
    brokers: [{ id: 1, host: "h", port: 9092 }],
    topics: [
      {
        error: 0,
        name: "a",
        isInternal: false,
        partitions: [{ error: 0, id: 3, leader: 1, replicas: [1, 2], inSync: [1] }],
      },
      { error: 3, name: "b", isInternal: true, partitions: [] },
    ],
  });
  assert.equal(reader.remaining, 0);
  for (let size = 0; size < answer.length; size++) {
    assert.throws(
      () => metadata(null, false).read(new Reader(answer.subarray(0, size))),
      RangeError,
    );
  }
});

Deno.test("A Fetch answer keeps its bytes when the buffer below is used again", () => {
  const answer = hex(`
    00000000 00000001 0001 74 00000001      # throttle_time_ms, topics, "t", partitions
    00000000 0000 0000000000000009 0000000000000008  # partition, error, high watermark, last stable
    00000001 0000000000000001 0000000000000002       # one aborted transaction
    00000003 010203
  `);
  const reader = new Reader(answer);
  const fetched = fetchRecords([], { maxWaitMs: 0, bytesMax: 0 }).read(reader);
  assert.equal(reader.remaining, 0);
  answer.fill(0);
  assert.deepEqual(fetched, [{ ...t0, error: 0, bytes: new Uint8Array([1, 2, 3]) }]);
});
