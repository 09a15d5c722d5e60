/**
 * TCP frames: a stream of bytes -> payloads behind a four-byte big-endian length.
 *
 * The buffer grows with what arrives of a frame, not with what its length announces, and shrinks
 * again afterwards, so that a connection that once carried a large frame does not keep its memory.
 * A frame over the limit is refused before a byte of it is stored.
 *
 * Source: Apache Kafka, protocol guide, "Common Request and Response Structure".
 */
const idleCapacity = 64 * 1024;
/** One frame of a producer with the usual limit of a megabyte fits. */
const busyCapacity = 1280 * 1024;
/** A full buffer becomes so many times as large, if the frame needs it. */
const growth = 4;

/** What we need of a `Deno.Conn`. */
export interface ByteSource {
  read(buffer: Uint8Array): Promise<number | null>;
}

export interface ByteSink {
  write(bytes: Uint8Array): Promise<number>;
}

/** The peer sent a length outside the limits: the connection cannot go on. */
export class FrameError extends Error {
  override readonly name = "FrameError";
}

export class FrameReader {
  /** The longest payload accepted from now on. */
  frameBytesMax: number;
  readonly #source: ByteSource;
  #buffer = new Uint8Array(idleCapacity);
  /** The bytes read and not yet handed out are `#buffer[#start..#end]`. */
  #start = 0;
  #end = 0;

  /** @param frameBytesMax the longest payload accepted at first; Kafka's default is 100 MiB. */
  constructor(source: ByteSource, { frameBytesMax = 100 * 1024 * 1024 } = {}) {
    this.#source = source;
    this.frameBytesMax = frameBytesMax;
  }

  /**
   * The next payload without its length, or null at the end of the stream. It is a window on the
   * buffer: it must be used up, or copied, before the next call.
   * @throws {FrameError} if the length is negative or over the limit.
   */
  async next(): Promise<Uint8Array | null> {
    while (true) {
      const frame = this.buffered();
      if (frame !== null) return frame;
      this.#makeRoom();
      const count = await this.#source.read(this.#buffer.subarray(this.#end));
      // An end in the middle of a frame is an end too: nobody waits for an answer to half of one.
      if (count === null) return null;
      this.#end += count;
    }
  }

  /** The next payload if it has arrived already, else null; the same window as `next` gives. */
  buffered(): Uint8Array | null {
    const length = this.#frameLength();
    if (length === null || this.#end - this.#start < 4 + length) return null;
    const frame = this.#buffer.subarray(this.#start + 4, this.#start + 4 + length);
    this.#start += 4 + length;
    return frame;
  }

  /** The length of the frame that begins at `#start`, or null if it has not arrived. */
  #frameLength(): number | null {
    if (this.#end - this.#start < 4) return null;
    const view = new DataView(this.#buffer.buffer, this.#start, 4);
    const length = view.getInt32(0);
    if (length < 0 || length > this.frameBytesMax) {
      throw new FrameError(
        `Cannot read a frame of ${length} bytes: the limit is ${this.frameBytesMax}`,
      );
    }
    return length;
  }

  /** Makes room for more of the frame, and gives back the memory of an unusually large one. */
  #makeRoom(): void {
    const left = this.#end - this.#start;
    const needed = 4 + (this.#frameLength() ?? 0);
    const { length } = this.#buffer;
    if (length > busyCapacity && needed <= busyCapacity) {
      this.#moveTo(new Uint8Array(needed <= idleCapacity ? idleCapacity : busyCapacity));
    } else if (left === length) {
      const capacity = Math.min(Math.max(needed, busyCapacity), length * growth);
      this.#moveTo(new Uint8Array(capacity));
    } else if (left === 0 || this.#start + needed > length) {
      this.#moveTo(this.#buffer);
    }
  }

  /** Moves what is left to the beginning of a buffer, which may be the same. */
  #moveTo(buffer: Uint8Array<ArrayBuffer>): void {
    if (buffer === this.#buffer) buffer.copyWithin(0, this.#start, this.#end);
    else buffer.set(this.#buffer.subarray(this.#start, this.#end));
    this.#end -= this.#start;
    this.#start = 0;
    this.#buffer = buffer;
  }
}

/** Writes all of `bytes`: one write may take only a part of them. */
export async function writeAll(sink: ByteSink, bytes: Uint8Array): Promise<void> {
  let rest = bytes;
  while (rest.length > 0) rest = rest.subarray(await sink.write(rest));
}

/** Puts the four-byte length in front of `payload`. */
export function frame(payload: Uint8Array): Uint8Array<ArrayBuffer> {
  const framed = new Uint8Array(4 + payload.length);
  new DataView(framed.buffer).setInt32(0, payload.length);
  framed.set(payload, 4);
  return framed;
}
