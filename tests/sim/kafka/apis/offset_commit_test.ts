import assert from "node:assert/strict";
import { offsetCommit } from "../../../../sim/kafka/apis/offset_commit.ts";
import { goldenOf, withBroker } from "./golden.ts";

const { checkRequest, checkResponse } = goldenOf(offsetCommit);

checkRequest("OffsetCommit request", (version) => ({
  groupId: "grp",
  generationId: 7,
  memberId: "m1",
  groupInstanceId: version >= 7 ? "i1" : null,
  topics: [{
    name: "topic",
    partitions: [{
      index: 5,
      offset: 1234567890123n,
      leaderEpoch: version >= 6 ? 4 : -1,
      metadata: "note",
    }],
  }],
}));
checkResponse("OffsetCommit response", () => ({
  topics: [{ name: "topic", partitions: [{ index: 5, error: 12 }] }],
}));

const commit = (index: number, metadata: string | null = "note") => ({
  index,
  offset: 7n,
  leaderEpoch: -1,
  metadata,
});
const outsider = { groupId: "grp", generationId: -1, memberId: "", groupInstanceId: null };

Deno.test(
  "OffsetCommit keeps what is right and says of each partition what is not",
  withBroker({}, async (broker, call) => {
    broker.topics.create("topic", 2, broker.topicConfig());
    const partitions = [commit(0), commit(1, "x".repeat(4097)), commit(2)];
    const response = await offsetCommit.handle(
      { ...outsider, topics: [{ name: "topic", partitions }] },
      call(8),
    );
    assert.deepEqual(response?.topics[0]?.partitions.map(({ error }) => error), [0, 12, 3]);
    assert.deepEqual(broker.coordinator.offsets.of("grp"), [
      { topic: "topic", partition: 0, offset: 7n, leaderEpoch: -1, metadata: "note" },
    ]);
  }),
);

Deno.test(
  "OffsetCommit of a generation that nobody knows is refused",
  withBroker({}, async (broker, call) => {
    broker.topics.create("topic", 1, broker.topicConfig());
    const request = { ...outsider, topics: [{ name: "topic", partitions: [commit(0)] }] };
    const errorOf = async (identity: Partial<typeof outsider>) =>
      (await offsetCommit.handle({ ...request, ...identity }, call(8)))?.topics[0]?.partitions[0]
        ?.error;
    assert.equal(await errorOf({ generationId: 3 }), 22);
    assert.equal(await errorOf({ groupId: "" }), 24);
  }),
);

Deno.test("OffsetCommit to a full disk is to be tried again", async () => {
  let isFull = false;
  await withBroker({ faults: { strikes: () => isFull } }, async (broker, call) => {
    broker.topics.create("topic", 1, broker.topicConfig());
    const request = { ...outsider, topics: [{ name: "topic", partitions: [commit(0)] }] };
    isFull = true;
    const response = await offsetCommit.handle(request, call(8));
    assert.equal(response?.topics[0]?.partitions[0]?.error, 16);
    assert.deepEqual(broker.coordinator.offsets.of("grp"), []);
  })();
});
