/**
 * Kafka: topics, and a consumer group's messages in order, behind an interface of our own.
 *
 *   out   events: which partitions this run reads from where, then their messages, offsets
 *         ascending in each partition; now and then that there was nothing
 *
 * The next messages are fetched when the reader comes back for them, so memory holds what one
 * fetch brought; heartbeats go on meanwhile. Offsets are committed only by `commit`. After every
 * rebalance an `assigned` event comes first and reading begins again at the committed offsets:
 * what was read since then comes once more.
 *
 * A lost broker is tried again by kafkajs until `limitMs` have passed without any sign of life.
 *
 * Source: kafkajs 2.2.4, whose last release is of 2023: hence the interface.
 * Left out: SASL for MSK (KAFKA_AUTH=iam), transactions (control records are skipped).
 */
import type {
  Consumer as KafkajsConsumer,
  EachBatchPayload,
  Kafka as Kafkajs,
  RetryOptions as RetrySettings,
} from "kafkajs";
import process from "node:process";
import { OutsideError, UsageError } from "../errors.ts";
import type { KafkaTarget } from "../target.ts";
import { outside } from "./outside.ts";
import type { RetryLimits, RetryOptions } from "./retry.ts";

export interface Message {
  offset: bigint;
  /** Null for a tombstone. */
  value: Uint8Array | null;
}

export interface Position {
  topic: string;
  partition: number;
  offset: bigint;
}

export type ConsumerEvent =
  /** All partitions of this member and where each begins; open work on any is to be dropped. */
  | { kind: "assigned"; positions: Position[] }
  | { kind: "messages"; topic: string; partition: number; messages: readonly Message[] }
  /** Nothing came for a moment. */
  | { kind: "idle" };

export interface Consumer extends AsyncDisposable {
  events(): AsyncIterable<ConsumerEvent>;
  /**
   * Stores where the group would begin again. Whether it was stored: not, if the partitions
   * went to another member meanwhile; their messages come again wherever they went.
   */
  commit(positions: readonly Position[]): Promise<boolean>;
}

export interface KafkaCluster extends AsyncDisposable {
  /** Makes the topics that are missing; the others stay as they are. */
  ensureTopics(topics: readonly string[], partitionCount: number): Promise<void>;
  /** The offset after the last message of every partition. */
  endOffsets(topic: string): Promise<Map<number, bigint>>;
  consume(topics: readonly string[], groupId: string): Promise<Consumer>;
}

/** How long a broker may hold back a fetch for which it has nothing; also the cost of stopping. */
const fetchWaitMs = 100;
/** After this long without messages an `idle` event is given. */
const idleMs = 50;
/** A member that was killed is missed after this long; brokers take no less than 6 s. */
const sessionTimeoutMs = 10_000;
const heartbeatIntervalMs = 1_000;
const requestTimeoutMs = 30_000;
/** kafkajs ends its retries before it disconnects; nobody waits that long for a goodbye. */
const closingMs = 2_000;
const bytesPerPartitionMax = 1_048_576;
const bytesPerFetchMax = 8 * 1_048_576;

export async function openKafka(
  { brokers, auth }: KafkaTarget,
  options: RetryOptions,
): Promise<KafkaCluster> {
  if (auth === "iam") {
    throw new UsageError(
      "Cannot connect to Kafka with KAFKA_AUTH=iam: not available yet. " +
        "Use brokers that need no login, with KAFKA_AUTH=none",
    );
  }
  muteNegativeTimeouts();
  const { Kafka, logLevel } = await import("kafkajs");
  const { limits, timing } = options;
  const retry = {
    initialRetryTime: limits.baseMs,
    maxRetryTime: limits.capMs,
    retries: retriesWithin(limits),
  };
  const kafka = new Kafka({
    clientId: "pinterest-data-pipeline",
    brokers: [...brokers],
    logLevel: logLevel.NOTHING,
    connectionTimeout: 5_000,
    requestTimeout: requestTimeoutMs,
    retry,
  });
  const where = `Kafka at ${brokers.join(",")}`;
  const admin = kafka.admin();
  let connected: Promise<void> | undefined;

  async function asAdmin<T>(what: string, action: () => Promise<T>): Promise<T> {
    const doing = `${what} on ${where}`;
    try {
      await abortable((connected ??= admin.connect()).then(() => {}), options.signal);
      return await abortable(action(), options.signal);
    } catch (error) {
      connected = undefined;
      options.signal?.throwIfAborted();
      throw outside(doing, error, { retryable: false });
    }
  }

  return {
    async ensureTopics(topics, partitionCount) {
      await asAdmin("make topics", async () => {
        const present = new Set(await admin.listTopics());
        const missing = topics.filter((topic) => !present.has(topic));
        if (missing.length === 0) return;
        await admin.createTopics({
          waitForLeaders: true,
          topics: missing.map((topic) => ({ topic, numPartitions: partitionCount })),
        });
      });
    },
    async endOffsets(topic) {
      const offsets = await asAdmin(`look at ${topic}`, () => admin.fetchTopicOffsets(topic));
      return new Map(offsets.map(({ partition, high }) => [partition, BigInt(high)]));
    },
    async consume(topics, groupId) {
      const consumer = new GroupConsumer(kafka, groupId, where, {
        nowMs: timing.nowMs,
        retry,
        limitMs: limits.limitMs,
        signal: options.signal,
        startOf: (owned) => asAdmin("read offsets", () => startOf(owned)),
      });
      await consumer.start(topics);
      return consumer;
    },
    async [Symbol.asyncDispose]() {
      await atMost(closingMs, async () => {
        await connected;
        await admin.disconnect();
      });
    },
  };

  /** Committed offsets, and the first offset that exists where nothing is committed. */
  async function startOf({ groupId, partitions }: Owned): Promise<Position[]> {
    const topics = Object.keys(partitions);
    const committed = await admin.fetchOffsets({ groupId, topics });
    const positions: Position[] = [];
    for (const { topic, partitions: stored } of committed) {
      const firsts = new Map(
        (await admin.fetchTopicOffsets(topic)).map(({ partition, low }) => [partition, low]),
      );
      for (const { partition, offset } of stored) {
        if (!partitions[topic]?.includes(partition)) continue;
        const first = BigInt(firsts.get(partition) ?? 0);
        const begin = BigInt(offset);
        positions.push({ topic, partition, offset: begin > first ? begin : first });
      }
    }
    return positions;
  }
}

let isMuted = false;

/** kafkajs asks for timers in the past, and the runtime would warn the person at the terminal. */
function muteNegativeTimeouts(): void {
  if (isMuted) return;
  isMuted = true;
  const { emitWarning } = process;
  process.emitWarning = (...args: unknown[]) => {
    if (args[1] !== "TimeoutNegativeWarning") Reflect.apply(emitWarning, process, args);
  };
}

/** How many pauses, doubling from the base to the cap, fit into the limit. */
function retriesWithin({ limitMs, baseMs, capMs }: RetryLimits): number {
  let count = 0;
  for (let spent = 0, pause = baseMs; spent + pause <= limitMs; count++) {
    spent += pause;
    pause = Math.min(capMs, pause * 2);
  }
  return count;
}

function abortable<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}

/** Waits for the work, but not longer; how it ends does not matter any more. */
async function atMost(ms: number, work: () => Promise<void>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const enough = new Promise<void>((resolve) => timer = setTimeout(resolve, ms));
  await Promise.race([work().catch(() => {}), enough]);
  clearTimeout(timer);
}

interface Owned {
  groupId: string;
  /** Topic to partitions. */
  partitions: Record<string, number[]>;
}

interface Ambient {
  nowMs(): number;
  limitMs: number;
  retry: RetrySettings;
  signal: AbortSignal | undefined;
  startOf(owned: Owned): Promise<Position[]>;
}

type Queued =
  | { kind: "joined"; partitions: Record<string, number[]> }
  | { kind: "batch"; payload: EachBatchPayload; taken: () => void };

/**
 * kafkajs pushes batches; here they wait in line until the reader comes for them. kafkajs fetches
 * again only when every batch of a fetch was taken, so the line is bounded by one fetch.
 */
class GroupConsumer implements Consumer {
  readonly #consumer: KafkajsConsumer;
  readonly #groupId: string;
  readonly #where: string;
  readonly #ambient: Ambient;
  readonly #queue: Queued[] = [];
  #wake = () => {};
  #crash: unknown;
  #lastSignMs: number;

  constructor(kafka: Kafkajs, groupId: string, where: string, ambient: Ambient) {
    this.#groupId = groupId;
    this.#where = where;
    this.#ambient = ambient;
    this.#lastSignMs = ambient.nowMs();
    this.#consumer = kafka.consumer({
      groupId,
      sessionTimeout: sessionTimeoutMs,
      heartbeatInterval: heartbeatIntervalMs,
      minBytes: 1,
      maxWaitTimeInMs: fetchWaitMs,
      maxBytesPerPartition: bytesPerPartitionMax,
      maxBytes: bytesPerFetchMax,
      allowAutoTopicCreation: false,
      // A restart of kafkajs's own outlives its disconnect: a crash is the end, ours to tell.
      retry: { ...ambient.retry, restartOnFailure: () => Promise.resolve(false) },
    });
    const { GROUP_JOIN, FETCH, HEARTBEAT, CRASH } = this.#consumer.events;
    this.#consumer.on(GROUP_JOIN, ({ payload }) => this.#joined(payload.memberAssignment));
    this.#consumer.on(FETCH, () => this.#sign());
    this.#consumer.on(HEARTBEAT, () => this.#sign());
    this.#consumer.on(CRASH, ({ payload }) => this.#crashed(payload.error));
  }

  async start(topics: readonly string[]): Promise<void> {
    try {
      await abortable(this.#join(topics), this.#ambient.signal);
    } catch (error) {
      await this[Symbol.asyncDispose]();
      this.#ambient.signal?.throwIfAborted();
      throw outside(`read from ${this.#where}`, error, { retryable: false });
    }
  }

  async #join(topics: readonly string[]): Promise<void> {
    await this.#consumer.connect();
    await this.#consumer.subscribe({ topics: [...topics], fromBeginning: true });
    await this.#consumer.run({
      autoCommit: false,
      partitionsConsumedConcurrently: 16,
      eachBatch: (payload) => this.#enqueue(payload),
    });
  }

  async *events(): AsyncGenerator<ConsumerEvent> {
    for (;;) {
      this.#ambient.signal?.throwIfAborted();
      if (this.#crash !== undefined) throw this.#crash;
      const next = this.#queue.shift();
      if (next === undefined) {
        if (!await this.#arrival()) yield { kind: "idle" };
      } else if (next.kind === "joined") {
        const { partitions } = next;
        const positions = await this.#ambient.startOf({ groupId: this.#groupId, partitions });
        yield { kind: "assigned", positions };
      } else {
        const { batch } = next.payload;
        const messages = batch.messages.map(({ offset, value }): Message => ({
          offset: BigInt(offset),
          value,
        }));
        next.taken();
        yield { kind: "messages", topic: batch.topic, partition: batch.partition, messages };
        this.#sign();
      }
    }
  }

  async commit(positions: readonly Position[]): Promise<boolean> {
    try {
      await this.#consumer.commitOffsets(
        positions.map(({ topic, partition, offset }) => ({
          topic,
          partition,
          offset: offset.toString(),
        })),
      );
      return true;
    } catch (error) {
      if (isStaleMember(error)) return false;
      throw outside(`commit offsets on ${this.#where}`, error, { retryable: false });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const item of this.#queue.splice(0)) if (item.kind === "batch") item.taken();
    await atMost(closingMs, () => this.#consumer.disconnect());
  }

  /** True when something is in the queue, false after a moment without anything. */
  async #arrival(): Promise<boolean> {
    const { nowMs, limitMs } = this.#ambient;
    if (nowMs() - this.#lastSignMs > limitMs) {
      throw new OutsideError(
        `Cannot read from ${this.#where}: no answer for ${Math.round(limitMs / 1000)} s. ` +
          `When it is back, run again with the same --data to go on`,
        { retryable: false },
      );
    }
    let timer: ReturnType<typeof setTimeout> | undefined;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      timer = setTimeout(resolve, idleMs);
    });
    clearTimeout(timer);
    return this.#queue.length > 0 || this.#crash !== undefined;
  }

  /** Holds kafkajs until the batch is taken. */
  async #enqueue(payload: EachBatchPayload): Promise<void> {
    this.#sign();
    let rebalance: unknown;
    let timer: ReturnType<typeof setInterval> | undefined;
    await new Promise<void>((resolve) => {
      this.#queue.push({ kind: "batch", payload, taken: resolve });
      this.#wake();
      timer = setInterval(() => {
        payload.heartbeat().catch((error: unknown) => {
          rebalance = error;
          resolve();
        });
      }, heartbeatIntervalMs);
    });
    clearInterval(timer);
    if (rebalance !== undefined) throw rebalance;
  }

  /** What is in line was fetched for an assignment that is over. */
  #joined(partitions: Record<string, number[]>): void {
    this.#sign();
    for (const item of this.#queue.splice(0)) if (item.kind === "batch") item.taken();
    this.#queue.push({ kind: "joined", partitions });
    this.#wake();
  }

  #crashed(error: Error): void {
    this.#crash = outside(`read from ${this.#where}`, error, { retryable: false });
    this.#wake();
  }

  #sign(): void {
    this.#lastSignMs = this.#ambient.nowMs();
  }
}

const staleMember = new Set([
  "REBALANCE_IN_PROGRESS",
  "ILLEGAL_GENERATION",
  "UNKNOWN_MEMBER_ID",
  "FENCED_INSTANCE_ID",
]);

/** The group has moved on: the commit of a former member is refused, and rightly. */
function isStaleMember(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    if ("type" in at && staleMember.has(String(at.type))) return true;
  }
  return false;
}
