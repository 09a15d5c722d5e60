/**
 * Delivery: records that know their partition -> stored batches and their offsets.
 *
 * Per partition a queue of parcels (the records of one HTTP request for it); per broker a few
 * Produce requests under way. While all are under way parcels collect, and the next request takes
 * what is there: small requests share a batch under load and go at once without.
 *
 * At least once: what a broker may or may not have stored is sent again until `deliveryTimeoutMs`
 * has passed. Records of a partition may change their order then, as in Kafka's own client with
 * idempotence off, which is how the proxy runs it.
 *
 * Source: Apache Kafka, producer configuration.
 */
import { encodeRecordBatch, type RecordToEncode } from "../../storage/record_batch.ts";
import type { World } from "../../world.ts";
import type { Cluster } from "./cluster.ts";
import { errorCodes, KafkaError, kafkaError } from "./errors.ts";
import { produce, type Produced } from "./requests.ts";

export interface DeliveryOptions {
  requestTimeoutMs: number;
  deliveryTimeoutMs: number;
  retryBackoffMs: number;
  /** Records are put into one batch up to this size; a single larger one goes alone. */
  batchBytesMax: number;
}

/** Where a record went, or why it did not. */
export type Outcome = { partition: number; offset: bigint } | KafkaError;

/** The records of one call: complete when each has its outcome. */
export class Order {
  readonly outcomes: Promise<Outcome[]>;
  readonly #outcomes: Outcome[];
  readonly #resolve: (outcomes: Outcome[]) => void;
  #left: number;

  constructor(count: number) {
    const { promise, resolve } = Promise.withResolvers<Outcome[]>();
    this.outcomes = promise;
    this.#resolve = resolve;
    this.#outcomes = new Array(count);
    this.#left = count;
    if (count === 0) resolve([]);
  }

  /** @param slot which record of the call it is. */
  settle(slot: number, outcome: Outcome): void {
    this.#outcomes[slot] = outcome;
    if (--this.#left === 0) this.#resolve(this.#outcomes);
  }
}

/** Some records of one order, all for one partition; `slots[i]` is the place of `records[i]`. */
export interface Parcel {
  records: RecordToEncode[];
  slots: number[];
  /** Of all records, at most. */
  bytes: number;
  sinceMs: number;
  order: Order;
}

interface Queue {
  topic: string;
  partition: number;
  parcels: Parcel[];
  /** For one batch; less than configured once the broker found one too large. */
  batchBytesMax: number;
  /** Set while the partition pauses after a failure. */
  pause: ReturnType<typeof setTimeout> | null;
}

interface Shipment {
  queue: Queue;
  parcels: Parcel[];
}

/** Documented: max.in.flight.requests.per.connection. */
const requestsInFlightMax = 5;

export class Delivery implements Disposable {
  readonly #world: World;
  readonly #cluster: Cluster;
  readonly #options: DeliveryOptions;
  readonly #queues = new Map<string, Queue>();
  readonly #waiting = new Set<Queue>();
  readonly #inFlight = new Map<number, number>();
  #isShipping = false;
  #isDisposed = false;

  constructor(world: World, cluster: Cluster, options: DeliveryOptions) {
    this.#world = world;
    this.#cluster = cluster;
    this.#options = options;
  }

  /** Takes the parcel; its outcomes come later. */
  add(topic: string, partition: number, parcel: Parcel): void {
    const key = `${partition} ${topic}`;
    let queue = this.#queues.get(key);
    if (queue === undefined) {
      const { batchBytesMax } = this.#options;
      queue = { topic, partition, parcels: [], batchBytesMax, pause: null };
      this.#queues.set(key, queue);
    }
    queue.parcels.push(parcel);
    this.#waiting.add(queue);
    if (this.#isShipping) return;
    this.#isShipping = true;
    // In a moment: the parcels of one call for several partitions go in one request.
    queueMicrotask(() => {
      this.#isShipping = false;
      this.#ship();
    });
  }

  /** Sends what waits to the brokers that can take one more request. */
  #ship(): void {
    const loads = new Map<number, Shipment[]>();
    for (const queue of this.#waiting) {
      if (queue.pause !== null) continue;
      const leader = this.#cluster.leaderOf(queue.topic, queue.partition);
      if (leader < 0) {
        this.#retryLater(queue, []);
        continue;
      }
      if ((this.#inFlight.get(leader) ?? 0) >= requestsInFlightMax) continue;
      const load = loads.get(leader) ?? [];
      loads.set(leader, load);
      load.push({ queue, parcels: this.#take(queue) });
    }
    for (const [leader, load] of loads) this.#send(leader, load);
  }

  /** As many parcels as fit one batch, at least one. */
  #take(queue: Queue): Parcel[] {
    let count = 0;
    let bytes = 0;
    for (const parcel of queue.parcels) {
      bytes += parcel.bytes;
      if (count > 0 && bytes > queue.batchBytesMax) break;
      count++;
    }
    const taken = queue.parcels.splice(0, count);
    if (queue.parcels.length === 0) this.#waiting.delete(queue);
    return taken;
  }

  async #send(leader: number, load: Shipment[]): Promise<void> {
    this.#inFlight.set(leader, (this.#inFlight.get(leader) ?? 0) + 1);
    const timestampMs = this.#world.nowMs();
    const batches = load.map(({ queue: { topic, partition }, parcels }) => ({
      topic,
      partition,
      bytes: encodeRecordBatch(recordsOf(parcels), { timestampMs }),
    }));
    try {
      const request = produce(batches, this.#options.requestTimeoutMs);
      const answers = await this.#cluster.send(leader, request);
      const found = load.map(({ queue }) => answerFor(queue, answers));
      for (const [index, shipment] of load.entries()) this.#arrived(shipment, found[index]!);
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error;
      for (const { queue, parcels } of load) this.#failed(queue, parcels, error);
    } finally {
      this.#inFlight.set(leader, (this.#inFlight.get(leader) ?? 1) - 1);
    }
    this.#ship();
  }

  #arrived({ queue, parcels }: Shipment, { error, baseOffset }: Produced): void {
    if (error === errorCodes.none) return settle(parcels, queue.partition, baseOffset);
    const isSplittable = parcels.length > 1 || (parcels[0]?.records.length ?? 0) > 1;
    if (error === errorCodes.messageTooLarge && isSplittable) {
      // Documented: the client cuts a batch that is too large in two, and tries again at once.
      queue.parcels.unshift(...halves(parcels));
      this.#waiting.add(queue);
      queue.batchBytesMax = Math.floor(bytesOf(parcels) / 2);
      return;
    }
    this.#failed(queue, parcels, kafkaError(error, { topic: queue.topic }));
  }

  #failed(queue: Queue, parcels: Parcel[], error: KafkaError): void {
    if (error.kind === "retriable" && !this.#isDisposed) return this.#retryLater(queue, parcels);
    for (const parcel of parcels) refuse(parcel, error);
  }

  /** Puts parcels back, gives up the expired, and pauses the partition to ask for its leader. */
  #retryLater(queue: Queue, parcels: Parcel[]): void {
    queue.parcels.unshift(...parcels);
    queue.parcels = queue.parcels.filter((parcel) => !this.#isExpired(queue, parcel));
    if (queue.parcels.length === 0) {
      this.#waiting.delete(queue);
      return;
    }
    this.#waiting.add(queue);
    queue.pause ??= setTimeout(() => this.#resume(queue), this.#options.retryBackoffMs);
  }

  async #resume(queue: Queue): Promise<void> {
    try {
      await this.#cluster.refresh(queue.topic, true);
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error;
      // The next attempt finds out by itself what is wrong.
    }
    queue.pause = null;
    if (this.#isDisposed) return this.#abandon(queue);
    if (this.#cluster.leaderOf(queue.topic, queue.partition) < 0) this.#retryLater(queue, []);
    this.#ship();
  }

  #isExpired({ topic, partition }: Queue, parcel: Parcel): boolean {
    const { deliveryTimeoutMs } = this.#options;
    if (this.#world.nowMs() - parcel.sinceMs < deliveryTimeoutMs) return false;
    const error = new KafkaError(
      `Expiring ${parcel.records.length} record(s) for ${topic}-${partition}:` +
        `${deliveryTimeoutMs} ms has passed since batch creation`,
      "retriable",
    );
    refuse(parcel, error);
    return true;
  }

  #abandon(queue: Queue): void {
    const error = new KafkaError("Producer is closed forcefully.", "fatal");
    for (const parcel of queue.parcels.splice(0)) refuse(parcel, error);
    this.#waiting.delete(queue);
  }

  /** What waits is refused; what is under way is settled by the end of its connection. */
  [Symbol.dispose](): void {
    this.#isDisposed = true;
    for (const queue of this.#queues.values()) {
      if (queue.pause !== null) clearTimeout(queue.pause);
      this.#abandon(queue);
    }
  }
}

function recordsOf(parcels: readonly Parcel[]): readonly RecordToEncode[] {
  const only = parcels[0];
  if (only !== undefined && parcels.length === 1) return only.records;
  return parcels.flatMap(({ records }) => records);
}

function bytesOf(parcels: readonly Parcel[]): number {
  return parcels.reduce((sum, { bytes }) => sum + bytes, 0);
}

function answerFor({ topic, partition }: Queue, answers: readonly Produced[]): Produced {
  const found = answers.find((answer) => answer.partition === partition && answer.topic === topic);
  if (found !== undefined) return found;
  throw new KafkaError(`The broker did not answer for ${topic}-${partition}`, "fatal");
}

function settle(parcels: readonly Parcel[], partition: number, baseOffset: bigint): void {
  let offset = baseOffset;
  for (const { slots, order } of parcels) {
    for (const slot of slots) order.settle(slot, { partition, offset: offset++ });
  }
}

function refuse({ slots, order }: Parcel, error: KafkaError): void {
  for (const slot of slots) order.settle(slot, error);
}

function halves(parcels: readonly Parcel[]): Parcel[] {
  return parcels.flatMap((parcel) => {
    const { records, slots, bytes } = parcel;
    const middle = records.length >> 1;
    if (middle === 0) return [parcel];
    const half = Math.ceil(bytes / 2);
    return [
      { ...parcel, records: records.slice(0, middle), slots: slots.slice(0, middle), bytes: half },
      { ...parcel, records: records.slice(middle), slots: slots.slice(middle), bytes: half },
    ];
  });
}
