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
 * Left out: obsolete line folding, trailers (read and dropped), HTTP/2.
 */
export type HeaderField = readonly [name: string, value: string];

export interface Head {
  /** The three parts of the first line; the last may hold blanks or be empty. */
  firstLine: readonly [string, string, string];
  headers: HeaderField[];
}

/** The other side broke the rules of HTTP: nothing sensible can be read from here on. */
export class MalformedHttp extends Error {
  override readonly name = "MalformedHttp";
}

/** The other side closed the connection in the middle of a message. */
export class ConnectionClosed extends Error {
  override readonly name = "ConnectionClosed";
}

export const headBytesMax = 65_536;
const blank = 0x20;
/** Controls but the tab, and ends of lines that are only half of one. */
// deno-lint-ignore no-control-regex -- they are what is looked for
const forbidden = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)|(?<!\r)\n/;
const latin1 = new TextDecoder("latin1");

/** The first field of this name, compared without case. */
export function headerOf(headers: readonly HeaderField[], name: string): string | undefined {
  for (const [key, value] of headers) {
    if (key.length === name.length && key.toLowerCase() === name) return value;
  }
  return undefined;
}

/** How the length of a body is told. */
export type Framing = { kind: "length"; length: number } | { kind: "chunked" } | { kind: "close" };

/** @throws {MalformedHttp} for lengths that contradict each other or are no number. */
export function framingOf(headers: readonly HeaderField[], none: Framing): Framing {
  const lengths = headers.filter(([name]) => name.toLowerCase() === "content-length");
  const encoding = headerOf(headers, "transfer-encoding");
  if (encoding !== undefined) {
    if (encoding.trim().toLowerCase() !== "chunked" || lengths.length > 0) {
      throw new MalformedHttp(`Cannot read a body with Transfer-Encoding '${encoding}'`);
    }
    return { kind: "chunked" };
  }
  const text = lengths[0]?.[1];
  if (text === undefined) return none;
  if (!/^[0-9]{1,15}$/.test(text) || lengths.some(([, other]) => other !== text)) {
    throw new MalformedHttp(`Cannot read a body of length '${text}'`);
  }
  return { kind: "length", length: Number(text) };
}

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
      const end = endOfHead(this.#buffer, this.#start + searched, this.#end);
      if (end >= 0 && end - this.#start <= headBytesMax) {
        const text = latin1Text(this.#buffer.subarray(this.#start, end));
        this.#start = end;
        return parseHead(text);
      }
      const size = this.#end - this.#start;
      if (size > headBytesMax) throw new MalformedHttp(`Head is longer than ${headBytesMax} bytes`);
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

  /** The next bytes, in an array of their own. */
  async exactly(length: number): Promise<Uint8Array> {
    const body = new Uint8Array(length);
    const early = Math.min(length, this.#end - this.#start);
    body.set(this.#buffer.subarray(this.#start, this.#start + early));
    this.#start += early;
    for (let have = early; have < length;) {
      const count = await this.#conn.read(have === 0 ? body : body.subarray(have));
      if (count === null) {
        throw new ConnectionClosed(`Connection ended ${length - have} bytes early`);
      }
      have += count;
    }
    return body;
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
    const chunks: Uint8Array[] = [];
    let size = 0;
    for (;;) {
      const length = parseChunkSize(await this.line());
      if (length === 0) break;
      size += length;
      if (size <= bytesMax) chunks.push(await this.exactly(length));
      else await this.#skip(length);
      if (await this.line() !== "") throw new MalformedHttp("Chunk is longer than it says");
    }
    while (await this.line() !== "");
    return size <= bytesMax ? joined(chunks, size) : null;
  }

  async #untilClosed(bytesMax: number): Promise<Uint8Array | null> {
    const chunks: Uint8Array[] = [];
    let size = 0;
    for (let chunk = await this.some(); chunk !== null; chunk = await this.some()) {
      size += chunk.length;
      if (size <= bytesMax) chunks.push(chunk);
    }
    return size <= bytesMax ? joined(chunks, size) : null;
  }

  /** What is there or comes next, in an array of its own; null at the end of the connection. */
  async some(): Promise<Uint8Array | null> {
    if (!await this.ready()) return null;
    const bytes = this.#buffer.slice(this.#start, this.#end);
    this.#start = this.#end;
    return bytes;
  }

  /** A line without its end. */
  async line(): Promise<string> {
    for (;;) {
      const end = this.#buffer.subarray(this.#start, this.#end).indexOf(0x0a);
      if (end >= 0) {
        const line = latin1.decode(this.#buffer.subarray(this.#start, this.#start + end));
        this.#start += end + 1;
        return line.endsWith("\r") ? line.slice(0, -1) : line;
      }
      if (this.#end - this.#start > headBytesMax) throw new MalformedHttp("Line is too long");
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

/** Of a body that is read in pieces. */
const pieceBytesMax = 262_144;

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
    else if (await this.#reader.line() !== "") {
      throw new MalformedHttp("Chunk is longer than it says");
    }
    return piece;
  }

  async #startChunk(): Promise<void> {
    this.#left = parseChunkSize(await this.#reader.line());
    if (this.#left > 0) return;
    while (await this.#reader.line() !== "");
    this.#isRead = true;
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

function parseHead(text: string): Head {
  // In a value that comes back in an answer, a line's end would make a header of its own.
  if (forbidden.test(text)) throw new MalformedHttp("Head holds a control");
  const lines = text.slice(0, -4).split("\r\n");
  const first = /^(\S+) (\S+)(?: (.*))?$/.exec(lines[0] ?? "");
  if (first === null) throw new MalformedHttp(`First line is '${lines[0]}'`);
  const headers = lines.slice(1).map(parseField);
  return { firstLine: [first[1] ?? "", first[2] ?? "", first[3] ?? ""], headers };
}

function parseField(line: string): HeaderField {
  const colon = line.indexOf(":");
  if (colon <= 0 || line.charCodeAt(0) <= blank || line.charCodeAt(colon - 1) <= blank) {
    throw new MalformedHttp(`Header field is '${line}'`);
  }
  return [line.slice(0, colon), line.slice(colon + 1).trim()];
}

function parseChunkSize(line: string): number {
  const digits = /^([0-9a-fA-F]{1,8})[ \t]*(;.*)?$/.exec(line)?.[1];
  if (digits === undefined) throw new MalformedHttp(`Chunk size is '${line}'`);
  return parseInt(digits, 16);
}

function joined(chunks: Uint8Array[], size: number): Uint8Array {
  const only = chunks[0];
  if (only !== undefined && chunks.length === 1) return only;
  const all = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
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
