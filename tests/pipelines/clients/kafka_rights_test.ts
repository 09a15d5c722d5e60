/** What the pipelines' Kafka needs to be allowed, and what it says where it is not. */
import assert from "node:assert/strict";
import { openKafka } from "../../../pipelines/clients/kafka.ts";
import { OutsideError } from "../../../pipelines/errors.ts";
import { type KafkaTarget, Secret } from "../../../pipelines/target.ts";
import type { Door } from "../../../sim/iam/door.ts";
import { pair, type TestDoor, watchedDoor } from "../../sim/kafka/doors.ts";
import { startTestBroker, type TestBroker } from "../../sim/kafka/support.ts";
import { options, produce, readAll, readOn } from "./kafka_world.ts";

interface Given {
  broker: TestBroker;
  door: TestDoor;
  target: KafkaTarget;
}

/** The same door, for nothing but this. */
function only(rights: readonly string[], door: TestDoor): Door {
  return {
    keyOf: door.keyOf,
    refusalOf(asked) {
      const refusal = door.refusalOf(asked);
      if (refusal !== null || rights.includes(door.asked.at(-1) ?? "")) return refusal;
      return { message: "Refused", because: "because it is none of these", isExplicit: false };
    },
  };
}

/** @param rights all there are; default: everything that is not refused */
async function withBroker(
  use: (given: Given) => Promise<void>,
  rights?: readonly string[],
): Promise<void> {
  const door = watchedDoor();
  await using broker = await startTestBroker({
    listeners: { plain: { port: 0 }, iam: { port: 0, tls: false } },
    topics: ["t"],
    door: rights === undefined ? door : only(rights, door),
  });
  const { accessKeyId, secretAccessKey } = pair;
  const credentials = {
    ...{ accessKeyId, secretAccessKey: new Secret(secretAccessKey), sessionToken: null },
  };
  const brokers = [`127.0.0.1:${broker.ports.iam}`];
  const auth = { kind: "iam", region: "us-east-1", credentials } as const;
  await use({ broker, door, target: { brokers, tls: null, auth } });
}

/** What somebody is told who makes a topic, reads all of another and asks where it ends. */
async function everything({ target }: Given): Promise<void> {
  await using kafka = await openKafka(target, options);
  await kafka.ensureTopics(["t", "new"], 1);
  await readAll(target, "t", 2);
  await kafka.endOffsets("t");
}

/** The sentence of a failure that is not tried again. */
async function refusalOf(work: Promise<void>): Promise<string> {
  const error = await work.then(() => null, (error: unknown) => error);
  assert.ok(error instanceof OutsideError, `${error}`);
  assert.equal(error.retryable, false);
  assert.doesNotMatch(error.message, /tried (once|\d+ times)/);
  return error.message;
}

/** By what is taken away. */
const needed: Record<string, RegExp> = {
  "Connect cluster": /Access denied; check .*kafka-cluster:Connect$/,
  "CreateTopic topic/new": /make topics .*kafka-cluster:CreateTopic .* on topic new$/,
  "DescribeTopic topic/t": /kafka-cluster:DescribeTopic on .*\bt\b/,
  "ReadData topic/t": /read from .*kafka-cluster:ReadData .* on topic t$/,
  "DescribeGroup group/connect-g": /kafka-cluster:DescribeGroup on group connect-g$/,
  "AlterGroup group/connect-g": /kafka-cluster:AlterGroup .* on group connect-g$/,
};

for (const [right, words] of Object.entries(needed)) {
  Deno.test(`Without ${right} the pipelines' Kafka ends at once, and says so`, () =>
    withBroker(async (given) => {
      await produce(given.broker, "t", ["a", "b"]);
      given.door.refused.add(right);
      const told = await refusalOf(everything(given));
      assert.match(told, words);
      assert.match(told, new RegExp(`${pair.accessKeyId} \\(KAFKA_AUTH=iam\\)`));
      given.door.refused.clear();
      await everything(given);
    }));
}

Deno.test("These rights are enough", () => {
  // To wait for a topic that was just made is to describe it.
  const rights = [...Object.keys(needed), "DescribeTopic topic/new"];
  return withBroker(async (given) => {
    await produce(given.broker, "t", ["a", "b"]);
    await everything(given);
  }, rights);
});

Deno.test("A right that is taken away in the middle ends the reading; given back, it goes on", () =>
  withBroker(async ({ broker, door, target }) => {
    await produce(broker, "t", ["a", "b"]);
    const reading = async () => {
      await using kafka = await openKafka(target, options);
      await using consumer = await kafka.consume(["t"], "connect-g");
      await readOn(consumer, async (found) => {
        if (found.length !== 2) return;
        door.refused.add("ReadData topic/t");
        await produce(broker, "t", ["c", "d"]);
      });
    };
    assert.match(await refusalOf(reading()), /kafka-cluster:ReadData .* on topic t$/);
    door.refused.clear();
    assert.deepEqual(await readAll(target, "t", 2), ["c", "d"]);
  }));
