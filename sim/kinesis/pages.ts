/**
 * Pages: record batches as the log keeps them -> records, and records -> the body of an answer.
 *
 * By hand and without a check of the checksum, which is made when a log is opened: what is read
 * here are some ten thousand records a call.
 */
import type { CborWriter } from "../net/cbor.ts";
import { batchHeaderSize, batchPrefixSize } from "../storage/record_batch.ts";
import { placeStep } from "./sequence.ts";

export interface StoredRecord {
  offset: bigint;
  arrivalMs: number;
  /** UTF-8. */
  key: Uint8Array;
  data: Uint8Array;
}

export interface Page {
  records: StoredRecord[];
  nextOffset: bigint;
  bytes: number;
}

/** Knows the sequence numbers of its records. */
interface Numbered {
  sequenceAt(offset: bigint, arrivalMs: number): bigint;
}

/** Where the next varint is read, and what the last one was. */
interface Cursor {
  at: number;
}

function varint(bytes: Uint8Array, cursor: Cursor): number {
  let value = 0;
  for (let shift = 0;; shift += 7) {
    const byte = bytes[cursor.at++]!;
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return (value >>> 1) ^ -(value & 1);
  }
}

function field(bytes: Uint8Array, cursor: Cursor): Uint8Array {
  const size = varint(bytes, cursor);
  const start = cursor.at;
  cursor.at += size;
  return bytes.subarray(start, cursor.at);
}

/** Adds the records from `page.nextOffset` on to the page, until it holds `limit` of them. */
export function storedRecords(batches: Uint8Array, page: Page, limit: number): void {
  const view = new DataView(batches.buffer, batches.byteOffset, batches.length);
  for (let start = 0; start < batches.length && page.records.length < limit;) {
    const end = start + batchPrefixSize + view.getInt32(start + 8);
    addBatch(batches, view, start, page, limit);
    start = end;
  }
}

function addBatch(
  bytes: Uint8Array,
  view: DataView,
  start: number,
  page: Page,
  limit: number,
): void {
  const base = view.getBigInt64(start);
  const arrivalMs = Number(view.getBigInt64(start + 27));
  const count = view.getInt32(start + 57);
  const first = page.nextOffset > base ? Number(page.nextOffset - base) : 0;
  const last = Math.min(count, first + limit - page.records.length);
  const cursor = { at: start + batchHeaderSize };
  for (let index = 0; index < last; index++) {
    const end = varint(bytes, cursor) + cursor.at;
    if (index >= first) {
      cursor.at++; // attributes
      varint(bytes, cursor); // timestamp delta: all have the batch's time
      varint(bytes, cursor); // offset delta
      const key = field(bytes, cursor);
      const data = field(bytes, cursor);
      page.records.push({ offset: base + BigInt(index), arrivalMs, key, data });
      page.bytes += key.length + data.length;
    }
    cursor.at = end;
  }
  page.nextOffset = base + BigInt(last);
}

/** The sequence number of each record; most follow the one before by one step. */
function* sequences(shard: Numbered, records: readonly StoredRecord[]): Generator<string> {
  let before: StoredRecord | null = null;
  let value = 0n;
  for (const record of records) {
    const isNext = before !== null && record.arrivalMs === before.arrivalMs &&
      record.offset === before.offset + 1n;
    value = isNext ? value + placeStep : shard.sequenceAt(record.offset, record.arrivalMs);
    yield value.toString();
    before = record;
  }
}

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** A key as a JSON string. Most are short and plain, and need neither decoder nor escapes. */
function quoted(key: Uint8Array): string {
  let text = '"';
  for (let at = 0; at < key.length; at++) {
    const code = key[at]!;
    if (code < 0x20 || code > 0x7e || code === 0x22 || code === 0x5c) {
      return JSON.stringify(utf8.decode(key));
    }
    text += String.fromCharCode(code);
  }
  return text + '"';
}

/** The list of records, as JSON. */
export function recordsJson(shard: Numbered, records: readonly StoredRecord[]): string {
  const numbers = sequences(shard, records);
  let text = "[";
  for (const { arrivalMs, data, key } of records) {
    if (text.length > 1) text += ",";
    const { value } = numbers.next();
    text += `{"SequenceNumber":"${value}","ApproximateArrivalTimestamp":${arrivalMs / 1000},` +
      `"Data":"${data.toBase64()}","PartitionKey":${quoted(key)}}`;
  }
  return text + "]";
}

/** The same as CBOR. */
export function recordsCbor(
  shard: Numbered,
  records: readonly StoredRecord[],
  writer: CborWriter,
): void {
  const numbers = sequences(shard, records);
  writer.array(records.length);
  for (const { arrivalMs, data, key } of records) {
    const { value } = numbers.next();
    writer.map(4).text("SequenceNumber").text(value);
    writer.text("ApproximateArrivalTimestamp").time(arrivalMs);
    writer.text("Data").bytes(data).text("PartitionKey").utf8(key);
  }
}
