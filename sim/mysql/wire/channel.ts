/**
 * Channel: a socket -> packets, and packets -> a socket.
 *
 *   packet    length UINT24, sequence number UINT8, payload
 *
 * A payload of 16 MiB - 1 bytes or more is split; a part of exactly that size is followed by
 * another one, if need be an empty one. Both sides count the packets of one command together,
 * beginning at 0 with the client's.
 *
 * Memory stays bounded: what is written waits for the client (`flush`), and what the client
 * sends ahead waits in its own socket.
 *
 * Source: MySQL client/server protocol, MySQL Packets.
 * Left out: the compressed protocol, which is not offered.
 */
import type { Duplex } from "node:stream";
import { MysqlError } from "../errors.ts";
import { joined } from "../../net/joined.ts";

const headerSize = 4;
export const packetPayloadMax = 0xff_ffff;
/** As the variable `max_allowed_packet` says. */
export const payloadMax = 64 * 1024 * 1024;
/** Written in pieces of about this size. */
const pieceSize = 256 * 1024;
/** A buffer holds a piece and the row that went over; a larger row gets one of its own. */
const outputMax = pieceSize + 64 * 1024;
/** What may lie here unread before the socket is paused. */
const readAheadMax = 1024 * 1024;

export class Channel {
  #socket: Duplex;
  readonly #input: Uint8Array[] = [];
  #inputSize = 0;
  #ended = false;
  #wake: (() => void) | null = null;
  #sequence = 0;
  #output = new Uint8Array(4096);
  #outputSize = 0;

  constructor(socket: Duplex) {
    this.#socket = socket;
    this.#listen();
  }

  #listen(): void {
    this.#socket.on("data", this.#onData);
    // An error is always followed by close; there is nobody to tell.
    this.#socket.on("error", this.#onEnd);
    this.#socket.on("end", this.#onEnd);
    this.#socket.on("close", this.#onEnd);
    this.#socket.on("drain", this.#onDrain);
  }

  readonly #onData = (chunk: Uint8Array): void => {
    this.#input.push(chunk);
    this.#inputSize += chunk.length;
    if (this.#wake === null && this.#inputSize > readAheadMax) this.#socket.pause();
    this.#wake?.();
  };

  readonly #onEnd = (): void => {
    this.#ended = true;
    this.#wake?.();
  };

  readonly #onDrain = (): void => this.#wake?.();

  /** The client has gone, or was sent away. */
  get ended(): boolean {
    return this.#ended;
  }

  #woken(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = null;
        resolve();
      };
    });
  }

  /** Exactly `count` bytes, or null if the client ends before them. */
  async #take(count: number): Promise<Uint8Array | null> {
    while (this.#inputSize < count) {
      if (this.#ended) return null;
      this.#socket.resume();
      await this.#woken();
    }
    const first = this.#input[0];
    if (first !== undefined && first.length >= count) {
      this.#inputSize -= count;
      if (first.length === count) this.#input.shift();
      else this.#input[0] = first.subarray(count);
      return first.subarray(0, count);
    }
    const taken = new Uint8Array(count);
    for (let at = 0; at < count;) {
      const chunk = this.#input[0];
      if (chunk === undefined) throw new RangeError("Cannot take more than was read");
      const part = chunk.subarray(0, count - at);
      taken.set(part, at);
      at += part.length;
      if (part.length === chunk.length) this.#input.shift();
      else this.#input[0] = chunk.subarray(part.length);
    }
    this.#inputSize -= count;
    return taken;
  }

  /** The next packet belongs to a new command: its number is 0. */
  beginCommand(): void {
    this.#sequence = 0;
  }

  /**
   * The next payload, or null when the client has gone.
   * @throws {MysqlError} if it is out of order or too large: nothing that follows makes sense.
   */
  async read(): Promise<Uint8Array | null> {
    const parts: Uint8Array[] = [];
    let size = 0;
    for (;;) {
      const part = await this.#readPacket();
      if (part === null) return null;
      parts.push(part);
      size += part.length;
      if (size > payloadMax) throw tooLarge();
      if (part.length < packetPayloadMax) break;
    }
    const only = parts[0];
    if (parts.length === 1 && only !== undefined) return only;
    return joined(parts, size);
  }

  async #readPacket(): Promise<Uint8Array | null> {
    const header = await this.#take(headerSize);
    if (header === null) return null;
    const [low = 0, middle = 0, high = 0, sequence = 0] = header;
    if (sequence !== this.#sequence) {
      throw new MysqlError("ER_NET_PACKETS_OUT_OF_ORDER", "Got packets out of order");
    }
    this.#sequence = (this.#sequence + 1) & 0xff;
    const size = low + middle * 0x100 + high * 0x1_0000;
    return size === 0 ? new Uint8Array() : await this.#take(size);
  }

  /** Adds a payload to what `flush` will send. */
  write(payload: Uint8Array): void {
    for (let from = 0;; from += packetPayloadMax) {
      const part = payload.subarray(from, from + packetPayloadMax);
      const at = this.place(part.length);
      this.#output.set(part, at);
      if (part.length < packetPayloadMax) return;
    }
  }

  /**
   * Writes the header of one packet with `size` bytes (fewer than 16 MiB - 1, or the caller
   * splits) and returns where in `output` its payload must be put before anything else.
   */
  place(size: number): number {
    const at = this.#outputSize;
    const end = at + headerSize + size;
    if (end > this.#output.length) this.#enlarge(end);
    const output = this.#output;
    output[at] = size;
    output[at + 1] = size >>> 8;
    output[at + 2] = size >>> 16;
    output[at + 3] = this.#sequence;
    this.#sequence = (this.#sequence + 1) & 0xff;
    this.#outputSize = end;
    return at + headerSize;
  }

  #enlarge(size: number): void {
    const larger = new Uint8Array(Math.max(size, Math.min(this.#output.length * 2, outputMax)));
    larger.set(this.#output.subarray(0, this.#outputSize));
    this.#output = larger;
  }

  get output(): Uint8Array {
    return this.#output;
  }

  /** Time to `flush` before more is written. */
  get full(): boolean {
    return this.#outputSize >= pieceSize;
  }

  /** Hands everything over, and waits while the client is slower than we are. */
  async flush(): Promise<void> {
    if (this.#outputSize === 0 || this.#ended) {
      this.#outputSize = 0;
      return;
    }
    const written = this.#output.subarray(0, this.#outputSize);
    this.#output = new Uint8Array(Math.min(this.#output.length, outputMax));
    this.#outputSize = 0;
    if (this.#socket.write(written)) return;
    while (!this.#ended && this.#socket.writableNeedDrain) await this.#woken();
  }

  /**
   * Goes on over another socket (TLS), made from the one in use.
   * @param wrap gets the socket, with what was read ahead put back into it.
   */
  upgrade(wrap: (socket: Duplex) => Duplex): void {
    const socket = this.#socket;
    socket.pause();
    socket.off("data", this.#onData);
    socket.off("end", this.#onEnd);
    socket.off("drain", this.#onDrain);
    const ahead = joined(this.#input, this.#inputSize);
    this.#input.length = 0;
    this.#inputSize = 0;
    if (ahead.length > 0) socket.unshift(ahead);
    this.#socket = wrap(socket);
    this.#listen();
  }

  /** Sends what is left and closes; to a client that has gone there is nothing left to send. */
  end(): void {
    if (this.#ended) return this.destroy();
    if (!this.#socket.writableEnded) this.#socket.end();
    // A client that never closes its side must not keep the server open.
    this.#socket.resume();
  }

  destroy(): void {
    this.#socket.destroy();
    this.#onEnd();
  }
}

function tooLarge(): MysqlError {
  return new MysqlError(
    "ER_NET_PACKET_TOO_LARGE",
    "Got a packet bigger than 'max_allowed_packet' bytes",
  );
}
