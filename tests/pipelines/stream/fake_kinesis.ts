/**
 * A Kinesis in memory: one stream whose shards split and merge, with a clock that jumps, and
 * troubles that are rolled from a seed. Written from the API reference, not from our simulator.
 */
import {
  ExpiredIterator,
  type IteratorStart,
  type KinesisPage,
  type KinesisRecord,
  type KinesisStreams,
  type Shard,
  UnknownSequence,
} from "../../../pipelines/clients/kinesis.ts";
import type { Timing } from "../../../pipelines/clients/retry.ts";
import { OutsideError } from "../../../pipelines/errors.ts";
import { setImmediate } from "node:timers";

/** Pauses end in their order, each after everything that can run has run. */
export class JumpingClock implements Timing {
  #nowMs = 0;
  #sleepers: { atMs: number; wake: () => void }[] = [];
  readonly sleptMs: number[] = [];
  get sleeperCount(): number {
    return this.#sleepers.length;
  }

  nowMs = () => this.#nowMs;
  random = () => 0.5;

  sleep = (ms: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      this.sleptMs.push(ms);
      const onAbort = () => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
        reject(signal?.reason);
      };
      const wake = () => {
        signal?.removeEventListener("abort", onAbort);
        resolve();
      };
      const sleeper = { atMs: this.#nowMs + ms, wake };
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#sleepers.push(sleeper);
      setImmediate(() => this.#jump());
    });

  #jump(): void {
    this.#sleepers.sort((a, b) => a.atMs - b.atMs);
    const first = this.#sleepers.shift();
    if (first === undefined) return;
    this.#nowMs = Math.max(this.#nowMs, first.atMs);
    first.wake();
  }
}

/** What may go wrong, as odds in [0, 1] per call; all zero unless given. */
export interface Troubles {
  expired: number;
  throttled: number;
  /** An empty page that is not at the tip. */
  empty: number;
  /** A page that ends early. */
  short: number;
  /** A listing from before the last change, at most twice in a row. */
  staleList: number;
}

interface FakeShard extends Shard {
  /** Keys with `from <= key < to`. */
  from: number;
  to: number;
  records: KinesisRecord[];
}

interface Cursor {
  shardId: string;
  start: IteratorStart | { kind: "AFTER"; sequenceNumber: string };
  madeMs: number;
}

export const keyCount = 64;
const iteratorLifeMs = 300_000;

export class FakeKinesis implements KinesisStreams {
  readonly clock: JumpingClock;
  readonly calls = { shards: 0, iterator: 0, records: 0 };
  #shards: FakeShard[] = [];
  #lastListing: Shard[] = [];
  #staleCount = 0;
  #sequence = 10n ** 55n;
  readonly #cursors = new Map<string, Cursor>();
  readonly #troubles: Partial<Troubles>;
  readonly #roll: () => number;
  /** Called before each answer: the world goes on meanwhile. */
  onCall: () => void = () => {};

  constructor(
    shardCount: number,
    { clock = new JumpingClock(), troubles = {}, roll = () => 0.999 }: {
      clock?: JumpingClock;
      troubles?: Partial<Troubles>;
      roll?: () => number;
    } = {},
  ) {
    this.clock = clock;
    this.#troubles = troubles;
    this.#roll = roll;
    const width = keyCount / shardCount;
    for (let n = 0; n < shardCount; n++) this.#add([], n * width, (n + 1) * width);
    this.#lastListing = this.#listing();
  }

  // The service's side.

  put(key: number, text: string): KinesisRecord {
    const shard = this.open().find(({ from, to }) => from <= key && key < to);
    if (shard === undefined) throw new RangeError(`No open shard for key ${key}`);
    const record = {
      sequenceNumber: this.#next(),
      partitionKey: String(key),
      data: new TextEncoder().encode(text),
      arrivalMs: this.clock.nowMs(),
    };
    shard.records.push(record);
    return record;
  }

  open(): FakeShard[] {
    return this.#shards.filter(({ endingSequenceNumber }) => endingSequenceNumber === null);
  }

  split(shardId: string): boolean {
    const shard = this.#shard(shardId);
    const middle = Math.floor((shard.from + shard.to) / 2);
    if (middle === shard.from) return false;
    this.#lastListing = this.#listing();
    this.#close(shard);
    this.#add([shardId], shard.from, middle);
    this.#add([shardId], middle, shard.to);
    return true;
  }

  /** Merges the shard with the open one above it; whether there is one. */
  merge(shardId: string): boolean {
    const shard = this.#shard(shardId);
    const other = this.open().find(({ from }) => from === shard.to);
    if (other === undefined) return false;
    this.#lastListing = this.#listing();
    this.#close(shard);
    this.#close(other);
    this.#add([shardId, other.shardId], shard.from, other.to);
    return true;
  }

  /** Forgets the records of one shard, which stays listed. */
  empty(shardId: string): void {
    this.#shard(shardId).records = [];
  }

  /** Forgets records up to and including this one; closed shards without records vanish. */
  trim(sequenceNumber: string): void {
    for (const shard of this.#shards) {
      shard.records = shard.records.filter((record) =>
        BigInt(record.sequenceNumber) > BigInt(sequenceNumber)
      );
    }
    this.#shards = this.#shards.filter((shard) =>
      shard.endingSequenceNumber === null || shard.records.length > 0
    );
    this.#lastListing = this.#listing();
  }

  // The client's side.

  ensureStreams(): Promise<void> {
    return Promise.resolve();
  }

  async shards(_stream: string, signal?: AbortSignal): Promise<Shard[]> {
    this.calls.shards++;
    await this.#answer(signal);
    const isStale = this.#strikes("staleList") && ++this.#staleCount <= 2;
    if (!isStale) this.#staleCount = 0;
    return isStale ? this.#lastListing : this.#listing();
  }

  async iterator(
    stream: string,
    shardId: string,
    start: IteratorStart,
    signal?: AbortSignal,
  ): Promise<string> {
    this.calls.iterator++;
    await this.#answer(signal);
    const shard = this.#shards.find((shard) => shard.shardId === shardId);
    if (shard === undefined) {
      throw new OutsideError(`Shard ${shardId} in stream ${stream} does not exist`, {
        retryable: false,
      });
    }
    if (start.kind !== "TRIM_HORIZON") {
      const given = BigInt(start.sequenceNumber);
      if (given < BigInt(shard.startingSequenceNumber)) {
        throw new UnknownSequence("it did not come from this stream", { retryable: false });
      }
    }
    return this.#cursor({ shardId, start, madeMs: this.clock.nowMs() });
  }

  async records(iterator: string, limit = 10_000, signal?: AbortSignal): Promise<KinesisPage> {
    this.calls.records++;
    await this.#answer(signal);
    const cursor = this.#cursors.get(iterator);
    if (cursor === undefined) throw new RangeError(`No such iterator: ${iterator}`);
    const isOld = this.clock.nowMs() - cursor.madeMs > iteratorLifeMs;
    if (isOld || this.#strikes("expired")) {
      throw new ExpiredIterator("Iterator expired", { retryable: false });
    }
    const throttled = this.#strikes("throttled");
    if (throttled) await this.clock.sleep(150, signal);
    return { ...this.#page(cursor, limit), ...(throttled ? { throttled } : {}) };
  }

  [Symbol.dispose](): void {}

  #page(cursor: Cursor, limit: number): KinesisPage {
    const shard = this.#shard(cursor.shardId);
    const ahead = shard.records.filter(({ sequenceNumber }) => isAhead(cursor, sequenceNumber));
    if (ahead.length > 0 && this.#strikes("empty")) {
      return {
        records: [],
        nextIterator: this.#cursor({ ...cursor, ...this.#made() }),
        behindMs: 1,
      };
    }
    const count = this.#strikes("short") ? 1 : limit;
    const records = ahead.slice(0, count);
    const isDrained = records.length === ahead.length && shard.endingSequenceNumber !== null;
    const last = records.at(-1)?.sequenceNumber;
    const start = last === undefined
      ? cursor.start
      : { kind: "AFTER" as const, sequenceNumber: last };
    return {
      records,
      nextIterator: isDrained
        ? null
        : this.#cursor({ shardId: cursor.shardId, start, ...this.#made() }),
      behindMs: records.length === ahead.length ? 0 : 1_000,
    };
  }

  #made(): { madeMs: number } {
    return { madeMs: this.clock.nowMs() };
  }

  #cursor(cursor: Cursor): string {
    const name = `iterator ${this.#cursors.size}`;
    this.#cursors.set(name, cursor);
    return name;
  }

  async #answer(signal: AbortSignal | undefined): Promise<void> {
    this.onCall();
    await Promise.resolve();
    signal?.throwIfAborted();
  }

  #strikes(trouble: keyof Troubles): boolean {
    return this.#roll() < (this.#troubles[trouble] ?? 0);
  }

  #add(parents: string[], from: number, to: number): void {
    const shardId = `shardId-${String(this.#shardCount++).padStart(12, "0")}`;
    const startingSequenceNumber = this.#next();
    const endingSequenceNumber = null;
    const records: KinesisRecord[] = [];
    const range = { startingSequenceNumber, endingSequenceNumber };
    this.#shards.push({ shardId, parents, ...range, from, to, records });
  }
  #shardCount = 0;

  #close(shard: FakeShard): void {
    shard.endingSequenceNumber = this.#next();
  }

  #next(): string {
    this.#sequence += 1n + BigInt(Math.floor(this.#roll() * 3));
    return String(this.#sequence);
  }

  #listing(): Shard[] {
    return this.#shards.map(
      ({ shardId, parents, startingSequenceNumber, endingSequenceNumber }) => ({
        shardId,
        parents,
        startingSequenceNumber,
        endingSequenceNumber,
      }),
    );
  }

  #shard(shardId: string): FakeShard {
    const shard = this.#shards.find((shard) => shard.shardId === shardId);
    if (shard === undefined) throw new RangeError(`No such shard: ${shardId}`);
    return shard;
  }
}

function isAhead({ start }: Cursor, sequenceNumber: string): boolean {
  if (start.kind === "TRIM_HORIZON") return true;
  const [at, given] = [BigInt(sequenceNumber), BigInt(start.sequenceNumber)];
  return start.kind === "AT_SEQUENCE_NUMBER" ? at >= given : at > given;
}
