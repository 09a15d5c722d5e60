/**
 * Data file: a query -> one Parquet file with its statistics, on local disk.
 *
 * The statistics let readers skip files, so that a bound may be wide but never wrong: what is
 * not certain is left out.
 *
 * Source: the Delta protocol, "Per-file Statistics"; DuckDB's COPY with RETURN_STATS.
 */
import { RunError } from "../errors.ts";
import type { DuckDbWarehouse, Value } from "../warehouse/duckdb.ts";
import { type DeltaColumn, type DeltaType, duckDbTypeOf } from "./types.ts";
import { literal } from "../warehouse/quoting.ts";

export interface WrittenFile {
  localPath: string;
  /** Bytes. */
  size: number;
  rows: number;
  /** For the `add` action: JSON. */
  stats: string;
}

/**
 * Whoever writes or reads a file holds a whole group in memory, for each thread. A multiple of
 * DuckDB's vectors of 2,048.
 */
const rowGroupRows = 20_480;

/**
 * @param query selects the columns of the table, with their types
 * @returns null if the query has no rows: then there is no file
 * @throws {RunError} a null where the table allows none; no file is left
 */
export async function writeDataFile(
  db: DuckDbWarehouse,
  query: string,
  columns: readonly DeltaColumn[],
  localPath: string,
): Promise<WrittenFile | null> {
  try {
    const [report] = await db.rows(
      `COPY (${query}\n) TO ${literal(localPath)} ` +
        `(FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE ${rowGroupRows}, RETURN_STATS true)`,
    );
    const rows = Number(report?.["count"]);
    if (rows === 0) {
      await Deno.remove(localPath);
      return null;
    }
    const found = columnReports(report?.["column_statistics"]);
    checkNulls(columns, found);
    const stats = statsText(rows, columns, found);
    return { localPath, size: Number(report?.["file_size_bytes"]), rows, stats };
  } catch (error) {
    await Deno.remove(localPath).catch(() => {});
    throw error;
  }
}

/** What DuckDB reports of a column: texts by name. */
export type ColumnReport = Readonly<Record<string, string>>;

/** By the column's name; what lies within a column is left out. */
function columnReports(value: Value | undefined): Map<string, ColumnReport> {
  const reports = new Map<string, ColumnReport>();
  if (typeof value !== "object" || value === null) return reports;
  for (const [path, report] of Object.entries(value)) {
    const name = /^"((?:[^"]|"")*)"$/.exec(path)?.[1];
    if (name === undefined || typeof report !== "object" || report === null) continue;
    const texts = Object.entries(report).map(([key, text]) => [key, String(text)]);
    reports.set(name.replaceAll('""', '"'), Object.fromEntries(texts));
  }
  return reports;
}

function checkNulls(
  columns: readonly DeltaColumn[],
  reports: ReadonlyMap<string, ColumnReport>,
): void {
  for (const { name, nullable = true } of columns) {
    if (nullable || reports.get(name)?.["null_count"] === "0") continue;
    const count = reports.get(name)?.["null_count"] ?? "some";
    throw new RunError(`Cannot write: column ${name} allows no nulls, but ${count} rows have one`);
  }
}

/** The statistics as the log holds them. Numbers are copied as text: none is rounded on the way. */
export function statsText(
  rows: number,
  columns: readonly DeltaColumn[],
  reports: ReadonlyMap<string, ColumnReport>,
): string {
  const min: string[] = [];
  const max: string[] = [];
  const nulls: string[] = [];
  for (const { name, type } of columns) {
    const report = reports.get(name);
    if (report === undefined) continue;
    const key = JSON.stringify(name);
    if (report["null_count"] !== undefined) nulls.push(`${key}:${report["null_count"]}`);
    const bounds = boundsOf(type, report);
    if (bounds === null) continue;
    min.push(`${key}:${bounds.min}`);
    max.push(`${key}:${bounds.max}`);
  }
  return `{"numRecords":${rows},"minValues":{${min.join()}},"maxValues":{${max.join()}},` +
    `"nullCount":{${nulls.join()}}}`;
}

const numbers = /^(TINYINT|SMALLINT|INTEGER|BIGINT|FLOAT|DOUBLE|DECIMAL.*)$/;
/** As JSON writes numbers: no NaN, no infinity. */
const jsonNumber = /^-?[0-9]+([.][0-9]+)?(e[+-]?[0-9]+)?$/;
/** Longer texts would have to be cut, and cutting a maximum is an art of its own. */
const shortAscii = /^[ -~]{0,31}$/;

function boundsOf(type: DeltaType, report: ColumnReport): { min: string; max: string } | null {
  const { min, max, has_nan: hasNan } = report;
  if (min === undefined || max === undefined || hasNan === "true") return null;
  const kind = duckDbTypeOf(type);
  const both = (form: RegExp) => form.test(min) && form.test(max);
  if (numbers.test(kind)) return both(jsonNumber) ? { min, max } : null;
  if (kind === "DATE") {
    return both(/^[0-9]{4}-[0-9]{2}-[0-9]{2}$/) ? { min: `"${min}"`, max: `"${max}"` } : null;
  }
  if (kind === "VARCHAR") {
    return both(shortAscii) ? { min: JSON.stringify(min), max: JSON.stringify(max) } : null;
  }
  if (kind === "TIMESTAMP WITH TIME ZONE") return timeBounds(min, max);
  return null;
}

/** The log knows milliseconds: the lower bound is cut, the upper one rounded up. */
function timeBounds(min: string, max: string): { min: string; max: string } | null {
  const from = milliseconds(min, "down");
  const to = milliseconds(max, "up");
  return from === null || to === null ? null : { min: `"${from}"`, max: `"${to}"` };
}

/** `2020-01-01 00:00:00.123456+00` -> `2020-01-01T00:00:00.123Z`. */
function milliseconds(text: string, direction: "down" | "up"): string | null {
  const [, date, time, fraction = ""] =
    /^([0-9]{4}-[0-9]{2}-[0-9]{2}) ([0-9:]{8})(?:[.]([0-9]+))?[+]00$/.exec(text) ?? [];
  if (date === undefined || time === undefined) return null;
  const digits = fraction.padEnd(6, "0");
  const cutMs = Date.parse(`${date}T${time}.${digits.slice(0, 3)}Z`);
  const isCut = /[1-9]/.test(digits.slice(3));
  return new Date(cutMs + (isCut && direction === "up" ? 1 : 0)).toISOString();
}
