/**
 * Segment: one file of a log, batches back to back, with a sparse index of where they stand.
 *
 *   <base offset, 20 digits>.log     record batches, offsets ascending
 *   <base offset, 20 digits>.index   written when the segment is full; header, then entries:
 *     size FLOAT64 (bytes of the log it describes), end_offset INT64, entry: offset INT64,
 *     position FLOAT64, max_timestamp INT64 (of all batches before `position`)
 *   <base offset, 20 digits>.log.cut-<position>   bytes that a start took out; see cuts.ts
 *
 * A segment that this process did not write is walked through when it is first opened, and every
 * batch checked: what is damaged is mended or cut, kept beside and told (see recovery.ts). An index
 * serves within one process; one that is missing or does not fit is made again by the same walk.
 */
import type { Faults } from "../faults/plan.ts";
import { Reader, Writer } from "../net/bytes.ts";
import { AppendFile, replaceFile, StorageError } from "./append_file.ts";
import { readChecked, writeChecked } from "./checked_file.ts";
import { cutsOf, keepCut } from "./cuts.ts";
import type { Holes } from "./holes.ts";
import {
  type BatchHeader,
  batchHeaderSize,
  batchPrefixSize,
  isBatchIntact,
  readBatchHeader,
} from "./record_batch.ts";
import { type Piece, recoverBatches } from "./recovery.ts";
import type { Tell } from "./tell.ts";

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

/** What the segments of one log share. */
export interface SegmentContext {
  faults: Faults;
  leaderEpoch: number;
  holes: Holes;
  tell: Tell;
}

export class Segment implements Disposable {
  readonly #context: SegmentContext;
  #file: AppendFile;
  readonly #index: IndexEntry[] = [];
  readonly path: string;
  /** The offset behind the last batch. */
  endOffset: bigint;
  maxTimestampMs = -1n;

  private constructor(dir: string, readonly baseOffset: bigint, context: SegmentContext) {
    this.path = segmentPath(dir, baseOffset);
    this.#context = context;
    this.#file = new AppendFile(`${this.path}.log`, context.faults);
    this.endOffset = baseOffset;
  }

  /**
   * The segment being written.
   * @param lastEnd where the log is known to have ended once
   */
  static active(
    dir: string,
    baseOffset: bigint,
    context: SegmentContext,
    { lastEnd, onBatch }: { lastEnd: bigint; onBatch: (header: BatchHeader) => void },
  ): Segment {
    const segment = new Segment(dir, baseOffset, context);
    segment.#scan(lastEnd, onBatch);
    segment.#reach(lastEnd);
    return segment;
  }

  /** A full segment; its index is believed if it is of this process. */
  static sealed(
    dir: string,
    baseOffset: bigint,
    context: SegmentContext,
    { nextBase, isChecked }: { nextBase: bigint; isChecked: boolean },
  ): Segment {
    const segment = new Segment(dir, baseOffset, context);
    if (isChecked && segment.#readIndex()) return segment;
    segment.#scan(nextBase, () => {});
    segment.#reach(nextBase);
    segment.seal();
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

  #scan(lastEnd: bigint, onBatch: (header: BatchHeader) => void): void {
    const end = this.#walk(0, onBatch);
    if (end < this.#file.size) {
      this.#mend(end, lastEnd);
      this.#walk(end, onBatch);
    }
    this.endOffset = this.#context.holes.endOf(this.endOffset);
  }

  /** Walks on from `position`; returns where the first batch begins that is not as it should be. */
  #walk(position: number, onBatch: (header: BatchHeader) => void): number {
    const { holes, leaderEpoch } = this.#context;
    for (const { header, position: at } of this.batches(position, { verify: true })) {
      if (header.baseOffset !== holes.endOf(this.endOffset)) break;
      if (header.leaderEpoch !== leaderEpoch) break;
      this.#note(header, at);
      onBatch(header);
      position = at + header.sizeBytes;
    }
    return position;
  }

  /** What is taken out is kept before anything is changed, so that a crash here loses nothing. */
  #mend(from: number, lastEnd: bigint): void {
    const rest = new Uint8Array(this.#file.size - from);
    this.#file.read(rest, from);
    const pieces = recoverBatches(rest, this.endOffset, {
      leaderEpoch: this.#context.leaderEpoch,
      endOf: (offset) => this.#context.holes.endOf(offset),
      lastEnd,
    });
    const sentences = pieces.flatMap((piece) => this.#keep(piece, from + piece.position));
    this.#rewrite(from, pieces.filter(({ kind }) => kind !== "cut"));
    for (const sentence of sentences) this.#context.tell(sentence);
  }

  #keep(piece: Piece, position: number): string[] {
    const path = `${this.path}.log`;
    const { bytes } = piece;
    const where = `${bytes.length} bytes at byte ${position}`;
    if (piece.kind !== "cut") {
      const { baseOffset, count } = piece.header;
      const what = `mended ${where}, the header of ${recordsFrom(count, baseOffset)}`;
      return piece.kind === "mended" ? [`${path}: ${what}`] : [];
    }
    const { fromOffset, endOffset, isUnfinished } = piece;
    if (endOffset > fromOffset) this.#context.holes.add(fromOffset, endOffset);
    const gone = recordsFrom(Number(endOffset - fromOffset), fromOffset);
    const what = isUnfinished
      ? `a batch that was not written to its end, at offset ${fromOffset}`
      : `damaged; gone: ${gone}`;
    return [`${path}: cut ${where}, ${what}; they are kept as ${keepCut(path, position, bytes)}`];
  }

  #rewrite(from: number, batches: readonly Piece[]): void {
    if (batches.length === 0) {
      this.#file.truncate(from);
      return;
    }
    const size = batches.reduce((sum, { bytes }) => sum + bytes.length, from);
    const whole = new Uint8Array(size);
    this.#file.read(whole.subarray(0, from), 0);
    let at = from;
    for (const { bytes } of batches) {
      whole.set(bytes, at);
      at += bytes.length;
    }
    replaceFile(this.#file.path, whole, this.#context.faults);
    this.#file[Symbol.dispose]();
    this.#file = new AppendFile(this.#file.path, this.#context.faults);
  }

  /** Records up to `end` were there once; those that are not have a hole in their place. */
  #reach(end: bigint): void {
    const from = this.endOffset;
    if (from >= end) return;
    this.#context.holes.add(from, end);
    this.endOffset = end;
    const gone = recordsFrom(Number(end - from), from);
    this.#context.tell(`${this.path}.log: missing at its end: ${gone}`);
  }

  /** Writes the index down; a disk without room for it costs a walk at the next start, no more. */
  seal(): void {
    const writer = new Writer({ capacity: 24 + this.#index.length * 24 });
    writer.int64(BigInt(this.sizeBytes)).int64(this.endOffset).int64(this.maxTimestampMs);
    for (const { offset, position, maxTimestampBeforeMs } of this.#index) {
      writer.int64(offset).int64(BigInt(position)).int64(maxTimestampBeforeMs);
    }
    try {
      writeChecked(`${this.path}.index`, writer.finish(), this.#context.faults);
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
    }
  }

  #readIndex(): boolean {
    const bytes = readChecked(`${this.path}.index`);
    if (bytes === null) return false;
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

  [Symbol.dispose](): void {
    this.#file[Symbol.dispose]();
  }
}

/** Also what was cut out of it: whoever lets records expire does not want those either. */
export function deleteSegment(dir: string, baseOffset: bigint): void {
  const path = segmentPath(dir, baseOffset);
  const files = [".log", ".index", ".state"].map((suffix) => path + suffix);
  for (const file of [...files, ...cutsOf(`${path}.log`)]) {
    try {
      Deno.removeSync(file);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
}

/** For a sentence about records that are gone or mended. */
export function recordsFrom(count: number, offset: bigint): string {
  if (count === 0) return `no record known, at offset ${offset}`;
  return count === 1
    ? `one record, offset ${offset}`
    : `${count} records, offsets ${offset} to ${offset + BigInt(count) - 1n}`;
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
