/**
 * kafkajs with identity: by TLS, by SCRAM-SHA-512 and by MSK's tokens, against the simulated broker.
 */
import assert from "node:assert/strict";
import { Kafka, type KafkaConfig, logLevel } from "kafkajs";
import { testDoor, testKey } from "../sim/keys.ts";
import { startTestBroker, type TestBroker } from "../sim/kafka/support.ts";
import { mskToken } from "../sim/kafka/sasl/tokens.ts";

const pair = { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "secret/secret" };
const listeners = {
  plain: { port: 0 },
  tls: { port: 0 },
  scram: { port: 0 },
  iam: { port: 0, tls: true },
};

function startBroker(): Promise<TestBroker> {
  return startTestBroker({
    listeners,
    door: testDoor(pair),
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
  iam: bearer(() => mskToken(testKey(pair))),
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
