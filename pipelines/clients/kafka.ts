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
 * A lost broker is tried again until `limitMs` have passed without any sign of life.
 *
 * Source: kafkajs 2.2.4, whose last release is of 2023: hence the interface.
 * Left out: transactions (control records are skipped).
 */
import process from "node:process";
import type { KafkaConfig } from "kafkajs";
import type { OutsideError, UsageError } from "../errors.ts";
import type { KafkaTarget } from "../target.ts";
import {
  type Assignment,
  atMost,
  type Consumer,
  GroupConsumer,
  type Position,
} from "./kafka_consumer.ts";
import { hasNoCoordinator, whyNoCoordinator } from "./kafka_coordinator.ts";
import { type CurrentCredentials, loginOf } from "./kafka_login.ts";
import { kafkaTrouble, rights, type Work } from "./kafka_trouble.ts";
import { abortable, retrying, type RetryOptions } from "./retry.ts";

export type { Consumer, ConsumerEvent, Message, Position } from "./kafka_consumer.ts";
export type { CurrentCredentials } from "./kafka_login.ts";

export interface KafkaOptions extends RetryOptions {
  /** Whose tokens open the brokers with KAFKA_AUTH=iam; default: the target's credentials. */
  credentials?: CurrentCredentials | undefined;
}

export interface KafkaCluster extends AsyncDisposable {
  /** Makes the topics that are missing; the others stay as they are. */
  ensureTopics(topics: readonly string[], partitionCount: number): Promise<void>;
  /** The offset after the last message of every partition. */
  endOffsets(topic: string): Promise<Map<number, bigint>>;
  consume(topics: readonly string[], groupId: string): Promise<Consumer>;
}

const requestTimeoutMs = 30_000;
const connectionTimeoutMs = 5_000;
const closingMs = 2_000;
/** What kafkajs tries by itself, below our own retries. */
const innerRetries = 3;

export async function openKafka(
  target: KafkaTarget,
  options: KafkaOptions,
): Promise<KafkaCluster> {
  const { brokers } = target;
  const login = await loginOf(target, options.credentials);
  muteNegativeTimeouts();
  const { Kafka, logLevel } = await import("kafkajs");
  const { baseMs, capMs, limitMs } = options.limits;
  const retry = { ...options, setting: "KAFKA_BROKERS and KAFKA_AUTH" };
  const settings = { initialRetryTime: baseMs, maxRetryTime: capMs, retries: innerRetries };
  const config: KafkaConfig = {
    clientId: "pinterest-data-pipeline",
    brokers: [...brokers],
    logLevel: logLevel.NOTHING,
    connectionTimeout: Math.min(connectionTimeoutMs, limitMs),
    requestTimeout: Math.min(requestTimeoutMs, limitMs),
    retry: settings,
    ...login,
  };
  const open = (more: Partial<KafkaConfig> = {}) => new Kafka({ ...config, ...more });
  const kafka = open();
  const where = `Kafka at ${brokers.join(",")}`;
  // Whose keys are given at the time is not known to be the target's.
  const { auth } = target;
  const isGiven = options.credentials !== undefined && auth.kind === "iam";
  const told = isGiven ? { ...target, auth: { ...auth, credentials: null } } : target;
  let admin = kafka.admin();
  let connected: Promise<void> | undefined;

  /** What kafkajs threw, in our words. */
  async function trouble(work: Work, error: unknown): Promise<OutsideError | UsageError> {
    const { groupId } = work;
    const isUntold = groupId !== undefined && hasNoCoordinator(error);
    const reason = isUntold ? await whyNoCoordinator(open, groupId) : undefined;
    return kafkaTrouble(told, work, reason ?? error);
  }

  async function asAdmin<T>(given: Work, action: () => Promise<T>): Promise<T> {
    const work = { ...given, what: `${given.what} on ${where}` };
    return await retrying(work.what, async () => {
      try {
        await abortable(connected ??= admin.connect(), options.signal);
        return await abortable(action(), options.signal);
      } catch (error) {
        connected = undefined;
        // Observed (kafkajs 2.2.4): one whose login was cut off never connects again.
        const broken = admin;
        admin = kafka.admin();
        void atMost(closingMs, () => broken.disconnect());
        options.signal?.throwIfAborted();
        throw await trouble(work, error);
      }
    }, retry);
  }

  return {
    async ensureTopics(topics, partitionCount) {
      const work = { what: "make topics", topics, rights: rights.makeTopics };
      await asAdmin(work, async () => {
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
      const work = { what: `look at ${topic}`, topics: [topic], rights: rights.describe };
      const offsets = await asAdmin(work, () => admin.fetchTopicOffsets(topic));
      return new Map(offsets.map(({ partition, high }) => [partition, BigInt(high)]));
    },
    async consume(topics, groupId) {
      const work = { what: "read offsets", topics, groupId, rights: rights.describe };
      const startOf = (owned: Assignment) => asAdmin(work, () => begins(groupId, owned));
      return await GroupConsumer.join({
        kafka,
        topics,
        groupId,
        where,
        settings,
        retry,
        trouble,
        startOf,
      });
    },
    async [Symbol.asyncDispose]() {
      await atMost(closingMs, async () => {
        await connected;
        await admin.disconnect();
      });
    },
  };

  /** Committed offsets, and the first offset that exists where nothing is committed. */
  async function begins(groupId: string, owned: Assignment): Promise<Position[]> {
    const topics = Object.keys(owned);
    const committed = await admin.fetchOffsets({ groupId, topics });
    const positions: Position[] = [];
    for (const { topic, partitions: stored } of committed) {
      const firsts = new Map(
        (await admin.fetchTopicOffsets(topic)).map(({ partition, low }) => [partition, low]),
      );
      for (const { partition, offset } of stored) {
        if (!owned[topic]?.includes(partition)) continue;
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
