/**
 * One consumer instance: subscribe or assign, read, seek, commit.
 *
 * The partitions of a topic are dealt out among the instances of the group that subscribe to it
 * here, by name; positions begin at what the group has committed in Kafka. Calls of one instance
 * follow each other, as in the original.
 *
 * Source: Confluent REST Proxy, KafkaConsumerState and KafkaConsumerReadTask.
 * Left out: membership in Kafka's group protocol: consumers outside of this proxy are not taken
 * into account. A read answers as soon as there are records; the original waits for its time-out.
 */
import { ServiceError } from "../errors.ts";
import {
  completeBatches,
  type DecodedRecord,
  decodeRecordBatch,
  isControlBatch,
  readBatchHeader,
} from "../storage/record_batch.ts";
import type { World } from "../world.ts";
import type { PartitionFields } from "./consumer_bodies.ts";
import { restError } from "./errors.ts";
import { JsonScanner, JsonSyntaxError } from "./json_text.ts";
import type { Cluster } from "./kafka/cluster.ts";
import { errorCodes, KafkaError, kafkaError } from "./kafka/errors.ts";
import {
  type CommittedOffset,
  earliest,
  type Fetched,
  fetchRecords,
  latest,
  listOffsets,
  offsetCommit,
  offsetFetch,
  type Position,
  type TopicPartition,
} from "./kafka/requests.ts";

export type ConsumerFormat = "json" | "binary";

export interface ConsumerOptions {
  group: string;
  name: string;
  format: ConsumerFormat;
  /** Where to begin if the group has committed nothing. */
  reset: "earliest" | "latest" | "none";
  autoCommit: boolean;
  /** The longest read without records, milliseconds. */
  requestTimeoutMs: number;
  /** All instances of the group, this one too. */
  members: () => readonly Consumer[];
}

/** Documented: consumer.request.max.bytes. */
const responseBytesMax = 64 * 1024 * 1024;
const fetchBytesMax = 4 * 1024 * 1024;
const encoder = new TextEncoder();

export class Consumer implements AsyncDisposable {
  readonly name: string;
  readonly format: ConsumerFormat;
  lastUsedMs: number;
  readonly #world: World;
  readonly #cluster: Cluster;
  readonly #options: ConsumerOptions;
  #topics: string[] = [];
  #pattern: RegExp | null = null;
  #manual: TopicPartition[] | null = null;
  /** Next offset to read, for each partition that is assigned. */
  #positions = new Map<string, Position>();
  #before: Promise<unknown> = Promise.resolve();

  constructor(world: World, cluster: Cluster, options: ConsumerOptions) {
    this.#world = world;
    this.#cluster = cluster;
    this.#options = options;
    this.name = options.name;
    this.format = options.format;
    this.lastUsedMs = world.nowMs();
  }

  subscribe(topics: readonly string[] | null, pattern: string | null): Promise<void> {
    return this.#next(() => {
      if (this.#manual !== null) throw mutuallyExclusive();
      if (topics !== null) this.#topics = [...topics];
      else if (pattern !== null) this.#pattern = asPattern(pattern);
      return Promise.resolve();
    });
  }

  unsubscribe(): Promise<void> {
    return this.#next(() => {
      this.#topics = [];
      this.#pattern = null;
      this.#manual = null;
      this.#positions.clear();
      return Promise.resolve();
    });
  }

  subscription(): Promise<string[]> {
    return this.#next(() => this.#subscribed());
  }

  assign(partitions: readonly TopicPartition[]): Promise<void> {
    return this.#next(async () => {
      if (this.#topics.length > 0 || this.#pattern !== null) throw mutuallyExclusive();
      this.#manual = partitions.map(({ topic, partition }) => ({ topic, partition }));
      await this.#settle();
    });
  }

  assignment(): Promise<TopicPartition[]> {
    return this.#next(async () => {
      await this.#settle();
      return [...this.#positions.values()].map(({ topic, partition }) => ({ topic, partition }));
    });
  }

  seek(positions: readonly Position[]): Promise<void> {
    return this.#next(async () => {
      await this.#settle();
      for (const wanted of positions) this.#assigned(wanted).offset = wanted.offset;
    });
  }

  seekTo(partitions: readonly TopicPartition[], end: "earliest" | "latest"): Promise<void> {
    return this.#next(async () => {
      await this.#settle();
      const positions = partitions.map((partition) => this.#assigned(partition));
      for (const position of positions) position.offset = await this.#endOf(position, end);
    });
  }

  /** Documented: the offsets given are those of records that were read, one is added to each. */
  commit(given: readonly PartitionFields[] | null): Promise<void> {
    return this.#next(() =>
      this.#commit(
        given === null
          ? this.#committable()
          : given.map((item) => ({ ...item, offset: item.offset + 1n })),
      )
    );
  }

  committed(partitions: readonly TopicPartition[]) {
    return this.#next(async () => {
      const found = await this.#committedOffsets(partitions);
      return found.filter(({ offset }) => offset >= 0n).map((item) => ({
        topic: item.topic,
        partition: item.partition,
        offset: Number(item.offset),
        metadata: item.metadata ?? "",
      }));
    });
  }

  /** The next records as the body of an answer; a number below 1 means the default. */
  read(timeoutMs: number, bytesMax: number): Promise<Uint8Array> {
    return this.#next(async () => {
      if (this.#options.autoCommit) await this.#commit(this.#committable());
      await this.#settle();
      const { requestTimeoutMs } = this.#options;
      const waitMs = timeoutMs > 0 ? Math.min(timeoutMs, requestTimeoutMs) : requestTimeoutMs;
      const untilMs = this.#world.nowMs() + waitMs;
      const body = new RecordsBody(
        this.format,
        bytesMax > 0 ? Math.min(bytesMax, responseBytesMax) : responseBytesMax,
      );
      for (;;) {
        const leftMs = Math.max(0, untilMs - this.#world.nowMs());
        const isLast = leftMs === 0 || !await this.#fetchInto(body, body.count > 0 ? 0 : leftMs);
        if (body.isFull || (isLast && (body.count > 0 || leftMs === 0))) return body.finish();
      }
    });
  }

  /** False when nothing came that fitted. */
  async #fetchInto(body: RecordsBody, maxWaitMs: number): Promise<boolean> {
    const before = body.count;
    const byLeader = Map.groupBy(
      this.#positions.values(),
      ({ topic, partition }) => this.#cluster.leaderOf(topic, partition),
    );
    if (byLeader.size === 0) await new Promise((resolve) => setTimeout(resolve, maxWaitMs));
    const answers = await Promise.all(
      [...byLeader].map(([leader, positions]) =>
        this.#cluster.send(leader, fetchRecords(positions, { maxWaitMs, bytesMax: fetchBytesMax }))
      ),
    );
    for (const fetched of answers.flat()) await this.#take(fetched, body);
    return body.count > before && !body.isFull;
  }

  async #take(fetched: Fetched, body: RecordsBody): Promise<void> {
    const position = this.#positions.get(keyOf(fetched));
    if (position === undefined) return;
    if (fetched.error === errorCodes.offsetOutOfRange && this.#options.reset !== "none") {
      position.offset = await this.#endOf(position, this.#options.reset);
      return;
    }
    if (fetched.error !== errorCodes.none) throw kafkaError(fetched.error, fetched);
    for (const batch of completeBatches(fetched.bytes)) {
      for (const record of recordsIn(batch)) {
        if (record.offset < position.offset) continue;
        if (!body.add(position, record)) return;
        position.offset = record.offset + 1n;
      }
      const { baseOffset, lastOffsetDelta } = readBatchHeader(batch);
      const end = baseOffset + BigInt(lastOffsetDelta) + 1n;
      if (end > position.offset) position.offset = end;
    }
  }

  /** Makes the positions those of the partitions that are this instance's now. */
  async #settle(): Promise<void> {
    const wanted = this.#manual ?? await this.#share();
    const fresh = wanted.filter((partition) => !this.#positions.has(keyOf(partition)));
    const lost = new Map(this.#positions);
    for (const partition of wanted) lost.delete(keyOf(partition));
    if (this.#options.autoCommit) await this.#commit(committable(lost));
    for (const key of lost.keys()) this.#positions.delete(key);
    for (const topic of new Set(fresh.map(({ topic }) => topic))) {
      await this.#cluster.refresh(topic, false);
    }
    for (const { topic, partition, offset } of await this.#committedOffsets(fresh)) {
      const position = { topic, partition, offset };
      if (offset < 0n) position.offset = await this.#endOf(position, this.#resetOrFail(position));
      this.#positions.set(keyOf(position), position);
    }
  }

  #resetOrFail({ topic, partition }: TopicPartition): "earliest" | "latest" {
    if (this.#options.reset !== "none") return this.#options.reset;
    throw new KafkaError(
      `Undefined offset with no reset policy for partitions: [${topic}-${partition}]`,
      "fatal",
    );
  }

  async #share(): Promise<TopicPartition[]> {
    const mine: TopicPartition[] = [];
    for (const topic of await this.#subscribed()) {
      const members = this.#options.members().filter((member) => member.#subscribesTo(topic))
        .map(({ name }) => name).sort();
      const place = members.indexOf(this.name);
      for (const partition of await this.#partitionsOf(topic)) {
        if (partition % members.length === place) mine.push({ topic, partition });
      }
    }
    return mine;
  }

  #subscribesTo(topic: string): boolean {
    return this.#topics.includes(topic) || this.#pattern?.test(topic) === true;
  }

  async #subscribed(): Promise<string[]> {
    if (this.#pattern === null) return this.#topics;
    const { topics } = await this.#cluster.metadata(null);
    return topics.map(({ name }) => name).filter((name) => this.#pattern?.test(name)).sort();
  }

  /** None for a topic that is not there (yet). */
  async #partitionsOf(topic: string): Promise<number[]> {
    try {
      if (this.#cluster.known(topic) === undefined) await this.#cluster.refresh(topic, false);
    } catch (error) {
      if (error instanceof KafkaError && error.code === errorCodes.unknownTopicOrPartition) {
        return [];
      }
      throw error;
    }
    return [...this.#cluster.known(topic)?.keys() ?? []].sort((one, other) => one - other);
  }

  async #endOf(
    { topic, partition }: TopicPartition,
    end: "earliest" | "latest",
  ): Promise<bigint> {
    const request = listOffsets([{ topic, partition }], end === "earliest" ? earliest : latest);
    const [found] = await this.#cluster.send(this.#cluster.leaderOf(topic, partition), request);
    if (found?.error === errorCodes.none) return found.offset;
    throw kafkaError(found?.error ?? errorCodes.unknownTopicOrPartition, { topic });
  }

  #assigned(partition: TopicPartition): Position {
    const position = this.#positions.get(keyOf(partition));
    if (position !== undefined) return position;
    const name = `${partition.topic}-${partition.partition}`;
    throw restError(40903, `Illegal state: No current assignment for partition ${name}`);
  }

  #committable(): CommittedOffset[] {
    return committable(this.#positions);
  }

  async #commit(offsets: readonly CommittedOffset[]): Promise<void> {
    if (offsets.length === 0) return;
    const { group } = this.#options;
    const answers = await this.#cluster.sendToCoordinator(group, offsetCommit(group, offsets));
    const failed = answers.find(({ error }) => error !== errorCodes.none);
    if (failed !== undefined) throw kafkaError(failed.error, { ...failed, group });
  }

  async #committedOffsets(partitions: readonly TopicPartition[]): Promise<CommittedOffset[]> {
    if (partitions.length === 0) return [];
    const { group } = this.#options;
    const answers = await this.#cluster.sendToCoordinator(group, offsetFetch(group, partitions));
    const failed = answers.find(({ error }) => error !== errorCodes.none);
    if (failed !== undefined) throw kafkaError(failed.error, { ...failed, group });
    return answers;
  }

  #next<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#before.then(work);
    this.#before = done.catch(() => {});
    return done;
  }

  /** Commits what was read, if that is wanted and possible, and closes the connections. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      if (this.#options.autoCommit) await this.#next(() => this.#commit(this.#committable()));
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error;
    } finally {
      this.#cluster[Symbol.dispose]();
    }
  }
}

function committable(positions: ReadonlyMap<string, Position>): CommittedOffset[] {
  return [...positions.values()].map((position) => ({ ...position, metadata: null }));
}

function keyOf({ topic, partition }: TopicPartition): string {
  return `${partition} ${topic}`;
}

function asPattern(pattern: string): RegExp {
  try {
    return new RegExp(`^(?:${pattern})$`, "u");
  } catch {
    throw restError(500, "Internal Server Error"); // A PatternSyntaxException, which nobody maps.
  }
}

function mutuallyExclusive(): ServiceError {
  return restError(
    40903,
    "Illegal state: Subscription to topics, partitions and pattern are mutually exclusive",
  );
}

function recordsIn(batch: Uint8Array): DecodedRecord[] {
  if (isControlBatch(readBatchHeader(batch))) return [];
  try {
    return decodeRecordBatch(batch).records;
  } catch (error) {
    if (error instanceof ServiceError) throw new KafkaError(error.message, "fatal");
    throw error;
  }
}

/** `[{"topic", "key", "value", "partition", "offset"}, …]`, no longer than asked for. */
class RecordsBody {
  readonly #format: ConsumerFormat;
  readonly #bytesMax: number;
  #text = "[";
  #bytes = 0;
  count = 0;
  isFull = false;

  constructor(format: ConsumerFormat, bytesMax: number) {
    this.#format = format;
    this.#bytesMax = bytesMax;
  }

  /** False when the record has to wait for the next read. */
  add({ topic, partition }: TopicPartition, { key, value, offset }: DecodedRecord): boolean {
    const size = (key?.length ?? 0) + (value?.length ?? 0);
    // Documented: a record that reaches the limit is left out, even if it is the first.
    if (this.#bytes + size >= this.#bytesMax) {
      this.isFull = true;
      return false;
    }
    this.#bytes += size;
    this.#text += `${this.count === 0 ? "" : ","}{"topic":${JSON.stringify(topic)},` +
      `"key":${this.#field(key)},"value":${this.#field(value)},` +
      `"partition":${partition},"offset":${offset}}`;
    this.count++;
    return true;
  }

  finish(): Uint8Array {
    return encoder.encode(`${this.#text}]`);
  }

  #field(bytes: Uint8Array | null): string {
    if (bytes === null) return "null";
    if (this.#format === "binary") return `"${bytes.toBase64()}"`;
    try {
      return new TextDecoder().decode(new JsonScanner(bytes).value());
    } catch (error) {
      if (!(error instanceof JsonSyntaxError)) throw error;
      throw new KafkaError(`Error deserializing JSON message: ${error.message}`, "fatal");
    }
  }
}
