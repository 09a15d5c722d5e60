import assert from "node:assert/strict";
import { deleteTopics } from "../../../../sim/kafka/apis/delete_topics.ts";
import { goldenId, goldenOf, withBroker } from "./golden.ts";

const { checkRequest, checkResponse } = goldenOf(deleteTopics);

const noId = "0".repeat(32);

checkRequest("DeleteTopics request", (version) => ({
  topics: version >= 6
    ? [{ name: "topic", id: noId }, { name: null, id: goldenId }]
    : [{ name: "topic", id: noId }, { name: "other", id: noId }],
}));
checkResponse("DeleteTopics response", () => ({
  topics: [{ name: "topic", id: goldenId, error: 3, message: "missing" }],
}));

Deno.test(
  "DeleteTopics deletes by name and id, with the offsets committed for them",
  withBroker({}, async (broker, call) => {
    broker.topics.create("one", 1, broker.topicConfig());
    const two = broker.topics.create("two", 1, broker.topicConfig());
    const kept = broker.topics.create("kept", 1, broker.topicConfig());
    const commit = (topic: string) => ({
      topic,
      partition: 0,
      offset: 1n,
      leaderEpoch: -1,
      metadata: "",
    });
    broker.coordinator.offsets.commit("grp", [commit("one"), commit("kept")]);
    const topics = [
      { name: "one", id: noId },
      { name: null, id: two.id },
      { name: "missing", id: noId },
      { name: null, id: goldenId },
    ];
    const response = await deleteTopics.handle({ topics }, call(6));
    assert.deepEqual(response?.topics.map(({ error }) => error), [0, 0, 3, 100]);
    assert.deepEqual(broker.topics.all(), [kept]);
    assert.deepEqual(broker.coordinator.offsets.of("grp"), [commit("kept")]);
  }),
);
