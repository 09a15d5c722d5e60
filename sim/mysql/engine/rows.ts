/**
 * Rows: what a query gives, a chunk at a time, each row ready for the wire.
 *
 * Reading a BLOB through the driver costs more than making it: an array buffer per value. So
 * the rows are copied straight from DuckDB's vector, whose layout is public (`duckdb_string_t`
 * in duckdb.h): 16 bytes per value, first the size; up to 12 bytes stand in place, longer ones
 * behind a pointer in the last 8.
 */
import type { DuckDBDataChunk, DuckDBResult, DuckDBValue } from "@duckdb/node-api";
import { PayloadWriter } from "../wire/bytes.ts";

export interface RowChunk {
  readonly count: number;
  sizeOf(row: number): number;
  /** Writes a row's bytes into `target` from `at` on. */
  copy(row: number, target: Uint8Array, at: number): void;
}

const cellSize = 16;
const inlineMax = 12;

class BlobChunk implements RowChunk {
  readonly count: number;
  readonly #cells: DataView;
  readonly #bytes: Uint8Array;
  /** Its memory is what we point into. */
  readonly chunk: DuckDBDataChunk;

  constructor(chunk: DuckDBDataChunk) {
    const cells: unknown = Reflect.get(chunk.getColumnVector(0), "dataView");
    if (!(cells instanceof DataView)) {
      throw new TypeError("Cannot read rows: this version of DuckDB's driver keeps no dataView");
    }
    this.chunk = chunk;
    this.count = chunk.rowCount;
    this.#cells = cells;
    this.#bytes = new Uint8Array(cells.buffer, cells.byteOffset, cells.byteLength);
  }

  sizeOf(row: number): number {
    return this.#cells.getUint32(row * cellSize, true);
  }

  copy(row: number, target: Uint8Array, at: number): void {
    const size = this.sizeOf(row);
    const from = row * cellSize;
    if (size <= inlineMax) {
      target.set(this.#bytes.subarray(from + 4, from + 4 + size), at);
      return;
    }
    const pointer = Deno.UnsafePointer.create(this.#cells.getBigUint64(from + 8, true));
    if (pointer === null) throw new RangeError(`Cannot read row ${row}: no pointer`);
    Deno.UnsafePointerView.copyInto(pointer, target.subarray(at, at + size));
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
