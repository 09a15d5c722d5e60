/**
 * kafkajs with identity: by TLS, by SCRAM-SHA-512 and by MSK's tokens, against the simulated broker.
 */
import assert from "node:assert/strict";
import { Kafka, type KafkaConfig, logLevel } from "kafkajs";
import { key, type TestDoor, watchedDoor } from "../sim/kafka/doors.ts";
import { startTestBroker, type TestBroker } from "../sim/kafka/support.ts";
import { mskToken } from "../sim/kafka/sasl/tokens.ts";

const denied = /\[[0-9a-f-]{36}\]: Access denied/;
const listeners = {
  plain: { port: 0 },
  tls: { port: 0 },
  scram: { port: 0 },
  iam: { port: 0, tls: true },
};

function startBroker(door: TestDoor = watchedDoor()): Promise<TestBroker> {
  return startTestBroker({
    listeners,
    door,
    users: { student: "secret" },
    topics: ["t"],
  });
}

function kafkaOf(broker: TestBroker, name: keyof typeof listeners, config: Partial<KafkaConfig>) {
  assert.ok(broker.caFile);
  return new Kafka({
    clientId: "contract",
    brokers: [`127.0.0.1:${broker.ports[name]}`],
    logLevel: logLevel.NOTHING,
    retry: { initialRetryTime: 50, retries: 0 },
    ...(name === "plain" ? {} : { ssl: { ca: [Deno.readTextFileSync(broker.caFile)] } }),
    ...config,
  });
}

async function roundTrip(kafka: Kafka): Promise<string | undefined> {
  const producer = kafka.producer();
  await producer.connect();
  await producer.send({ topic: "t", messages: [{ value: "hello" }] });
  await producer.disconnect();
  const consumer = kafka.consumer({ groupId: "g", maxWaitTimeInMs: 100 });
  try {
    await consumer.connect();
    await consumer.subscribe({ topics: ["t"], fromBeginning: true });
    return await new Promise<string | undefined>((resolve, reject) => {
      consumer.run({
        eachMessage: ({ message }) => Promise.resolve(resolve(message.value?.toString())),
      }).catch(reject);
    });
  } finally {
    await consumer.disconnect();
  }
}

const bearer = (value: () => Promise<string>): Partial<KafkaConfig> => ({
  sasl: {
    mechanism: "oauthbearer",
    oauthBearerProvider: async () => ({ value: await value() }),
  },
});

const ways: Record<keyof typeof listeners, Partial<KafkaConfig>> = {
  plain: {},
  tls: {},
  scram: { sasl: { mechanism: "scram-sha-512", username: "student", password: "secret" } },
  iam: bearer(() => mskToken(key)),
};

for (const [name, config] of Object.entries(ways) as [keyof typeof ways, typeof ways.iam][]) {
  Deno.test(`kafkajs writes and reads by the ${name} listener, and stays there`, async () => {
    await using broker = await startBroker();
    const kafka = kafkaOf(broker, name, config);
    assert.equal(await roundTrip(kafka), "hello");
    const admin = kafka.admin();
    await admin.connect();
    const { brokers } = await admin.describeCluster();
    await admin.disconnect();
    assert.deepEqual(brokers.map(({ port }) => port), [broker.ports[name]]);
  });
}

Deno.test("kafkajs asks for no more than its work needs", async () => {
  const door = watchedDoor();
  await using broker = await startBroker(door);
  await roundTrip(kafkaOf(broker, "iam", ways.iam));
  assert.deepEqual([...new Set(door.asked)].sort(), [
    "AlterGroup group/g",
    "Connect cluster",
    "DescribeGroup group/g",
    "DescribeTopic topic/t",
    "ReadData topic/t",
    "WriteData topic/t",
  ]);
});

Deno.test("kafkajs tells in Kafka's words what is refused", async () => {
  const door = watchedDoor();
  await using broker = await startBroker(door);
  const kafka = kafkaOf(broker, "iam", ways.iam);
  const refusals: [string, RegExp][] = [
    ["Connect cluster", denied],
    ["WriteData topic/t", /Not authorized to access topics: \[Topic authorization failed\]/],
    ["DescribeTopic topic/t", /Not authorized to access topics: \[Topic authorization failed\]/],
  ];
  for (const [need, words] of refusals) {
    door.refused = new Set([need]);
    const producer = kafka.producer();
    const sending = async () => {
      await producer.connect();
      await producer.send({ topic: "t", messages: [{ value: "hello" }] });
    };
    await assert.rejects(sending, words, need);
    await producer.disconnect();
  }
});

const strangers: Record<string, [keyof typeof listeners, Partial<KafkaConfig>, RegExp]> = {
  "a wrong password in SCRAM": [
    "scram",
    { sasl: { mechanism: "scram-sha-512", username: "student", password: "wrong" } },
    /due to invalid credentials with SASL mechanism SCRAM-SHA-512/,
  ],
  "an unknown user in PLAIN": [
    "scram",
    { sasl: { mechanism: "plain", username: "nobody", password: "secret" } },
    /Authentication failed: Invalid username or password/,
  ],
  "a mechanism that MSK has not": [
    "scram",
    { sasl: { mechanism: "scram-sha-256", username: "student", password: "secret" } },
    /does not support the requested SASL mechanism/,
  ],
  "a token of another region": [
    "iam",
    bearer(() => mskToken(key, { region: "eu-west-1" })),
    denied,
  ],
  "a session token of nobody's": [
    "iam",
    bearer(() => mskToken(key, { sessionToken: "another" })),
    denied,
  ],
  "a token that has ended": [
    "iam",
    bearer(() => mskToken(key, { nowMs: Date.now() - 1e6 })),
    denied,
  ],
};

for (const [name, [listener, config, words]] of Object.entries(strangers)) {
  Deno.test(`kafkajs is turned away with ${name}, and says why`, async () => {
    await using broker = await startBroker();
    const admin = kafkaOf(broker, listener, config).admin();
    await assert.rejects(admin.connect(), words);
    await admin.disconnect();
  });
}

Deno.test("kafkajs outlives its token, on the same connection", async () => {
  const door = watchedDoor();
  await using broker = await startBroker(door);
  const kafka = kafkaOf(broker, "iam", {
    ...bearer(() => mskToken(key, { expiresSeconds: 5 })),
    reauthenticationThreshold: 4000,
  });
  const producer = kafka.producer();
  await producer.connect();
  const untilMs = Date.now() + 4000;
  let sent = 0;
  for (; Date.now() < untilMs; sent++) {
    await producer.send({ topic: "t", messages: [{ value: String(sent) }] });
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await producer.disconnect();
  const logins = door.asked.filter((question) => question === "Connect cluster").length;
  assert.ok(logins > 2, `${logins} logins`);
  const admin = kafkaOf(broker, "plain", {}).admin();
  await admin.connect();
  assert.equal((await admin.fetchTopicOffsets("t"))[0]?.high, String(sent));
  await admin.disconnect();
});
