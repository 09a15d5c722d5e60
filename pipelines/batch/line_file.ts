/**
 * Line file: bytes of many objects, one after another -> one file in which every record is one line.
 *
 *   in    JSON lines in chunks, cut anywhere; an object may end without a line break
 *   out   the same lines, byte for byte, as long as an engine can read them as they stand;
 *         the others as one line of clean JSON, or as `null` if no JSON object is in them
 *
 * A record keeps its line number whatever is in it: an empty line, a NUL, half a character and
 * Windows line ends would each shift or stop a reader of text files. The original bytes of every
 * line that was changed stand beside the file (`odd`), for the rejects.
 */
import { isUtf8 } from "node:buffer";
import { RunError } from "../errors.ts";
import { cleanObject } from "../record/json_line.ts";

const newline = 0x0a;
const carriageReturn = 0x0d;
const openBrace = 0x7b;
/** Bytes that mean something to the reader (delimiter, null text) or end a text early. */
const forbidden = [0x00, 0x01, 0x02, carriageReturn];

const bufferBytes = 1 << 20;
/** No topic takes records of this size: what has no line break for so long is no JSON lines. */
const lineBytesMax = 256 << 20;
const encoder = new TextEncoder();

export interface LineFileSummary {
  path: string;
  lineCount: number;
  longestLineBytes: number;
  /** `line number,base64` for each line that was changed; null if none was. */
  oddPath: string | null;
}

export class LineFile implements Disposable {
  readonly #path: string;
  readonly #file: Deno.FsFile;
  #oddFile: Deno.FsFile | null = null;
  #buffer = new Uint8Array(bufferBytes);
  #usedBytes = 0;
  /** Where the line begins that is still open. */
  #lineStart = 0;
  #lineCount = 0;
  #writtenLineCount = 0;
  #objectLineCount = 0;
  #longestLineBytes = 0;
  #allBeginWithBrace = true;

  constructor(path: string) {
    this.#path = path;
    this.#file = Deno.openSync(path, { write: true, createNew: true });
  }

  async append(chunk: Uint8Array): Promise<void> {
    for (let at = 0; at < chunk.length;) {
      if (this.#usedBytes === this.#buffer.length) await this.#makeRoom();
      const part = chunk.subarray(at, at + this.#buffer.length - this.#usedBytes);
      this.#buffer.set(part, this.#usedBytes);
      this.#countLines(part);
      at += part.length;
    }
  }

  /** Ends the object, its last line too, and says how many lines it had. */
  async endObject(): Promise<number> {
    if (this.#lineStart < this.#usedBytes) await this.append(Uint8Array.of(newline));
    const count = this.#objectLineCount;
    this.#objectLineCount = 0;
    return count;
  }

  async close(): Promise<LineFileSummary> {
    await this.#flush();
    const oddPath = this.#oddFile === null ? null : oddPathOf(this.#path);
    this[Symbol.dispose]();
    return {
      path: this.#path,
      lineCount: this.#lineCount,
      longestLineBytes: this.#longestLineBytes,
      oddPath,
    };
  }

  /** Closes the files; twice does no harm. */
  [Symbol.dispose](): void {
    for (const file of [this.#file, this.#oddFile]) {
      try {
        file?.close();
      } catch { /* Closed before. */ }
    }
  }

  #countLines(part: Uint8Array): void {
    const base = this.#usedBytes;
    for (let at = part.indexOf(newline); at >= 0; at = part.indexOf(newline, at + 1)) {
      if (this.#buffer[this.#lineStart] !== openBrace) this.#allBeginWithBrace = false;
      const lineBytes = base + at - this.#lineStart;
      if (lineBytes > this.#longestLineBytes) this.#longestLineBytes = lineBytes;
      this.#lineStart = base + at + 1;
      this.#lineCount++;
      this.#objectLineCount++;
    }
    this.#usedBytes += part.length;
  }

  async #makeRoom(): Promise<void> {
    if (this.#lineStart > 0) return await this.#flush();
    if (this.#buffer.length >= lineBytesMax) {
      throw new RunError(`Cannot read landed objects: a line is longer than ${lineBytesMax} bytes`);
    }
    const larger = new Uint8Array(this.#buffer.length * 2);
    larger.set(this.#buffer);
    this.#buffer = larger;
  }

  /** Writes all complete lines and moves the open one to the front. */
  async #flush(): Promise<void> {
    const lines = this.#buffer.subarray(0, this.#lineStart);
    if (this.#allBeginWithBrace && isClean(lines)) await writeAll(this.#file, lines);
    else await this.#writeOneByOne(lines);
    this.#buffer.copyWithin(0, this.#lineStart, this.#usedBytes);
    this.#usedBytes -= this.#lineStart;
    this.#lineStart = 0;
    this.#writtenLineCount = this.#lineCount;
    this.#allBeginWithBrace = true;
  }

  async #writeOneByOne(lines: Uint8Array): Promise<void> {
    const out: Uint8Array[] = [];
    const odd: string[] = [];
    for (let at = 0; at < lines.length;) {
      const end = lines.indexOf(newline, at);
      const line = withoutCarriageReturn(lines.subarray(at, end));
      at = end + 1;
      const asItStands = line[0] === openBrace && isClean(line);
      out.push(asItStands ? line : encoder.encode(cleanObject(line) ?? "null"), ofNewline);
      if (!asItStands) odd.push(`${this.#writtenLineCount},${line.toBase64()}\n`);
      this.#writtenLineCount++;
    }
    await writeAll(this.#file, concat(out));
    if (odd.length > 0) await this.#writeOdd(odd);
  }

  async #writeOdd(odd: string[]): Promise<void> {
    this.#oddFile ??= Deno.openSync(oddPathOf(this.#path), { write: true, createNew: true });
    await writeAll(this.#oddFile, encoder.encode(odd.join("")));
  }
}

const ofNewline = Uint8Array.of(newline);
const oddPathOf = (path: string): string => `${path}.odd`;

function isClean(bytes: Uint8Array): boolean {
  return !forbidden.some((byte) => bytes.includes(byte)) && isUtf8(bytes);
}

function withoutCarriageReturn(line: Uint8Array): Uint8Array {
  return line.at(-1) === carriageReturn ? line.subarray(0, -1) : line;
}

async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
}

function concat(parts: Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
