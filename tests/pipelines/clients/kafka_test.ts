import assert from "node:assert/strict";
import { Kafka, logLevel } from "kafkajs";
import {
  type Consumer,
  type ConsumerEvent,
  type KafkaCluster,
  openKafka,
} from "../../../pipelines/clients/kafka.ts";
import { sleep } from "../../../pipelines/clients/retry.ts";
import { OutsideError, UsageError } from "../../../pipelines/errors.ts";
import { noFaults } from "../../../sim/faults/plan.ts";
import { startKafka } from "../../../sim/kafka/mod.ts";
import { worldFromSeed } from "../../../sim/world.ts";

const timing = { nowMs: () => performance.now(), random: () => 0.5, sleep };
const limits = { limitMs: 2_000, baseMs: 50, capMs: 200 };
const open = { tls: null, auth: { kind: "none" } } as const;
const group = "connect-test-connector";

async function withBroker(
  run: (
    given: { brokers: string[]; kafka: KafkaCluster; stop: () => PromiseLike<void> },
  ) => Promise<void>,
): Promise<void> {
  const dir = await Deno.makeTempDir();
  const broker = await startKafka({ world: worldFromSeed(1), faults: noFaults, dir });
  let stopped: PromiseLike<void> | undefined;
  const stop = () => stopped ??= broker[Symbol.asyncDispose]();
  try {
    const brokers = [`127.0.0.1:${broker.port}`];
    await using kafka = await openKafka({ brokers, ...open }, { timing, limits });
    await run({ brokers, kafka, stop });
  } finally {
    await stop();
    await Deno.remove(dir, { recursive: true });
  }
}

async function produce(
  brokers: string[],
  topic: string,
  values: (string | null)[],
  partition = 0,
): Promise<void> {
  const producer = new Kafka({ brokers, logLevel: logLevel.NOTHING }).producer();
  await producer.connect();
  await producer.send({ topic, messages: values.map((value) => ({ value, partition })) });
  await producer.disconnect();
}

/** Events up to the first idle one after `count` messages, messages as text. */
async function read(consumer: Consumer, count: number): Promise<string[]> {
  const seen: string[] = [];
  for await (const event of consumer.events()) {
    seen.push(...lines(event));
    if (event.kind === "idle" && seen.filter((line) => line.includes("=")).length >= count) break;
  }
  return seen;
}

function lines(event: ConsumerEvent): string[] {
  if (event.kind === "idle") return [];
  if (event.kind === "assigned") {
    const positions = event.positions.map((at) => `${at.topic}/${at.partition}@${at.offset}`);
    return [`assigned ${positions.sort().join(" ")}`];
  }
  return event.messages.map(({ offset, value }) => {
    const text = value === null ? "null" : new TextDecoder().decode(value);
    return `${event.topic}/${event.partition} ${offset}=${text}`;
  });
}

Deno.test("ensureTopics makes the topics that are missing and leaves the others", () =>
  withBroker(async ({ kafka }) => {
    await kafka.ensureTopics(["a.pin"], 1);
    await kafka.ensureTopics(["a.pin", "a.geo"], 3);
    await kafka.ensureTopics(["a.pin", "a.geo"], 3);
    assert.deepEqual([...await kafka.endOffsets("a.pin")], [[0, 0n]]);
    assert.deepEqual([...await kafka.endOffsets("a.geo")].sort(), [[0, 0n], [1, 0n], [2, 0n]]);
  }));

Deno.test("A consumer tells where it begins, then gives every message in order, tombstones too", () =>
  withBroker(async ({ brokers, kafka }) => {
    await kafka.ensureTopics(["t", "u"], 2);
    await produce(brokers, "t", ["a", null, "c"]);
    await produce(brokers, "u", ["x"], 1);
    await using consumer = await kafka.consume(["t", "u"], group);
    const [first, ...rest] = await read(consumer, 4);
    assert.equal(first, "assigned t/0@0 t/1@0 u/0@0 u/1@0");
    assert.deepEqual(rest.sort(), ["t/0 0=a", "t/0 1=null", "t/0 2=c", "u/1 0=x"]);
    assert.deepEqual([...await kafka.endOffsets("t")].sort(), [[0, 3n], [1, 0n]]);
  }));

Deno.test("Messages that are produced later arrive without a new start", () =>
  withBroker(async ({ brokers, kafka }) => {
    await kafka.ensureTopics(["t"], 1);
    await using consumer = await kafka.consume(["t"], group);
    const reading = read(consumer, 6);
    for (const value of ["a", "b", "c"]) await produce(brokers, "t", [value, value]);
    const [, ...messages] = await reading;
    assert.deepEqual(messages, ["a", "a", "b", "b", "c", "c"].map((v, at) => `t/0 ${at}=${v}`));
  }));

Deno.test("The next consumer of the group begins at the committed offset, and only there", () =>
  withBroker(async ({ brokers, kafka }) => {
    await kafka.ensureTopics(["t"], 1);
    await produce(brokers, "t", ["a", "b", "c"]);
    {
      await using consumer = await kafka.consume(["t"], group);
      assert.equal((await read(consumer, 3)).length, 4);
      assert.equal(await consumer.commit([{ topic: "t", partition: 0, offset: 2n }]), true);
    }
    await using consumer = await kafka.consume(["t"], group);
    assert.deepEqual(await read(consumer, 1), ["assigned t/0@2", "t/0 2=c"]);
  }));

Deno.test("A rebalance begins with a new assignment at the committed offsets", () =>
  withBroker(async ({ brokers, kafka }) => {
    await kafka.ensureTopics(["t"], 2);
    await produce(brokers, "t", ["a", "b"], 0);
    await produce(brokers, "t", ["c", "d"], 1);
    await using first = await kafka.consume(["t"], group);
    const seen: string[] = [];
    let second: Promise<string[]> | undefined;
    let other: Consumer | undefined;
    for await (const event of first.events()) {
      seen.push(...lines(event));
      if (seen.length === 5 && second === undefined) {
        assert.equal(await first.commit([{ topic: "t", partition: 0, offset: 1n }]), true);
        second = kafka.consume(["t"], group).then((consumer) => read(other = consumer, 1));
      }
      if (event.kind === "idle" && seen.filter((line) => line.startsWith("assigned")).length > 1) {
        break;
      }
    }
    const fromSecond = await second!;
    await other?.[Symbol.asyncDispose]();
    const both = [...seen.slice(5), ...fromSecond];
    const assigned = both.filter((line) => line.startsWith("assigned"));
    assert.deepEqual(assigned.slice(-2).sort(), ["assigned t/0@1", "assigned t/1@0"]);
    assert.deepEqual(both.filter((line) => line.includes("=")).sort(), [
      "t/0 1=b",
      "t/1 0=c",
      "t/1 1=d",
    ]);
  }));

Deno.test("A broker that goes away is an error after the limit, and closing does not hang", () =>
  withBroker(async ({ kafka, stop }) => {
    await kafka.ensureTopics(["t"], 1);
    await using consumer = await kafka.consume(["t"], group);
    const startMs = performance.now();
    let isStopped = false;
    await assert.rejects(async () => {
      for await (const event of consumer.events()) {
        if (event.kind !== "idle" || isStopped) continue;
        isStopped = true;
        await stop();
      }
    }, (error) => {
      assert.ok(error instanceof OutsideError);
      assert.match(
        error.message,
        /^Cannot read from Kafka at 127\.0\.0\.1:\d+: tried \d+ times in /,
      );
      return true;
    });
    const tookMs = performance.now() - startMs;
    assert.ok(tookMs > limits.limitMs / 2 && tookMs < 4 * limits.limitMs, `${tookMs}`);
  }));

Deno.test("No broker at all is an error that names it", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const brokers = [`127.0.0.1:${listener.addr.port}`];
  listener.close();
  await using kafka = await openKafka({ brokers, ...open }, {
    timing,
    limits: { ...limits, limitMs: 300 },
  });
  await assert.rejects(kafka.ensureTopics(["t"], 1), (error) => {
    assert.ok(error instanceof OutsideError);
    assert.match(error.message, new RegExp(`^Cannot make topics on Kafka at ${brokers[0]}: `));
    return true;
  });
});

Deno.test("A broker that the task may not speak to names the task that may", async () => {
  await using kafka = await openKafka({ brokers: ["10.255.255.1:9092"], ...open }, {
    timing,
    limits, // kafkajs tries for itself before it says what it found.
  });
  await assert.rejects(kafka.ensureTopics(["t"], 1), (error) => {
    assert.ok(error instanceof UsageError);
    assert.match(error.message, /no network access to 10\.255\.255\.1:9092/);
    return true;
  });
});

Deno.test("An abort ends reading with the signal's reason", () =>
  withBroker(async ({ brokers, kafka }) => {
    await kafka.ensureTopics(["t"], 1);
    const controller = new AbortController();
    const options = { timing, limits, signal: controller.signal };
    await using mine = await openKafka({ brokers, ...open }, options);
    await using consumer = await mine.consume(["t"], group);
    await assert.rejects(async () => {
      for await (const event of consumer.events()) {
        if (event.kind === "idle") controller.abort(new Error("Ctrl-C"));
      }
    }, { message: "Ctrl-C" });
  }));
