/**
 * Read: a Kinesis stream, from given positions -> its records in pages, shard by shard.
 */
import type { KinesisRecord, KinesisStreams } from "../clients/kinesis.ts";
import type { Timing } from "../clients/retry.ts";
import type { OnStep } from "../steps.ts";
import type { Positions } from "./positions.ts";

export interface Page {
  shardId: string;
  records: KinesisRecord[];
  /** After this page: the last record's sequence number, or `shardEnd` once the shard is drained. */
  position: string;
  /** How far the shard's newest record is ahead of this page, in milliseconds. */
  behindMs: number;
}

/** Records that can no longer be read, or may be lost: what is known about them. */
export interface Gap {
  stream: string;
  shardId: string;
  /** Where reading should have gone on. */
  position: string;
  /** What was found instead, as a clause. */
  found: string;
}

export interface ReadOptions {
  timing: Timing;
  signal?: AbortSignal | undefined;
  /** Pause before a shard that had nothing new is asked again; default 200, AWS's five a second. */
  idleMs?: number | undefined;
  /** Pause between two looks for new shards; default 10,000. The end of a shard looks at once. */
  discoverMs?: number | undefined;
  /** Most records of a page; default 2,000. */
  pageRecords?: number | undefined;
  /** Pages of one shard that wait for the reader; default 2. */
  pagesAhead?: number | undefined;
  /** Go on behind records that are gone, instead of stopping; default false. */
  acceptGap?: boolean | undefined;
  /** Told of each accepted gap. */
  onGap?: ((gap: Gap) => void) | undefined;
  onStep?: OnStep | undefined;
}

/** Endless, until the signal (whose reason it throws), trouble, or `return()`. */
export function readStream(
  _kinesis: KinesisStreams,
  _stream: string,
  _from: Positions,
  _options: ReadOptions,
): AsyncGenerator<Page> {
  throw new RangeError("Cannot read yet");
}
