/**
 * Cluster: bootstrap addresses -> the brokers behind them and what they say about topics.
 *
 * One connection per broker, opened when first needed and again, with a pause that doubles, after
 * it broke. Metadata is asked of any broker that answers.
 *
 * Source: Apache Kafka, producer and consumer configuration (reconnect.backoff.ms and others).
 */
import type { World } from "../../world.ts";
import { KafkaConnection } from "./connection.ts";
import { errorCodes, KafkaError, kafkaError, KafkaNetworkError } from "./errors.ts";
import {
  type BrokerAddress,
  type ClusterMetadata,
  findCoordinator,
  type KafkaRequest,
  metadata,
  type PartitionMetadata,
} from "./requests.ts";
import type { Login } from "./sasl.ts";

export interface ClusterOptions {
  /** `host:port` each. */
  bootstrap: readonly string[];
  /** As whom; default: nobody asks. */
  login?: Login | null;
  requestTimeoutMs: number;
  /** Between two attempts at the same thing. */
  retryBackoffMs: number;
  /** First and longest pause before a broken connection is opened again. */
  reconnectBackoffMs: number;
  reconnectBackoffMaxMs: number;
}

/** Known partitions by their number. */
export type Partitions = ReadonlyMap<number, PartitionMetadata>;

interface Link {
  address: { host: string; port: number };
  connection: Promise<KafkaConnection> | null;
  /** Failures in a row. */
  failures: number;
  retryAtMs: number;
  /** The login that the broker refused last time, until it may be tried again. */
  refusal: KafkaError | null;
}

/** Loading, not available, not this one. */
const coordinatorErrors: ReadonlySet<number> = new Set([14, 15, 16]);
/** Documented: metadata.max.age.ms. */
const metadataAgeMaxMs = 300_000;

export class Cluster implements Disposable {
  readonly #world: World;
  readonly #options: ClusterOptions;
  /** By `host:port`. */
  readonly #links = new Map<string, Link>();
  readonly #brokers = new Map<number, BrokerAddress>();
  readonly #topics = new Map<string, { partitions: Partitions; knownSinceMs: number }>();
  readonly #asked = new Map<string, Promise<void>>();
  #isDisposed = false;

  constructor(world: World, options: ClusterOptions) {
    this.#world = world;
    this.#options = options;
  }

  /** What is known of a topic without asking, if that is fresh enough. */
  known(topic: string): Partitions | undefined {
    const found = this.#topics.get(topic);
    if (found === undefined) return undefined;
    return this.#world.nowMs() - found.knownSinceMs < metadataAgeMaxMs
      ? found.partitions
      : undefined;
  }

  /** The leader of a partition as far as known; -1 for none. */
  leaderOf(topic: string, partition: number): number {
    return this.#topics.get(topic)?.partitions.get(partition)?.leader ?? -1;
  }

  /**
   * Asks the brokers about one topic, once for all who wait for it.
   * @throws {KafkaError} if it may not or cannot exist, or no broker answers.
   */
  refresh(topic: string, allowAutoCreate: boolean): Promise<void> {
    let asked = this.#asked.get(topic);
    if (asked === undefined) {
      asked = this.#refresh(topic, allowAutoCreate).finally(() => this.#asked.delete(topic));
      this.#asked.set(topic, asked);
    }
    return asked;
  }

  async #refresh(topic: string, allowAutoCreate: boolean): Promise<void> {
    const { topics } = await this.metadata([topic], allowAutoCreate);
    const found = topics.find(({ name }) => name === topic);
    const error = found?.error ?? errorCodes.unknownTopicOrPartition;
    if (error === errorCodes.invalidTopic) {
      throw new KafkaError(`Invalid topics: [${topic}]`, "fatal", error);
    }
    if (error !== errorCodes.none || found === undefined) throw kafkaError(error, { topic });
    const partitions = new Map(found.partitions.map((partition) => [partition.id, partition]));
    this.#topics.set(topic, { partitions, knownSinceMs: this.#world.nowMs() });
  }

  /** @throws {KafkaNetworkError} if no broker answers. */
  async metadata(
    topics: readonly string[] | null,
    allowAutoCreate = false,
  ): Promise<ClusterMetadata> {
    const answer = await this.sendToAny(metadata(topics, allowAutoCreate));
    for (const broker of answer.brokers) this.#brokers.set(broker.id, broker);
    return answer;
  }

  /** @throws {KafkaNetworkError} if the broker is unknown or does not answer. */
  async send<T>(brokerId: number, request: KafkaRequest<T>): Promise<T> {
    const address = this.#brokers.get(brokerId);
    if (address === undefined) throw new KafkaNetworkError(`Broker ${brokerId} is not known`);
    return await this.#sendTo(address, request);
  }

  /** To the first broker that answers: known ones, then the bootstrap addresses. */
  async sendToAny<T>(request: KafkaRequest<T>): Promise<T> {
    let last: unknown = new KafkaNetworkError("No broker is known");
    for (const address of this.#addresses()) {
      try {
        return await this.#sendTo(address, request);
      } catch (error) {
        if (!(error instanceof KafkaNetworkError)) throw error;
        last = error;
      }
    }
    throw last;
  }

  /**
   * To the coordinator of a group, again while there is none or it is still reading its log: a
   * new cluster takes a moment until it has one.
   */
  async sendToCoordinator<T extends readonly { error: number }[]>(
    group: string,
    request: KafkaRequest<T>,
  ): Promise<T> {
    const untilMs = this.#world.nowMs() + this.#options.requestTimeoutMs;
    for (;;) {
      const { error, broker } = await this.sendToAny(findCoordinator(group));
      let code = error;
      if (error === errorCodes.none) {
        this.#brokers.set(broker.id, broker);
        const answers = await this.send(broker.id, request);
        code = answers.find((answer) => coordinatorErrors.has(answer.error))?.error ?? 0;
        if (code === errorCodes.none) return answers;
      }
      const isLate = this.#isDisposed || this.#world.nowMs() >= untilMs;
      if (!coordinatorErrors.has(code) || isLate) throw kafkaError(code, { group });
      await new Promise((resolve) => setTimeout(resolve, this.#options.retryBackoffMs));
    }
  }

  #addresses(): { host: string; port: number }[] {
    const bootstrap = this.#options.bootstrap.map((text) => {
      const colon = text.lastIndexOf(":");
      return { host: text.slice(0, colon), port: Number(text.slice(colon + 1)) };
    });
    const all = [...this.#brokers.values(), ...bootstrap];
    return [
      ...new Map(all.map((address) => [`${address.host}:${address.port}`, address])).values(),
    ];
  }

  async #sendTo<T>(address: { host: string; port: number }, request: KafkaRequest<T>): Promise<T> {
    const connection = await this.#connectionTo(address);
    return await connection.send(request, this.#options.requestTimeoutMs);
  }

  async #connectionTo({ host, port }: { host: string; port: number }): Promise<KafkaConnection> {
    const key = `${host}:${port}`;
    let link = this.#links.get(key);
    if (link === undefined) {
      link = newLink({ host, port });
      this.#links.set(key, link);
    }
    for (;;) {
      const opening = link.connection;
      if (opening === null) return await this.#open(link);
      const connection = await opening;
      if (!connection.isBroken) return connection;
      if (link.connection === opening) link.connection = null;
    }
  }

  async #open(link: Link): Promise<KafkaConnection> {
    if (this.#isDisposed) throw new KafkaNetworkError("The client was closed");
    if (this.#world.nowMs() < link.retryAtMs) {
      if (link.refusal !== null) throw link.refusal;
      throw new KafkaNetworkError(
        `Connection to ${link.address.host}:${link.address.port} waits before it is tried again`,
      );
    }
    const { login = null, requestTimeoutMs } = this.#options;
    const opening = KafkaConnection.open(link.address, { login, requestTimeoutMs });
    link.connection = opening;
    try {
      const connection = await opening;
      link.failures = 0;
      link.refusal = null;
      if (this.#isDisposed) connection[Symbol.dispose]();
      return connection;
    } catch (error) {
      if (link.connection === opening) {
        const { reconnectBackoffMs, reconnectBackoffMaxMs } = this.#options;
        const pauseMs = Math.min(reconnectBackoffMs * 2 ** link.failures, reconnectBackoffMaxMs);
        link.connection = null;
        link.failures += 1;
        link.refusal = isRefusal(error) ? error : null;
        link.retryAtMs = this.#world.nowMs() + pauseMs;
      }
      throw error;
    }
  }

  [Symbol.dispose](): void {
    this.#isDisposed = true;
    for (const { connection } of this.#links.values()) {
      connection?.then((opened) => opened[Symbol.dispose](), () => {});
    }
  }
}

function newLink(address: Link["address"]): Link {
  return { address, connection: null, failures: 0, retryAtMs: 0, refusal: null };
}

function isRefusal(error: unknown): error is KafkaError {
  return error instanceof KafkaError && error.kind === "authentication";
}
