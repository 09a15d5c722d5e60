/**
 * CBOR as AWS uses it: bytes <-> values.
 *
 *   maps with text keys <-> objects, byte strings <-> Uint8Array, tag 1 <-> Date,
 *   arrays, texts, numbers, booleans and null <-> themselves
 *
 * Read are also the forms of unknown length that Java's writer makes; written are only forms of
 * known length. Observed (AWS SDK for Java, 1 and 2): behind tag 1 stand milliseconds, as a whole
 * number, where RFC 8949 has seconds.
 *
 * Source: RFC 8949.
 * Left out: tags other than 1 (their content is taken as it is), undefined, simple values.
 */
import { Reader } from "./bytes.ts";

const utf8 = new TextEncoder();
const depthMax = 32;
/** Ends something of unknown length. */
const theEnd = Symbol("break");

/**
 * The one value that the bytes hold.
 * @throws {RangeError} if they are cut short, go on behind it, or hold what AWS never sends.
 */
export function decodeCbor(bytes: Uint8Array): unknown {
  const reader = new Reader(bytes);
  const value = readWhole(reader, 0);
  if (reader.remaining === 0) return value;
  throw new RangeError(`Cannot read CBOR: ${reader.remaining} bytes follow the value`);
}

/** A value where nothing can end. */
function readWhole(reader: Reader, depth: number): unknown {
  const value = readValue(reader, depth);
  if (value !== theEnd) return value;
  throw new RangeError("Cannot read CBOR: an end without a beginning");
}

function readByte(reader: Reader): number {
  return reader.int8() & 0xff;
}

function readValue(reader: Reader, depth: number): unknown {
  if (depth > depthMax) throw new RangeError(`Cannot read CBOR: nested beyond ${depthMax}`);
  const initial = readByte(reader);
  const major = initial >> 5;
  const detail = initial & 31;
  if (major === 7) return readSimple(reader, detail);
  const size = detail === 31 ? null : readSize(reader, detail);
  switch (major) {
    case 0:
      return sized(size);
    case 1:
      return -1 - sized(size);
    case 2:
      return readBytes(reader, size, depth);
    case 3:
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
        .decode(readBytes(reader, size, depth));
    case 4:
      return readArray(reader, size, depth);
    case 5:
      return readMap(reader, size, depth);
    default:
      return readTagged(reader, sized(size), depth);
  }
}

function sized(size: number | null): number {
  if (size === null) throw new RangeError("Cannot read CBOR: a number without a size");
  return size;
}

function readSize(reader: Reader, detail: number): number {
  if (detail < 24) return detail;
  if (detail === 24) return readByte(reader);
  if (detail === 25) return reader.int16() & 0xffff;
  if (detail === 26) return reader.uint32();
  if (detail === 27) return Number(BigInt.asUintN(64, reader.int64()));
  throw new RangeError(`Cannot read CBOR: ${detail} is no size`);
}

function readSimple(reader: Reader, detail: number): unknown {
  if (detail === 20) return false;
  if (detail === 21) return true;
  if (detail === 22) return null;
  if (detail === 31) return theEnd;
  const size = { 25: 2, 26: 4, 27: 8 }[detail];
  if (size === undefined) throw new RangeError(`Cannot read CBOR: simple value ${detail}`);
  const bytes = reader.view(size);
  const view = new DataView(bytes.buffer, bytes.byteOffset, size);
  if (size === 2) return view.getFloat16(0);
  return size === 4 ? view.getFloat32(0) : view.getFloat64(0);
}

function readBytes(reader: Reader, size: number | null, depth: number): Uint8Array {
  if (size !== null) return reader.view(size);
  const pieces: Uint8Array[] = [];
  for (const piece of readAll(reader, null, depth)) {
    if (typeof piece === "string") pieces.push(utf8.encode(piece));
    else if (piece instanceof Uint8Array) pieces.push(piece);
    else throw new RangeError("Cannot read CBOR: a piece of bytes is something else");
  }
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** So many values, or all up to the end. */
function* readAll(reader: Reader, size: number | null, depth: number): Generator<unknown> {
  for (let count = 0; size === null || count < size; count++) {
    const value = readValue(reader, depth + 1);
    if (value === theEnd && size === null) return;
    if (value === theEnd) throw new RangeError("Cannot read CBOR: it ends too early");
    yield value;
  }
}

function readArray(reader: Reader, size: number | null, depth: number): unknown[] {
  return [...readAll(reader, size, depth)];
}

function readMap(reader: Reader, size: number | null, depth: number): Record<string, unknown> {
  const entries: [string, unknown][] = [];
  let name: string | null = null;
  for (const value of readAll(reader, size === null ? null : size * 2, depth)) {
    if (name !== null) {
      entries.push([name, value]);
      name = null;
    } else if (typeof value === "string") {
      name = value;
    } else {
      throw new RangeError("Cannot read CBOR: a key is no text");
    }
  }
  if (name !== null) throw new RangeError(`Cannot read CBOR: ${name} has no value`);
  return Object.fromEntries(entries);
}

function readTagged(reader: Reader, tag: number, depth: number): unknown {
  const value = readWhole(reader, depth + 1);
  return tag === 1 && typeof value === "number" ? new Date(value) : value;
}

/** Writes values one behind the other into a buffer that grows. */
export class CborWriter {
  #bytes = new Uint8Array(1024);
  #size = 0;

  #reserve(count: number): number {
    const at = this.#size;
    this.#size += count;
    if (this.#size > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.#size, this.#bytes.length * 2));
      larger.set(this.#bytes.subarray(0, at));
      this.#bytes = larger;
    }
    return at;
  }

  // The place is asked for first: asking may put another buffer in the place of this one.

  #byte(byte: number): void {
    const at = this.#reserve(1);
    this.#bytes[at] = byte;
  }

  #copy(bytes: Uint8Array): this {
    const at = this.#reserve(bytes.length);
    this.#bytes.set(bytes, at);
    return this;
  }

  #head(major: number, size: number): this {
    const initial = major << 5;
    if (size < 24) {
      this.#byte(initial | size);
    } else if (size < 0x100) {
      const at = this.#reserve(2);
      this.#bytes[at] = initial | 24;
      this.#bytes[at + 1] = size;
    } else if (size < 0x1_0000_0000) {
      const at = this.#reserve(5);
      this.#bytes[at] = initial | 26;
      new DataView(this.#bytes.buffer).setUint32(at + 1, size);
    } else {
      const at = this.#reserve(9);
      this.#bytes[at] = initial | 27;
      new DataView(this.#bytes.buffer).setBigUint64(at + 1, BigInt(size));
    }
    return this;
  }

  /** `count` names with their values follow. */
  map(count: number): this {
    return this.#head(5, count);
  }

  array(count: number): this {
    return this.#head(4, count);
  }

  bytes(bytes: Uint8Array): this {
    this.#head(2, bytes.length);
    return this.#copy(bytes);
  }

  text(text: string): this {
    return this.utf8(utf8.encode(text));
  }

  /** A text that is UTF-8 already. */
  utf8(bytes: Uint8Array): this {
    this.#head(3, bytes.length);
    return this.#copy(bytes);
  }

  time(ms: number): this {
    return this.#head(6, 1).number(ms);
  }

  number(value: number): this {
    if (Number.isSafeInteger(value)) {
      return value < 0 ? this.#head(1, -1 - value) : this.#head(0, value);
    }
    const at = this.#reserve(9);
    this.#bytes[at] = 0xfb;
    new DataView(this.#bytes.buffer).setFloat64(at + 1, value);
    return this;
  }

  /**
   * Anything that has a form.
   * @throws {TypeError} if it has none.
   */
  value(value: unknown): this {
    if (typeof value === "string") return this.text(value);
    if (typeof value === "number") return this.number(value);
    if (value instanceof Uint8Array) return this.bytes(value);
    if (value instanceof Date) return this.time(value.getTime());
    if (value === null || typeof value === "boolean") {
      this.#byte(value === null ? 0xf6 : value ? 0xf5 : 0xf4);
      return this;
    }
    if (Array.isArray(value)) {
      this.array(value.length);
      for (const item of value) this.value(item);
      return this;
    }
    if (typeof value !== "object") throw new TypeError(`Cannot write ${typeof value} as CBOR`);
    const entries = Object.entries(value).filter(([, one]) => one !== undefined);
    this.map(entries.length);
    for (const [name, one] of entries) this.text(name).value(one);
    return this;
  }

  /** What was written; the writer is used up. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#size);
  }
}

export function encodeCbor(value: unknown): Uint8Array<ArrayBuffer> {
  return new CborWriter().value(value).finish();
}
