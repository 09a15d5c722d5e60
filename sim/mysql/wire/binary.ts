/**
 * The binary protocol of prepared statements: parameters in, rows out.
 *
 *   parameters   NULL bitmap, flag; if the flag is set, UINT16 type each; then the values
 *   row          00, NULL bitmap from bit 2 on, then the values
 *
 * Rows come as those of the text protocol and are converted, so that there is one engine.
 *
 * Source: MySQL client/server protocol, COM_STMT_EXECUTE, Binary Protocol Resultset.
 */
import type { SqlValue } from "../sql/context.ts";
import { PayloadReader, PayloadWriter } from "./bytes.ts";
import { type Column, columnType } from "./packets.ts";

const unsignedBit = 0x8000;

export interface Parameters {
  values: SqlValue[];
  /** To be remembered: a client tells them only once. */
  types: number[];
}

/** @param longData values that were sent ahead, by the number of their parameter. */
export function readParameters(
  reader: PayloadReader,
  count: number,
  knownTypes: readonly number[],
  longData: ReadonlyMap<number, Uint8Array>,
): Parameters {
  if (count === 0) return { values: [], types: [] };
  const nulls = reader.bytes((count + 7) >> 3);
  const isNew = reader.uint8() === 1;
  const types = isNew ? Array.from({ length: count }, () => reader.uint16()) : [...knownTypes];
  const values = Array.from({ length: count }, (_, at): SqlValue => {
    const sent = longData.get(at);
    if (sent !== undefined) return new TextDecoder().decode(sent);
    const isNull = ((nulls[at >> 3] ?? 0) >> (at & 7)) & 1;
    return isNull ? null : readValue(reader, types[at] ?? columnType.varString);
  });
  return { values, types };
}

function readValue(reader: PayloadReader, type: number): SqlValue {
  const isUnsigned = (type & unsignedBit) !== 0;
  switch (type & 0xff) {
    case columnType.null:
      return null;
    case columnType.tiny: {
      const value = reader.uint8();
      return isUnsigned || value < 0x80 ? value : value - 0x100;
    }
    case columnType.short:
    case columnType.year: {
      const value = reader.uint16();
      return isUnsigned || value < 0x8000 ? value : value - 0x1_0000;
    }
    case columnType.long:
    case columnType.int24: {
      const value = reader.uint32();
      return isUnsigned ? value : value | 0;
    }
    case columnType.longlong:
      return isUnsigned ? reader.uint64() : reader.int64();
    case columnType.float:
      return reader.float32();
    case columnType.double:
      return reader.float64();
    case columnType.date:
    case columnType.datetime:
    case columnType.timestamp:
      return readDateTime(reader);
    case columnType.time:
      return readTime(reader);
    default:
      return reader.lenencText();
  }
}

const two = (value: number): string => String(value).padStart(2, "0");

function readDateTime(reader: PayloadReader): string {
  const size = reader.uint8();
  if (size === 0) return "0000-00-00 00:00:00";
  const day = `${String(reader.uint16()).padStart(4, "0")}-${two(reader.uint8())}-` +
    two(reader.uint8());
  if (size < 7) return `${day} 00:00:00`;
  const time = `${two(reader.uint8())}:${two(reader.uint8())}:${two(reader.uint8())}`;
  return size < 11 ? `${day} ${time}` : `${day} ${time}${fraction(reader)}`;
}

function readTime(reader: PayloadReader): string {
  const size = reader.uint8();
  if (size === 0) return "00:00:00";
  const sign = reader.uint8() === 1 ? "-" : "";
  const hours = reader.uint32() * 24 + reader.uint8();
  const time = `${sign}${two(hours)}:${two(reader.uint8())}:${two(reader.uint8())}`;
  return size < 12 ? time : `${time}${fraction(reader)}`;
}

function fraction(reader: PayloadReader): string {
  return `.${String(reader.uint32()).padStart(6, "0")}`;
}

/** A row of the text protocol -> the same row in the binary one. */
export function binaryRow(textRow: Uint8Array, columns: readonly Column[]): Uint8Array {
  const reader = new PayloadReader(textRow);
  const nulls = new Uint8Array((columns.length + 9) >> 3);
  const values = new PayloadWriter();
  columns.forEach(({ type }, at) => {
    const value = reader.lenencBytes();
    if (value === null) nulls[(at + 2) >> 3] = (nulls[(at + 2) >> 3] ?? 0) | (1 << ((at + 2) & 7));
    else writeValue(values, type, value);
  });
  return new PayloadWriter().uint8(0).bytes(nulls).bytes(values.finish()).finish();
}

const utf8 = new TextDecoder();

function writeValue(writer: PayloadWriter, type: number, value: Uint8Array): void {
  switch (type) {
    case columnType.tiny:
      writer.uint8(Number(utf8.decode(value)) & 0xff);
      return;
    case columnType.short:
      writer.uint16(Number(utf8.decode(value)) & 0xffff);
      return;
    case columnType.long:
      writer.uint32(Number(utf8.decode(value)) >>> 0);
      return;
    case columnType.longlong:
      writer.int64(BigInt(utf8.decode(value)));
      return;
    case columnType.double:
      writer.float64(Number(utf8.decode(value)));
      return;
    case columnType.date:
    case columnType.datetime:
      writeDateTime(writer, utf8.decode(value));
      return;
    case columnType.time:
      writeTime(writer, utf8.decode(value));
      return;
    default:
      writer.lenencBytes(value);
  }
}

/** As short as it can be: 4 bytes for midnight, 7 for whole seconds, else 11. */
function writeDateTime(writer: PayloadWriter, text: string): void {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = text
    .split(/[^0-9]+/).map(Number);
  const micros = Number((text.split(".")[1] ?? "").padEnd(6, "0"));
  const size = micros > 0 ? 11 : hour + minute + second > 0 ? 7 : 4;
  writer.uint8(size).uint16(year).uint8(month).uint8(day);
  if (size >= 7) writer.uint8(hour).uint8(minute).uint8(second);
  if (size === 11) writer.uint32(micros);
}

function writeTime(writer: PayloadWriter, text: string): void {
  const [hours = 0, minutes = 0, seconds = 0] = text.replace("-", "").split(/[^0-9]+/).map(Number);
  const micros = Number((text.split(".")[1] ?? "").padEnd(6, "0"));
  if (hours + minutes + seconds + micros === 0) {
    writer.uint8(0);
    return;
  }
  writer.uint8(micros > 0 ? 12 : 8).uint8(text.startsWith("-") ? 1 : 0);
  writer.uint32(Math.floor(hours / 24)).uint8(hours % 24).uint8(minutes).uint8(seconds);
  if (micros > 0) writer.uint32(micros);
}
