import assert from "node:assert/strict";
import type { Call } from "../../../../sim/kafka/api.ts";
import { fetch } from "../../../../sim/kafka/apis/fetch.ts";
import { completeBatches, encodeRecordBatch } from "../../../../sim/storage/record_batch.ts";
import { golden, goldenId, goldenOf, utf8, withBroker } from "./golden.ts";

const { checkRequest, checkResponse } = goldenOf(fetch);

const noId = "0".repeat(32);

checkRequest("Fetch request", (version) => ({
  maxWaitMs: 500,
  minBytes: 1,
  maxBytes: 52428800,
  sessionId: version >= 7 ? 99 : 0,
  topics: [{
    name: version <= 12 ? "topic" : null,
    id: version <= 12 ? noId : goldenId,
    partitions: [{
      index: 5,
      currentLeaderEpoch: version >= 9 ? 4 : -1,
      fetchOffset: 1234567890123n,
      bytesMax: 1048576,
    }],
  }],
}));

/** The batch of the golden Produce request, behind 31 bytes. */
const records = golden("Produce request v3").slice(31);
const empty = new Uint8Array(0);

checkResponse("Fetch response", () => ({
  error: 0,
  topics: [{
    name: "topic",
    id: goldenId,
    partitions: [
      { index: 5, error: 0, highWatermark: 19n, logStartOffset: 17n, records },
      { index: 6, error: 1, highWatermark: 8n, logStartOffset: 7n, records: empty },
    ],
  }],
}));

const batch = (value: string, count = 1) =>
  encodeRecordBatch(Array.from({ length: count }, () => ({ key: null, value: utf8(value) })), {
    timestampMs: 1,
  });

interface Wanted {
  id?: string;
  topic?: string;
  offset?: bigint;
  maxWaitMs?: number;
  minBytes?: number;
  maxBytes?: number;
  partitions?: number;
  epoch?: number;
}

async function get(call: Call, wanted: Wanted = {}) {
  const { topic = "topic", offset = 0n, maxWaitMs = 0, minBytes = 1, maxBytes = 1e6 } = wanted;
  const { partitions = 1, epoch = -1, id } = wanted;
  const response = await fetch.handle({
    maxWaitMs,
    minBytes,
    maxBytes,
    sessionId: 0,
    topics: [{
      name: id === undefined ? topic : null,
      id: id ?? noId,
      partitions: Array.from({ length: partitions }, (_, index) => ({
        index,
        currentLeaderEpoch: epoch,
        fetchOffset: offset,
        bytesMax: 1_000_000,
      })),
    }],
  }, call);
  return response?.topics[0]?.partitions ?? [];
}

Deno.test(
  "Fetch from inside a batch returns the whole batch",
  withBroker({}, async (broker, call) => {
    broker.topics.create("topic", 1, broker.topicConfig()).partitions[0]?.append(batch("v", 3));
    const [fetched] = await get(call(11), { offset: 2n });
    assert.equal(fetched?.records.length, batch("v", 3).length);
    assert.equal(fetched?.highWatermark, 3n);
  }),
);

Deno.test(
  "Fetch gives the first batch however large, and the second partition only what is left",
  withBroker({}, async (broker, call) => {
    const topic = broker.topics.create("topic", 2, broker.topicConfig());
    for (const partition of topic.partitions) partition.append(batch("x".repeat(1000)));
    const sizes = (await get(call(11), { partitions: 2, maxBytes: 10 })).map(({ records }) =>
      [...completeBatches(records)].length
    );
    assert.deepEqual(sizes, [1, 0]);
  }),
);

Deno.test(
  "Fetch waits for an append and is woken by it",
  withBroker({}, async (broker, call) => {
    const topic = broker.topics.create("topic", 1, broker.topicConfig());
    const started = performance.now();
    const waiting = get(call(11), { maxWaitMs: 30_000 });
    topic.partitions[0]?.append(batch("v"));
    assert.equal((await waiting)[0]?.highWatermark, 1n);
    assert.ok(performance.now() - started < 5000);
  }),
);

Deno.test(
  "Fetch waits until there are enough bytes, or its time is over",
  withBroker({}, async (broker, call) => {
    const topic = broker.topics.create("topic", 1, broker.topicConfig());
    const size = batch("v").length;
    const waiting = get(call(11), { maxWaitMs: 30_000, minBytes: 2 * size });
    topic.partitions[0]?.append(batch("v"));
    topic.partitions[0]?.append(batch("v"));
    assert.equal((await waiting)[0]?.records.length, 2 * size);
    const tooFew = await get(call(11), { maxWaitMs: 30, minBytes: 3 * size });
    assert.equal(tooFew[0]?.records.length, 2 * size);
  }),
);

Deno.test(
  "Fetch that waits is let go when the topic is deleted",
  withBroker({}, async (broker, call) => {
    const topic = broker.topics.create("topic", 1, broker.topicConfig());
    const waiting = get(call(11), { maxWaitMs: 30_000 });
    broker.topics.delete(topic);
    assert.equal((await waiting)[0]?.error, 3);
  }),
);

Deno.test(
  "Fetch outside of the log, of no topic, or of another epoch is refused at once",
  withBroker({}, async (broker, call) => {
    broker.topics.create("topic", 1, broker.topicConfig()).partitions[0]?.append(batch("v"));
    const patient = { maxWaitMs: 30_000 };
    const [outside] = await get(call(11), { ...patient, offset: 2n });
    assert.deepEqual([outside?.error, outside?.highWatermark, outside?.logStartOffset], [
      1,
      1n,
      0n,
    ]);
    assert.equal((await get(call(11), { ...patient, topic: "missing" }))[0]?.error, 3);
    assert.equal((await get(call(11), { ...patient, epoch: 7 }))[0]?.error, 75);
  }),
);

Deno.test(
  "Fetch in a session that was never made is told so",
  withBroker({}, async (_, call) => {
    const request = { maxWaitMs: 0, minBytes: 1, maxBytes: 1, sessionId: 99, topics: [] };
    assert.equal((await fetch.handle(request, call(11)))?.error, 70);
  }),
);

Deno.test(
  "Fetch by id finds the topic, and says which kind of name is unknown",
  withBroker({}, async (broker, call) => {
    const topic = broker.topics.create("topic", 1, broker.topicConfig());
    topic.partitions[0]?.append(batch("v"));
    assert.equal((await get(call(13), { id: topic.id }))[0]?.highWatermark, 1n);
    assert.equal((await get(call(13), { id: goldenId }))[0]?.error, 100);
    assert.equal((await get(call(13), { id: topic.id, partitions: 2 }))[1]?.error, 3);
  }),
);
