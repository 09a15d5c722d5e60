import assert from "node:assert/strict";
import { deleteRecords } from "../../../../sim/kafka/apis/delete_records.ts";
import { encodeRecordBatch } from "../../../../sim/storage/record_batch.ts";
import { goldenOf, withBroker } from "./golden.ts";

const { checkRequest, checkResponse } = goldenOf(deleteRecords);

checkRequest("DeleteRecords request", () => ({
  topics: [{ name: "topic", partitions: [{ index: 5, offset: 19n }] }],
}));
checkResponse("DeleteRecords response", () => ({
  topics: [{ name: "topic", partitions: [{ index: 5, lowWatermark: 19n, error: 1 }] }],
}));

Deno.test(
  "DeleteRecords moves the start of the log, up to its end for -1",
  withBroker({}, async (broker, call) => {
    const partition = broker.topics.create("topic", 1, broker.topicConfig()).partitions[0];
    const records = [1, 2, 3].map(() => ({ key: null, value: null }));
    partition?.append(encodeRecordBatch(records, { timestampMs: 1 }));
    const deleteBefore = async (offset: bigint, index = 0) => {
      const topics = [{ name: "topic", partitions: [{ index, offset }] }];
      const response = await deleteRecords.handle({ topics }, call(2));
      const { error, lowWatermark } = response?.topics[0]?.partitions[0] ?? {};
      return [error, lowWatermark];
    };
    assert.deepEqual(await deleteBefore(2n), [0, 2n]);
    assert.deepEqual(await deleteBefore(1n), [0, 2n]);
    assert.deepEqual(await deleteBefore(4n), [1, -1n]);
    assert.deepEqual(await deleteBefore(-1n), [0, 3n]);
    assert.deepEqual(await deleteBefore(0n, 7), [3, -1n]);
  }),
);
