/**
 * Record batch v2: records <-> the bytes that Kafka stores, sends and checks as one unit.
 *
 *   base_offset INT64, length INT32 (of all that follows), leader_epoch INT32, magic INT8 = 2,
 *   crc UINT32 (CRC-32C from attributes to the end), attributes INT16 (bits 0-2 codec,
 *   3 timestamp type, 4 transactional, 5 control), last_offset_delta INT32,
 *   base_timestamp INT64, max_timestamp INT64, producer_id INT64, producer_epoch INT16,
 *   base_sequence INT32, count INT32, then `count` records, compressed as a whole:
 *     length VARINT, attributes INT8 = 0, timestamp_delta VARLONG, offset_delta VARINT,
 *     key VARINT length (-1 null) and bytes, value the same,
 *     headers VARINT count, each: key VARINT length and UTF-8, value as above
 *
 * The checksum leaves out base offset and leader epoch, so a broker gives a batch its place with
 * `placeBatch` and stores the producer's bytes verbatim, whatever the codec.
 *
 * Source: Apache Kafka, documentation, "Message Format".
 * Left out: decoding of snappy, lz4 and zstd; the older message sets (magic 0 and 1).
 */
import { gunzipSync } from "node:zlib";
import { ServiceError } from "../errors.ts";
import { Reader } from "../net/bytes.ts";
import { crc32c } from "../net/crc32c.ts";

/** The fixed part, up to the first record. */
export const batchHeaderSize = 61;
/** What stands before `length` begins to count: base offset and the length itself. */
export const batchPrefixSize = 12;
const crcStart = 21;
const decompressedBytesMax = 256 * 1024 * 1024;

export const codecs = ["none", "gzip", "snappy", "lz4", "zstd"] as const;

export interface RecordHeader {
  key: string;
  value: Uint8Array | null;
}

export interface RecordToEncode {
  key: Uint8Array | null;
  value: Uint8Array | null;
  headers?: readonly RecordHeader[];
  /** Milliseconds since 1970; default: the batch's. */
  timestampMs?: number;
}

export interface BatchOptions {
  /** Base timestamp, milliseconds since 1970. */
  timestampMs: number;
  baseOffset?: bigint;
  /** Producer id, epoch and base sequence: -1 (the default) for a producer that is not idempotent. */
  producerId?: bigint;
  producerEpoch?: number;
  baseSequence?: number;
}

export interface BatchHeader {
  baseOffset: bigint;
  /** Of the whole batch, prefix included. */
  sizeBytes: number;
  leaderEpoch: number;
  magic: number;
  crc: number;
  attributes: number;
  lastOffsetDelta: number;
  baseTimestampMs: bigint;
  maxTimestampMs: bigint;
  producerId: bigint;
  producerEpoch: number;
  baseSequence: number;
  count: number;
}

export interface DecodedRecord {
  offset: bigint;
  timestampMs: number;
  key: Uint8Array | null;
  value: Uint8Array | null;
  headers: RecordHeader[];
}

export interface DecodedBatch extends BatchHeader {
  records: DecodedRecord[];
}

const utf8Encoder = new TextEncoder();

/** One uncompressed batch of all `records`, at least one. */
export function encodeRecordBatch(
  records: readonly RecordToEncode[],
  options: BatchOptions,
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(
    records.reduce((sum, record) => sum + sizeMax(record), batchHeaderSize),
  );
  const baseMs = options.timestampMs;
  let maxMs = records[0]?.timestampMs ?? baseMs;
  let at = batchHeaderSize;
  for (let index = 0; index < records.length; index++) {
    const record = records[index]!;
    const timestampMs = record.timestampMs ?? baseMs;
    if (timestampMs > maxMs) maxMs = timestampMs;
    at = putRecord(bytes, at, record, timestampMs - baseMs, index);
  }
  const batch = bytes.subarray(0, at);
  putHeader(batch, records.length, maxMs, options);
  return batch;
}

function putHeader(batch: Uint8Array, count: number, maxMs: number, options: BatchOptions): void {
  const view = new DataView(batch.buffer, batch.byteOffset, batch.length);
  view.setBigInt64(0, options.baseOffset ?? 0n);
  view.setInt32(8, batch.length - batchPrefixSize);
  view.setInt32(12, -1);
  view.setInt8(16, 2);
  view.setInt16(21, 0);
  view.setInt32(23, count - 1);
  view.setBigInt64(27, BigInt(options.timestampMs));
  view.setBigInt64(35, BigInt(maxMs));
  view.setBigInt64(43, options.producerId ?? -1n);
  view.setInt16(51, options.producerEpoch ?? -1);
  view.setInt32(53, options.baseSequence ?? -1);
  view.setInt32(57, count);
  view.setUint32(17, crc32c(batch, crcStart));
}

/** At least the bytes that the record needs: every varint at its longest. */
function sizeMax(record: RecordToEncode): number {
  let size = 5 + 1 + 10 + 5 + 5 + 5 + 5;
  size += (record.key?.length ?? 0) + (record.value?.length ?? 0);
  for (const header of record.headers ?? []) {
    size += 10 + header.key.length * 3 + (header.value?.length ?? 0);
  }
  return size;
}

/**
 * Writes one record and returns where it ends. Its length stands in front and has no fixed size,
 * so the body is measured first; the few additions cost less than moving the body afterwards.
 */
function putRecord(
  bytes: Uint8Array,
  start: number,
  { key, value, headers = [] }: RecordToEncode,
  timestampDelta: number,
  offsetDelta: number,
): number {
  const names = headers.length === 0 ? [] : headers.map(({ key }) => utf8Encoder.encode(key));
  let size = 1 + varlongSize(timestampDelta) + varintSize(offsetDelta) + fieldSize(key) +
    fieldSize(value) + varintSize(headers.length);
  headers.forEach((header, index) => size += fieldSize(names[index]!) + fieldSize(header.value));
  let at = putVarint(bytes, start, size);
  bytes[at++] = 0;
  at = putVarlong(bytes, at, timestampDelta);
  at = putVarint(bytes, at, offsetDelta);
  at = putField(bytes, at, key);
  at = putField(bytes, at, value);
  at = putVarint(bytes, at, headers.length);
  for (let index = 0; index < headers.length; index++) {
    at = putField(bytes, at, names[index]!);
    at = putField(bytes, at, headers[index]!.value);
  }
  return at;
}

function varintSize(value: number): number {
  const zigzag = ((value << 1) ^ (value >> 31)) >>> 0;
  if (zigzag < 0x80) return 1;
  if (zigzag < 0x4000) return 2;
  if (zigzag < 0x200000) return 3;
  return zigzag < 0x10000000 ? 4 : 5;
}

function fieldSize(field: Uint8Array | null): number {
  return field === null ? 1 : varintSize(field.length) + field.length;
}

function putVarint(bytes: Uint8Array, start: number, value: number): number {
  let at = start;
  let left = ((value << 1) ^ (value >> 31)) >>> 0;
  for (; left >= 0x80; left >>>= 7) bytes[at++] = (left & 0x7f) | 0x80;
  bytes[at++] = left;
  return at;
}

function putField(bytes: Uint8Array, start: number, field: Uint8Array | null): number {
  if (field === null) return putVarint(bytes, start, -1);
  const at = putVarint(bytes, start, field.length);
  bytes.set(field, at);
  return at + field.length;
}

const isInt32 = (value: number) => (value | 0) === value;

/** Zigzag of a timestamp delta, which may exceed 32 bits: doubles hold it exactly, shifts do not. */
function zigzag(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value;
}

function varlongSize(value: number): number {
  if (isInt32(value)) return varintSize(value);
  let size = 1;
  for (let left = zigzag(value); left >= 0x80; left = Math.floor(left / 0x80)) size++;
  return size;
}

function putVarlong(bytes: Uint8Array, start: number, value: number): number {
  if (isInt32(value)) return putVarint(bytes, start, value);
  let at = start;
  let left = zigzag(value);
  for (; left >= 0x80; left = Math.floor(left / 0x80)) bytes[at++] = (left % 0x80) | 0x80;
  bytes[at++] = left;
  return at;
}

/**
 * The fixed part of the batch that begins at `start`.
 * @throws {RangeError} if less than a header is left.
 */
export function readBatchHeader(bytes: Uint8Array, start = 0): BatchHeader {
  const reader = new Reader(bytes, { offset: start });
  return {
    baseOffset: reader.int64(),
    sizeBytes: reader.int32() + batchPrefixSize,
    leaderEpoch: reader.int32(),
    magic: reader.int8(),
    crc: reader.uint32(),
    attributes: reader.int16(),
    lastOffsetDelta: reader.int32(),
    baseTimestampMs: reader.int64(),
    maxTimestampMs: reader.int64(),
    producerId: reader.int64(),
    producerEpoch: reader.int16(),
    baseSequence: reader.int32(),
    count: reader.int32(),
  };
}

/** Does the checksum of exactly this batch hold? */
export function isBatchIntact(batch: Uint8Array, header = readBatchHeader(batch)): boolean {
  return crc32c(batch, crcStart) === header.crc;
}

/** Gives a batch its place in a partition; its checksum holds as before. */
export function placeBatch(batch: Uint8Array, baseOffset: bigint, leaderEpoch: number): void {
  const view = new DataView(batch.buffer, batch.byteOffset, batch.length);
  view.setBigInt64(0, baseOffset);
  view.setInt32(12, leaderEpoch);
}

export function batchCodec(header: BatchHeader): typeof codecs[number] | undefined {
  return codecs[header.attributes & 7];
}

/** A control batch (transaction markers) carries no records of any producer. */
export function isControlBatch(header: BatchHeader): boolean {
  return (header.attributes & 0x20) !== 0;
}

/** The complete batches of a Fetch answer: it may end in the middle of one. */
export function* completeBatches(bytes: Uint8Array): Generator<Uint8Array> {
  let start = 0;
  while (bytes.length - start >= batchPrefixSize) {
    const size = new Reader(bytes, { offset: start + 8 }).int32() + batchPrefixSize;
    if (size < batchHeaderSize || size > bytes.length - start) return;
    yield bytes.subarray(start, start + size);
    start += size;
  }
}

/**
 * Header and records of exactly one batch; keys and values of an uncompressed one are windows on
 * its bytes.
 * @throws {ServiceError} CORRUPT_MESSAGE if the checksum does not hold or the records do not fill
 * the batch, UNSUPPORTED_COMPRESSION_TYPE for a codec other than none and gzip.
 */
export function decodeRecordBatch(batch: Uint8Array): DecodedBatch {
  const header = readBatchHeader(batch);
  if (header.magic !== 2 || header.sizeBytes !== batch.length || !isBatchIntact(batch, header)) {
    throw new ServiceError("CORRUPT_MESSAGE", "This message has failed its CRC checksum");
  }
  const reader = new Reader(recordBytes(batch, header));
  const records: DecodedRecord[] = [];
  try {
    for (let left = header.count; left > 0; left--) records.push(readRecord(reader, header));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new ServiceError("CORRUPT_MESSAGE", `The records of the batch are cut: ${error.message}`);
  }
  if (reader.remaining > 0) {
    throw new ServiceError("CORRUPT_MESSAGE", `${reader.remaining} bytes follow the last record`);
  }
  return { ...header, records };
}

function recordBytes(batch: Uint8Array, header: BatchHeader): Uint8Array {
  const bytes = batch.subarray(batchHeaderSize);
  const codec = batchCodec(header);
  if (codec === "none") return bytes;
  if (codec !== "gzip") {
    throw new ServiceError(
      "UNSUPPORTED_COMPRESSION_TYPE",
      `Cannot decode records with codec ${codec ?? header.attributes & 7}: only none and gzip`,
    );
  }
  try {
    const { buffer, byteOffset, length } = gunzipSync(bytes, {
      maxOutputLength: decompressedBytesMax,
    });
    return new Uint8Array(buffer, byteOffset, length); // Not node's Buffer, whose slices differ.
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ServiceError("CORRUPT_MESSAGE", `The gzip data of the batch is broken: ${reason}`);
  }
}

function readRecord(reader: Reader, header: BatchHeader): DecodedRecord {
  const size = reader.varint();
  const end = reader.offset + size;
  reader.int8();
  const timestampDelta = reader.varlong();
  const offsetDelta = reader.varint();
  // Documented: with log append time the records' own times do not count.
  const isAppendTime = (header.attributes & 8) !== 0;
  const timestampMs = isAppendTime
    ? header.maxTimestampMs
    : header.baseTimestampMs + timestampDelta;
  const record = {
    offset: header.baseOffset + BigInt(offsetDelta),
    timestampMs: Number(timestampMs),
    key: readField(reader),
    value: readField(reader),
    headers: readHeaders(reader),
  };
  if (reader.offset !== end) {
    throw new RangeError(`Cannot read a record of ${size} bytes: it ends at ${reader.offset}`);
  }
  return record;
}

function readField(reader: Reader): Uint8Array | null {
  const length = reader.varint();
  return length < 0 ? null : reader.view(length);
}

function readHeaders(reader: Reader): RecordHeader[] {
  const headers: RecordHeader[] = [];
  for (let left = reader.varint(); left > 0; left--) {
    headers.push({ key: reader.text(reader.varint()), value: readField(reader) });
  }
  return headers;
}
