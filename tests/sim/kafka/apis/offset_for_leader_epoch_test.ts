import assert from "node:assert/strict";
import { offsetForLeaderEpoch } from "../../../../sim/kafka/apis/offset_for_leader_epoch.ts";
import { encodeRecordBatch } from "../../../../sim/storage/record_batch.ts";
import { goldenOf, withBroker } from "./golden.ts";

const { checkRequest, checkResponse } = goldenOf(offsetForLeaderEpoch);

checkRequest("OffsetForLeaderEpoch request", () => ({
  topics: [{ name: "topic", partitions: [{ index: 5, currentLeaderEpoch: 4, leaderEpoch: 3 }] }],
}));
checkResponse("OffsetForLeaderEpoch response", () => ({
  topics: [{
    name: "topic",
    partitions: [{ error: 74, index: 5, leaderEpoch: 3, endOffset: 19n }],
  }],
}));

Deno.test(
  "OffsetForLeaderEpoch ends the one epoch where the log ends",
  withBroker({}, async (broker, call) => {
    const partition = broker.topics.create("topic", 1, broker.topicConfig()).partitions[0];
    partition?.append(encodeRecordBatch([{ key: null, value: null }], { timestampMs: 1 }));
    const ask = async (currentLeaderEpoch: number, leaderEpoch: number, index = 0) => {
      const partitions = [{ index, currentLeaderEpoch, leaderEpoch }];
      const response = await offsetForLeaderEpoch.handle(
        { topics: [{ name: "topic", partitions }] },
        call(4),
      );
      const { error, leaderEpoch: epoch, endOffset } = response?.topics[0]?.partitions[0] ?? {};
      return [error, epoch, endOffset];
    };
    assert.deepEqual(await ask(0, 0), [0, 0, 1n]);
    assert.deepEqual(await ask(-1, 5), [0, -1, -1n]);
    assert.deepEqual(await ask(5, 0), [75, -1, -1n]);
    assert.deepEqual(await ask(0, 0, 9), [3, -1, -1n]);
  }),
);
