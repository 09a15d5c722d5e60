/**
 * Segment: one file of a log, batches back to back, with a sparse index of where they stand.
 *
 *   <base offset, 20 digits>.log     record batches, offsets ascending
 *   <base offset, 20 digits>.index   written when the segment is full; header, then entries:
 *     size FLOAT64 (bytes of the log it describes), end_offset INT64, entry: offset INT64,
 *     position FLOAT64, max_timestamp INT64 (of all batches before `position`)
 *
 * The index of the segment being written is in memory only. An index that is missing or does not
 * fit its log is made again by walking through the log.
 */
import type { Faults } from "../faults/plan.ts";
import { Reader, Writer } from "../net/bytes.ts";
import { AppendFile, readFileIfAny, replaceFile, StorageError } from "./append_file.ts";
import {
  type BatchHeader,
  batchHeaderSize,
  batchPrefixSize,
  isBatchIntact,
  readBatchHeader,
} from "./record_batch.ts";

/** Distance of index entries: what a read may have to walk through to find its batch. */
const indexIntervalBytes = 16 * 1024;
const verifyChunkBytes = 1024 * 1024;

interface IndexEntry {
  offset: bigint;
  position: number;
  /** The highest timestamp of all batches before `position`. */
  maxTimestampBeforeMs: bigint;
}

export interface LocatedBatch {
  header: BatchHeader;
  position: number;
}

export class Segment implements Disposable {
  readonly #file: AppendFile;
  readonly #faults: Faults;
  readonly #index: IndexEntry[] = [];
  /** The offset behind the last batch. */
  endOffset: bigint;
  maxTimestampMs = -1n;

  private constructor(readonly path: string, readonly baseOffset: bigint, faults: Faults) {
    this.#file = new AppendFile(`${path}.log`, faults);
    this.#faults = faults;
    this.endOffset = baseOffset;
  }

  /** The segment being written: every batch is checked, and what is torn at the end is cut off. */
  static recover(
    dir: string,
    baseOffset: bigint,
    faults: Faults,
    onBatch: (header: BatchHeader) => void,
  ): Segment {
    const segment = new Segment(segmentPath(dir, baseOffset), baseOffset, faults);
    segment.#scan({ verify: true, onBatch });
    return segment;
  }

  /** A full segment: its index is believed if it fits. */
  static sealed(dir: string, baseOffset: bigint, faults: Faults): Segment {
    const segment = new Segment(segmentPath(dir, baseOffset), baseOffset, faults);
    if (!segment.#readIndex()) segment.#scan({ verify: false, onBatch: () => {} });
    return segment;
  }

  get sizeBytes(): number {
    return this.#file.size;
  }

  /** @throws {StorageError} if there is no room; the segment is as before. */
  append(batch: Uint8Array, header: BatchHeader): void {
    const position = this.#file.append(batch);
    this.#note(header, position);
  }

  #note(header: BatchHeader, position: number): void {
    const last = this.#index.at(-1);
    if (last === undefined || position - last.position >= indexIntervalBytes) {
      const { baseOffset: offset } = header;
      this.#index.push({ offset, position, maxTimestampBeforeMs: this.maxTimestampMs });
    }
    this.endOffset = header.baseOffset + BigInt(header.lastOffsetDelta) + 1n;
    if (header.maxTimestampMs > this.maxTimestampMs) this.maxTimestampMs = header.maxTimestampMs;
  }

  /** Walks through the file; whatever is not a whole, intact batch in order ends it. */
  #scan({ verify, onBatch }: { verify: boolean; onBatch: (header: BatchHeader) => void }): void {
    let end = 0;
    for (const { header, position } of this.batches(0, { verify })) {
      if (header.baseOffset < this.endOffset) break;
      this.#note(header, position);
      onBatch(header);
      end = position + header.sizeBytes;
    }
    if (end < this.#file.size) this.#file.truncate(end);
  }

  /** Writes the index down; a disk without room for it costs a walk at the next start, no more. */
  seal(): void {
    const writer = new Writer({ capacity: 24 + this.#index.length * 24 });
    writer.int64(BigInt(this.sizeBytes)).int64(this.endOffset).int64(this.maxTimestampMs);
    for (const { offset, position, maxTimestampBeforeMs } of this.#index) {
      writer.int64(offset).int64(BigInt(position)).int64(maxTimestampBeforeMs);
    }
    try {
      replaceFile(`${this.path}.index`, writer.finish(), this.#faults);
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
    }
  }

  #readIndex(): boolean {
    const bytes = readFileIfAny(`${this.path}.index`);
    if (bytes === null || bytes.length < 24 || bytes.length % 24 !== 0) return false;
    const reader = new Reader(bytes);
    if (Number(reader.int64()) !== this.sizeBytes) return false;
    this.endOffset = reader.int64();
    this.maxTimestampMs = reader.int64();
    while (reader.remaining > 0) {
      this.#index.push({
        offset: reader.int64(),
        position: Number(reader.int64()),
        maxTimestampBeforeMs: reader.int64(),
      });
    }
    return true;
  }

  /** Headers from `position` on, as far as whole batches go. */
  *batches(position: number, { verify = false } = {}): Generator<LocatedBatch> {
    const chunkBytes = verify ? verifyChunkBytes : indexIntervalBytes;
    let chunk = new Uint8Array(Math.min(chunkBytes, this.sizeBytes - position));
    let chunkStart = position;
    let count = this.#file.read(chunk, position);
    for (let at = position; at + batchHeaderSize <= this.sizeBytes;) {
      const needed = verify ? sizeAt(chunk, at - chunkStart, count) : batchHeaderSize;
      if (needed < batchHeaderSize || at + needed > this.sizeBytes) return;
      if (at - chunkStart + needed > count) {
        if (needed > chunk.length) chunk = new Uint8Array(needed);
        count = this.#file.read(chunk, at);
        chunkStart = at;
        continue;
      }
      const header = readBatchHeader(chunk, at - chunkStart);
      const { sizeBytes, magic } = header;
      if (magic !== 2 || sizeBytes < batchHeaderSize || at + sizeBytes > this.sizeBytes) return;
      const start = at - chunkStart;
      if (verify && !isBatchIntact(chunk.subarray(start, start + sizeBytes), header)) return;
      yield { header, position: at };
      at += sizeBytes;
    }
  }

  /** Where the batch that holds `offset`, or the first one behind it, begins; null if none does. */
  locate(offset: bigint): LocatedBatch | null {
    if (offset >= this.endOffset) return null;
    const entry = this.#index[lastIndexWhere(this.#index, (entry) => entry.offset <= offset)];
    for (const batch of this.batches(entry?.position ?? 0)) {
      const { baseOffset, lastOffsetDelta } = batch.header;
      if (baseOffset + BigInt(lastOffsetDelta) >= offset) return batch;
    }
    return null;
  }

  /** The batches that have a record of this time or later. */
  *batchesSince(timestampMs: bigint): Generator<LocatedBatch> {
    if (this.maxTimestampMs < timestampMs) return;
    const isBefore = (entry: IndexEntry) => entry.maxTimestampBeforeMs < timestampMs;
    const entry = this.#index[lastIndexWhere(this.#index, isBefore)];
    for (const batch of this.batches(entry?.position ?? 0)) {
      if (batch.header.maxTimestampMs >= timestampMs) yield batch;
    }
  }

  /** Whole batches from `position` on, `bytesMax` at most; with `atLeastOne` the first in any case. */
  readBatches(
    position: number,
    bytesMax: number,
    { atLeastOne }: { atLeastOne: boolean },
  ): Uint8Array<ArrayBuffer> {
    const left = this.sizeBytes - position;
    const bytes = new Uint8Array(Math.min(Math.max(bytesMax, batchHeaderSize), left));
    const count = this.#file.read(bytes, position);
    let end = 0;
    while (end + batchPrefixSize <= count) {
      const next = end + sizeAt(bytes, end, count);
      if (next > count || next > bytesMax) break;
      end = next;
    }
    const firstSize = sizeAt(bytes, 0, count);
    if (end > 0 || !atLeastOne || firstSize > left) return bytes.subarray(0, end);
    const whole = new Uint8Array(firstSize);
    this.#file.read(whole, position);
    return whole;
  }

  delete(): void {
    this[Symbol.dispose]();
    for (const suffix of [".log", ".index", ".state"]) {
      try {
        Deno.removeSync(this.path + suffix);
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      }
    }
  }

  [Symbol.dispose](): void {
    this.#file[Symbol.dispose]();
  }
}

export function segmentPath(dir: string, baseOffset: bigint): string {
  return `${dir}/${String(baseOffset).padStart(20, "0")}`;
}

/** Size of the batch at `at` by its length field; a header's, if that is not within `end`. */
function sizeAt(bytes: Uint8Array, at: number, end: number): number {
  if (at + batchPrefixSize > end) return batchHeaderSize;
  // By hand: a read walks over thousands of small batches, and a DataView for each would show.
  const size = bytes[at + 8]! << 24 | bytes[at + 9]! << 16 | bytes[at + 10]! << 8 | bytes[at + 11]!;
  return size + batchPrefixSize;
}

/** Index of the last item for which `holds`, given that it holds for a first part only; else -1. */
export function lastIndexWhere<T>(items: readonly T[], holds: (item: T) => boolean): number {
  let low = -1;
  let high = items.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (holds(items[middle]!)) low = middle;
    else high = middle;
  }
  return low;
}
