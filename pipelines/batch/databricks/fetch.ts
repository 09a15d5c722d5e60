/**
 * Fetch: the result of a statement there -> a table of the work database here.
 *
 *   in    a query, and the columns that it gives out, with their declared types
 *   out   a table with the same rows in the same order
 *
 * Rows pass through a file: neither side holds more than a part of them in memory.
 */
import { type Column, duckDbType } from "../../../sql/dialect/mod.ts";
import { RunError } from "../../errors.ts";
import type { DatabricksWarehouse } from "../../warehouse/databricks.ts";
import type { DuckDbWarehouse, Row } from "../../warehouse/duckdb.ts";
import { literal, quoted } from "../../warehouse/quoting.ts";

export interface FetchOptions {
  columns: readonly Column[];
  /** Folder for the file between; it exists. */
  workDir: string;
}

/** @returns how many rows came */
export async function fetchTable(
  there: Pick<DatabricksWarehouse, "batches">,
  here: DuckDbWarehouse,
  table: string,
  query: string,
  { columns, workDir }: FetchOptions,
): Promise<number> {
  const path = `${workDir}/${table}.fetched`;
  const { rowCount, longestBytes } = await writeLines(path, there.batches(query));
  try {
    await here.run(`create or replace table ${quoted(table)} as
      select ${columns.map(castColumn).join(", ")} from ${scan(path, columns, longestBytes)}`);
  } finally {
    await Deno.remove(path);
  }
  await checkCount(here, table, rowCount);
  return rowCount;
}

/** Times come as text with their zone, all else as JSON has it. */
const isTime = ({ type }: Column): boolean => type.toLowerCase() === "timestamp";

function castColumn(column: Column): string {
  return `cast(${quoted(column.name)} as ${duckDbType(column.type)}) as ${quoted(column.name)}`;
}

function scan(path: string, columns: readonly Column[], longestBytes: number): string {
  const types = columns.map((column) =>
    `${quoted(column.name)}: ${literal(isTime(column) ? "VARCHAR" : duckDbType(column.type))}`
  );
  return `read_json(${literal(path)}, format = 'newline_delimited', columns = {${
    types.join(", ")
  }}, maximum_object_size = ${Math.max(16 << 20, 2 * longestBytes)})`;
}

/** Of one UTF-16 unit. */
const utf8BytesMax = 3;
const encoder = new TextEncoder();

async function writeLines(
  path: string,
  batches: AsyncIterable<Row[]>,
): Promise<{ rowCount: number; longestBytes: number }> {
  let rowCount = 0;
  let longestBytes = 0;
  using file = await Deno.open(path, { write: true, create: true, truncate: true });
  for await (const rows of batches) {
    const lines = rows.map((row) => `${JSON.stringify(row, plain)}\n`);
    const bytes = encoder.encode(lines.join(""));
    for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
    for (const { length } of lines) longestBytes = Math.max(longestBytes, utf8BytesMax * length);
    rowCount += rows.length;
  }
  return { rowCount, longestBytes };
}

/** A whole number beyond 2^53 as its digits: the column's type reads them. */
function plain(_: string, value: unknown): unknown {
  return typeof value === "bigint" ? value.toString() : value;
}

async function checkCount(here: DuckDbWarehouse, table: string, rowCount: number): Promise<void> {
  const [row] = await here.rows(`select count(*) as count from ${quoted(table)}`);
  if (Number(row?.count) === rowCount) return;
  throw new RunError(`Cannot fetch ${table}: ${rowCount} rows came, ${row?.count} were read`);
}
