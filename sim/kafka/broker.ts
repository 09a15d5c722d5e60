/**
 * Broker: everything the APIs share: topics, groups, producer ids, clock, faults and settings.
 *
 * One node, which is the controller, the leader of every partition and every group's coordinator.
 */
import type { Events } from "../events.ts";
import type { Faults } from "../faults/plan.ts";
import type { Door } from "../iam/door.ts";
import type { ServiceContext } from "../service.ts";
import { readKept, writeKept } from "../storage/kept_text.ts";
import { printNote, type Tell } from "../storage/tell.ts";
import type { World } from "../world.ts";
import { Cluster, uuidOf } from "./cluster.ts";
import { TopicConfig, type TopicConfigName } from "./configs.ts";
import { Deadlines } from "./deadlines.ts";
import { Coordinator } from "./groups/coordinator.ts";
import type { ListenerOptions } from "./listeners.ts";
import type { Realm } from "./sasl/mechanism.ts";
import { mechanisms } from "./sasl/mod.ts";
import type { Session } from "./session.ts";
import { Topics } from "./topics.ts";

export interface KafkaOptions {
  /** Port 0 is any free one. Default: the plain one alone. */
  listeners?: ListenerOptions;
  /** Of the plain listener, where `listeners` does not say. Default: 0. */
  port?: number;
  /** Who decides behind the iam listener; without one nobody can come in there. */
  door?: Door;
  /** Default: us-east-1. */
  region?: string;
  /** In ARNs. Default: `pinterest`. */
  clusterName?: string;
  /** In ARNs, MSK's form: a UUID, `-` and a number. Default: made from the id of the cluster. */
  clusterUuid?: string;
  /** Passwords by name, for the scram listener. Default: nobody. */
  users?: Readonly<Record<string, string>>;
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
}

export const nodeId = 1;
export const host = "127.0.0.1";

/** Producer ids are reserved on disk by the thousand, so that a restart never gives one again. */
const producerIdBlock = 1000n;

export class Broker implements Disposable {
  readonly world: World;
  readonly faults: Faults;
  readonly events: Events | undefined;
  readonly topics: Topics;
  readonly coordinator: Coordinator;
  readonly deadlines: Deadlines;
  readonly clusterId: string;
  readonly cluster: Cluster;
  readonly mechanisms = mechanisms();
  readonly #dir: string;
  readonly #tell: Tell;
  #nextProducerId = 0n;
  #reservedProducerId = 0n;
  readonly #stopped = new AbortController();

  constructor(context: ServiceContext, readonly options: KafkaOptions) {
    this.world = context.world;
    this.faults = context.faults;
    this.events = context.events;
    this.#dir = context.dir;
    this.deadlines = new Deadlines(() => this.world.nowMs());
    this.#tell = context.tell ?? printNote;
    const isNew = isFirstStart(context.dir);
    const start = this.#readCounter("starts", isNew) + 1n;
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
      isNew,
      tell: this.#tell,
      initialRebalanceDelayMs: options.initialRebalanceDelayMs ?? 0,
      sessionTimeoutMinMs: options.sessionTimeoutMinMs ?? 6000,
    });
    this.clusterId = this.#readClusterId(isNew);
    this.cluster = new Cluster({
      region: options.region ?? "us-east-1",
      accountId: this.world.accountId,
      name: options.clusterName ?? "pinterest",
      uuid: options.clusterUuid ?? `${uuidOf(hexOf(this.clusterId))}-1`,
      door: options.door,
    });
    this.#nextProducerId = this.#reservedProducerId = this.#readCounter("producer_ids", isNew);
    this.#writeText("producer_ids", String(this.#reservedProducerId));
    this.#writeText("starts", String(start));
  }

  /** Handed on as it is: a name for the clock. */
  readonly nowMs = (): number => this.world.nowMs();

  /** What mechanisms know, for one connection. */
  realmOf({ context }: Session): Realm {
    const users = this.options.users ?? {};
    return {
      cluster: this.cluster,
      context,
      passwordOf: (user) => Object.hasOwn(users, user) ? users[user] : undefined,
      nowMs: this.nowMs,
      newRequestId: () => uuidOf(this.world.id("kafka request", 32)),
    };
  }

  /** Aborted when the broker ends: nothing waits any longer. */
  get stopped(): AbortSignal {
    return this.#stopped.signal;
  }

  #readText(name: string): string | null {
    return readKept(`${this.#dir}/${name}`, this.#tell);
  }

  /** A number that only grows. Where it is lost, one that it cannot have reached: no id comes twice. */
  #readCounter(name: string, isNew: boolean): bigint {
    const text = this.#readText(name);
    if (text !== null && /^[0-9]{1,16}$/.test(text)) return BigInt(text);
    if (isNew) return 0n;
    const unreached = BigInt(this.world.nowMs()) * 1000n;
    const found = text === null ? "is missing" : "is no number";
    this.#tell(`${this.#dir}/${name} ${found}: counting goes on from ${unreached}`);
    return unreached;
  }

  #writeText(name: string, text: string): void {
    writeKept(`${this.#dir}/${name}`, text, this.faults);
  }

  /** 16 bytes in base64url, as Kafka writes its own. */
  #readClusterId(isNew: boolean): string {
    const saved = this.#readText("cluster_id");
    if (saved !== null && /^[\w-]{22}$/.test(saved)) return saved;
    if (!isNew) {
      this.#tell(`${this.#dir}/cluster_id is missing or no id: the broker gets a new one`);
    }
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

  get requestBytesMax(): number {
    return this.options.requestBytesMax ?? 100 * 1024 * 1024;
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

function hexOf(clusterId: string): string {
  return Uint8Array.fromBase64(clusterId, { alphabet: "base64url" }).toHex();
}

/** What a crash in the first start left is no sign of an earlier one. */
function isFirstStart(dir: string): boolean {
  const names = new Set([...Deno.readDirSync(dir)].map(({ name }) => name));
  const hasLogs = names.has("logs") && [...Deno.readDirSync(`${dir}/logs`)].length > 0;
  return !hasLogs && !names.has("starts") && !names.has("topics.json");
}
