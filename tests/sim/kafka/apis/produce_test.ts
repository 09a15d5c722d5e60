import assert from "node:assert/strict";
import { produce } from "../../../../sim/kafka/apis/produce.ts";
import type { Call } from "../../../../sim/kafka/api.ts";
import { decodeRecordBatch, encodeRecordBatch } from "../../../../sim/storage/record_batch.ts";
import { golden, goldenOf, utf8, withBroker } from "./golden.ts";

const { checkRequest, checkResponse } = goldenOf(produce);

/** What stands before the batch: id, acks, time-out, one topic "topic", one partition, its length. */
const prefixSize = 2 + 2 + 4 + 4 + 2 + 5 + 4 + 4 + 4;
/** Made by Kafka's own classes. */
const goldenBatch = golden("Produce request v3").subarray(prefixSize);

checkRequest("Produce request", () => ({
  transactionalId: null,
  acks: -1,
  topics: [{ name: "topic", partitions: [{ index: 5, records: goldenBatch }] }],
}));

checkResponse("Produce response", () => ({
  topics: [{
    name: "topic",
    partitions: [{
      index: 5,
      error: 10,
      baseOffset: 1234567890123n,
      logAppendTimeMs: 1700000000000n,
      logStartOffset: 17n,
      errorMessage: "too large",
    }],
  }],
}));

async function send(call: Call, records: Uint8Array | null, { acks = -1, topic = "topic" } = {}) {
  const topics = [{ name: topic, partitions: [{ index: 0, records }] }];
  const response = await produce.handle({ transactionalId: null, acks, topics }, call);
  return response?.topics[0]?.partitions[0];
}

const batch = (value = "v") =>
  encodeRecordBatch([{ key: null, value: utf8(value) }], { timestampMs: 1 });

Deno.test(
  "Produce stores a batch by Kafka's own classes as it is, but for its place",
  withBroker({}, async (broker, call) => {
    broker.topics.create("topic", 1, broker.topicConfig());
    const sent = goldenBatch.slice();
    assert.equal((await send(call(9), sent))?.baseOffset, 0n);
    assert.equal((await send(call(9), batch()))?.baseOffset, 2n);
    const stored = broker.topics.partition("topic", 0)?.log.read(0n, 1) ?? new Uint8Array();
    assert.equal(stored.subarray(16).toHex(), goldenBatch.subarray(16).toHex());
    assert.deepEqual(decodeRecordBatch(stored).records.map(({ offset }) => offset), [0n, 1n]);
  }),
);

Deno.test(
  "Produce gives a batch that came before its first offset again, and refuses a gap",
  withBroker({}, async (broker, call) => {
    broker.topics.create("topic", 1, broker.topicConfig());
    const numbered = (baseSequence: number) =>
      encodeRecordBatch([{ key: null, value: utf8("v") }], {
        timestampMs: 1,
        producerId: 9n,
        producerEpoch: 0,
        baseSequence,
      });
    await send(call(9), numbered(0));
    assert.equal((await send(call(9), numbered(1)))?.baseOffset, 1n);
    const again = await send(call(9), numbered(1));
    assert.deepEqual([again?.error, again?.baseOffset], [0, 1n]);
    assert.equal((await send(call(9), numbered(3)))?.error, 45);
    assert.equal(broker.topics.partition("topic", 0)?.log.endOffset, 2n);
  }),
);

Deno.test(
  "Produce with acks 0 is stored and not answered",
  withBroker({}, async (broker, call) => {
    broker.topics.create("topic", 1, broker.topicConfig());
    assert.equal(await send(call(9), batch(), { acks: 0 }), undefined);
    assert.equal(broker.topics.partition("topic", 0)?.log.endOffset, 1n);
  }),
);

Deno.test(
  "Produce refuses what it cannot store, and stores none of it",
  withBroker({}, async (broker, call) => {
    broker.topics.create("topic", 1, broker.topicConfig([["max.message.bytes", "200"]]));
    assert.equal((await send(call(9), batch(), { topic: "missing" }))?.error, 3);
    assert.equal((await send(call(9), batch(), { acks: 2 }))?.error, 21);
    assert.equal((await send(call(9), batch("x".repeat(200))))?.error, 10);
    const corrupt = batch();
    corrupt[65] = corrupt[65]! ^ 1;
    assert.equal((await send(call(9), corrupt))?.error, 2);
    assert.equal((await send(call(9), null))?.error, 2);
    assert.equal(broker.topics.partition("topic", 0)?.log.endOffset, 0n);
  }),
);

Deno.test(
  "Produce to a full disk is a storage error, and to another leader is told so",
  async () => {
    let fault = "";
    const faults = { strikes: (point: string) => point === fault };
    await withBroker({ faults }, async (broker, call) => {
      broker.topics.create("topic", 1, broker.topicConfig());
      fault = "disk.full";
      assert.equal((await send(call(9), batch()))?.error, 56);
      fault = "kafka.produce.not_leader";
      assert.equal((await send(call(9), batch()))?.error, 6);
      fault = "";
      assert.equal((await send(call(9), batch()))?.baseOffset, 0n);
    })();
  },
);
