/**
 * Kafka consumer: what kafkajs pushes -> events that are pulled.
 *
 * kafkajs hands over batches as they come; here they wait in line until the reader comes for
 * them. kafkajs fetches again only when every batch of a fetch was taken, so the line is bounded
 * by one fetch.
 *
 * kafkajs stops for good on some troubles that pass (a connection cut at the wrong moment is a
 * TypeError in it): then a new one takes its place, as long as there were signs of life within
 * the limit.
 */
import type {
  Consumer as KafkajsConsumer,
  EachBatchPayload,
  Kafka as Kafkajs,
  RetryOptions as RetrySettings,
} from "kafkajs";
import { OutsideError, type UsageError } from "../errors.ts";
import { rights, type Work } from "./kafka_trouble.ts";
import {
  abortable,
  gaveUp,
  inTime,
  pauseAfter,
  pauseMs,
  retrying,
  type RetryOptions,
} from "./retry.ts";

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

/** How long a broker may hold back a fetch for which it has nothing; also the cost of stopping. */
const fetchWaitMs = 100;
/** After this long without messages an `idle` event is given. */
const idleMs = 50;
/** A member that was killed is missed after this long; brokers take no less than 6 s. */
const sessionTimeoutMs = 10_000;
const heartbeatIntervalMs = 1_000;
/** kafkajs ends its retries before it disconnects; nobody waits that long for a goodbye. */
const closingMs = 2_000;
const bytesPerPartitionMax = 1_048_576;
const bytesPerFetchMax = 8 * 1_048_576;

/** Topic to partitions. */
export type Assignment = Record<string, number[]>;

export interface GroupOptions {
  kafka: Kafkajs;
  topics: readonly string[];
  groupId: string;
  /** Where it reads, for messages. */
  where: string;
  /** For kafkajs's own retries. */
  settings: RetrySettings;
  retry: RetryOptions;
  /** In our words, what kafkajs threw. */
  trouble(work: Work, error: unknown): Promise<OutsideError | UsageError>;
  /** Where the group begins with these partitions. */
  startOf(assignment: Assignment): Promise<Position[]>;
}

type Queued =
  | { kind: "joined"; assignment: Assignment }
  | { kind: "batch"; payload: EachBatchPayload; taken: () => void };

export class GroupConsumer implements Consumer {
  readonly #options: GroupOptions;
  readonly #queue: Queued[] = [];
  #consumer: KafkajsConsumer;
  #wake = () => {};
  /** The last attempt to join, until it has come to its end. */
  #joining: Promise<void> = Promise.resolve();
  #crash: Error | undefined;
  #crashCount = 0;
  #trouble: Error = new OutsideError("no answer", { retryable: true });
  #lastSignMs: number;

  private constructor(options: GroupOptions) {
    this.#options = options;
    this.#lastSignMs = options.retry.timing.nowMs();
    this.#consumer = this.#create();
  }

  /** Joins the group. */
  static async join(options: GroupOptions): Promise<GroupConsumer> {
    const consumer = new GroupConsumer(options);
    const what = `read from ${options.where}`;
    try {
      await retrying(what, () => consumer.#tried(what, () => consumer.#join()), options.retry);
      return consumer;
    } catch (error) {
      await consumer[Symbol.asyncDispose]();
      throw error;
    }
  }

  async *events(): AsyncGenerator<ConsumerEvent> {
    for (;;) {
      this.#options.retry.signal?.throwIfAborted();
      if (this.#crash !== undefined) await this.#replace(this.#crash);
      const next = this.#queue.shift();
      if (next === undefined) {
        if (!await this.#arrival()) yield { kind: "idle" };
      } else if (next.kind === "joined") {
        yield { kind: "assigned", positions: await this.#options.startOf(next.assignment) };
      } else {
        const { topic, partition, messages } = next.payload.batch;
        next.taken();
        yield { kind: "messages", topic, partition, messages: messages.map(messageOf) };
        this.#sign();
      }
    }
  }

  async commit(positions: readonly Position[]): Promise<boolean> {
    const what = `commit offsets on ${this.#options.where}`;
    const consumer = this.#consumer;
    const offsets = positions.map((at) => ({ ...at, offset: at.offset.toString() }));
    return await retrying(what, () =>
      this.#tried(what, async () => {
        try {
          await consumer.commitOffsets(offsets);
          return true;
        } catch (error) {
          if (isStaleMember(error) || this.#crash !== undefined || consumer !== this.#consumer) {
            return false;
          }
          throw error;
        }
      }), this.#options.retry);
  }

  /** One that was stopped while it joined would be a member that nobody hears of for a session. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#clear();
    await atMost(closingMs, async () => {
      await atMost(closingMs / 2, () => this.#joining);
      await this.#consumer.disconnect();
    });
  }

  #create(): KafkajsConsumer {
    const { kafka, groupId, settings } = this.#options;
    const consumer = kafka.consumer({
      groupId,
      sessionTimeout: sessionTimeoutMs,
      heartbeatInterval: heartbeatIntervalMs,
      minBytes: 1,
      maxWaitTimeInMs: fetchWaitMs,
      maxBytesPerPartition: bytesPerPartitionMax,
      maxBytes: bytesPerFetchMax,
      allowAutoTopicCreation: false,
      // A restart of kafkajs's own outlives its disconnect: after a crash it is our turn.
      retry: { ...settings, restartOnFailure: () => Promise.resolve(false) },
    });
    const mine = <T>(then: (payload: T) => void) => ({ payload }: { payload: T }) => {
      if (consumer === this.#consumer) then(payload);
    };
    const { GROUP_JOIN, FETCH, HEARTBEAT, CRASH } = consumer.events;
    consumer.on(GROUP_JOIN, mine(({ memberAssignment }) => this.#joined(memberAssignment)));
    consumer.on(FETCH, mine(() => this.#sign()));
    consumer.on(HEARTBEAT, mine(() => this.#sign()));
    consumer.on(CRASH, mine(({ error }) => this.#crashed(error)));
    return consumer;
  }

  #join(): Promise<void> {
    return this.#joining = this.#joinAs(this.#consumer);
  }

  async #joinAs(consumer: KafkajsConsumer): Promise<void> {
    await consumer.connect();
    await consumer.subscribe({ topics: [...this.#options.topics], fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      partitionsConsumedConcurrently: 16,
      eachBatch: (payload) => this.#enqueue(payload),
    });
  }

  /** One attempt: aborted with the signal, its error told in our words. */
  async #tried<T>(what: string, attempt: () => Promise<T>): Promise<T> {
    const { signal, limits } = this.#options.retry;
    try {
      return await abortable(inTime(limits.limitMs, attempt()), signal);
    } catch (error) {
      signal?.throwIfAborted();
      throw await this.#told(what, error);
    }
  }

  #told(what: string, error: unknown): Promise<OutsideError | UsageError> {
    const { topics, groupId, trouble } = this.#options;
    return trouble({ what, topics, groupId, rights: rights.read }, error);
  }

  /** A new consumer in place of one that has stopped, unless that is of no use. */
  async #replace(crash: Error): Promise<void> {
    const { where, retry } = this.#options;
    const { timing, limits, setting } = retry;
    const told = await this.#told(`read from ${where}`, crash);
    if (!(told instanceof OutsideError) || !told.retryable) throw told;
    this.#trouble = told;
    const silentMs = timing.nowMs() - this.#lastSignMs;
    const pause = pauseMs(++this.#crashCount, limits, timing.random);
    if (silentMs + pause > limits.limitMs) {
      throw gaveUp(`read from ${where}`, this.#crashCount, silentMs, told, setting);
    }
    await pauseAfter(`read from ${where}`, told, pause, retry);
    this.#clear();
    await atMost(closingMs, () => this.#consumer.disconnect());
    this.#crash = undefined;
    this.#consumer = this.#create();
    await this.#tried(`read from ${where}`, () => this.#join()).catch((error) => {
      this.#crash = error;
    });
  }

  /** True when something is in the queue, false after a moment without anything. */
  async #arrival(): Promise<boolean> {
    const { where, retry: { timing, limits, setting } } = this.#options;
    const silentMs = timing.nowMs() - this.#lastSignMs;
    if (silentMs > limits.limitMs) {
      const attempts = this.#crashCount + 1;
      throw gaveUp(`read from ${where}`, attempts, silentMs, this.#trouble, setting);
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
  #joined(assignment: Assignment): void {
    this.#sign();
    this.#crashCount = 0;
    this.#clear();
    this.#queue.push({ kind: "joined", assignment });
    this.#wake();
  }

  #crashed(error: Error): void {
    this.#crash = error;
    this.#wake();
  }

  #clear(): void {
    for (const item of this.#queue.splice(0)) if (item.kind === "batch") item.taken();
  }

  #sign(): void {
    this.#lastSignMs = this.#options.retry.timing.nowMs();
  }
}

function messageOf({ offset, value }: { offset: string; value: Uint8Array | null }): Message {
  return { offset: BigInt(offset), value };
}

const staleMember = new Set([
  "REBALANCE_IN_PROGRESS",
  "ILLEGAL_GENERATION",
  "UNKNOWN_MEMBER_ID",
  "FENCED_INSTANCE_ID",
]);

/** Observed: what kafkajs 2.2.4 says between the end of its member and its word that it crashed. */
const noMember = /^Consumer group was not initialized/;

/** The group has moved on: the commit of a former member is refused, and rightly. */
function isStaleMember(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    if ("type" in at && staleMember.has(String(at.type))) return true;
    if (noMember.test(at.message)) return true;
  }
  return false;
}

/** Waits for the work, but not longer; how it ends does not matter any more. */
export async function atMost(ms: number, work: () => Promise<void>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const enough = new Promise<void>((resolve) => timer = setTimeout(resolve, ms));
  await Promise.race([work().catch(() => {}), enough]);
  clearTimeout(timer);
}
