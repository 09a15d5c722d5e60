/**
 * Broker: everything the APIs share: topics, groups, producer ids, clock, faults and settings.
 *
 * One node, which is the controller, the leader of every partition and every group's coordinator.
 */
import type { Faults } from "../faults/plan.ts";
import type { ServiceContext } from "../service.ts";
import { readFileIfAny, replaceFile } from "../storage/append_file.ts";
import type { World } from "../world.ts";
import { TopicConfig, type TopicConfigName } from "./configs.ts";
import { Deadlines } from "./deadlines.ts";
import { Coordinator } from "./groups/coordinator.ts";
import { Topics } from "./topics.ts";

export interface KafkaOptions {
  /** Default: 0, a free one. */
  port?: number;
  /** Metadata of an unknown topic makes it, if the client allows it. Default: false. */
  autoCreateTopics?: boolean;
  /** Made at the start where they are not there yet. Default: none. */
  topics?: readonly string[];
  /** Partitions of topics that do not say how many. Default: 1. */
  defaultPartitions?: number;
  /** `segment.bytes` of topics that do not say. Default: 32 MiB. */
  segmentBytes?: number;
  /** The longest request, socket.request.max.bytes. Default: 100 MiB. */
  requestBytesMax?: number;
  /** How long a new group waits for more members before its first generation. Default: 0. */
  initialRebalanceDelayMs?: number;
  /** The shortest session time-out a member may ask for. Default: 6,000. */
  sessionTimeoutMinMs?: number;
  /** User names and passwords for SASL/PLAIN. Default: none, and no authentication. */
  saslUsers?: Readonly<Record<string, string>>;
}

export const nodeId = 1;
export const host = "127.0.0.1";

/** Producer ids are reserved on disk by the thousand, so that a restart never gives one again. */
const producerIdBlock = 1000n;

export class Broker implements Disposable {
  readonly world: World;
  readonly faults: Faults;
  readonly topics: Topics;
  readonly coordinator: Coordinator;
  readonly deadlines: Deadlines;
  readonly clusterId: string;
  readonly #dir: string;
  #nextProducerId = 0n;
  #reservedProducerId = 0n;
  readonly #stopped = new AbortController();
  port = 0;

  constructor(context: ServiceContext, readonly options: KafkaOptions) {
    this.world = context.world;
    this.faults = context.faults;
    this.#dir = context.dir;
    this.deadlines = new Deadlines(() => this.world.nowMs());
    const start = Number(this.#readText("starts") ?? 0) + 1;
    this.#writeText("starts", String(start));
    // The world's ids repeat from one start to the next, and clients remember the old ones.
    const newId = (name: string) => this.world.id(`kafka ${name} ${start}`, 32);
    this.topics = new Topics({ ...context, newId: () => newId("topic") });
    for (const name of options.topics ?? []) {
      if (this.topics.get(name) !== undefined) continue;
      this.topics.create(name, this.defaultPartitions, this.topicConfig());
    }
    this.coordinator = new Coordinator({
      dir: context.dir,
      newId: () => newId("member"),
      faults: this.faults,
      deadlines: this.deadlines,
      initialRebalanceDelayMs: options.initialRebalanceDelayMs ?? 0,
      sessionTimeoutMinMs: options.sessionTimeoutMinMs ?? 6000,
    });
    this.clusterId = this.#readClusterId();
    this.#nextProducerId = this.#reservedProducerId = BigInt(this.#readText("producer_ids") ?? 0);
  }

  /** Aborted when the broker ends: nothing waits any longer. */
  get stopped(): AbortSignal {
    return this.#stopped.signal;
  }

  #readText(name: string): string | null {
    const saved = readFileIfAny(`${this.#dir}/${name}`);
    return saved && new TextDecoder().decode(saved);
  }

  #writeText(name: string, text: string): void {
    replaceFile(`${this.#dir}/${name}`, new TextEncoder().encode(text), this.faults);
  }

  /** 16 bytes in base64url, as Kafka writes its own. */
  #readClusterId(): string {
    const saved = this.#readText("cluster_id");
    if (saved !== null) return saved;
    const bytes = Uint8Array.fromHex(this.world.id("kafka cluster", 32));
    const clusterId = bytes.toBase64({ alphabet: "base64url", omitPadding: true });
    this.#writeText("cluster_id", clusterId);
    return clusterId;
  }

  /** @throws {StorageError} if the reservation could not be written down. */
  newProducerId(): bigint {
    if (this.#nextProducerId === this.#reservedProducerId) {
      const reserved = this.#reservedProducerId + producerIdBlock;
      this.#writeText("producer_ids", String(reserved));
      this.#reservedProducerId = reserved;
    }
    return this.#nextProducerId++;
  }

  /** The settings of a new topic: what was asked for, over what this broker has as its own. */
  topicConfig(entries: Iterable<readonly [TopicConfigName | string, string]> = []): TopicConfig {
    const { segmentBytes } = this.options;
    const own: [string, string][] = segmentBytes === undefined
      ? []
      : [["segment.bytes", String(segmentBytes)]];
    return new TopicConfig([...own, ...entries]);
  }

  get defaultPartitions(): number {
    return this.options.defaultPartitions ?? 1;
  }

  [Symbol.dispose](): void {
    this.#stopped.abort();
    this.deadlines[Symbol.dispose]();
    this.coordinator[Symbol.dispose]();
    this.topics[Symbol.dispose]();
  }
}
