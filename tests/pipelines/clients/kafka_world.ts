/** What tests of the pipelines' Kafka share: patience, a producer of its own, a reader. */
import { Kafka, logLevel } from "kafkajs";
import { type Consumer, type KafkaOptions, openKafka } from "../../../pipelines/clients/kafka.ts";
import { sleep } from "../../../pipelines/clients/retry.ts";
import type { KafkaTarget } from "../../../pipelines/target.ts";
import type { TestBroker } from "../../sim/kafka/support.ts";

const timing = { nowMs: () => performance.now(), random: () => 0.5, sleep };
export const options: KafkaOptions = { timing, limits: { limitMs: 8_000, baseMs: 20, capMs: 100 } };

/** By the plain listener, where everybody may. */
export async function produce(broker: TestBroker, topic: string, values: string[]): Promise<void> {
  const producer = new Kafka({ brokers: [broker.address], logLevel: logLevel.NOTHING }).producer();
  await producer.connect();
  await producer.send({ topic, messages: values.map((value) => ({ value })) });
  await producer.disconnect();
}

/** The messages of a topic until there are so many, as a group would read them. */
export async function readAll(
  target: KafkaTarget,
  topic: string,
  count: number,
): Promise<string[]> {
  await using kafka = await openKafka(target, options);
  await using consumer = await kafka.consume([topic], "connect-g");
  return (await readOn(consumer, (found) => found.length >= count)).found;
}

/** What comes and could be committed, in order; and how often partitions were handed out. */
export async function readOn(consumer: Consumer, isEnough: (found: string[]) => unknown) {
  const found: string[] = [];
  let assignedCount = 0;
  for await (const event of consumer.events()) {
    if (event.kind === "assigned") assignedCount++;
    if (event.kind !== "messages") continue;
    const { topic, partition, messages } = event;
    const offset = messages.at(-1)!.offset + 1n;
    // What a former member has read comes again.
    if (!await consumer.commit([{ topic, partition, offset }])) continue;
    found.push(...messages.map(({ value }) => new TextDecoder().decode(value ?? undefined)));
    if (await isEnough(found)) break;
  }
  return { found, assignedCount };
}
