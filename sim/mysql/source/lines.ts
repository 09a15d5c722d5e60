/**
 * Lines: a file -> its lines as bytes, without the line feed; and the way back into a file.
 */
import { joined } from "../../net/joined.ts";

const lineFeed = 0x0a;
const chunkBytes = 256 * 1024;

/** The bytes are good until the next line is asked for. */
export async function* readLines(path: string): AsyncGenerator<Uint8Array> {
  using file = await Deno.open(path);
  const buffer = new Uint8Array(chunkBytes);
  let begun: Uint8Array[] = [];
  for (;;) {
    const count = await file.read(buffer);
    if (count === null) break;
    let from = 0;
    for (;;) {
      const end = buffer.subarray(0, count).indexOf(lineFeed, from);
      if (end < 0) break;
      begun.push(buffer.subarray(from, end));
      yield whole(begun);
      begun = [];
      from = end + 1;
    }
    if (from < count) begun.push(buffer.slice(from, count));
  }
  if (begun.length > 0) yield whole(begun);
}

/** Most lines are in one piece, which is not copied. */
function whole(parts: readonly Uint8Array[]): Uint8Array {
  const [first] = parts;
  return parts.length === 1 && first !== undefined ? first : joined(parts);
}

const strict = new TextDecoder("utf-8", { fatal: true });
const lenient = new TextDecoder();

/** A line as text; `isUtf8` false: with U+FFFD for what is no UTF-8. */
export function textOf(bytes: Uint8Array): { text: string; isUtf8: boolean } {
  try {
    return { text: strict.decode(bytes), isUtf8: true };
  } catch {
    return { text: lenient.decode(bytes), isUtf8: false };
  }
}

/** Writes lines into a new file, many at a time. */
export class LineWriter implements Disposable {
  readonly #file: Deno.FsFile;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;

  constructor(path: string) {
    this.#file = Deno.openSync(path, { write: true, create: true, truncate: true });
  }

  /** The bytes are copied. */
  add(line: Uint8Array): void {
    const ended = new Uint8Array(line.length + 1);
    ended.set(line);
    ended[line.length] = lineFeed;
    this.#waiting.push(ended);
    this.#waitingBytes += ended.length;
    if (this.#waitingBytes >= chunkBytes) this.flush();
  }

  flush(): void {
    for (let rest = joined(this.#waiting); rest.length > 0;) {
      rest = rest.subarray(this.#file.writeSync(rest));
    }
    this.#waiting = [];
    this.#waitingBytes = 0;
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }
}
