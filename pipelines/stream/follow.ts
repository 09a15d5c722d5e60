/**
 * Follow: one shard, from a position -> its pages, and its end once it is closed and drained.
 *
 * A stored position is asked for itself, not for what comes after it: the first record must be
 * the very one, and is dropped. If it is another one, or none is left, the stream has trimmed
 * more than was read, and nobody can say how much is lost. The same holds each time an iterator
 * expires and another one is made.
 *
 * A shard that is behind is asked again at once, one at its tip after `idleMs`. An empty page
 * says nothing by itself: only one at the tip does.
 */
import {
  ExpiredIterator,
  type IteratorStart,
  type KinesisPage,
  type KinesisRecord,
  type KinesisStreams,
  UnknownSequence,
} from "../clients/kinesis.ts";
import type { Timing } from "../clients/retry.ts";
import type { OnStep } from "../steps.ts";
import { compareSequence, shardEnd } from "./positions.ts";
import type { Page } from "./page_queue.ts";

export interface FollowOptions {
  timing: Timing;
  signal: AbortSignal;
  idleMs: number;
  pageRecords: number;
  /** Told of records that are gone; throws, unless reading may go on behind them. */
  onGap(position: string, found: string): void;
  onStep?: OnStep | undefined;
}

export interface ShardName {
  stream: string;
  shardId: string;
}

/**
 * Assumed: a shard may look empty for a moment after it was opened. Only when its tip was seen
 * empty so many times in a row is the record that was asked for believed to be gone.
 */
const emptyTipsMax = 3;

/** So many iterators in a row that expire before their first answer are no accident. */
const stillbornMax = 10;

/** @param from undefined: from the oldest record there is */
export async function* followShard(
  kinesis: KinesisStreams,
  { stream, shardId }: ShardName,
  from: string | undefined,
  options: FollowOptions,
): AsyncGenerator<Page> {
  const { timing, signal, idleMs, pageRecords, onStep } = options;
  const place = new Place(from, options.onGap);
  let iterator: string | null = null;
  let stillbornCount = 0;
  for (;;) {
    iterator ??= await begin();
    const page = await attempt(iterator);
    iterator = page?.nextIterator ?? null;
    if (page === undefined) continue;
    const records = place.pass(page);
    const last = records.at(-1);
    if (last !== undefined) {
      await onStep?.("records-read");
      yield { shardId, records, position: last.sequenceNumber, behindMs: page.behindMs };
    }
    if (iterator === null) break;
    if (page.behindMs === 0 || page.throttled === true) await timing.sleep(idleMs, signal);
  }
  yield { shardId, records: [], position: shardEnd, behindMs: 0 };

  async function begin(): Promise<string> {
    try {
      return await kinesis.iterator(stream, shardId, place.start(), signal);
    } catch (error) {
      if (!(error instanceof UnknownSequence)) throw error;
      place.lose("the stream never gave out that number: it may have been deleted and made anew");
      return await kinesis.iterator(stream, shardId, place.start(), signal);
    }
  }

  /** Undefined if the iterator has expired. */
  async function attempt(iterator: string): Promise<KinesisPage | undefined> {
    try {
      const page = await kinesis.records(iterator, pageRecords, signal);
      stillbornCount = 0;
      return page;
    } catch (error) {
      if (!(error instanceof ExpiredIterator)) throw error;
      if (++stillbornCount > stillbornMax) throw error;
      return undefined;
    }
  }
}

/** How far a shard was read, and whether the stream still has the record that it was read to. */
class Place {
  #position: string | undefined;
  #isProven: boolean;
  #emptyTipCount = 0;
  readonly #onGap: FollowOptions["onGap"];

  constructor(position: string | undefined, onGap: FollowOptions["onGap"]) {
    this.#position = position;
    this.#isProven = position === undefined;
    this.#onGap = onGap;
  }

  /** Where the next iterator begins. */
  start(): IteratorStart {
    const sequenceNumber = this.#position;
    if (sequenceNumber === undefined) return { kind: "TRIM_HORIZON" };
    this.#isProven = false;
    this.#emptyTipCount = 0;
    return { kind: "AT_SEQUENCE_NUMBER", sequenceNumber };
  }

  /** The records of a page that were not read before. */
  pass(page: KinesisPage): KinesisRecord[] {
    const records = this.#isProven ? page.records : this.#prove(page);
    this.#position = records.at(-1)?.sequenceNumber ?? this.#position;
    return records;
  }

  #prove({ records, behindMs, nextIterator }: KinesisPage): KinesisRecord[] {
    const first = records[0];
    if (first === undefined) {
      if (behindMs === 0) this.#emptyTipCount++;
      if (this.#emptyTipCount < emptyTipsMax && nextIterator !== null) return [];
      this.lose("that record is older than the stream keeps, and no other is left");
      return [];
    }
    if (compareSequence(first.sequenceNumber, this.#position ?? "") === 0) {
      this.#isProven = true;
      return records.slice(1);
    }
    this.lose(`the oldest record that the stream still has is ${first.sequenceNumber}`);
    return records;
  }

  /** Goes on from the oldest record there is, if that is allowed. */
  lose(found: string): void {
    if (this.#position !== undefined) this.#onGap(this.#position, found);
    this.#position = undefined;
    this.#isProven = true;
  }
}
