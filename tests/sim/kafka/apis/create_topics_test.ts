import assert from "node:assert/strict";
import { createTopics } from "../../../../sim/kafka/apis/create_topics.ts";
import { Reader, Writer } from "../../../../sim/net/bytes.ts";
import { goldenOf, joined, withBroker } from "./golden.ts";

const { checkRequest, checkResponse } = goldenOf(createTopics);

checkRequest("CreateTopics request", (version) => ({
  topics: [{
    name: "topic",
    partitionCount: 4,
    replicationFactor: 1,
    assignments: [{ index: 0, brokerIds: [1] }],
    configs: [{ name: "retention.ms", value: "1000" }],
  }],
  validateOnly: version >= 1,
}));
checkResponse("CreateTopics refusal", () => ({
  topics: [{
    name: "topic",
    id: "0".repeat(32),
    error: 36,
    message: "there",
    partitionCount: -1,
    config: null,
  }],
}));

const newTopic = (name: string, change = {}) => ({
  name,
  partitionCount: 1,
  replicationFactor: 1,
  assignments: [],
  configs: [],
  ...change,
});

Deno.test(
  "CreateTopics makes topics, with the broker's defaults where -1 asks for them",
  withBroker({ defaultPartitions: 3 }, async (broker, call) => {
    const topics = [
      newTopic("one", { partitionCount: 2, configs: [{ name: "retention.ms", value: "5" }] }),
      newTopic("two", { partitionCount: -1, replicationFactor: -1 }),
      newTopic("three", {
        partitionCount: -1,
        replicationFactor: -1,
        assignments: [{ index: 1, brokerIds: [1] }, { index: 0, brokerIds: [1] }],
      }),
    ];
    const response = await createTopics.handle({ topics, validateOnly: false }, call(7));
    assert.deepEqual(response?.topics.map(({ error }) => error), [0, 0, 0]);
    const counts = broker.topics.all().map(({ name, partitions }) => [name, partitions.length]);
    assert.deepEqual(counts, [["one", 2], ["two", 3], ["three", 2]]);
    assert.equal(broker.topics.get("one")?.config.get("retention.ms"), "5");
  }),
);

Deno.test(
  "CreateTopics answers with the partitions and settings that the topic has",
  withBroker({}, async (broker, call) => {
    const topics = [newTopic("one", { configs: [{ name: "retention.ms", value: "5" }] })];
    const response = await createTopics.handle({ topics, validateOnly: false }, call(7));
    const writer = new Writer({ flexible: true });
    createTopics.encode(writer, response ?? { topics: [] }, 7);
    const reader = new Reader(joined(writer), { flexible: true });
    reader.int32();
    const told = reader.array(() => ({
      name: reader.string(),
      id: reader.uuid(),
      error: reader.int16(),
      message: reader.nullableString(),
      partitionCount: reader.int32(),
      replicationFactor: reader.int16(),
      configs: reader.array(() => {
        const config = [reader.string(), reader.nullableString(), reader.boolean(), reader.int8()];
        reader.boolean();
        reader.tags();
        return config;
      }),
    }));
    const { configs = [], ...rest } = told[0] ?? {};
    const id = broker.topics.get("one")?.id;
    const expected = { error: 0, message: null, partitionCount: 1, replicationFactor: 1 };
    assert.deepEqual(rest, { name: "one", id, ...expected });
    assert.deepEqual(configs.find(([name]) => name === "retention.ms"), [
      "retention.ms",
      "5",
      false,
      1,
    ]);
  }),
);

Deno.test(
  "CreateTopics refuses each wrong topic by itself, and makes none when only asked",
  withBroker({}, async (broker, call) => {
    broker.topics.create("there", 1, broker.topicConfig());
    const wrong: [Record<string, unknown>, number][] = [
      [{ name: "no good" }, 17],
      [{ name: "." }, 17],
      [{ name: "x".repeat(250) }, 17],
      [{ name: "there" }, 36],
      [{ name: "a", partitionCount: 0 }, 37],
      [{ name: "b", replicationFactor: 3 }, 38],
      [{ name: "c", configs: [{ name: "nonsense", value: "1" }] }, 40],
      [{ name: "d", configs: [{ name: "retention.ms", value: "soon" }] }, 40],
      [{ name: "e", assignments: [{ index: 0, brokerIds: [1] }] }, 42],
      [{
        name: "f",
        partitionCount: -1,
        replicationFactor: -1,
        assignments: [{ index: 0, brokerIds: [2] }],
      }, 39],
      [{ name: "twice" }, 42],
      [{ name: "twice" }, 42],
    ];
    const topics = wrong.map(([change]) => newTopic("", change));
    const response = await createTopics.handle({ topics, validateOnly: false }, call(7));
    assert.deepEqual(response?.topics.map(({ error }) => error), wrong.map(([, error]) => error));
    const request = { topics: [newTopic("fine")], validateOnly: true };
    assert.equal((await createTopics.handle(request, call(7)))?.topics[0]?.error, 0);
    assert.deepEqual(broker.topics.all().map(({ name }) => name), ["there"]);
  }),
);
