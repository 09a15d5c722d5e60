/**
 * Lost: acknowledged records that a reader waits for -> the first that its stream no longer has.
 *
 * A reader that begins at the oldest record cannot see that others were there before: what was
 * acknowledged and left the stream unread would be waited for without end. When nothing has come
 * for a while, the stream is asked for the very records.
 */
import { ExpiredIterator, type KinesisStreams, UnknownSequence } from "../clients/kinesis.ts";
import type { Timing } from "../clients/retry.ts";
import { RunError } from "../errors.ts";
import type { Gap } from "./lineage.ts";
import { compareSequence } from "./positions.ts";

/** One record that was acknowledged, and not read yet. */
export interface Awaited {
  shardId: string;
  sequenceNumber: string;
}

export interface WatchOptions {
  timing: Timing;
  /** Ends the watch. */
  signal: AbortSignal;
  /** What is awaited when nothing has come for so long, else nothing. */
  awaited(quietMs: number): readonly Awaited[];
  /** Told of each that is gone. */
  onLost(lost: Awaited): void;
}

/** How long nothing must have come before the stream is asked. */
const quietMs = 2_000;

/** Assumed: one look may see shards as they were; what is missing in two looks is gone. */
const looksMin = 2;
const betweenLooksMs = 1_000;

/** Asks now and then, until the signal, or until `onLost` throws. */
export async function watchForLoss(
  kinesis: KinesisStreams,
  stream: string,
  { timing, signal, awaited, onLost }: WatchOptions,
): Promise<void> {
  let missed = new Map<string, number>();
  while (!signal.aborted) {
    await timing.sleep(betweenLooksMs, signal).catch(() => {});
    const before = missed;
    missed = new Map();
    for (const one of awaited(quietMs)) {
      const isThere = await hasRecord(kinesis, stream, one, signal).catch((error) => {
        if (signal.aborted) return true;
        throw error;
      });
      if (isThere) continue;
      const looks = (before.get(one.sequenceNumber) ?? 0) + 1;
      missed.set(one.sequenceNumber, looks);
      if (looks >= looksMin) onLost(one);
    }
  }
}

/** Assumed: a shard may look empty for a moment after it was opened. */
const emptyTipsMax = 3;

async function hasRecord(
  kinesis: KinesisStreams,
  stream: string,
  { shardId, sequenceNumber }: Awaited,
  signal: AbortSignal,
): Promise<boolean> {
  const shards = await kinesis.shards(stream, signal);
  if (!shards.some((shard) => shard.shardId === shardId)) return false;
  try {
    const start = { kind: "AT_SEQUENCE_NUMBER", sequenceNumber } as const;
    let iterator: string | null = await kinesis.iterator(stream, shardId, start, signal);
    for (let emptyTips = 0; iterator !== null && emptyTips < emptyTipsMax;) {
      const { records: [first], nextIterator, behindMs } = await kinesis
        .records(iterator, 1, signal);
      if (first !== undefined) return compareSequence(first.sequenceNumber, sequenceNumber) === 0;
      if (behindMs === 0) emptyTips++;
      iterator = nextIterator;
    }
  } catch (error) {
    if (error instanceof ExpiredIterator) return true; // Nothing is known: it is asked again.
    if (!(error instanceof UnknownSequence)) throw error;
  }
  return false;
}

/** A lost record as a gap behind the place to which its shard was read. */
export function gapOf(stream: string, { shardId }: Awaited, position: string | undefined): Gap {
  const found = "a record behind it that was acknowledged has left the stream";
  return { stream, shardId, position: position ?? "TRIM_HORIZON", found };
}

export function lossError({ stream, shardId, position, found }: Gap): RunError {
  return new RunError(
    `Cannot finish reading the stream ${stream}: ${shardId} was read up to ${position}, but ` +
      `${found}. Records are lost. To go on with what is still there, run again with --accept-gap`,
  );
}
