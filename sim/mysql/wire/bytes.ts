/**
 * The values of MySQL packets: bytes -> values and back, little-endian, no I/O.
 *
 *   lenenc integer   below 251: one byte; FC and 2, FD and 3, FE and 8 bytes; FB alone is NULL
 *   lenenc string    a lenenc integer, then that many bytes
 *
 * A payload that ends too early throws a RangeError; a reader never guesses.
 *
 * Source: MySQL client/server protocol, Protocol Basics, Data Types.
 */
const utf8 = new TextEncoder();
const fromUtf8 = new TextDecoder();

export class PayloadReader {
  at = 0;
  readonly #view: DataView;

  constructor(readonly payload: Uint8Array) {
    this.#view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  }

  get remaining(): number {
    return this.payload.length - this.at;
  }

  #skip(count: number): number {
    if (count > this.remaining) {
      throw new RangeError(
        `Cannot read ${count} bytes at offset ${this.at}: ${this.remaining} left`,
      );
    }
    const from = this.at;
    this.at += count;
    return from;
  }

  uint8(): number {
    return this.#view.getUint8(this.#skip(1));
  }

  uint16(): number {
    return this.#view.getUint16(this.#skip(2), true);
  }

  uint24(): number {
    return this.uint16() + this.uint8() * 0x1_0000;
  }

  uint32(): number {
    return this.#view.getUint32(this.#skip(4), true);
  }

  int64(): bigint {
    return this.#view.getBigInt64(this.#skip(8), true);
  }

  uint64(): bigint {
    return this.#view.getBigUint64(this.#skip(8), true);
  }

  float32(): number {
    return this.#view.getFloat32(this.#skip(4), true);
  }

  float64(): number {
    return this.#view.getFloat64(this.#skip(8), true);
  }

  bytes(count: number): Uint8Array {
    const from = this.#skip(count);
    return this.payload.subarray(from, this.at);
  }

  rest(): Uint8Array {
    return this.bytes(this.remaining);
  }

  /** Null where the byte FB stands for NULL. */
  lenenc(): number | null {
    const first = this.uint8();
    if (first < 0xfb) return first;
    if (first === 0xfb) return null;
    if (first === 0xfc) return this.uint16();
    if (first === 0xfd) return this.uint24();
    if (first === 0xff) throw new RangeError(`Cannot read a length at offset ${this.at - 1}: FF`);
    return Number(this.uint64());
  }

  lenencBytes(): Uint8Array | null {
    const size = this.lenenc();
    return size === null ? null : this.bytes(size);
  }

  lenencText(): string {
    return fromUtf8.decode(this.lenencBytes() ?? new Uint8Array());
  }

  /** A text up to its zero byte, which is read too. */
  zeroText(): string {
    const end = this.payload.indexOf(0, this.at);
    if (end < 0) throw new RangeError(`Cannot read a text at offset ${this.at}: no zero byte`);
    const text = fromUtf8.decode(this.bytes(end - this.at));
    this.at++;
    return text;
  }

  restText(): string {
    return fromUtf8.decode(this.rest());
  }
}

export class PayloadWriter {
  #bytes = new Uint8Array(64);
  #view = new DataView(this.#bytes.buffer);
  #size = 0;

  /** Makes room and returns where it begins. */
  #grow(count: number): number {
    const at = this.#size;
    this.#size += count;
    if (this.#size > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.#size, this.#bytes.length * 2));
      larger.set(this.#bytes.subarray(0, at));
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    return at;
  }

  uint8(value: number): this {
    const at = this.#grow(1);
    this.#view.setUint8(at, value);
    return this;
  }

  uint16(value: number): this {
    const at = this.#grow(2);
    this.#view.setUint16(at, value, true);
    return this;
  }

  uint24(value: number): this {
    return this.uint16(value & 0xffff).uint8(value >>> 16);
  }

  uint32(value: number): this {
    const at = this.#grow(4);
    this.#view.setUint32(at, value, true);
    return this;
  }

  int64(value: bigint): this {
    const at = this.#grow(8);
    this.#view.setBigInt64(at, value, true);
    return this;
  }

  float64(value: number): this {
    const at = this.#grow(8);
    this.#view.setFloat64(at, value, true);
    return this;
  }

  bytes(value: Uint8Array): this {
    const at = this.#grow(value.length);
    this.#bytes.set(value, at);
    return this;
  }

  zeros(count: number): this {
    return this.bytes(new Uint8Array(count));
  }

  text(value: string): this {
    return this.bytes(utf8.encode(value));
  }

  zeroText(value: string): this {
    return this.text(value).uint8(0);
  }

  lenenc(value: number): this {
    if (value < 0xfb) return this.uint8(value);
    if (value <= 0xffff) return this.uint8(0xfc).uint16(value);
    if (value <= 0xff_ffff) return this.uint8(0xfd).uint24(value);
    return this.uint8(0xfe).int64(BigInt(value));
  }

  lenencBytes(value: Uint8Array): this {
    return this.lenenc(value.length).bytes(value);
  }

  lenencText(value: string): this {
    return this.lenencBytes(utf8.encode(value));
  }

  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#size);
  }
}
