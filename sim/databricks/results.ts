/**
 * Results: the rows of a statement -> chunks in files, until they are too old.
 *
 * A chunk is the bytes of a JSON list of rows: what a link leads to, and what is put inline. A
 * result that is asked for inline may weigh 25 MiB in all; then the statement is aborted.
 */
import type { Cell } from "./engine/mod.ts";
import { SqlError } from "./errors.ts";

export interface Chunk {
  chunk_index: number;
  row_offset: number;
  row_count: number;
  byte_count: number;
}

export const inlineBytesMax = 26_214_400;

const encoder = new TextEncoder();

/** The rows of one statement on their way to files. */
export class ResultWriter {
  readonly chunks: Chunk[] = [];
  readonly #dir: string;
  readonly #chunkBytes: number;
  readonly #isInline: boolean;
  /** Undefined: all; rows beyond are not kept. */
  readonly #rowLimit: number;
  readonly #byteLimit: number;
  #pending: string[] = [];
  #pendingBytes = 0;
  #rowCount = 0;
  #byteCount = 0;
  #truncated = false;

  constructor(dir: string, options: {
    chunkBytes: number;
    isInline: boolean;
    rowLimit: number;
    byteLimit: number;
  }) {
    this.#dir = dir;
    this.#chunkBytes = options.chunkBytes;
    this.#isInline = options.isInline;
    this.#rowLimit = options.rowLimit;
    this.#byteLimit = options.byteLimit;
  }

  get rowCount(): number {
    return this.#rowCount;
  }

  get byteCount(): number {
    return this.#byteCount;
  }

  get truncated(): boolean {
    return this.#truncated;
  }

  /** @throws {SqlError} if it is too much to be inline */
  async write(rows: readonly Cell[][]): Promise<void> {
    for (const row of rows) {
      const text = JSON.stringify(row);
      if (this.#rowCount >= this.#rowLimit || this.#byteCount + text.length > this.#byteLimit) {
        this.#truncated = true;
        return;
      }
      this.#pending.push(text);
      this.#pendingBytes += text.length;
      this.#rowCount++;
      this.#byteCount += text.length;
      if (this.#isInline && this.#byteCount > inlineBytesMax) throw tooMuch();
      if (this.#pendingBytes >= this.#chunkBytes) await this.#flush();
    }
  }

  async end(): Promise<void> {
    if (this.#pending.length > 0) await this.#flush();
  }

  async #flush(): Promise<void> {
    const bytes = encoder.encode(`[${this.#pending.join(",")}]`);
    const index = this.chunks.length;
    await Deno.mkdir(this.#dir, { recursive: true });
    await Deno.writeFile(chunkPath(this.#dir, index), bytes);
    this.chunks.push({
      chunk_index: index,
      row_offset: this.#rowCount - this.#pending.length,
      row_count: this.#pending.length,
      byte_count: bytes.length,
    });
    this.#pending = [];
    this.#pendingBytes = 0;
  }
}

/** Documented: the limit. Observed in other people's reports: the words. */
function tooMuch(): SqlError {
  return new SqlError(
    "INLINE_BYTE_LIMIT_EXCEEDED",
    "Inline byte limit exceeded. Statements executed with disposition=INLINE can have a result " +
      `size of at most ${inlineBytesMax} bytes. Please execute the statement with ` +
      "disposition=EXTERNAL_LINKS if you want to download the full result",
    "54000",
  );
}

export function chunkPath(dir: string, index: number): string {
  return `${dir}/${index}.json`;
}

export async function readChunk(dir: string, index: number): Promise<Uint8Array> {
  return await Deno.readFile(chunkPath(dir, index));
}

/** Forgets a result; there may be none. */
export async function removeResult(dir: string): Promise<void> {
  await Deno.remove(dir, { recursive: true }).catch((error: unknown) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
}
