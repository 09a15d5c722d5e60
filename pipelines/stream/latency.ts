/**
 * Latency: when records were posted and when commits showed them -> p50, p95 and maximum.
 *
 *   in    answers of the gateway (`posted`) and commits (`committed`), in whatever order they are
 *         heard of; times of one clock, in milliseconds
 *   out   milliseconds from post to visible commit, weighted by records
 *
 * A request counts as visible when the last of its records in a shard is. Memory is bounded: a
 * histogram whose buckets are 2 % wide, and for each shard a queue of what is not visible yet; of
 * a queue that grows long neighbours are put together, as posted when the earlier one was. So a
 * figure may be too high, but for the 1 % of half a bucket never too low.
 */
import { shardIdOf, type TableName } from "../tables.ts";
import { type Positions, shardEnd } from "./positions.ts";

export interface LatencySummary {
  p50: number;
  p95: number;
  max: number;
}

/** Requests that are waited for together: all of them visible, or none. */
interface Batch {
  highest: bigint;
  count: number;
  postedMs: number;
  requestCount: number;
}

interface Shard {
  /** Posted, not visible; sequence numbers ascending. */
  queue: Batch[];
  /** How many requests a batch may have: doubled whenever the queue grew too long. */
  requestsMax: number;
  /** The newest commit: up to where it shows records, and since when. */
  visible: { position: bigint; sinceMs: number } | undefined;
}

const queueMax = 1_024;
/** Above every sequence number: a shard that was read to its end. */
const endPosition = 1n << 256n;

export class Latency {
  readonly #histogram = new Histogram();
  readonly #shards = new Map<string, Shard>();

  /** Records were acknowledged: `count` in this shard, up to `highestSequence`. */
  posted(
    table: TableName,
    shardNumber: number,
    highestSequence: bigint,
    count: number,
    postedMs: number,
  ): void {
    const shard = this.#shard(table, shardIdOf(shardNumber));
    const { visible, queue } = shard;
    // The reader was faster than the answer of the gateway.
    if (visible !== undefined && highestSequence <= visible.position) {
      this.#histogram.add(visible.sinceMs - postedMs, count);
      return;
    }
    const batch = { highest: highestSequence, count, postedMs, requestCount: 1 };
    const last = queue.at(-1);
    const isNext = last === undefined || last.highest <= highestSequence;
    if (isNext && last !== undefined && last.requestCount < shard.requestsMax) {
      queue[queue.length - 1] = together(last, batch);
      return;
    }
    const at = isNext ? queue.length : queue.findIndex(({ highest }) => highest > highestSequence);
    queue.splice(at, 0, batch);
    if (queue.length > queueMax) shorten(shard);
  }

  /** A commit shows all records of this table's shards up to these positions. */
  committed(table: TableName, positions: Positions, nowMs: number): void {
    for (const [shardId, position] of Object.entries(positions)) {
      const shard = this.#shard(table, shardId);
      const upTo = position === shardEnd ? endPosition : BigInt(position);
      if (shard.visible !== undefined && upTo <= shard.visible.position) continue;
      shard.visible = { position: upTo, sinceMs: nowMs };
      let count = 0;
      for (const batch of shard.queue) {
        if (batch.highest > upTo) break;
        this.#histogram.add(nowMs - batch.postedMs, batch.count);
        count++;
      }
      shard.queue.splice(0, count);
      if (shard.queue.length === 0) shard.requestsMax = 1;
    }
  }

  /** Of all records posted and visible so far; null if there are none. */
  summary(): LatencySummary | null {
    const { max } = this.#histogram;
    if (this.#histogram.count === 0) return null;
    return { p50: this.#histogram.quantile(0.5), p95: this.#histogram.quantile(0.95), max };
  }

  #shard(table: TableName, shardId: string): Shard {
    const name = `${table} ${shardId}`;
    let shard = this.#shards.get(name);
    if (shard !== undefined) return shard;
    shard = { queue: [], requestsMax: 1, visible: undefined };
    this.#shards.set(name, shard);
    return shard;
  }
}

/** Half as long: each two neighbours as one. */
function shorten(shard: Shard): void {
  shard.queue = shard.queue.flatMap((one, at) => {
    const next = shard.queue[at + 1];
    return at % 2 === 1 ? [] : [next === undefined ? one : together(one, next)];
  });
  shard.requestsMax *= 2;
}

function together(one: Batch, next: Batch): Batch {
  return {
    highest: next.highest,
    count: one.count + next.count,
    postedMs: Math.min(one.postedMs, next.postedMs),
    requestCount: one.requestCount + next.requestCount,
  };
}

/** Each bucket's upper end is so many times its lower one: its middle is at most 1 % off. */
const growth = 1.02;
const leastMs = 0.01;
/** Up to some eleven days. */
const bucketCount = Math.ceil(Math.log(1e9 / leastMs) / Math.log(growth));

/** Durations with weights, and the quantiles of them. */
class Histogram {
  count = 0;
  max = 0;
  readonly #counts = new Float64Array(bucketCount);

  add(ms: number, count: number): void {
    this.count += count;
    this.max = Math.max(this.max, ms);
    const bucket = Math.floor(Math.log(Math.max(ms, leastMs) / leastMs) / Math.log(growth));
    this.#counts[Math.min(bucket, bucketCount - 1)]! += count;
  }

  /** The duration that this share of all does not exceed. */
  quantile(share: number): number {
    const rank = Math.ceil(share * this.count);
    let below = 0;
    for (let bucket = 0; bucket < bucketCount; bucket++) {
      below += this.#counts[bucket]!;
      if (below >= rank) return Math.min(this.max, leastMs * growth ** (bucket + 0.5));
    }
    return this.max;
  }
}
