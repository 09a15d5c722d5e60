/**
 * Producer: records for one topic -> the outcome of each, in their order.
 *
 * What Kafka's own producer does before it sends: waits for the topic's metadata (for every
 * record anew, which makes a missing topic so slow), refuses what is too large, and chooses the
 * partition by the key's hash, or one for all keyless records of a request.
 *
 * Source: Apache Kafka, KafkaProducer and BuiltInPartitioner.
 * Left out: the sticky partitioner moves on after 16 KiB, this one after a request of that size.
 */
import { batchHeaderSize } from "../../storage/record_batch.ts";
import type { World } from "../../world.ts";
import type { Cluster, Partitions } from "./cluster.ts";
import { Delivery, type DeliveryOptions, Order, type Outcome, type Parcel } from "./delivery.ts";
import { errorCodes, KafkaError } from "./errors.ts";
import { murmur2 } from "./murmur2.ts";

export interface ProducerOptions extends DeliveryOptions {
  /** How long a record may wait for its topic to be known, milliseconds. */
  maxBlockMs: number;
  /** max.request.size: the largest record with all around it, bytes. */
  recordBytesMax: number;
}

export interface RecordToProduce {
  key: Uint8Array | null;
  value: Uint8Array | null;
  /** Null: chosen here. */
  partition: number | null;
}

/** The keyless records go where the last ones went, until enough of them did. */
interface Sticky {
  partition: number;
  bytes: number;
}

const stickyBytes = 16_384;
/** Documented: DefaultRecord.MAX_RECORD_OVERHEAD. */
const recordOverheadMax = 21;

export class Producer implements Disposable {
  readonly #world: World;
  readonly #cluster: Cluster;
  readonly #options: ProducerOptions;
  readonly #delivery: Delivery;
  readonly #sticky = new Map<string, Sticky>();
  readonly #end = new AbortController();

  constructor(world: World, cluster: Cluster, options: ProducerOptions) {
    this.#world = world;
    this.#cluster = cluster;
    this.#options = options;
    this.#delivery = new Delivery(world, cluster, options);
  }

  /** Never rejects for a record's sake: its outcome says what happened to it. */
  async send(topic: string, records: readonly RecordToProduce[]): Promise<Outcome[]> {
    const order = new Order(records.length);
    const parcels = new Map<number, Parcel>();
    const flush = (partition: number, parcel: Parcel) => {
      parcels.delete(partition);
      this.#delivery.add(topic, partition, parcel);
    };
    for (const [slot, record] of records.entries()) {
      let partitions = this.#known(topic, record.partition);
      if (partitions === undefined) {
        // What came before must not wait for this one.
        for (const [partition, parcel] of parcels) flush(partition, parcel);
        const found = await this.#waitFor(topic, record.partition);
        if (found instanceof KafkaError) {
          order.settle(slot, found);
          continue;
        }
        partitions = found;
      }
      const size = sizeOf(record);
      if (size > this.#options.recordBytesMax) {
        order.settle(slot, this.#tooLarge(size));
        continue;
      }
      const partition = record.partition ?? this.#partitionFor(topic, record.key, size, partitions);
      const bytes = size - batchHeaderSize;
      let parcel = parcels.get(partition);
      if (parcel !== undefined && parcel.bytes + bytes > this.#options.batchBytesMax) {
        flush(partition, parcel);
        parcel = undefined;
      }
      if (parcel === undefined) {
        parcel = { records: [], slots: [], bytes: 0, sinceMs: this.#world.nowMs(), order };
        parcels.set(partition, parcel);
      }
      parcel.records.push(record);
      parcel.slots.push(slot);
      parcel.bytes += bytes;
    }
    for (const [partition, parcel] of parcels) flush(partition, parcel);
    this.#moveOn(topic);
    return await order.outcomes;
  }

  #tooLarge(size: number): KafkaError {
    const { recordBytesMax } = this.#options;
    return new KafkaError(
      `The message is ${size} bytes when serialized which is larger than ${recordBytesMax}, ` +
        "which is the value of the max.request.size configuration.",
      "fatal",
    );
  }

  /** The topic's partitions if they are known and the wanted one is among them. */
  #known(topic: string, partition: number | null): Partitions | undefined {
    const partitions = this.#cluster.known(topic);
    if (partitions === undefined || partitions.size === 0) return undefined;
    return partition === null || partitions.has(partition) ? partitions : undefined;
  }

  async #waitFor(topic: string, partition: number | null): Promise<Partitions | KafkaError> {
    const { maxBlockMs, retryBackoffMs } = this.#options;
    const untilMs = this.#world.nowMs() + maxBlockMs;
    for (;;) {
      try {
        await this.#cluster.refresh(topic, true);
      } catch (error) {
        if (!(error instanceof KafkaError)) throw error;
        if (error.kind !== "retriable") return error;
      }
      const partitions = this.#known(topic, partition);
      if (partitions !== undefined) return partitions;
      const leftMs = untilMs - this.#world.nowMs();
      if (leftMs <= 0) return this.#notPresent(topic, partition);
      if (!await this.#sleep(Math.min(retryBackoffMs, leftMs))) {
        return new KafkaError("Producer closed while send in progress", "fatal");
      }
    }
  }

  #notPresent(topic: string, partition: number | null): KafkaError {
    const { maxBlockMs } = this.#options;
    const count = this.#cluster.known(topic)?.size ?? 0;
    const what = partition === null || count === 0
      ? `Topic ${topic}`
      : `Partition ${partition} of topic ${topic} with partition count ${count}`;
    const verb = partition === null || count === 0 ? "not" : "is not";
    return new KafkaError(
      `${what} ${verb} present in metadata after ${maxBlockMs} ms.`,
      "retriable",
      errorCodes.unknownTopicOrPartition,
    );
  }

  #partitionFor(
    topic: string,
    key: Uint8Array | null,
    size: number,
    partitions: Partitions,
  ): number {
    if (key !== null) return (murmur2(key) & 0x7fffffff) % partitions.size;
    let sticky = this.#sticky.get(topic);
    if (sticky === undefined || !partitions.has(sticky.partition)) {
      sticky = { partition: this.#anyOf(partitions), bytes: 0 };
      this.#sticky.set(topic, sticky);
    }
    sticky.bytes += size;
    return sticky.partition;
  }

  /** Any partition that can be written now; any at all if none can. */
  #anyOf(partitions: Partitions): number {
    if (partitions.size === 1) return 0;
    const all = [...partitions.values()];
    const ready = all.filter(({ leader }) => leader >= 0);
    const from = ready.length > 0 ? ready : all;
    return from[Math.floor(this.#world.random("kafka_rest sticky")() * from.length)]?.id ?? 0;
  }

  #moveOn(topic: string): void {
    if ((this.#sticky.get(topic)?.bytes ?? 0) >= stickyBytes) this.#sticky.delete(topic);
  }

  /** False when the producer ends meanwhile. */
  #sleep(ms: number): Promise<boolean> {
    const { signal } = this.#end;
    if (signal.aborted) return Promise.resolve(false);
    return new Promise((resolve) => {
      const ended = () => {
        clearTimeout(timer);
        resolve(false);
      };
      const timer = setTimeout(() => {
        signal.removeEventListener("abort", ended);
        resolve(true);
      }, ms);
      signal.addEventListener("abort", ended, { once: true });
    });
  }

  [Symbol.dispose](): void {
    this.#end.abort();
    this.#delivery[Symbol.dispose]();
  }
}

/** Documented: AbstractRecords.estimateSizeInBytesUpperBound, which the size limit is held against. */
function sizeOf({ key, value }: RecordToProduce): number {
  return batchHeaderSize + recordOverheadMax + fieldSize(key) + fieldSize(value) + 1;
}

function fieldSize(field: Uint8Array | null): number {
  if (field === null) return 1;
  const { length } = field;
  if (length < 0x40) return 1 + length;
  if (length < 0x2000) return 2 + length;
  if (length < 0x100000) return 3 + length;
  return (length < 0x8000000 ? 4 : 5) + length;
}
