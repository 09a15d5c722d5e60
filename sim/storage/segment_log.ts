/**
 * Segment log: record batches -> offsets, in files of bounded size; whole batches back from any
 * offset.
 *
 *   <dir>/<base offset>.log .index .state    one segment each; see segment.ts
 *   <dir>/start                              the first offset still readable, if records were deleted
 *   <dir>/end                                where the log ended when it was last closed
 *   <dir>/holes                              offsets that damage took; see holes.ts
 *
 * Batches are stored as they came, save for the base offset and the leader epoch, which lie outside
 * their checksum. An append that returned survives `kill -9`; one that failed left nothing behind.
 * The segment being written is walked through at the start, a full one when it is first read: what
 * is damaged is mended or cut, kept beside and told (segment.ts); whole batches behind it stay.
 * Memory: sparse indexes only; data passes through. All calls are synchronous, so appends of one
 * owner never interleave; a folder has one owner.
 *
 * `state` is the owner's own summary of all batches (a broker's producer sequences): saved where a
 * segment begins, given back at the next start, and brought up to date batch by batch.
 *
 * Source: Apache Kafka, documentation, "Log" under "Implementation".
 * Left out: compaction, fsync. Records that went missing without a trace, exactly between two batches
 * of a log that was never closed, are noticed by nobody here.
 */
import type { Faults } from "../faults/plan.ts";
import { StorageError } from "./append_file.ts";
import { readChecked, writeChecked } from "./checked_file.ts";
import { Holes } from "./holes.ts";
import { DamagedFileError, readKept, senseless, writeKept } from "./kept_text.ts";
import {
  type BatchHeader,
  decodeRecordBatch,
  placeBatch,
  readBatchHeader,
} from "./record_batch.ts";
import {
  deleteSegment,
  lastIndexWhere,
  type LocatedBatch,
  recordsFrom,
  Segment,
  type SegmentContext,
  segmentPath,
} from "./segment.ts";
import { printNote, type Tell } from "./tell.ts";

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
  /** Told what was mended, cut or found missing. Default: lines on stderr. */
  tell?: Tell | undefined;
}

export interface TimedOffset {
  offset: bigint;
  timestampMs: bigint;
}

interface SealedSegment {
  baseOffset: bigint;
  sizeBytes: number;
  /** Whether its batches were checked, or written, by this process. */
  isChecked: boolean;
}

export class SegmentLog implements Disposable {
  readonly #dir: string;
  readonly #context: SegmentContext;
  readonly #segmentBytes: () => number;
  readonly #state: LogState | undefined;
  /** Ascending; the segment being written is not among them. */
  readonly #sealed: SealedSegment[] = [];
  /** The most recently used last. */
  readonly #opened = new Map<bigint, Segment>();
  #active: Segment;
  #startOffset: bigint;
  #closedEnd: bigint | null;

  /** Opens the log in `dir`, which is made if need be, and mends what a crash or damage left. */
  constructor(dir: string, options: SegmentLogOptions) {
    this.#dir = dir;
    const { faults, leaderEpoch = 0, tell = printNote } = options;
    const segmentBytes = options.segmentBytes ?? segmentBytesDefault;
    this.#segmentBytes = typeof segmentBytes === "number" ? () => segmentBytes : segmentBytes;
    this.#state = options.state;
    Deno.mkdirSync(dir, { recursive: true });
    try {
      this.#context = { faults, leaderEpoch, tell, holes: new Holes(dir, faults, tell) };
      const start = this.#readOffset("start") ?? 0n;
      this.#closedEnd = this.#readOffset("end");
      this.#active = this.#openAll(start, this.#closedEnd ?? 0n);
      this.#startOffset = this.#startFrom(start);
    } catch (error) {
      // A client only hears that the log has trouble: which file it is has to be said here.
      if (error instanceof DamagedFileError) tell(error.message);
      throw error;
    }
  }

  /** Lists the full segments and opens the one being written. */
  #openAll(start: bigint, closedEnd: bigint): Segment {
    const bases = [...Deno.readDirSync(this.#dir)]
      .filter(({ name }) => /^[0-9]{20}\.log$/.test(name))
      .map(({ name }) => BigInt(name.slice(0, 20)))
      .sort((a, b) => (a < b ? -1 : 1));
    const activeBase = bases.pop() ?? start;
    for (const baseOffset of bases) {
      const sizeBytes = Deno.statSync(`${segmentPath(this.#dir, baseOffset)}.log`).size;
      this.#sealed.push({ baseOffset, sizeBytes, isChecked: false });
    }
    this.#loadState(activeBase);
    return Segment.active(this.#dir, activeBase, this.#context, {
      lastEnd: closedEnd > start ? closedEnd : start,
      onBatch: (header) => this.#state?.add(header),
    });
  }

  /** What was saved of the state, or else what the full segments tell of it. */
  #loadState(activeBase: bigint): void {
    if (this.#state === undefined) return;
    const path = `${segmentPath(this.#dir, activeBase)}.state`;
    const saved = activeBase === 0n ? null : readChecked(path);
    this.#state.load(saved);
    if (activeBase === 0n || saved !== null) return;
    for (const [index, sealed] of this.#sealed.entries()) {
      const segment = this.#open(sealed, this.#sealed[index + 1]?.baseOffset ?? activeBase);
      for (const { header } of segment.batches(0)) this.#state.add(header);
    }
    writeChecked(path, this.#state.save(), this.#context.faults);
    const count = `${this.#sealed.length} older ${this.#sealed.length === 1 ? "file" : "files"}`;
    this.#context.tell(
      `${path} was missing or damaged and was made again from ${count} of the log`,
    );
  }

  #readOffset(name: "start" | "end"): bigint | null {
    const path = `${this.#dir}/${name}`;
    const text = readKept(path, this.#context.tell);
    if (text === null) return null;
    if (/^[0-9]+$/.test(text)) return BigInt(text);
    throw senseless(path, new SyntaxError(`'${text}' is no offset`));
  }

  /** The start is written down before older segments go: if they are gone without it, they are lost. */
  #startFrom(saved: bigint): bigint {
    const firstBase = this.#sealed[0]?.baseOffset ?? this.#active.baseOffset;
    if (saved >= firstBase) return saved;
    writeKept(`${this.#dir}/start`, String(firstBase), this.#context.faults);
    const gone = recordsFrom(Number(firstBase - saved), saved);
    this.#context.tell(`${this.#dir}: missing at its beginning: ${gone}`);
    return firstBase;
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
    placeBatch(batch, baseOffset, this.#context.leaderEpoch);
    const header = readBatchHeader(batch);
    this.#active.append(batch, header);
    this.#state?.add(header);
    return baseOffset;
  }

  #roll(): void {
    const full = this.#active;
    const base = full.endOffset;
    if (this.#state !== undefined) {
      writeChecked(
        `${segmentPath(this.#dir, base)}.state`,
        this.#state.save(),
        this.#context.faults,
      );
    }
    const isNew = { lastEnd: base, onBatch: () => {} };
    const next = Segment.active(this.#dir, base, this.#context, isNew);
    full.seal();
    const { baseOffset, sizeBytes } = full;
    this.#sealed.push({ baseOffset, sizeBytes, isChecked: true });
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

  /** @param nextBase where the next segment begins */
  #open(sealed: SealedSegment, nextBase: bigint): Segment {
    const { baseOffset, isChecked } = sealed;
    const known = this.#opened.get(baseOffset);
    if (known !== undefined) return this.#keepOpen(known);
    const segment = Segment.sealed(this.#dir, baseOffset, this.#context, { nextBase, isChecked });
    sealed.isChecked = true;
    sealed.sizeBytes = segment.sizeBytes;
    return this.#keepOpen(segment);
  }

  /** The full segments from the one at `index` on, opened one after the other. */
  *#openFrom(index: number): Generator<Segment> {
    for (const [at, sealed] of this.#sealed.slice(index).entries()) {
      const nextBase = this.#sealed[index + at + 1]?.baseOffset ?? this.#active.baseOffset;
      yield this.#open(sealed, nextBase);
    }
  }

  /** The segments from the one that holds `offset` on. */
  *#segmentsFrom(offset: bigint): Generator<Segment> {
    if (offset < this.#active.baseOffset) {
      const first = lastIndexWhere(this.#sealed, ({ baseOffset }) => baseOffset <= offset);
      yield* this.#openFrom(Math.max(first, 0));
    }
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
    writeKept(`${this.#dir}/start`, String(offset), this.#context.faults);
    this.#startOffset = offset;
    while (this.#sealed.length > 0) {
      const nextBase = this.#sealed[1]?.baseOffset ?? this.#active.baseOffset;
      if (nextBase > offset) return;
      const { baseOffset } = this.#sealed.shift()!;
      this.#opened.get(baseOffset)?.[Symbol.dispose]();
      this.#opened.delete(baseOffset);
      deleteSegment(this.#dir, baseOffset);
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
    let expiredCount = 0;
    for (const segment of this.#openFrom(0)) {
      if (segment.maxTimestampMs >= timestampMs) break;
      expiredCount++;
    }
    if (expiredCount === 0) return;
    this.deleteBefore(this.#sealed[expiredCount]?.baseOffset ?? this.#active.baseOffset);
  }

  /** Closes the files and leaves them. */
  [Symbol.dispose](): void {
    if (this.endOffset !== (this.#closedEnd ?? 0n)) this.#noteEnd();
    for (const segment of this.#opened.values()) segment[Symbol.dispose]();
    this.#opened.clear();
    this.#active[Symbol.dispose]();
  }

  /** Without room for it, or without its folder, the next start knows as little as after a crash. */
  #noteEnd(): void {
    try {
      writeKept(`${this.#dir}/end`, String(this.endOffset), this.#context.faults);
      this.#closedEnd = this.endOffset;
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
    }
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
