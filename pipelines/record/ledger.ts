/**
 * Ledger: what was acknowledged -> a file that survives, for resuming and for the proof.
 *
 *   file   `<folder>/posted-<table>.csv`, one line for each source row in source order:
 *          `key,hash,partition,offset`, no header line
 *
 * Lines are written to the operating system before they count: they survive `kill -9`, not a
 * power cut. A line that was cut short is removed at the next opening. Line n is source row n,
 * so a later run reads the source along the ledger and knows what need not be sent again. A row
 * that was refused for good (too large for a record) has no partition and no offset.
 */
import { RunError, UsageError } from "../errors.ts";
import { type TableName, tableNames } from "../tables.ts";

export interface LedgerEntry {
  /** The row's key as text, empty for null. */
  key: string;
  /** `contentHash` of the row. */
  hash: string;
  /** Where it was stored, or null if it was refused. */
  place: Place | null;
}

/** In Kafka as it says; in Kinesis the number of the shard and the sequence number. */
export interface Place {
  partition: number;
  offset: bigint;
}

/** What a ledger needs of a file that only grows. */
export interface AppendFile {
  /** Writes a part or all of the bytes and says how many. */
  writeSync(bytes: Uint8Array): number;
  close(): void;
}

export interface LedgerOptions {
  /** Opens the file for appending; tests put a full disk here. */
  openFile?: (path: string) => AppendFile;
}

/** Path of the ledger of each table, whether it exists or not. */
export function ledgerPaths(folder: string): Record<TableName, string> {
  return Object.fromEntries(
    tableNames.map((table) => [table, `${folder}/posted-${table}.csv`]),
  ) as Record<TableName, string>;
}

export class Ledger implements Disposable {
  readonly path: string;
  readonly table: TableName;
  readonly #recordedBytes: number;
  readonly #file: AppendFile;

  private constructor(path: string, table: TableName, recordedBytes: number, file: AppendFile) {
    this.path = path;
    this.table = table;
    this.#recordedBytes = recordedBytes;
    this.#file = file;
  }

  /** Opens or creates the ledger of a table and cuts off a line that was not finished. */
  static async open(
    folder: string,
    table: TableName,
    { openFile = (path) => Deno.openSync(path, { append: true, create: true }) }: LedgerOptions =
      {},
  ): Promise<Ledger> {
    const path = ledgerPaths(folder)[table];
    try {
      await Deno.mkdir(folder, { recursive: true });
      const file = openFile(path);
      const size = await cutTornLine(path);
      return new Ledger(path, table, size, file);
    } catch (error) {
      throw cannotWrite(path, error);
    }
  }

  /** The entries of earlier runs, in source order. */
  async *recorded(): AsyncGenerator<LedgerEntry[]> {
    let lineCount = 0;
    for await (const lines of linesOf(this.path, this.#recordedBytes)) {
      yield lines.map((line) => this.#parse(line, ++lineCount));
    }
  }

  /** @throws {RunError} if the disk is full or the file cannot be written. */
  append(entries: readonly LedgerEntry[]): void {
    let text = "";
    for (const { key, hash, place } of entries) {
      const where = place === null ? "," : `${place.partition},${place.offset}`;
      text += `${quoted(key)},${hash},${where}\n`;
    }
    try {
      for (let rest = encoder.encode(text); rest.length > 0;) {
        rest = rest.subarray(this.#file.writeSync(rest));
      }
    } catch (error) {
      throw cannotWrite(this.path, error);
    }
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }

  #parse(line: string, lineNumber: number): LedgerEntry {
    const match = /^(?:"((?:[^"]|"")*)"|([^",]*)),([0-9a-f]{32}),(?:(\d+),(\d+)|,)$/.exec(line);
    if (match === null) {
      throw new UsageError(
        `Cannot read line ${lineNumber} of ${this.path}: not key,hash,partition,offset. ` +
          `The file was changed by something else; start again with an empty --data folder`,
      );
    }
    const [, quotedKey, plainKey, hash = "", partition, offset] = match;
    const key = quotedKey?.replaceAll('""', '"') ?? plainKey ?? "";
    const place = partition === undefined
      ? null
      : { partition: Number(partition), offset: BigInt(offset ?? 0) };
    return { key, hash, place };
  }
}

/** A key as the ledger holds it: one line of text, empty for null. */
export function keyText(key: unknown): string {
  if (key === null || key === undefined) return "";
  return typeof key === "string" ? key.replace(/[\r\n]/g, " ") : JSON.stringify(key);
}

const encoder = new TextEncoder();

/** Keys are numbers; a text in their place may hold a comma or a quote. */
function quoted(key: string): string {
  return /[",]/.test(key) ? `"${key.replaceAll('"', '""')}"` : key;
}

/** Ends the file after its last line feed and returns its size. */
async function cutTornLine(path: string): Promise<number> {
  using file = await Deno.open(path, { read: true, write: true });
  const size = (await file.stat()).size;
  const chunk = new Uint8Array(65_536);
  for (let end = size; end > 0;) {
    const start = Math.max(0, end - chunk.length);
    await file.seek(start, Deno.SeekMode.Start);
    const count = await readFully(file, chunk.subarray(0, end - start));
    const last = chunk.subarray(0, count).lastIndexOf(10);
    if (last >= 0) {
      const whole = start + last + 1;
      if (whole < size) await file.truncate(whole);
      return whole;
    }
    end = start;
  }
  if (size > 0) await file.truncate(0);
  return 0;
}

async function readFully(file: Deno.FsFile, into: Uint8Array): Promise<number> {
  let count = 0;
  while (count < into.length) {
    const got = await file.read(into.subarray(count));
    if (got === null) break;
    count += got;
  }
  return count;
}

/** The lines in the first `size` bytes, a chunk's worth at a time. */
async function* linesOf(path: string, size: number): AsyncGenerator<string[]> {
  using file = await Deno.open(path);
  const decoder = new TextDecoder();
  const chunk = new Uint8Array(65_536);
  let rest = "";
  for (let at = 0; at < size;) {
    const count = await readFully(file, chunk.subarray(0, Math.min(chunk.length, size - at)));
    if (count === 0) break;
    at += count;
    const lines = (rest + decoder.decode(chunk.subarray(0, count), { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    yield lines;
  }
}

function cannotWrite(path: string, error: unknown): Error {
  if (error instanceof RunError || error instanceof UsageError) return error;
  const found = error instanceof Error ? error.message : String(error);
  return new RunError(
    `Cannot write ${path}: ${found}. Make room or choose another --data folder, ` +
      `then run again with the same --data to go on`,
    { cause: error },
  );
}
