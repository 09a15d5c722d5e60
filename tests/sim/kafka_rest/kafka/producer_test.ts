import assert from "node:assert/strict";
import { Cluster } from "../../../../sim/kafka_rest/kafka/cluster.ts";
import type { Outcome } from "../../../../sim/kafka_rest/kafka/delivery.ts";
import { KafkaError } from "../../../../sim/kafka_rest/kafka/errors.ts";
import { murmur2 } from "../../../../sim/kafka_rest/kafka/murmur2.ts";
import {
  Producer,
  type ProducerOptions,
  type RecordToProduce,
} from "../../../../sim/kafka_rest/kafka/producer.ts";
import { worldFromSeed } from "../../../../sim/world.ts";
import { startFakeBroker } from "../fake_broker.ts";

const encoder = new TextEncoder();

function record(value: string | null, key: string | null = null, partition: number | null = null) {
  const bytes = (text: string | null) => text === null ? null : encoder.encode(text);
  return { key: bytes(key), value: bytes(value), partition } satisfies RecordToProduce;
}

function producerFor(port: number, options: Partial<ProducerOptions> = {}) {
  const world = worldFromSeed(1);
  const requestTimeoutMs = options.requestTimeoutMs ?? 1000;
  const cluster = new Cluster(world, {
    bootstrap: [`127.0.0.1:${port}`],
    requestTimeoutMs,
    retryBackoffMs: 5,
    reconnectBackoffMs: 5,
    reconnectBackoffMaxMs: 20,
  });
  const producer = new Producer(world, cluster, {
    requestTimeoutMs,
    deliveryTimeoutMs: 2000,
    retryBackoffMs: 5,
    maxBlockMs: 50,
    recordBytesMax: 1_048_576,
    batchBytesMax: 100_000,
    ...options,
  });
  return {
    send: (topic: string, records: RecordToProduce[]) => producer.send(topic, records),
    [Symbol.dispose]() {
      producer[Symbol.dispose]();
      cluster[Symbol.dispose]();
    },
  };
}

const shown = (outcomes: readonly Outcome[]) =>
  outcomes.map((one) => one instanceof KafkaError ? one.message : `${one.partition}@${one.offset}`);

Deno.test("Records of one call get consecutive offsets, in their order", async () => {
  await using broker = startFakeBroker();
  using producer = producerFor(broker.port);
  assert.deepEqual(shown(await producer.send("t", [record("a"), record(null), record("b")])), [
    "0@0",
    "0@1",
    "0@2",
  ]);
  assert.deepEqual(broker.stored.map(({ value }) => value), ["a", null, "b"]);
});

Deno.test("A key decides the partition by its hash; keyless records of a call stay together", async () => {
  await using broker = startFakeBroker();
  broker.topics.set("t", 7);
  using producer = producerFor(broker.port);
  const keys = ['"k1"', '"k2"', "17"];
  await producer.send("t", [
    ...keys.map((key) => record("x", key)),
    ...[1, 2, 3].map(() => record("y")),
  ]);
  for (const key of keys) {
    const stored = broker.stored.find((one) => one.key === key);
    assert.equal(stored?.partition, (murmur2(encoder.encode(key)) & 0x7fffffff) % 7);
  }
  const keyless = broker.stored.filter(({ value }) => value === "y").map(({ partition }) =>
    partition
  );
  assert.equal(new Set(keyless).size, 1);
});

Deno.test("Large keyless calls spread over the partitions", async () => {
  await using broker = startFakeBroker();
  broker.topics.set("t", 5);
  using producer = producerFor(broker.port);
  for (let call = 0; call < 30; call++) await producer.send("t", [record("x".repeat(17_000))]);
  assert.equal(new Set(broker.stored.map(({ partition }) => partition)).size, 5);
});

Deno.test("NOT_LEADER is tried again until it is stored, once", async () => {
  await using broker = startFakeBroker();
  broker.script = [6, 6, 3];
  using producer = producerFor(broker.port);
  assert.deepEqual(shown(await producer.send("t", [record("a")])), ["0@0"]);
  assert.equal(broker.produceCount, 4);
  assert.equal(broker.stored.length, 1);
});

Deno.test("A cut connection is opened again, and what may be lost is sent again", async () => {
  await using broker = startFakeBroker();
  broker.script = ["cut", "lose"];
  using producer = producerFor(broker.port);
  assert.deepEqual(shown(await producer.send("t", [record("a")])), ["0@1"]);
  assert.deepEqual(broker.stored.map(({ value }) => value), ["a", "a"]); // At least once.
});

Deno.test("A broker that does not answer is given up on and asked anew", async () => {
  await using broker = startFakeBroker();
  broker.script = ["silence"];
  using producer = producerFor(broker.port, { requestTimeoutMs: 40 });
  assert.deepEqual(shown(await producer.send("t", [record("a")])), ["0@0"]);
});

Deno.test("A batch that is too large is cut until it fits, and each record keeps its place", async () => {
  await using broker = startFakeBroker();
  broker.recordsMax = 3;
  using producer = producerFor(broker.port);
  const values = Array.from({ length: 20 }, (_, index) => String(index));
  const outcomes = await producer.send("t", values.map((value) => record(value)));
  for (const [index, outcome] of outcomes.entries()) {
    if (outcome instanceof KafkaError) throw outcome;
    assert.equal(broker.stored[Number(outcome.offset)]?.value, String(index));
  }
  assert.equal(broker.stored.length, 20);
});

Deno.test("Many small calls that only together are too large are all stored", async () => {
  await using broker = startFakeBroker();
  broker.recordsMax = 1;
  using producer = producerFor(broker.port);
  await producer.send("t", [record("first")]);
  const calls = Array.from(
    { length: 40 },
    (_, index) => producer.send("t", [record(String(index))]),
  );
  const outcomes = (await Promise.all(calls)).flat();
  assert.ok(outcomes.every((outcome) => !(outcome instanceof KafkaError)));
  assert.equal(broker.stored.length, 41);
});

Deno.test("A record that is too large by itself is refused, the others are stored", async () => {
  await using broker = startFakeBroker();
  broker.recordsMax = 0;
  using producer = producerFor(broker.port);
  assert.match(
    shown(await producer.send("t", [record("a")]))[0]!,
    /larger than the max message size/,
  );
});

Deno.test("The size limit counts what stands around a record", async () => {
  await using broker = startFakeBroker();
  using producer = producerFor(broker.port, { recordBytesMax: 1000 });
  // Documented: 61 for the batch, 21 for the record, 1 for no key, 2 for the length, 1 for no headers.
  const fits = record("x".repeat(1000 - 86));
  const tooLong = record("x".repeat(1001 - 86));
  assert.deepEqual(shown(await producer.send("t", [tooLong, fits])), [
    "The message is 1001 bytes when serialized which is larger than 1000, which is the value of " +
    "the max.request.size configuration.",
    "0@0",
  ]);
});

Deno.test("Each record waits anew for a topic that does not come", async () => {
  await using broker = startFakeBroker();
  using producer = producerFor(broker.port, { maxBlockMs: 30 });
  const start = performance.now();
  const outcomes = await producer.send("missing", [record("a"), record("b"), record("c")]);
  assert.ok(performance.now() - start >= 88);
  const message = "Topic missing not present in metadata after 30 ms.";
  assert.deepEqual(shown(outcomes), [message, message, message]);
  assert.ok(outcomes.every((one) => one instanceof KafkaError && one.kind === "retriable"));
});

Deno.test("A topic that comes in time is used", async () => {
  await using broker = startFakeBroker();
  using producer = producerFor(broker.port, { maxBlockMs: 1000 });
  const sending = producer.send("late", [record("a")]);
  setTimeout(() => broker.topics.set("late", 1), 20);
  assert.deepEqual(shown(await sending), ["0@0"]);
});

Deno.test("A partition out of range waits and fails; those before it are stored meanwhile", async () => {
  await using broker = startFakeBroker();
  broker.topics.set("t", 3);
  using producer = producerFor(broker.port, { maxBlockMs: 40 });
  const outcomes = await producer.send("t", [record("a", null, 2), record("b", null, 9)]);
  assert.deepEqual(shown(outcomes), [
    "2@0",
    "Partition 9 of topic t with partition count 3 is not present in metadata after 40 ms.",
  ]);
});

Deno.test("Rights and invalid names end the wait at once", async () => {
  await using broker = startFakeBroker();
  broker.topicErrors.set("secret", 29).set("a b", 17);
  using producer = producerFor(broker.port, { maxBlockMs: 10_000 });
  const [secret] = await producer.send("secret", [record("a")]);
  assert.ok(secret instanceof KafkaError && secret.kind === "authorization");
  assert.equal(secret.message, "Not authorized to access topics: [secret]");
  const [invalid] = await producer.send("a b", [record("a")]);
  assert.ok(invalid instanceof KafkaError && invalid.kind === "fatal");
  assert.equal(invalid.message, "Invalid topics: [a b]");
});

Deno.test("Errors that do not pass are not tried again", async () => {
  await using broker = startFakeBroker();
  broker.script = [87];
  using producer = producerFor(broker.port);
  const [outcome] = await producer.send("t", [record("a")]);
  assert.ok(outcome instanceof KafkaError && outcome.kind === "fatal");
  assert.equal(broker.produceCount, 1);
});

Deno.test("A broker that is gone lets records expire", async () => {
  const broker = startFakeBroker();
  using producer = producerFor(broker.port, { deliveryTimeoutMs: 60 });
  await producer.send("t", [record("a")]);
  await broker[Symbol.asyncDispose]();
  const [outcome] = await producer.send("t", [record("b")]);
  assert.ok(outcome instanceof KafkaError && outcome.kind === "retriable");
  assert.equal(
    outcome.message,
    "Expiring 1 record(s) for t-0:60 ms has passed since batch creation",
  );
});

Deno.test("A broker that comes back in time gets what waited", async () => {
  const first = startFakeBroker();
  using producer = producerFor(first.port);
  await producer.send("t", [record("a")]);
  await first[Symbol.asyncDispose]();
  const sending = producer.send("t", [record("b")]);
  await new Promise((resolve) => setTimeout(resolve, 60));
  await using second = startFakeBroker(first.port);
  assert.deepEqual(shown(await sending), ["0@0"]);
  assert.deepEqual(second.stored.map(({ value }) => value), ["b"]);
});

Deno.test("Disposing a producer ends what waits", async () => {
  await using broker = startFakeBroker();
  broker.script = ["silence"];
  const producer = producerFor(broker.port, { maxBlockMs: 60_000, requestTimeoutMs: 60_000 });
  const sending = [producer.send("missing", [record("a")]), producer.send("t", [record("b")])];
  await new Promise((resolve) => setTimeout(resolve, 30));
  producer[Symbol.dispose]();
  for (const outcomes of await Promise.all(sending)) assert.ok(outcomes[0] instanceof KafkaError);
});
