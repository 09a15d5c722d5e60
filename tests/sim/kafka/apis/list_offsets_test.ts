import assert from "node:assert/strict";
import { listOffsets } from "../../../../sim/kafka/apis/list_offsets.ts";
import { encodeRecordBatch } from "../../../../sim/storage/record_batch.ts";
import { goldenOf, withBroker } from "./golden.ts";

const { checkRequest, checkResponse } = goldenOf(listOffsets);

checkRequest("ListOffsets request", (version) => ({
  topics: [{
    name: "topic",
    partitions: [{ index: 5, currentLeaderEpoch: version >= 4 ? 4 : -1, timestampMs: -2n }],
  }],
}));

checkResponse("ListOffsets response", () => ({
  topics: [{
    name: "topic",
    partitions: [
      { index: 5, error: 0, timestampMs: 1700000000000n, offset: 1234567890123n },
      { index: 6, error: 3, timestampMs: -1n, offset: -1n },
    ],
  }],
}));

Deno.test(
  "ListOffsets finds first, last, highest time, and the first record of a time",
  withBroker({}, async (broker, call) => {
    const partition = broker.topics.create("topic", 1, broker.topicConfig()).partitions[0];
    for (const timestampMs of [1000, 3000, 2000]) {
      partition?.append(encodeRecordBatch([{ key: null, value: null }], { timestampMs }));
    }
    const ask = async (timestampMs: bigint, name = "topic") => {
      const partitions = [{ index: 0, currentLeaderEpoch: -1, timestampMs }];
      const response = await listOffsets.handle({ topics: [{ name, partitions }] }, call(7));
      const { error, offset, timestampMs: found } = response?.topics[0]?.partitions[0] ?? {};
      return [error, offset, found];
    };
    assert.deepEqual(await ask(-2n), [0, 0n, -1n]);
    assert.deepEqual(await ask(-1n), [0, 3n, -1n]);
    assert.deepEqual(await ask(-3n), [0, 1n, 3000n]);
    assert.deepEqual(await ask(1500n), [0, 1n, 3000n]);
    assert.deepEqual(await ask(3001n), [0, -1n, -1n]);
    assert.deepEqual(await ask(-1n, "missing"), [3, -1n, -1n]);
  }),
);
