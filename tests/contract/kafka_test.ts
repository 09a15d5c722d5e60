/**
 * What kafkajs may expect of any broker: the simulator by default; with TARGET=aws the brokers
 * that KAFKA_BROKERS names (host:port,host:port).
 */
import assert from "node:assert/strict";
import { CompressionTypes, type Consumer, Kafka, logLevel } from "kafkajs";
import { startTestBroker, until } from "../sim/kafka/support.ts";

let nextName = 0;
/** A topic or group that no other run has used. */
const newName = (kind: string) => `contract-${kind}-${Date.now().toString(36)}-${nextName++}`;

async function startTarget() {
  const brokers = (Deno.env.get("KAFKA_BROKERS") ?? "").split(",");
  const isReal = Deno.env.get("TARGET") === "aws";
  const simulated = isReal ? undefined : await startTestBroker();
  const kafka = new Kafka({
    clientId: "contract",
    brokers: simulated ? [simulated.address] : brokers,
    logLevel: logLevel.NOTHING,
    retry: { initialRetryTime: 50 },
  });
  return { kafka, [Symbol.asyncDispose]: async () => await simulated?.[Symbol.asyncDispose]() };
}

function contract(name: string, test: (kafka: Kafka) => Promise<void>): void {
  Deno.test(name, async () => {
    await using target = await startTarget();
    await test(target.kafka);
  });
}

async function withTopic(
  kafka: Kafka,
  numPartitions: number,
  use: (topic: string) => Promise<void>,
): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  const topic = newName("topic");
  await admin.createTopics({ topics: [{ topic, numPartitions }], waitForLeaders: true });
  try {
    await use(topic);
  } finally {
    await admin.deleteTopics({ topics: [topic] });
    await admin.disconnect();
  }
}

async function send(kafka: Kafka, topic: string, values: string[], partition = 0): Promise<void> {
  const producer = kafka.producer();
  await producer.connect();
  await producer.send({ topic, messages: values.map((value) => ({ value, partition })) });
  await producer.disconnect();
}

interface Reading {
  consumer: Consumer;
  values: string[];
  partitions: Set<number>;
  joined: number;
}

async function read(kafka: Kafka, topic: string, groupId: string): Promise<Reading> {
  const consumer = kafka.consumer({
    groupId,
    heartbeatInterval: 100,
    sessionTimeout: 6000,
    rebalanceTimeout: 3000,
    maxWaitTimeInMs: 100,
  });
  const reading: Reading = { consumer, values: [], partitions: new Set(), joined: 0 };
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    reading.joined++;
    reading.partitions = new Set(payload.memberAssignment[topic] ?? []);
  });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    eachMessage: ({ message }) => {
      reading.values.push(String(message.value));
      return Promise.resolve();
    },
  });
  return reading;
}

contract("Topics are made, listed, described and deleted", async (kafka) => {
  const admin = kafka.admin({ retry: { retries: 0 } });
  await admin.connect();
  const topic = newName("topic");
  assert.equal(await admin.createTopics({ topics: [{ topic, numPartitions: 3 }] }), true);
  assert.equal(await admin.createTopics({ topics: [{ topic }] }), false, "made a second time");
  assert.ok((await admin.listTopics()).includes(topic));
  const { topics: [described] } = await admin.fetchTopicMetadata({ topics: [topic] });
  assert.deepEqual(described?.partitions.map(({ partitionId }) => partitionId).sort(), [0, 1, 2]);
  await admin.createPartitions({ topicPartitions: [{ topic, count: 5 }] });
  assert.equal((await admin.fetchTopicOffsets(topic)).length, 5);
  await admin.deleteTopics({ topics: [topic] });
  await until(async () => !(await admin.listTopics()).includes(topic));
  await assert.rejects(admin.deleteTopics({ topics: [topic] }), /does not host this topic/);
  await admin.disconnect();
});

contract("A topic that nobody made stays unknown", async (kafka) => {
  const producer = kafka.producer({ retry: { retries: 0 }, allowAutoTopicCreation: false });
  await producer.connect();
  await assert.rejects(
    producer.send({ topic: newName("topic"), messages: [{ value: "v" }] }),
    /does not host this topic-partition/,
  );
  await producer.disconnect();
});

contract(
  "Settings of a topic are told and changed",
  (kafka) =>
    withTopic(kafka, 1, async (topic) => {
      const admin = kafka.admin();
      await admin.connect();
      const configEntries = [{ name: "retention.ms", value: "1234567" }];
      const resource = { type: 2, name: topic };
      await admin.alterConfigs({
        validateOnly: false,
        resources: [{ ...resource, configEntries }],
      });
      const { resources: [described] } = await admin.describeConfigs({
        includeSynonyms: false,
        resources: [{ ...resource, configNames: ["retention.ms", "cleanup.policy"] }],
      });
      const values = described?.configEntries.map(({ configName, configValue }) => [
        configName,
        configValue,
      ]);
      assert.deepEqual(values?.sort(), [["cleanup.policy", "delete"], ["retention.ms", "1234567"]]);
      await admin.disconnect();
    }),
);

contract(
  "Messages come back in order, with keys, headers and times, by any codec",
  (kafka) =>
    withTopic(kafka, 1, async (topic) => {
      const producer = kafka.producer();
      await producer.connect();
      for (const compression of [CompressionTypes.None, CompressionTypes.GZIP]) {
        const messages = [1, 2, 3].map((index) => ({
          key: `key-${index}`,
          value: `value-${index}-${compression}`,
          headers: { source: "contract" },
          timestamp: String(1_700_000_000_000 + index),
        }));
        const [result] = await producer.send({ topic, messages, compression });
        assert.equal(result?.baseOffset, compression === CompressionTypes.None ? "0" : "3");
      }
      await producer.disconnect();
      const consumer = kafka.consumer({ groupId: newName("group"), maxWaitTimeInMs: 100 });
      await consumer.connect();
      await consumer.subscribe({ topic, fromBeginning: true });
      const seen: unknown[] = [];
      await consumer.run({
        eachMessage: ({ message: { key, value, headers, timestamp, offset } }) => {
          seen.push([offset, String(key), String(value), String(headers?.source), timestamp]);
          return Promise.resolve();
        },
      });
      await until(() => seen.length === 6);
      await consumer.disconnect();
      assert.deepEqual(seen[0], ["0", "key-1", "value-1-0", "contract", "1700000000001"]);
      assert.deepEqual(seen[5], ["5", "key-3", "value-3-1", "contract", "1700000000003"]);
    }),
);

contract(
  "Requests sent at once on one connection are all answered",
  (kafka) =>
    withTopic(kafka, 1, async (topic) => {
      const producer = kafka.producer();
      await producer.connect();
      const sends = Array.from(
        { length: 200 },
        (_, index) => producer.send({ topic, messages: [{ value: String(index) }] }),
      );
      const offsets = (await Promise.all(sends)).map(([result]) => Number(result?.baseOffset));
      assert.deepEqual(
        offsets.toSorted((one, other) => one - other),
        Array.from({ length: 200 }, (_, index) => index),
      );
      await producer.disconnect();
    }),
);

contract(
  "An idempotent producer's messages are stored once each",
  (kafka) =>
    withTopic(kafka, 1, async (topic) => {
      const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
      await producer.connect();
      for (let index = 0; index < 20; index++) {
        await producer.send({ topic, messages: [{ value: String(index) }] });
      }
      await producer.disconnect();
      const admin = kafka.admin();
      await admin.connect();
      assert.equal((await admin.fetchTopicOffsets(topic))[0]?.high, "20");
      await admin.disconnect();
    }),
);

contract(
  "Without acknowledgement nothing is answered, and what comes next is",
  (kafka) =>
    withTopic(kafka, 1, async (topic) => {
      const producer = kafka.producer();
      await producer.connect();
      await producer.send({ topic, acks: 0, messages: [{ value: "unanswered" }] });
      const [result] = await producer.send({ topic, acks: -1, messages: [{ value: "answered" }] });
      assert.equal(result?.baseOffset, "1");
      await producer.disconnect();
    }),
);

contract(
  "A batch that is too large is refused for good",
  (kafka) =>
    withTopic(kafka, 1, async (topic) => {
      const producer = kafka.producer({ retry: { retries: 0 } });
      await producer.connect();
      await assert.rejects(
        producer.send({ topic, messages: [{ value: "x".repeat(1_100_000) }] }),
        { type: "MESSAGE_TOO_LARGE" },
      );
      await producer.disconnect();
    }),
);

contract(
  "Offsets are found by time, records deleted up to an offset",
  (kafka) =>
    withTopic(kafka, 1, async (topic) => {
      const producer = kafka.producer();
      const admin = kafka.admin();
      await Promise.all([producer.connect(), admin.connect()]);
      for (const timestamp of ["1000", "2000", "3000"]) {
        await producer.send({ topic, messages: [{ value: "v", timestamp }] });
      }
      await producer.disconnect();
      const at = async (ms: number) =>
        (await admin.fetchTopicOffsetsByTimestamp(topic, ms))[0]?.offset;
      assert.equal(await at(1500), "1");
      assert.equal(await at(3000), "2");
      await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: "2" }] });
      const [offsets] = await admin.fetchTopicOffsets(topic);
      assert.equal(offsets?.low, "2");
      assert.equal(offsets?.high, "3");
      await admin.disconnect();
    }),
);

contract(
  "Two members share the partitions, and the one that stays takes over all",
  (kafka) =>
    withTopic(kafka, 4, async (topic) => {
      const groupId = newName("group");
      const one = await read(kafka, topic, groupId);
      await until(() => one.partitions.size === 4);
      const two = await read(kafka, topic, groupId);
      await until(() => one.partitions.size === 2 && two.partitions.size === 2);
      for (let partition = 0; partition < 4; partition++) {
        await send(kafka, topic, [`a${partition}`], partition);
      }
      await until(() => one.values.length + two.values.length === 4);
      assert.deepEqual([...one.values, ...two.values].sort(), ["a0", "a1", "a2", "a3"]);
      assert.equal(one.values.length, 2);
      await two.consumer.disconnect();
      await until(() => one.partitions.size === 4);
      for (let partition = 0; partition < 4; partition++) {
        await send(kafka, topic, [`b${partition}`], partition);
      }
      await until(() => one.values.filter((value) => value.startsWith("b")).length === 4);
      await one.consumer.disconnect();
    }),
);

contract(
  "Members that join at the same moment all get a share",
  (kafka) =>
    withTopic(kafka, 3, async (topic) => {
      const groupId = newName("group");
      const readings = await Promise.all([0, 1, 2].map(() => read(kafka, topic, groupId)));
      await until(() => readings.every(({ partitions }) => partitions.size === 1));
      const assigned = readings.flatMap(({ partitions }) => [...partitions]);
      assert.deepEqual(assigned.sort(), [0, 1, 2]);
      await Promise.all(readings.map(({ consumer }) => consumer.disconnect()));
    }),
);

contract(
  "A group goes on where it stopped",
  (kafka) =>
    withTopic(kafka, 1, async (topic) => {
      const groupId = newName("group");
      const admin = kafka.admin();
      await admin.connect();
      await send(kafka, topic, ["a", "b"]);
      const first = await read(kafka, topic, groupId);
      await until(() => first.values.length === 2);
      await first.consumer.disconnect();
      await send(kafka, topic, ["c"]);
      const second = await read(kafka, topic, groupId);
      await until(() => second.values.length === 1);
      await second.consumer.disconnect();
      assert.deepEqual(second.values, ["c"]);
      const committed = async () => (await admin.fetchOffsets({ groupId, topics: [topic] }))[0];
      assert.equal((await committed())?.partitions[0]?.offset, "3");
      await admin.disconnect();
    }),
);

contract(
  "Groups are listed, described and deleted when nobody is in them",
  (kafka) =>
    withTopic(kafka, 2, async (topic) => {
      const groupId = newName("group");
      const admin = kafka.admin();
      await admin.connect();
      const reading = await read(kafka, topic, groupId);
      await until(() => reading.joined > 0);
      const { groups } = await admin.listGroups();
      assert.ok(groups.some((group) => group.groupId === groupId));
      const { groups: [stable] } = await admin.describeGroups([groupId]);
      assert.equal(stable?.state, "Stable");
      assert.equal(stable?.protocol, "RoundRobinAssigner");
      assert.equal(stable?.members.length, 1);
      await assert.rejects(admin.deleteGroups([groupId]));
      await reading.consumer.disconnect();
      await admin.deleteGroups([groupId]);
      const { groups: [gone] } = await admin.describeGroups([groupId]);
      assert.equal(gone?.state, "Dead");
      await admin.disconnect();
    }),
);
