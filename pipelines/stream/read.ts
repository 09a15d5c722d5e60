/**
 * Read: a Kinesis stream, from given positions -> its records in pages.
 *
 *   in    positions as stored in a commit; a shard that is not named begins at its oldest record
 *   out   pages of one shard each: sequence numbers ascending in every shard, parents before
 *         their children, so that the records of a key stay in order when shards split and merge;
 *         an empty page with the position `shardEnd` for each shard that is closed and drained
 *
 * Every record comes once in a run, and a run that begins at the positions after any page goes on
 * exactly behind it. Where records are gone, or may be, reading stops with an error that names
 * shard and position, unless gaps are accepted: it never jumps in silence.
 *
 * Shards are read side by side, each a few pages ahead of the reader and no more.
 *
 * Left out: sharing a stream with other readers (leases), enhanced fan-out, LATEST.
 */
import type { KinesisStreams, Shard } from "../clients/kinesis.ts";
import type { Timing } from "../clients/retry.ts";
import { RunError } from "../errors.ts";
import type { OnStep } from "../steps.ts";
import { type FollowOptions, followShard } from "./follow.ts";
import { type Gap, gaps, readable } from "./lineage.ts";
import { type Page, PageQueue } from "./page_queue.ts";
import { type Positions, shardEnd } from "./positions.ts";

export type { Gap } from "./lineage.ts";

export interface ReadOptions {
  timing: Timing;
  signal?: AbortSignal | undefined;
  /** Pause before a shard that had nothing new is asked again; default 200, AWS's five a second. */
  idleMs?: number | undefined;
  /** Pause between two looks for new shards; default 10,000. The end of a shard looks at once. */
  discoverMs?: number | undefined;
  /** Most records of a page; default 1,000. */
  pageRecords?: number | undefined;
  /** Pages of one shard that wait for the reader; default 2. */
  pagesAhead?: number | undefined;
  /** Go on behind records that are gone, instead of stopping; default false. */
  acceptGap?: boolean | undefined;
  /** Told of each accepted gap. */
  onGap?: ((gap: Gap) => void) | undefined;
  onStep?: OnStep | undefined;
}

/**
 * Endless, until the signal (whose reason it throws), trouble, or `return()`, which also ends a
 * `next()` that is still waiting.
 *
 * @throws {RunError} records are gone, and gaps are not accepted
 */
export function readStream(
  kinesis: KinesisStreams,
  stream: string,
  from: Positions,
  options: ReadOptions,
): AsyncGenerator<Page> {
  const reading = new Reading(kinesis, stream, from, options);
  const pages = reading.pages();
  return {
    next: () => pages.next(),
    return(value) {
      reading.stop();
      return pages.return(value);
    },
    throw(error) {
      reading.stop();
      return pages.throw(error);
    },
    [Symbol.asyncIterator]() {
      return this;
    },
    async [Symbol.asyncDispose]() {
      await this.return(undefined);
    },
  };
}

const settlingMs = 500;

class Reading {
  readonly #kinesis: KinesisStreams;
  readonly #stream: string;
  readonly #from: Positions;
  readonly #options: ReadOptions;
  readonly #queue: PageQueue;
  readonly #begun = new Set<string>();
  readonly #drained = new Set<string>();
  /** Shards whose stored position is of no use any more. */
  readonly #forgotten = new Set<string>();
  readonly #work = new Set<Promise<void>>();
  readonly #own = new AbortController();
  readonly #signal: AbortSignal;

  constructor(kinesis: KinesisStreams, stream: string, from: Positions, options: ReadOptions) {
    this.#kinesis = kinesis;
    this.#stream = stream;
    this.#from = from;
    this.#options = options;
    this.#queue = new PageQueue(options.pagesAhead ?? 2);
    const { signal } = options;
    this.#signal = signal === undefined
      ? this.#own.signal
      : AbortSignal.any([signal, this.#own.signal]);
  }

  async *pages(): AsyncGenerator<Page> {
    const onAbort = () => this.#queue.fail(this.#signal.reason);
    this.#signal.addEventListener("abort", onAbort, { once: true });
    this.#start(() => this.#discover());
    try {
      for (let page; (page = await this.#queue.take()) !== undefined;) yield page;
    } finally {
      this.stop();
      await Promise.all(this.#work);
    }
  }

  stop(): void {
    this.#queue.close();
    this.#own.abort();
  }

  /** Work beside the reader; its trouble is the reader's. */
  #start(work: () => Promise<void>): void {
    const done = work().catch((error) => this.#queue.fail(error)).finally(() =>
      this.#work.delete(done)
    );
    this.#work.add(done);
  }

  /** Looks for new shards now and then; a split shows at its parents' end, and is not waited for. */
  async #discover(): Promise<void> {
    const { timing, discoverMs = 10_000 } = this.#options;
    const shards = await this.#settledShards();
    await this.#compare(shards);
    this.#begin(shards);
    for (;;) {
      await timing.sleep(discoverMs, this.#signal);
      this.#begin(await this.#shards());
    }
  }

  /** Assumed: a listing may be older than the positions. Only what it shows thrice is believed. */
  async #settledShards(): Promise<Shard[]> {
    let shards = await this.#shards();
    for (let again = 1; again <= 2; again++) {
      if (gaps(this.#stream, shards, this.#from).length === 0) break;
      await this.#options.timing.sleep(settlingMs, this.#signal);
      shards = await this.#shards();
    }
    return shards;
  }

  async #shards(): Promise<Shard[]> {
    const shards = await this.#kinesis.shards(this.#stream, this.#signal);
    this.#signal.throwIfAborted();
    return shards;
  }

  /** Settles what the stored positions say with what the stream lists. */
  async #compare(shards: readonly Shard[]): Promise<void> {
    const listed = new Set(shards.map(({ shardId }) => shardId));
    for (const [shardId, position] of Object.entries(this.#from)) {
      if (position === shardEnd) this.#drained.add(shardId);
    }
    for (const gap of gaps(this.#stream, shards, this.#from)) {
      this.#lose(gap);
      if (listed.has(gap.shardId)) this.#forget(gap.shardId);
      else await this.#queue.put(endOf(gap.shardId));
    }
  }

  #forget(shardId: string): void {
    this.#drained.delete(shardId);
    this.#forgotten.add(shardId);
  }

  #begin(shards: readonly Shard[]): void {
    for (const { shardId } of readable(shards, { begun: this.#begun, drained: this.#drained })) {
      this.#begun.add(shardId);
      this.#start(() => this.#follow(shardId));
    }
  }

  async #follow(shardId: string): Promise<void> {
    const position = this.#forgotten.has(shardId) ? undefined : this.#from[shardId];
    const name = { stream: this.#stream, shardId };
    const pages = followShard(this.#kinesis, name, position, this.#followOptions(shardId));
    for await (const page of pages) {
      await this.#queue.put(page);
      this.#signal.throwIfAborted();
    }
    this.#drained.add(shardId);
    this.#begin(await this.#shards());
  }

  #followOptions(shardId: string): FollowOptions {
    const { timing, idleMs = 200, pageRecords = 1_000, onStep } = this.#options;
    const onGap = (position: string, found: string) =>
      this.#lose({ stream: this.#stream, shardId, position, found });
    return { timing, signal: this.#signal, idleMs, pageRecords, onGap, onStep };
  }

  #lose(gap: Gap): void {
    if (this.#options.acceptGap !== true) throw gapError(gap);
    this.#options.onGap?.(gap);
  }
}

/** Told for a shard that is gone, so that the next run does not look for it. */
function endOf(shardId: string): Page {
  return { shardId, records: [], position: shardEnd, behindMs: 0 };
}

function gapError({ stream, shardId, position, found }: Gap): RunError {
  const read = position === shardEnd ? "to its end" : `up to ${position}`;
  return new RunError(
    `Cannot go on reading the stream ${stream}: ${shardId} was read ${read}, but ${found}. ` +
      "Records may be lost. To go on with what is still there, run again with --accept-gap",
  );
}
