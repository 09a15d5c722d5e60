/**
 * Recovery: the damaged rest of a segment -> the batches that are whole, and what lies between.
 *
 *   in    the bytes from the first batch that is not as it should be, and the offset it should have
 *   out   pieces in the order of the bytes: batches as they are, batches mended, and cuts
 *
 * Everything whole is kept, also behind the damage: its records were answered for. A batch whose
 * checksum holds, and whose place, length, epoch or format is wrong, is mended: the checksum leaves
 * these out, and what they must be is known. Kafka itself cuts all that follows the first bad batch.
 */
import {
  type BatchHeader,
  batchHeaderSize,
  batchPrefixSize,
  isBatchIntact,
  placeBatch,
  readBatchHeader,
} from "./record_batch.ts";

export type Piece = BatchPiece | Cut;

export interface BatchPiece {
  kind: "whole" | "mended";
  position: number;
  bytes: Uint8Array;
  header: BatchHeader;
}

export interface Cut {
  kind: "cut";
  position: number;
  bytes: Uint8Array;
  fromOffset: bigint;
  /** Behind the last record that is gone; `fromOffset` if none is known to be. */
  endOffset: bigint;
  /** Whether it is the beginning of a batch that was not written to its end. */
  isUnfinished: boolean;
}

export interface RecoveryRules {
  /** Of all batches of the log. */
  leaderEpoch: number;
  /** Where a hole that begins at an offset ends. */
  endOf(offset: bigint): bigint;
  /** Where these bytes are known to have ended once. */
  lastEnd: bigint;
}

export function recoverBatches(bytes: Uint8Array, offset: bigint, rules: RecoveryRules): Piece[] {
  const pieces: Piece[] = [];
  for (let at = 0; at < bytes.length;) {
    const expected = rules.endOf(offset);
    const piece = intactAt(bytes, at) === null
      ? brokenAt(bytes, at, expected, rules)
      : placed(bytes.subarray(at, at + sizeAt(bytes, at)), at, expected, rules);
    pieces.push(piece);
    at += piece.bytes.length;
    offset = piece.kind === "cut"
      ? piece.endOffset
      : piece.header.baseOffset + BigInt(piece.header.lastOffsetDelta) + 1n;
  }
  return pieces;
}

/** An intact batch, in the place that it must have. */
function placed(
  bytes: Uint8Array,
  position: number,
  expected: bigint,
  { leaderEpoch }: RecoveryRules,
): BatchPiece {
  const header = readBatchHeader(bytes);
  if (header.baseOffset === expected && header.leaderEpoch === leaderEpoch) {
    return { kind: "whole", position, bytes, header };
  }
  const mended = bytes.slice();
  placeBatch(mended, expected, leaderEpoch);
  return { kind: "mended", position, bytes: mended, header: readBatchHeader(mended) };
}

/** What stands before the next intact batch: a batch to mend, or bytes to cut. */
function brokenAt(bytes: Uint8Array, at: number, expected: bigint, rules: RecoveryRules): Piece {
  const next = nextIntact(bytes, at);
  const stretch = bytes.subarray(at, next);
  const mended = withLengthMended(stretch);
  if (mended !== null) return { ...placed(mended, at, expected, rules), kind: "mended" };
  const { records, isUnfinished } = frames(stretch);
  const isLast = next === bytes.length;
  const claimed = isLast ? rules.lastEnd : intactAt(bytes, next)!.baseOffset;
  const isBelieved = claimed >= expected + (isLast ? records : 0n) &&
    (isLast || claimed - expected <= BigInt(recordsMax(stretch)));
  const endOffset = isBelieved ? claimed : expected + records;
  return {
    kind: "cut",
    position: at,
    bytes: stretch,
    fromOffset: expected,
    endOffset,
    isUnfinished: isUnfinished && isLast && endOffset === expected,
  };
}

/** The bytes as one batch of the format, if that makes the checksum hold. */
function withLengthMended(stretch: Uint8Array): Uint8Array | null {
  if (stretch.length < batchHeaderSize) return null;
  const mended = stretch.slice();
  const view = new DataView(mended.buffer);
  view.setInt32(8, stretch.length - batchPrefixSize);
  view.setInt8(16, 2);
  return isBatchIntact(mended) ? mended : null;
}

/**
 * Where the damaged batch says that it ends, if an intact one begins there; else where the first
 * intact one is found. In this order, because a record may hold bytes that look like a batch.
 */
function nextIntact(bytes: Uint8Array, from: number): number {
  const told = from + batchHeaderSize <= bytes.length ? from + sizeAt(bytes, from) : 0;
  if (told > from && (told === bytes.length || intactAt(bytes, told) !== null)) return told;
  for (let at = from + 1; at + batchHeaderSize <= bytes.length; at++) {
    if (intactAt(bytes, at) !== null) return at;
  }
  return bytes.length;
}

/** The header of the intact batch that begins here, or null. */
function intactAt(bytes: Uint8Array, at: number): BatchHeader | null {
  if (at + batchHeaderSize > bytes.length || bytes[at + 16] !== 2) return null;
  const size = sizeAt(bytes, at);
  if (size < batchHeaderSize || at + size > bytes.length) return null;
  const batch = bytes.subarray(at, at + size);
  const header = readBatchHeader(batch);
  return isBatchIntact(batch, header) ? header : null;
}

function sizeAt(bytes: Uint8Array, at: number): number {
  return readBatchHeader(bytes.subarray(at, at + batchHeaderSize)).sizeBytes;
}

/** How many records these batches say that they have, and whether the first is not all there. */
function frames(stretch: Uint8Array): { records: bigint; isUnfinished: boolean } {
  let records = 0n;
  for (let at = 0; at < stretch.length;) {
    const header = at + batchHeaderSize <= stretch.length
      ? readBatchHeader(stretch.subarray(at, at + batchHeaderSize))
      : null;
    const isAll = header !== null && at + header.sizeBytes <= stretch.length;
    if (!isAll) return { records, isUnfinished: at === 0 };
    const { sizeBytes, count, lastOffsetDelta } = header;
    if (sizeBytes < batchHeaderSize) break;
    // Said twice, so that one of the two may be damaged; a hole too large does no harm.
    const believable = [count, lastOffsetDelta + 1].filter((one) => one <= recordsMax(stretch));
    records += BigInt(Math.max(0, ...believable));
    at += sizeBytes;
  }
  return { records, isUnfinished: false };
}

/** More than so many in so few bytes are not believed: they compress a thousand to one at best. */
function recordsMax({ length }: Uint8Array): number {
  return length * 200;
}
