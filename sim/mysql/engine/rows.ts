/**
 * Rows: what a query gives, a chunk at a time, each row ready for the wire.
 *
 * Asking the driver for a BLOB costs more than making it: a call into native code per value. So the
 * rows are taken from DuckDB's vector, whose layout is public (`duckdb_string_t` in duckdb.h): 16
 * bytes per value, first the size; up to 12 bytes stand in place, longer ones behind an address in
 * the last 8. Long values that lie one behind the other, as a query makes them, are asked for
 * together, some hundreds at once.
 */
import type {
  DuckDBBlobVector,
  DuckDBDataChunk,
  DuckDBResult,
  DuckDBValue,
} from "@duckdb/node-api";
import { PayloadWriter } from "../wire/bytes.ts";

export interface RowChunk {
  readonly count: number;
  sizeOf(row: number): number;
  /** Writes a row's bytes into `target` from `at` on. */
  copy(row: number, target: Uint8Array, at: number): void;
}

const cellSize = 16;
const inlineMax = 12;
/** Between two values there is no more than what aligns the second, so all of it may be read. */
const gapMax = 7;
/** What is held at once beside DuckDB's own; a longer value is a run by itself. */
const runBytesMax = 1 << 20;

/** Long values side by side in memory. */
interface Run {
  firstRow: number;
  endRow: number;
  /** Lower half of the first one's address. */
  from: number;
  bytes: Uint8Array;
}

class BlobChunk implements RowChunk {
  readonly count: number;
  readonly #vector: DuckDBBlobVector;
  readonly #cells: DataView;
  readonly #bytes: Uint8Array;
  #run: Run = { firstRow: 0, endRow: 0, from: 0, bytes: new Uint8Array(0) };

  constructor(chunk: DuckDBDataChunk) {
    const vector = chunk.getColumnVector(0) as DuckDBBlobVector;
    const cells: unknown = Reflect.get(vector, "dataView");
    if (!(cells instanceof DataView)) {
      throw new TypeError("Cannot read rows: this version of DuckDB's driver keeps no dataView");
    }
    this.count = chunk.rowCount;
    this.#vector = vector;
    this.#cells = cells;
    this.#bytes = new Uint8Array(cells.buffer, cells.byteOffset, cells.byteLength);
  }

  sizeOf(row: number): number {
    return this.#cells.getUint32(row * cellSize, true);
  }

  copy(row: number, target: Uint8Array, at: number): void {
    const size = this.sizeOf(row);
    const cell = row * cellSize;
    if (size <= inlineMax) {
      target.set(this.#bytes.subarray(cell + 4, cell + 4 + size), at);
      return;
    }
    const isInRun = row >= this.#run.firstRow && row < this.#run.endRow;
    const run = isInRun ? this.#run : this.#run = this.#runFrom(row);
    const from = this.#addressOf(row) - run.from;
    target.set(run.bytes.subarray(from, from + size), at);
  }

  #runFrom(firstRow: number): Run {
    const from = this.#addressOf(firstRow);
    const half = this.#upperHalf(firstRow);
    let end = from + this.sizeOf(firstRow);
    let row = firstRow + 1;
    for (; row < this.count && this.sizeOf(row) > inlineMax; row++) {
      const gap = this.#addressOf(row) - end;
      const longer = end + gap + this.sizeOf(row);
      const isNext = gap >= 0 && gap <= gapMax && this.#upperHalf(row) === half;
      if (!isNext || longer - from > runBytesMax) break;
      end = longer;
    }
    return { firstRow, endRow: row, from, bytes: this.#read(firstRow, end - from) };
  }

  /** The driver reads as much as the cell says. */
  #read(row: number, byteCount: number): Uint8Array {
    const size = this.sizeOf(row);
    this.#cells.setUint32(row * cellSize, byteCount, true);
    const bytes = this.#vector.getItemBytes(row);
    this.#cells.setUint32(row * cellSize, size, true);
    if (bytes === null) throw new RangeError(`Cannot read row ${row}: it is null`);
    return bytes;
  }

  #addressOf(row: number): number {
    return this.#cells.getUint32(row * cellSize + 8, true);
  }

  #upperHalf(row: number): number {
    return this.#cells.getUint32(row * cellSize + 12, true);
  }
}

export async function* blobChunks(result: DuckDBResult): AsyncGenerator<RowChunk> {
  for (;;) {
    const chunk = await result.fetchChunk();
    if (chunk === null || chunk.rowCount === 0) return;
    yield new BlobChunk(chunk);
  }
}

class ListChunk implements RowChunk {
  constructor(readonly rows: readonly Uint8Array[]) {}

  get count(): number {
    return this.rows.length;
  }

  sizeOf(row: number): number {
    return this.#row(row).length;
  }

  copy(row: number, target: Uint8Array, at: number): void {
    target.set(this.#row(row), at);
  }

  #row(row: number): Uint8Array {
    const bytes = this.rows[row];
    if (bytes === undefined) throw new RangeError(`Cannot read row ${row}: ${this.count} rows`);
    return bytes;
  }
}

/** Rows that were made here. */
export async function* listChunks(rows: readonly Uint8Array[]): AsyncGenerator<RowChunk> {
  if (rows.length > 0) yield new ListChunk(rows);
}

/** Rows whose values come as texts or BLOBs, a column each. */
export async function* valueChunks(result: DuckDBResult): AsyncGenerator<RowChunk> {
  for (;;) {
    const chunk = await result.fetchChunk();
    if (chunk === null || chunk.rowCount === 0) return;
    yield new ListChunk(chunk.getRows().map(encodeRow));
  }
}

function encodeRow(values: readonly DuckDBValue[]): Uint8Array {
  const writer = new PayloadWriter();
  for (const value of values) {
    if (value === null) writer.uint8(0xfb);
    else if (typeof value === "string") writer.lenencText(value);
    else writer.lenencBytes(bytesOf(value));
  }
  return writer.finish();
}

function bytesOf(value: DuckDBValue): Uint8Array {
  const bytes: unknown = typeof value === "object" && value !== null && "bytes" in value
    ? value.bytes
    : null;
  if (bytes instanceof Uint8Array) return bytes;
  throw new TypeError(`Cannot encode a value: neither text nor bytes: ${value}`);
}
