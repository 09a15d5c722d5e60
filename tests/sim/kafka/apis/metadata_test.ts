import assert from "node:assert/strict";
import { metadata } from "../../../../sim/kafka/apis/metadata.ts";
import { goldenId, goldenOf, withBroker } from "./golden.ts";

const { checkRequest, checkResponse } = goldenOf(metadata);

const noId = "0".repeat(32);

checkRequest("Metadata request", (version) => ({
  topics: [{ id: version >= 10 ? goldenId : noId, name: "topic" }],
  allowAutoTopicCreation: version < 4,
}));

checkRequest("Metadata request for all", () => ({
  topics: null,
  allowAutoTopicCreation: true,
}));

checkResponse("Metadata response", () => ({
  port: 9092,
  clusterId: "cluster",
  topics: [
    { error: 0, name: "topic", id: goldenId, partitionCount: 2 },
    { error: 3, name: "missing", id: noId, partitionCount: 0 },
  ],
}));

const named = (name: string | null, id = noId) => ({ id, name });

Deno.test(
  "Metadata names all topics, and single ones by name or id",
  withBroker({}, async (broker, call) => {
    const one = broker.topics.create("one", 2, broker.topicConfig());
    broker.topics.create("two", 1, broker.topicConfig());
    const ask = async (topics: { id: string; name: string | null }[] | null) =>
      (await metadata.handle({ topics, allowAutoTopicCreation: true }, call(12)))?.topics;
    assert.deepEqual((await ask(null))?.map(({ name }) => name), ["one", "two"]);
    assert.deepEqual(await ask([]), []);
    const found = { error: 0, name: "one", id: one.id, partitionCount: 2 };
    assert.deepEqual(await ask([named("one"), named(null, one.id)]), [found, found]);
  }),
);

Deno.test(
  "Metadata of an unknown topic makes none unless the broker and the client allow it",
  withBroker({}, async (broker, call) => {
    const topics = [named("new"), named(null, goldenId), named("no good")];
    const response = await metadata.handle({ topics, allowAutoTopicCreation: true }, call(12));
    assert.deepEqual(response?.topics.map(({ error }) => error), [3, 100, 17]);
    assert.deepEqual(broker.topics.all(), []);
  }),
);

Deno.test(
  "Metadata makes an unknown topic if asked to",
  withBroker({ autoCreateTopics: true, defaultPartitions: 3 }, async (broker, call) => {
    const ask = async (name: string, allowAutoTopicCreation: boolean) =>
      (await metadata.handle({ topics: [named(name)], allowAutoTopicCreation }, call(12)))
        ?.topics[0];
    assert.equal((await ask("new", false))?.error, 3);
    assert.equal((await ask("new", true))?.partitionCount, 3);
    assert.equal(broker.topics.get("new")?.partitions.length, 3);
  }),
);
