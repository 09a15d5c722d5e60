/**
 * What a client of the batch leg may expect of the gateway and the REST proxy behind it: the
 * simulator by default; with TARGET=aws the gateway that GATEWAY_URL names, whose topic
 * `<PIPELINE_ID>.pin` must exist.
 */
import assert from "node:assert/strict";
import { Kafka, logLevel } from "kafkajs";
import { noFaults } from "../../sim/faults/plan.ts";
import { startGateway } from "../../sim/gateway/mod.ts";
import { startKafkaRest } from "../../sim/kafka_rest/mod.ts";
import { worldFromSeed } from "../../sim/world.ts";
import { definitionOf, nobody, proxyTo } from "../sim/gateway/definitions.ts";
import { startTestBroker } from "../sim/kafka/support.ts";

const isReal = Deno.env.get("TARGET") === "aws";
const json = "application/vnd.kafka.json.v2+json";

interface Target extends AsyncDisposable {
  url: string;
  topic: string;
  /** `host:port`, null where only the gateway can be reached. */
  broker: string | null;
}

async function startTarget(): Promise<Target> {
  if (isReal) {
    return {
      url: (Deno.env.get("GATEWAY_URL") ?? "").replace(/\/+$/, ""),
      topic: `${Deno.env.get("PIPELINE_ID")}.pin`,
      broker: null,
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  }
  const context = { world: worldFromSeed(1), faults: noFaults, dir: "" };
  const topic = "0123456789ab.pin";
  const broker = await startTestBroker();
  await createTopic(broker.address, topic);
  const rest = await startKafkaRest(context, { brokers: [broker.address], maxBlockMs: 2000 });
  const { integration, ...proxy } = proxyTo(rest.port);
  const impatient = { ...proxy, integration: { ...integration, timeoutInMillis: 500 } };
  const gateway = await startGateway(context, {
    ...nobody,
    definition: definitionOf([impatient]),
  });
  return {
    url: gateway.invokeUrl(),
    topic,
    broker: broker.address,
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
      await rest[Symbol.asyncDispose]();
      await broker[Symbol.asyncDispose]();
    },
  };
}

function clientOf(broker: string): Kafka {
  return new Kafka({ brokers: [broker], logLevel: logLevel.NOTHING });
}

async function createTopic(broker: string, topic: string): Promise<void> {
  const admin = clientOf(broker).admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions: 1 }] });
  await admin.disconnect();
}

function contract(name: string, test: (target: Target) => Promise<void>): void {
  Deno.test(name, async () => {
    await using target = await startTarget();
    await test(target);
  });
}

function post({ url }: Target, path: string, body: string, type = json): Promise<Response> {
  return fetch(`${url}${path}`, { method: "POST", headers: { "content-type": type }, body });
}

contract("A posted row is acknowledged with its partition and offset", async (target) => {
  const response = await post(
    target,
    `/topics/${target.topic}`,
    '{"records":[{"value":{"index":1}}]}',
  );
  assert.equal(response.status, 200);
  const answer = await response.json();
  assert.deepEqual(Object.keys(answer), ["offsets", "key_schema_id", "value_schema_id"]);
  const [entry] = answer.offsets;
  assert.equal(Number.isInteger(entry.partition) && Number.isInteger(entry.offset), true);
  assert.deepEqual([entry.error_code, entry.error], [null, null]);
});

contract("An unknown stage is Forbidden", async ({ url }) => {
  const response = await fetch(url.replace(/[^/]+$/, "no-such-stage/topics"));
  assert.equal(response.status, 403);
  assert.deepEqual(await response.json(), { message: "Forbidden" });
});

contract("The root of the stage is no route: Missing Authentication Token", async ({ url }) => {
  const response = await fetch(`${url}/`);
  assert.equal(response.status, 403);
  assert.equal(response.headers.get("x-amzn-errortype"), "MissingAuthenticationTokenException");
  assert.deepEqual(await response.json(), { message: "Missing Authentication Token" });
});

contract("Refusals of the proxy pass the gateway: {} is 422, plain JSON 415", async (target) => {
  const empty = await post(target, `/topics/${target.topic}`, "{}");
  assert.equal(empty.status, 422);
  assert.equal((await empty.json()).error_code, 422);
  const plain = await post(target, `/topics/${target.topic}`, "{}", "application/json");
  assert.equal(plain.status, 415);
  assert.equal((await plain.json()).error_code, 415);
});

contract("A topic that does not exist is 504 through the gateway", async (target) => {
  const response = await post(target, "/topics/no-such-topic", '{"records":[{"value":1}]}');
  assert.equal(response.status, 504);
  assert.deepEqual(await response.json(), { message: "Endpoint request timed out" });
});

contract("Topics are listed", async (target) => {
  const response = await fetch(`${target.url}/topics`);
  assert.ok((await response.json()).includes(target.topic));
});

Deno.test({
  name: "What was posted is read by kafkajs, byte for byte and in order",
  // Only the gateway of a real set-up can be reached from outside of its network.
  ignore: isReal,
  async fn() {
    await using target = await startTarget();
    const texts = Array.from(
      { length: 1200 },
      (_, index) => `{"index":${index},"x":12.0,"t":"é😀"}`,
    );
    for (let start = 0; start < texts.length; start += 400) {
      const records = texts.slice(start, start + 400).map((text) => `{"value": ${text}}`).join(
        ", ",
      );
      const response = await post(target, `/topics/${target.topic}`, `{"records": [${records}]}`);
      const { offsets } = await response.json();
      assert.deepEqual(
        offsets.map((entry: { offset: number }) => entry.offset),
        Array.from({ length: 400 }, (_, index) => start + index),
      );
    }
    assert.deepEqual(await readAll(target, texts.length), texts);
  },
});

async function readAll({ broker, topic }: Target, count: number): Promise<string[]> {
  const consumer = clientOf(broker ?? "").consumer({ groupId: "contract" });
  const values: string[] = [];
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  const { promise, resolve } = Promise.withResolvers<void>();
  await consumer.run({
    eachMessage({ message }) {
      values.push(message.value?.toString() ?? "null");
      if (values.length === count) resolve();
      return Promise.resolve();
    },
  });
  await promise;
  await consumer.disconnect();
  return values;
}
