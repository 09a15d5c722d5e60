/**
 * Segment log: record batches -> offsets, in files of bounded size; whole batches back from any
 * offset.
 *
 *   <dir>/<base offset>.log .index .state    one segment each; see segment.ts
 *   <dir>/start                              the first offset still readable, if records were deleted
 *
 * Batches are stored as they came, save for the base offset and the leader epoch, which lie outside
 * their checksum. An append that returned survives `kill -9`; one that failed left nothing behind.
 * After a crash the last segment is walked through, and what is torn at its end is cut off.
 * Memory: sparse indexes only; data passes through. All calls are synchronous, so appends of one
 * owner never interleave; a folder has one owner.
 *
 * `state` is the owner's own summary of all batches (a broker's producer sequences): saved where a
 * segment begins, given back at the next start, and brought up to date batch by batch.
 *
 * Source: Apache Kafka, documentation, "Log" under "Implementation".
 * Left out: compaction, fsync.
 */
import type { Faults } from "../faults/plan.ts";
import { readFileIfAny, replaceFile } from "./append_file.ts";
import {
  type BatchHeader,
  decodeRecordBatch,
  placeBatch,
  readBatchHeader,
} from "./record_batch.ts";
import { lastIndexWhere, type LocatedBatch, Segment, segmentPath } from "./segment.ts";

/** Full segments kept open, and with them their indexes; the others are opened when read. */
const openSealedMax = 4;
const segmentBytesDefault = 32 * 1024 * 1024;
const noBytes = new Uint8Array(0);

export interface LogState {
  save(): Uint8Array;
  /** Called once at the start, with null if nothing was saved. */
  load(saved: Uint8Array | null): void;
  /** Called for every batch behind what was saved. */
  add(header: BatchHeader): void;
}

export interface SegmentLogOptions {
  faults: Faults;
  /** A segment that is at least this large is followed by a new one; asked anew each time. Default: 32 MiB. */
  segmentBytes?: number | (() => number);
  leaderEpoch?: number;
  state?: LogState;
}

export interface TimedOffset {
  offset: bigint;
  timestampMs: bigint;
}

interface SealedSegment {
  baseOffset: bigint;
  sizeBytes: number;
}

export class SegmentLog implements Disposable {
  readonly #dir: string;
  readonly #faults: Faults;
  readonly #segmentBytes: () => number;
  readonly #leaderEpoch: number;
  readonly #state: LogState | undefined;
  /** Ascending; the segment being written is not among them. */
  readonly #sealed: SealedSegment[] = [];
  /** The most recently used last. */
  readonly #opened = new Map<bigint, Segment>();
  #active: Segment;
  #startOffset: bigint;

  /** Opens the log in `dir`, which is made if need be, and mends what a crash left. */
  constructor(dir: string, options: SegmentLogOptions) {
    this.#dir = dir;
    this.#faults = options.faults;
    const segmentBytes = options.segmentBytes ?? segmentBytesDefault;
    this.#segmentBytes = typeof segmentBytes === "number" ? () => segmentBytes : segmentBytes;
    this.#leaderEpoch = options.leaderEpoch ?? 0;
    this.#state = options.state;
    Deno.mkdirSync(dir, { recursive: true });
    const bases = [...Deno.readDirSync(dir)]
      .filter(({ name }) => /^[0-9]{20}\.log$/.test(name))
      .map(({ name }) => BigInt(name.slice(0, 20)))
      .sort((a, b) => (a < b ? -1 : 1));
    const activeBase = bases.pop() ?? 0n;
    for (const baseOffset of bases) {
      const sizeBytes = Deno.statSync(`${segmentPath(dir, baseOffset)}.log`).size;
      this.#sealed.push({ baseOffset, sizeBytes });
    }
    this.#state?.load(readFileIfAny(`${segmentPath(dir, activeBase)}.state`));
    this.#active = Segment.recover(
      dir,
      activeBase,
      this.#faults,
      (header) => this.#state?.add(header),
    );
    this.#startOffset = this.#readStart(bases[0] ?? activeBase);
  }

  #readStart(firstBase: bigint): bigint {
    const saved = readFileIfAny(`${this.#dir}/start`);
    if (saved === null) return firstBase;
    const start = BigInt(new TextDecoder().decode(saved));
    if (start < firstBase) return firstBase;
    return start > this.endOffset ? this.endOffset : start;
  }

  /** The first offset that can be read. */
  get startOffset(): bigint {
    return this.#startOffset;
  }

  /** The offset that the next record gets. */
  get endOffset(): bigint {
    return this.#active.endOffset;
  }

  get sizeBytes(): number {
    return this.#sealed.reduce((sum, segment) => sum + segment.sizeBytes, this.#active.sizeBytes);
  }

  get segmentCount(): number {
    return this.#sealed.length + 1;
  }

  /**
   * Gives the batch its offsets (in the caller's bytes too), stores it, and returns the first one.
   * The caller has checked the batch.
   * @throws {StorageError} if there is no room; the log is as before.
   */
  append(batch: Uint8Array): bigint {
    if (this.#active.sizeBytes >= this.#segmentBytes()) this.#roll();
    const baseOffset = this.endOffset;
    placeBatch(batch, baseOffset, this.#leaderEpoch);
    const header = readBatchHeader(batch);
    this.#active.append(batch, header);
    this.#state?.add(header);
    return baseOffset;
  }

  #roll(): void {
    const full = this.#active;
    const base = full.endOffset;
    if (this.#state !== undefined) {
      replaceFile(`${segmentPath(this.#dir, base)}.state`, this.#state.save(), this.#faults);
    }
    const next = Segment.recover(this.#dir, base, this.#faults, () => {});
    full.seal();
    this.#sealed.push({ baseOffset: full.baseOffset, sizeBytes: full.sizeBytes });
    this.#keepOpen(full);
    this.#active = next;
  }

  #keepOpen(segment: Segment): Segment {
    this.#opened.delete(segment.baseOffset);
    this.#opened.set(segment.baseOffset, segment);
    for (const [base, oldest] of this.#opened) {
      if (this.#opened.size <= openSealedMax) break;
      this.#opened.delete(base);
      oldest[Symbol.dispose]();
    }
    return segment;
  }

  #open({ baseOffset }: SealedSegment): Segment {
    const opened = this.#opened.get(baseOffset);
    return this.#keepOpen(opened ?? Segment.sealed(this.#dir, baseOffset, this.#faults));
  }

  /** The segments from the one that holds `offset` on. */
  *#segmentsFrom(offset: bigint): Generator<Segment> {
    const first = lastIndexWhere(this.#sealed, ({ baseOffset }) => baseOffset <= offset);
    const isInActive = offset >= this.#active.baseOffset;
    const rest = isInActive ? [] : this.#sealed.slice(Math.max(first, 0));
    for (const sealed of rest) yield this.#open(sealed);
    yield this.#active;
  }

  /**
   * Whole batches, beginning with the one that `offset` lies in, `bytesMax` at most; with
   * `atLeastOne` the first one however large it is. Nothing at the end of the log. One call does
   * not read beyond the end of a segment.
   * @throws {RangeError} if the offset is before the start or behind the end.
   */
  read(offset: bigint, bytesMax: number, { atLeastOne = true } = {}): Uint8Array<ArrayBuffer> {
    if (offset < this.#startOffset || offset > this.endOffset) {
      throw new RangeError(
        `Cannot read from offset ${offset}: the log has ${this.#startOffset} to ${this.endOffset}`,
      );
    }
    for (const segment of this.#segmentsFrom(offset)) {
      const batch = segment.locate(offset);
      if (batch !== null) return segment.readBatches(batch.position, bytesMax, { atLeastOne });
    }
    return noBytes;
  }

  /** The first record with this timestamp or a later one; null if there is none. */
  offsetForTime(timestampMs: bigint): TimedOffset | null {
    for (const segment of this.#segmentsFrom(this.#startOffset)) {
      for (const batch of segment.batchesSince(timestampMs)) {
        const found = firstRecordSince(segment, batch, timestampMs, this.#startOffset);
        if (found !== null) return found;
      }
    }
    return null;
  }

  /** The record with the highest timestamp, the first of them; null in an empty log. */
  maxTimestamp(): TimedOffset | null {
    let highest = -1n;
    for (const segment of this.#segmentsFrom(this.#startOffset)) {
      if (segment.maxTimestampMs > highest) highest = segment.maxTimestampMs;
    }
    return this.offsetForTime(highest);
  }

  /**
   * Records before `offset` can no longer be read; segments that hold no others are deleted.
   * @throws {StorageError} if the new start could not be written down.
   */
  deleteBefore(offset: bigint): void {
    if (offset > this.endOffset) {
      throw new RangeError(`Cannot delete up to ${offset}: the log ends at ${this.endOffset}`);
    }
    if (offset <= this.#startOffset) return;
    replaceFile(`${this.#dir}/start`, new TextEncoder().encode(String(offset)), this.#faults);
    this.#startOffset = offset;
    while (this.#sealed.length > 0) {
      const nextBase = this.#sealed[1]?.baseOffset ?? this.#active.baseOffset;
      if (nextBase > offset) return;
      const segment = this.#open(this.#sealed.shift()!);
      this.#opened.delete(segment.baseOffset);
      segment.delete();
    }
  }

  /** Deletes full segments from the oldest on, while more than `bytesMax` would still be left. */
  retainBytes(bytesMax: number): void {
    let left = this.sizeBytes;
    let start = this.#startOffset;
    for (const [index, { sizeBytes }] of this.#sealed.entries()) {
      if (left - sizeBytes < bytesMax) break;
      left -= sizeBytes;
      start = this.#sealed[index + 1]?.baseOffset ?? this.#active.baseOffset;
    }
    this.deleteBefore(start);
  }

  /** Deletes full segments from the oldest on, while all their records are older than this. */
  retainSince(timestampMs: bigint): void {
    let start = this.#startOffset;
    for (const [index, sealed] of this.#sealed.entries()) {
      if (this.#open(sealed).maxTimestampMs >= timestampMs) break;
      start = this.#sealed[index + 1]?.baseOffset ?? this.#active.baseOffset;
    }
    this.deleteBefore(start);
  }

  /** Closes the files and leaves them. */
  [Symbol.dispose](): void {
    for (const segment of this.#opened.values()) segment[Symbol.dispose]();
    this.#opened.clear();
    this.#active[Symbol.dispose]();
  }
}

/**
 * Only this opens a batch: the answer names a record. One whose codec we do not know is answered
 * with its first offset, which is never behind the record asked for.
 */
function firstRecordSince(
  segment: Segment,
  { header, position }: LocatedBatch,
  timestampMs: bigint,
  startOffset: bigint,
): TimedOffset | null {
  if (header.baseOffset + BigInt(header.lastOffsetDelta) < startOffset) return null;
  const codec = header.attributes & 7;
  const isAppendTime = (header.attributes & 8) !== 0;
  if (codec > 1 || isAppendTime) {
    const offset = header.baseOffset < startOffset ? startOffset : header.baseOffset;
    return { offset, timestampMs: isAppendTime ? header.maxTimestampMs : header.baseTimestampMs };
  }
  const bytes = segment.readBatches(position, header.sizeBytes, { atLeastOne: true });
  const record = decodeRecordBatch(bytes).records.find((record) =>
    BigInt(record.timestampMs) >= timestampMs && record.offset >= startOffset
  );
  if (record === undefined) return null;
  return { offset: record.offset, timestampMs: BigInt(record.timestampMs) };
}
