/**
 * HTTP/1.1 on the wire: a TCP connection -> heads and bodies, and back.
 *
 *   in    bytes in any pieces
 *   out   one head (first line, header fields in order and case as sent), then its body, whole
 *         or in pieces
 *
 * Servers and clients of the simulator read with the same eyes. Written by hand, because a
 * simulated network fault has to close the socket between the work and its answer, which the
 * ready-made servers do not let through; and it halves the cost of a 250 KB request.
 *
 * Source: RFC 9112.
 * Left out: trailers (read and dropped), HTTP/2.
 */
import { Growing } from "./growing.ts";
import {
  type Framing,
  type Head,
  type HeaderField,
  linesOf,
  MalformedHttp,
  parseChunkSize,
  parseField,
  parseHead,
} from "./http_head.ts";

export {
  type Framing,
  framingOf,
  type Head,
  type HeaderField,
  headerOf,
  MalformedHttp,
} from "./http_head.ts";

/** The other side closed the connection in the middle of a message. */
export class ConnectionClosed extends Error {
  override readonly name = "ConnectionClosed";
}

export const headBytesMax = 65_536;
/** Of the line before a chunk: its size, and extensions that nobody reads. */
const chunkLineBytesMax = 4096;
/** Of a body, before more of it has come. */
const pieceBytesMax = 262_144;
const latin1 = new TextDecoder("latin1");

/** Reads heads and bodies from one connection; what came too early waits for the next head. */
export class HttpReader {
  readonly #conn: Deno.Conn;
  #buffer = new Uint8Array(16_384);
  #start = 0;
  #end = 0;

  constructor(conn: Deno.Conn) {
    this.#conn = conn;
  }

  /** Waits until anything can be read; false at the end of the connection. */
  async ready(): Promise<boolean> {
    return this.#start < this.#end || await this.#fill();
  }

  /** The next head, or null where the connection ends between two messages. */
  async head(): Promise<Head | null> {
    let searched = 0;
    for (;;) {
      if (searched === 0) this.#skipEmptyLines();
      const end = endOfHead(this.#buffer, this.#start + searched, this.#end);
      if (end >= 0 && end - this.#start <= headBytesMax) {
        const text = latin1Text(this.#buffer.subarray(this.#start, end));
        this.#start = end;
        return parseHead(text);
      }
      const size = this.#end - this.#start;
      if (size > headBytesMax) throw tooLong(this.#buffer.subarray(this.#start, this.#end));
      searched = Math.max(0, size - 3);
      if (await this.#fill()) continue;
      if (this.#start === this.#end) return null;
      throw new ConnectionClosed("Connection ended in the middle of a head");
    }
  }

  /** The whole body, or null (read to its end and thrown away) if it is longer than `bytesMax`. */
  async body(framing: Framing, bytesMax: number): Promise<Uint8Array | null> {
    if (framing.kind === "chunked") return await this.#chunked(bytesMax);
    if (framing.kind === "close") return await this.#untilClosed(bytesMax);
    if (framing.length > bytesMax) {
      await this.#skip(framing.length);
      return null;
    }
    return await this.exactly(framing.length);
  }

  /** Documented: clients may send empty lines before a head, and they mean nothing. */
  #skipEmptyLines(): void {
    while (this.#end - this.#start >= 2 && this.#buffer[this.#start] === 0x0d) {
      if (this.#buffer[this.#start + 1] !== 0x0a) return;
      this.#start += 2;
    }
  }

  /** The next bytes, in an array of their own, which grows with what arrives. */
  async exactly(length: number): Promise<Uint8Array> {
    if (length <= this.#end - this.#start) {
      this.#start += length;
      return this.#buffer.slice(this.#start - length, this.#start);
    }
    const bytes = new Growing(pieceBytesMax, length);
    await this.#append(bytes, length);
    return bytes.finish();
  }

  async #append(bytes: Growing, length: number): Promise<void> {
    const early = Math.min(length, this.#end - this.#start);
    bytes.append(this.#buffer.subarray(this.#start, this.#start + early));
    this.#start += early;
    for (let left = length - early; left > 0;) {
      const count = await this.#conn.read(bytes.room(1, left));
      if (count === null) throw new ConnectionClosed(`Connection ended ${left} bytes early`);
      bytes.size += count;
      left -= count;
    }
  }

  async #skip(length: number): Promise<void> {
    while (length > 0) {
      if (!await this.ready()) throw new ConnectionClosed(`Connection ended ${length} bytes early`);
      const count = Math.min(length, this.#end - this.#start);
      this.#start += count;
      length -= count;
    }
  }

  async #chunked(bytesMax: number): Promise<Uint8Array | null> {
    const bytes = new Growing();
    let size = 0;
    for (;;) {
      const length = await this.chunkSize();
      if (length === 0) break;
      size += length;
      if (size <= bytesMax) await this.#append(bytes, length);
      else await this.#skip(length);
      await this.chunkEnd();
    }
    return size <= bytesMax ? bytes.finish() : null;
  }

  /** Of the chunk that begins here; behind the last one, of size 0, the trailers are read as well. */
  async chunkSize(): Promise<number> {
    const size = parseChunkSize(await this.#line(chunkLineBytesMax));
    if (size > 0) return size;
    for (let left = headBytesMax;;) {
      const line = await this.#line(left);
      if (line === "") return 0;
      parseField(line);
      left -= line.length + 2;
    }
  }

  async chunkEnd(): Promise<void> {
    if (await this.#line(chunkLineBytesMax) !== "") {
      throw new MalformedHttp("Chunk is longer than it says");
    }
  }

  async #untilClosed(bytesMax: number): Promise<Uint8Array | null> {
    const bytes = new Growing();
    let size = 0;
    for (let piece = await this.some(); piece !== null; piece = await this.some()) {
      size += piece.length;
      if (size <= bytesMax) bytes.append(piece);
    }
    return size <= bytesMax ? bytes.finish() : null;
  }

  /** What is there or comes next, in an array of its own; null at the end of the connection. */
  async some(): Promise<Uint8Array | null> {
    if (!await this.ready()) return null;
    const bytes = this.#buffer.slice(this.#start, this.#end);
    this.#start = this.#end;
    return bytes;
  }

  /** A line without its end. */
  async #line(bytesMax: number): Promise<string> {
    for (;;) {
      const end = this.#buffer.subarray(this.#start, this.#end).indexOf(0x0a) + 1;
      if ((end === 0 ? this.#end - this.#start : end) > bytesMax) {
        throw new MalformedHttp(`Line is longer than ${bytesMax} bytes`);
      }
      if (end > 0) {
        const text = latin1Text(this.#buffer.subarray(this.#start, this.#start + end));
        this.#start += end;
        return linesOf(text).join();
      }
      if (!await this.#fill()) {
        throw new ConnectionClosed("Connection ended in the middle of a body");
      }
    }
  }

  async #fill(): Promise<boolean> {
    if (this.#start === this.#end) this.#start = this.#end = 0;
    if (this.#end === this.#buffer.length) this.#makeRoom();
    const count = await this.#conn.read(this.#buffer.subarray(this.#end));
    if (count === null) return false;
    this.#end += count;
    return true;
  }

  #makeRoom(): void {
    const size = this.#end - this.#start;
    const bigger = size > this.#buffer.length / 2 ? this.#buffer.length * 2 : this.#buffer.length;
    const buffer = new Uint8Array(bigger);
    buffer.set(this.#buffer.subarray(this.#start, this.#end));
    this.#buffer = buffer;
    this.#start = 0;
    this.#end = size;
  }
}

/** The body of one message, to be read piece by piece, or whole. */
export class HttpBody {
  readonly #reader: HttpReader;
  readonly #framing: Framing;
  /** Of the body, or of the chunk. */
  #left = 0;
  #isRead = false;

  constructor(reader: HttpReader, framing: Framing) {
    this.#reader = reader;
    this.#framing = framing;
    if (framing.kind !== "length") return;
    this.#left = framing.length;
    this.#isRead = framing.length === 0;
  }

  get isRead(): boolean {
    return this.#isRead;
  }

  /** See `HttpReader.body`; not to be called after `next`. */
  async whole(bytesMax: number): Promise<Uint8Array | null> {
    const body = await this.#reader.body(this.#framing, bytesMax);
    this.#isRead = true;
    return body;
  }

  /** The next bytes, in an array of their own; null at the end. */
  async next(): Promise<Uint8Array | null> {
    if (this.#isRead) return null;
    if (this.#framing.kind === "close") return await this.#untilClosed();
    if (this.#framing.kind === "chunked" && this.#left === 0) await this.#startChunk();
    if (this.#isRead) return null;
    const piece = await this.#reader.exactly(Math.min(this.#left, pieceBytesMax));
    this.#left -= piece.length;
    if (this.#left > 0) return piece;
    if (this.#framing.kind === "length") this.#isRead = true;
    else await this.#reader.chunkEnd();
    return piece;
  }

  async #startChunk(): Promise<void> {
    this.#left = await this.#reader.chunkSize();
    this.#isRead = this.#left === 0;
  }

  async #untilClosed(): Promise<Uint8Array | null> {
    const bytes = await this.#reader.some();
    this.#isRead = bytes === null;
    return bytes;
  }
}

/** Where the empty line after the head ends, or -1. */
function endOfHead(bytes: Uint8Array, from: number, to: number): number {
  for (let at = from; at + 3 < to; at++) {
    if (bytes[at] !== 0x0d) continue;
    if (bytes[at + 1] === 0x0a && bytes[at + 2] === 0x0d && bytes[at + 3] === 0x0a) return at + 4;
  }
  return -1;
}

/** The decoder of this name is one of windows-1252, which reads 0x80 to 0x9f in its own way. */
function latin1Text(bytes: Uint8Array): string {
  const text = latin1.decode(bytes);
  if (!/[^\0-\xff]/.test(text)) return text;
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
}

/** A first line without end, or too many or too long fields behind it. */
function tooLong(bytes: Uint8Array): MalformedHttp {
  const isTarget = !bytes.subarray(0, headBytesMax).includes(0x0a);
  return new MalformedHttp(`Head is longer than ${headBytesMax} bytes`, isTarget ? 414 : 431);
}

/** A small body travels in the same packet as its head; a big one is not copied for that. */
const copiedBytesMax = 65_536;

/** Writes one message. Header values with characters above U+00FF would not survive: none has. */
export async function writeMessage(
  conn: Deno.Conn,
  firstLine: string,
  headers: readonly HeaderField[],
  body: Uint8Array,
): Promise<void> {
  let text = firstLine + "\r\n";
  for (const [name, value] of headers) text += `${name}: ${value}\r\n`;
  text += "\r\n";
  if (body.length > copiedBytesMax) {
    await writeAll(conn, latin1Bytes(text, 0));
    return await writeAll(conn, body);
  }
  const message = latin1Bytes(text, body.length);
  message.set(body, text.length);
  await writeAll(conn, message);
}

function latin1Bytes(text: string, room: number): Uint8Array {
  const bytes = new Uint8Array(text.length + room);
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes;
}

/** Writes bytes and nothing else. */
export async function writeAll(conn: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at));
}
