/**
 * What tests of the broker share: a broker on a folder of its own, and hex.
 */
import type { Events } from "../../../sim/events.ts";
import { type Faults, noFaults } from "../../../sim/faults/plan.ts";
import { type KafkaBroker, type KafkaOptions, startKafka } from "../../../sim/kafka/mod.ts";
import { worldFromSeed } from "../../../sim/world.ts";

export interface TestBroker extends KafkaBroker {
  address: string;
  dir: string;
}

export interface TestBrokerOptions extends KafkaOptions {
  faults?: Faults;
  nowMs?: () => number;
  events?: Events;
  /** A folder to go on with, which stays. Default: a new one, removed at the end. */
  dir?: string;
}

export async function startTestBroker(options: TestBrokerOptions = {}): Promise<TestBroker> {
  const { faults = noFaults, nowMs = Date.now, events, dir: givenDir, ...kafka } = options;
  const dir = givenDir ?? await Deno.makeTempDir();
  const broker = await startKafka({ world: worldFromSeed(1, nowMs), faults, dir, events }, kafka);
  const { port, ports, clusterId, clusterArn, caFile } = broker;
  return {
    ...{ port, ports, clusterId, clusterArn, caFile },
    address: `127.0.0.1:${port}`,
    dir,
    async [Symbol.asyncDispose]() {
      await broker[Symbol.asyncDispose]();
      if (givenDir === undefined) await Deno.remove(dir, { recursive: true });
    },
  };
}

/** `0003 677270   # a comment` -> bytes */
export function hex(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.fromHex(text.replaceAll(/#.*$/gm, "").replaceAll(/\s/g, ""));
}

export async function until(condition: () => boolean | Promise<boolean>, timeoutMs = 10_000) {
  const deadlineMs = performance.now() + timeoutMs;
  while (!await condition()) {
    if (performance.now() > deadlineMs) throw new Error(`Cannot wait longer: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
