/**
 * Kinesis: streams, their shards, and pages of records.
 */
import { OutsideError } from "../errors.ts";
import type { KinesisTarget } from "../target.ts";
import type { RetryOptions } from "./retry.ts";

export interface Shard {
  shardId: string;
  /** The shards it was split or merged from; none for a first one. */
  parents: string[];
  startingSequenceNumber: string;
  /** Null while it is open. */
  endingSequenceNumber: string | null;
}

export interface KinesisRecord {
  /** Decimal, of about 56 digits. */
  sequenceNumber: string;
  partitionKey: string;
  data: Uint8Array;
  arrivalMs: number;
}

export interface KinesisPage {
  records: KinesisRecord[];
  /** Null once a closed shard is drained. */
  nextIterator: string | null;
  /** Zero at the tip of the shard. An empty page may be behind. */
  behindMs: number;
  /** The shard refused an attempt before this one: too many reads. */
  throttled?: boolean;
}

export type IteratorStart =
  | { kind: "TRIM_HORIZON" }
  | { kind: "AT_SEQUENCE_NUMBER" | "AFTER_SEQUENCE_NUMBER"; sequenceNumber: string };

export interface KinesisStreams extends Disposable {
  /** Makes the streams that are missing, on demand, and waits until all are ready. */
  ensureStreams(streams: readonly string[]): Promise<void>;
  /** All shards that can be read, closed ones included. */
  shards(stream: string, signal?: AbortSignal): Promise<Shard[]>;
  /** @throws {UnknownSequence} the stream never gave out this sequence number */
  iterator(
    stream: string,
    shardId: string,
    start: IteratorStart,
    signal?: AbortSignal,
  ): Promise<string>;
  /** @throws {ExpiredIterator} make a new one */
  records(iterator: string, limit?: number, signal?: AbortSignal): Promise<KinesisPage>;
}

/** An iterator lives for five minutes; then another one is made from the position. */
export class ExpiredIterator extends OutsideError {}

/** A position of another stream, maybe of one with the same name that was deleted. */
export class UnknownSequence extends OutsideError {}

export function openKinesis(_target: KinesisTarget, _options: RetryOptions): KinesisStreams {
  throw new RangeError("Cannot open yet");
}
