/**
 * Bytes: Kafka's primitive types <-> JavaScript values, big-endian.
 *
 * One pair of classes for both generations of the protocol: `flexible` versions write lengths as
 * unsigned varints plus one and end each structure with tagged fields, the older ones have fixed
 * lengths and no tags. The calls are the same, so an API reads as one list of fields.
 *
 * Reading past the end throws a RangeError and never guesses. 64-bit numbers are bigint.
 *
 * Source: Apache Kafka, protocol guide, "Protocol Primitive Types"; KIP-482 for the flexible forms.
 */
const utf8Decoder = new TextDecoder("utf-8");
const utf8Encoder = new TextEncoder();

export class Reader {
  readonly bytes: Uint8Array;
  readonly flexible: boolean;
  offset: number;
  readonly #view: DataView;

  constructor(bytes: Uint8Array, { flexible = false, offset = 0 } = {}) {
    this.bytes = bytes;
    this.flexible = flexible;
    this.offset = offset;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get remaining(): number {
    return this.bytes.length - this.offset;
  }

  /** Moves on by `count` bytes and returns where they began. */
  #advance(count: number): number {
    const at = this.offset;
    if (count < 0 || count > this.bytes.length - at) {
      throw new RangeError(
        `Cannot read ${count} bytes at offset ${at}: ${this.bytes.length - at} left`,
      );
    }
    this.offset = at + count;
    return at;
  }

  boolean(): boolean {
    return this.int8() !== 0;
  }

  int8(): number {
    return this.#view.getInt8(this.#advance(1));
  }

  int16(): number {
    return this.#view.getInt16(this.#advance(2));
  }

  int32(): number {
    return this.#view.getInt32(this.#advance(4));
  }

  uint32(): number {
    return this.#view.getUint32(this.#advance(4));
  }

  int64(): bigint {
    return this.#view.getBigInt64(this.#advance(8));
  }

  /** Unsigned, at most 32 bits. */
  uvarint(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.bytes[this.#advance(1)] ?? 0;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
    throw new RangeError(`Cannot read a varint at offset ${this.offset - 5}: longer than 5 bytes`);
  }

  /** Zigzag, at most 32 bits. */
  varint(): number {
    const value = this.uvarint();
    return (value >>> 1) ^ -(value & 1);
  }

  /** Zigzag, at most 64 bits. */
  varlong(): bigint {
    // Nearly all timestamp deltas fit one byte: bigint arithmetic only for the others.
    const first = this.bytes[this.offset];
    if (first !== undefined && first < 0x80) return BigInt(this.varint());
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.bytes[this.#advance(1)] ?? 0;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asIntN(64, (value >> 1n) ^ -(value & 1n));
    }
    throw new RangeError(
      `Cannot read a varlong at offset ${this.offset - 10}: longer than 10 bytes`,
    );
  }

  /** 32 hex digits. */
  uuid(): string {
    const at = this.#advance(16);
    return this.bytes.subarray(at, at + 16).toHex();
  }

  string(): string {
    return present(this.nullableString(), "string", this.offset);
  }

  nullableString(): string | null {
    const length = this.flexible ? this.uvarint() - 1 : this.int16();
    return length < 0 ? null : this.text(length);
  }

  /** The next `length` bytes as UTF-8. */
  text(length: number): string {
    const at = this.#advance(length);
    return utf8Decoder.decode(this.bytes.subarray(at, at + length));
  }

  /** A copy, safe to keep. */
  blob(): Uint8Array {
    return present(this.nullableView(), "bytes", this.offset).slice();
  }

  /** A window on the reader's own bytes: gone when the buffer below is used again. */
  nullableView(): Uint8Array | null {
    const length = this.flexible ? this.uvarint() - 1 : this.int32();
    return length < 0 ? null : this.view(length);
  }

  /** The next `length` bytes, as a window on the reader's own bytes. */
  view(length: number): Uint8Array {
    const at = this.#advance(length);
    return this.bytes.subarray(at, at + length);
  }

  array<T>(item: () => T): T[] {
    return present(this.nullableArray(item), "array", this.offset);
  }

  nullableArray<T>(item: () => T): T[] | null {
    const count = this.flexible ? this.uvarint() - 1 : this.int32();
    if (count < 0) return null;
    // An item has at least one byte: a forged count must not make us allocate gigabytes.
    if (count > this.remaining) {
      throw new RangeError(
        `Cannot read ${count} items at offset ${this.offset}: ${this.remaining} bytes left`,
      );
    }
    const items: T[] = [];
    for (let index = 0; index < count; index++) items.push(item());
    return items;
  }

  /** Skips the tagged fields that end a structure; nothing in versions that are not flexible. */
  tags(): void {
    if (!this.flexible) return;
    for (let left = this.uvarint(); left > 0; left--) {
      this.uvarint();
      this.view(this.uvarint());
    }
  }
}

function present<T>(value: T | null, kind: string, offset: number): T {
  if (value === null) {
    throw new RangeError(`Cannot read a null ${kind} at offset ${offset}: must not be null`);
  }
  return value;
}

/** Grows as needed. Every call returns the writer, so that a structure reads as one chain. */
export class Writer {
  readonly flexible: boolean;
  #bytes: Uint8Array<ArrayBuffer>;
  #view: DataView;
  #length = 0;
  readonly #parts: Uint8Array<ArrayBuffer>[] = [];
  /** Where the part begins that is being written. */
  #partStart = 0;

  constructor({ flexible = false, capacity = 256 } = {}) {
    this.flexible = flexible;
    this.#bytes = new Uint8Array(capacity);
    this.#view = new DataView(this.#bytes.buffer);
  }

  get length(): number {
    return this.#length;
  }

  /** What was written so far, nothing attached: a window, valid until the next write. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Puts bytes behind what was written so far without copying them; see `parts`. */
  attach(bytes: Uint8Array<ArrayBuffer>): this {
    if (bytes.length === 0) return this;
    this.#parts.push(this.#bytes.subarray(this.#partStart, this.#length), bytes);
    this.#partStart = this.#length;
    return this;
  }

  /** What was written and attached, in order: windows, valid until the next write. */
  parts(): Uint8Array<ArrayBuffer>[] {
    const last = this.#bytes.subarray(this.#partStart, this.#length);
    return last.length === 0 ? [...this.#parts] : [...this.#parts, last];
  }

  /** Room for `count` more bytes; returns where they begin. */
  #grow(count: number): number {
    const at = this.#length;
    const needed = at + count;
    if (needed > this.#bytes.length) {
      const bytes = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
      bytes.set(this.#bytes.subarray(0, at));
      this.#bytes = bytes;
      this.#view = new DataView(bytes.buffer);
    }
    this.#length = needed;
    return at;
  }

  boolean(value: boolean): this {
    return this.int8(value ? 1 : 0);
  }

  int8(value: number): this {
    const at = this.#grow(1);
    this.#view.setInt8(at, value);
    return this;
  }

  int16(value: number): this {
    const at = this.#grow(2);
    this.#view.setInt16(at, value);
    return this;
  }

  int32(value: number): this {
    const at = this.#grow(4);
    this.#view.setInt32(at, value);
    return this;
  }

  int64(value: bigint): this {
    const at = this.#grow(8);
    this.#view.setBigInt64(at, value);
    return this;
  }

  uvarint(value: number): this {
    let left = value >>> 0;
    while (left >= 0x80) {
      this.int8((left & 0x7f) | 0x80);
      left >>>= 7;
    }
    return this.int8(left);
  }

  varint(value: number): this {
    return this.uvarint((value << 1) ^ (value >> 31));
  }

  varlong(value: bigint): this {
    let left = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
    while (left >= 0x80n) {
      this.int8(Number(left & 0x7fn) | 0x80);
      left >>= 7n;
    }
    return this.int8(Number(left));
  }

  /** 32 hex digits. */
  uuid(hex: string): this {
    return this.raw(Uint8Array.fromHex(hex));
  }

  raw(bytes: Uint8Array): this {
    const at = this.#grow(bytes.length);
    this.#bytes.set(bytes, at);
    return this;
  }

  string(value: string): this {
    return this.nullableString(value);
  }

  nullableString(value: string | null): this {
    const bytes = value === null ? null : utf8Encoder.encode(value);
    if (this.flexible) this.uvarint(bytes === null ? 0 : bytes.length + 1);
    else this.int16(bytes === null ? -1 : bytes.length);
    return bytes === null ? this : this.raw(bytes);
  }

  blob(value: Uint8Array): this {
    return this.nullableBlob(value);
  }

  nullableBlob(value: Uint8Array | null): this {
    this.blobLength(value === null ? -1 : value.length);
    return value === null ? this : this.raw(value);
  }

  /** The length of a blob whose bytes follow with `raw`, -1 for null. */
  blobLength(length: number): this {
    return this.flexible ? this.uvarint(length + 1) : this.int32(length);
  }

  array<T>(items: readonly T[], item: (value: T) => void): this {
    return this.nullableArray(items, item);
  }

  nullableArray<T>(items: readonly T[] | null, item: (value: T) => void): this {
    const count = items === null ? -1 : items.length;
    if (this.flexible) this.uvarint(count + 1);
    else this.int32(count);
    for (const value of items ?? []) item(value);
    return this;
  }

  /** Ends a structure: no tagged fields; nothing in versions that are not flexible. */
  tags(): this {
    return this.flexible ? this.uvarint(0) : this;
  }
}
