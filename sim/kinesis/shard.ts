/**
 * Shard: a range of hash keys, its lineage, and its records in a segment log.
 *
 * The place of a record is its offset in the log; its arrival time is that of its batch. Records
 * older than the retention are cut off when somebody looks, so that a clock that jumps is obeyed.
 */
import { existsSync } from "node:fs";
import { StorageError } from "../storage/append_file.ts";
import {
  encodeRecordBatch,
  readBatchHeader,
  type RecordToEncode,
} from "../storage/record_batch.ts";
import type { SegmentLog } from "../storage/segment_log.ts";
import type { LogPool } from "./log_pool.ts";
import { type Page, storedRecords } from "./pages.ts";
import { ShardRates } from "./rates.ts";
import { lastPlace, sequenceText, sequenceValue } from "./sequence.ts";

/** What is written down of a shard. */
export interface ShardState {
  index: number;
  /** None for a first one, one for a half, two for a merged one. */
  parents: number[];
  startingHashKey: bigint;
  endingHashKey: bigint;
  createdSecond: number;
  /** Null while it is open. */
  closedMs: number | null;
}

/** What one step of a read asks the log for. */
const chunkBytes = 512 * 1024;

export function shardIdOf(index: number): string {
  return `shardId-${String(index).padStart(12, "0")}`;
}

export class Shard {
  readonly id: string;
  readonly rates = new ShardRates();
  readonly #dir: string;
  readonly #logs: LogPool;
  /** Arrival of the oldest record kept; null: not known. */
  #oldestMs: number | null = null;

  constructor(readonly state: ShardState, streamDir: string, logs: LogPool) {
    this.id = shardIdOf(state.index);
    this.#dir = `${streamDir}/${this.id}`;
    this.#logs = logs;
  }

  get isOpen(): boolean {
    return this.state.closedMs === null;
  }

  get startingSequenceNumber(): string {
    return this.#sequence(0n, this.state.createdSecond);
  }

  get endingSequenceNumber(): string | null {
    const { closedMs } = this.state;
    return closedMs === null ? null : this.#sequence(lastPlace, Math.floor(closedMs / 1000));
  }

  #sequence(place: bigint, arrivalSecond: number): string {
    const { createdSecond, index } = this.state;
    return sequenceText({ createdSecond, shardIndex: index, place, arrivalSecond });
  }

  /** The number of the record at `offset`; the next ones are a step apart. */
  sequenceAt(offset: bigint, arrivalMs: number): bigint {
    const { createdSecond, index } = this.state;
    const arrivalSecond = Math.floor(arrivalMs / 1000);
    return sequenceValue({ createdSecond, shardIndex: index, place: offset + 1n, arrivalSecond });
  }

  get #log(): SegmentLog {
    return this.#logs.open(this.#dir);
  }

  /** Whether anything was ever stored. */
  get hasLog(): boolean {
    return existsSync(this.#dir);
  }

  get endOffset(): bigint {
    return this.#log.endOffset;
  }

  /** The offset of the first record that is still there. */
  startOffset(cutoffMs: number): bigint {
    this.#trim(cutoffMs);
    return this.#log.startOffset;
  }

  /**
   * Stores all of them or none, and returns the offset of the first.
   * @throws {StorageError} if there is no room.
   */
  append(records: readonly RecordToEncode[], nowMs: number): bigint {
    return this.#log.append(encodeRecordBatch(records, { timestampMs: nowMs }));
  }

  /** The offset of the first record that arrived then or later; the end, if there is none. */
  offsetSince(arrivalMs: number, cutoffMs: number): bigint {
    const start = this.startOffset(cutoffMs);
    const found = this.#log.offsetForTime(BigInt(arrivalMs));
    if (found === null) return this.#log.endOffset;
    return found.offset < start ? start : found.offset;
  }

  /** Up to so many records from `offset` on, or from the oldest that is left. */
  read(offset: bigint, { limit, bytesMax, cutoffMs }: ReadLimits): Page {
    const start = this.startOffset(cutoffMs);
    const log = this.#log;
    const page: Page = { records: [], nextOffset: offset < start ? start : offset, bytes: 0 };
    if (page.nextOffset > log.endOffset) page.nextOffset = log.endOffset;
    while (page.records.length < limit && page.nextOffset < log.endOffset) {
      const left = bytesMax - page.bytes;
      const isFirst = page.records.length === 0;
      let batches = log.read(page.nextOffset, Math.min(chunkBytes, left), { atLeastOne: isFirst });
      // A large one may be longer than a chunk and still have its place.
      if (batches.length === 0 && left > chunkBytes) {
        batches = log.read(page.nextOffset, left, { atLeastOne: false });
      }
      // Damage took what there was up to the end of the log.
      if (batches.length === 0 && isFirst) page.nextOffset = log.endOffset;
      if (batches.length === 0) break;
      const before = page.records.length;
      storedRecords(batches, page, limit);
      if (page.records.length === before) break;
    }
    return page;
  }

  /** Is everything in it older than this, and nothing to come? */
  isExpired(cutoffMs: number): boolean {
    const { closedMs } = this.state;
    return closedMs !== null && closedMs < cutoffMs;
  }

  #trim(cutoffMs: number): void {
    const log = this.#log;
    if (log.startOffset === log.endOffset) return;
    if (this.#oldestMs === null) {
      const oldest = log.read(log.startOffset, 0);
      if (oldest.length === 0) return; // Damage took all that there was.
      this.#oldestMs = Number(readBatchHeader(oldest).maxTimestampMs);
    }
    if (this.#oldestMs >= cutoffMs) return;
    const kept = log.offsetForTime(BigInt(cutoffMs))?.offset ?? log.endOffset;
    try {
      log.deleteBefore(kept);
    } catch (error) {
      // A disk without room for the note: the old records stay a little longer.
      if (!(error instanceof StorageError)) throw error;
    }
    this.#oldestMs = null;
  }

  /** Closes its files and deletes them. */
  delete(): void {
    this.#logs.close(this.#dir);
    removeIfAny(this.#dir);
  }

  close(): void {
    this.#logs.close(this.#dir);
  }
}

export interface ReadLimits {
  limit: number;
  bytesMax: number;
  /** Older records are gone. */
  cutoffMs: number;
}

export function removeIfAny(path: string): void {
  try {
    Deno.removeSync(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
