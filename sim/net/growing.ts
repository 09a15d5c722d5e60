/**
 * Growing: bytes in any pieces -> one array, which is never much larger than what has come.
 *
 * What a client announces costs next to nothing: memory grows with what it has sent.
 */
const growth = 2;
/** What is there before anything has come, and the least that is added. */
const stepBytes = 4096;

export class Growing {
  #bytes: Uint8Array<ArrayBuffer>;
  readonly #sizeMax: number;
  /** How many bytes are there. */
  size = 0;

  /** @param sizeMax how many there will be, where that is known: no room is made for more. */
  constructor(capacity = stepBytes, sizeMax = Infinity) {
    this.#bytes = new Uint8Array(Math.min(capacity, sizeMax));
    this.#sizeMax = sizeMax;
  }

  /** Where the next bytes go: room for `least` of them, and for no more than `most`. */
  room(least: number, most: number): Uint8Array<ArrayBuffer> {
    const needed = this.size + least;
    if (needed > this.#bytes.length) {
      const wanted = Math.max(needed, this.size * growth, stepBytes);
      const bytes = new Uint8Array(Math.min(wanted, this.#sizeMax));
      bytes.set(this.#bytes.subarray(0, this.size));
      this.#bytes = bytes;
    }
    return this.#bytes.subarray(this.size, this.size + most);
  }

  append(bytes: Uint8Array): void {
    this.room(bytes.length, bytes.length).set(bytes);
    this.size += bytes.length;
  }

  /** All of it, in an array of its own length; nothing is added afterwards. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.size === this.#bytes.length ? this.#bytes : this.#bytes.slice(0, this.size);
  }
}
