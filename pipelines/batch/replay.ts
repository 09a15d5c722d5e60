/**
 * Replay: a rejects file, its cause mended by a person -> records to be posted once more.
 *
 *   in    rejects.csv or rejects.parquet of a run: table, reason, topic, partition, offset,
 *         bytes (base64); only `table` and `bytes` are needed, in any order
 *   out   per row either a record (table and JSON object) or why it still cannot be posted
 *
 * The file is followed: the column `table` decides where a record goes, because that is what a
 * person mends when a record was in the wrong topic. The whole file is checked before the first
 * row is handed out, so that a malformed one posts nothing. A record that is posted twice is a
 * duplicate at worst.
 */
import { createHash } from "node:crypto";
import { UsageError } from "../errors.ts";
import type { Post, Row } from "../posts.ts";
import { sourceTables, type TableName, tableNames } from "../tables.ts";
import { openDuckDb } from "../warehouse/duckdb.ts";
import { type CsvLine, CsvSyntaxError, readCsv } from "../csv.ts";
import { cleanObject } from "../record/json_line.ts";
import { literal } from "../warehouse/quoting.ts";

/** One row of the file. */
export interface ReplayRow {
  /** `line 12` of a CSV file, `row 11` of a Parquet file. */
  where: string;
  table: TableName;
  /** Why it was rejected, as the file says. */
  reason: string;
  /** The record as compact JSON; null if it still cannot be posted. */
  value: string | null;
  /** What is wrong if `value` is null. */
  problem: string | null;
}

/** A row as text: null is nothing, which is not an empty text. */
interface RawRow {
  where: string;
  table: string | null;
  reason: string | null;
  bytes: string | null;
}

/**
 * Reads the file twice: once to check it, once to hand out its rows.
 * @throws {UsageError} with the line of everything that is malformed
 */
export async function* readRejects(path: string): AsyncGenerator<ReplayRow> {
  await checkRejects(path);
  for await (const row of rawRows(path)) {
    const table = tableOf(row.table);
    if (table !== undefined) yield { where: row.where, table, ...judge(row) };
  }
}

/**
 * The records of the file as posts of one row each, in the order of the file.
 * @param onProblem is told of every row that still cannot be posted
 */
export async function* replayPosts(
  path: string,
  onProblem: (row: ReplayRow) => void,
): AsyncGenerator<Post[]> {
  for await (const row of readRejects(path)) {
    if (row.value === null) {
      onProblem(row);
      continue;
    }
    const record: Row = JSON.parse(row.value);
    yield [{
      index: record[sourceTables[row.table].key],
      rows: { [row.table]: record },
      pauseSeconds: 0,
    }];
  }
}

/** A name for what was posted from this file: the same content has the same ledger. */
export async function replayName(path: string): Promise<string> {
  const bytes = await Deno.readFile(path).catch((error: Error) => {
    throw new UsageError(`Cannot read the rejects file ${path}: ${error.message}`);
  });
  return `replay-${createHash("md5").update(bytes).digest("hex")}`;
}

const problemsShownMax = 20;

/** @throws {UsageError} naming what is no row of rejects, or why the file cannot be read. */
export async function checkRejects(path: string): Promise<void> {
  const problems: string[] = [];
  let count = 0;
  for await (const row of rawRows(path)) {
    const problem = malformed(row);
    if (problem === undefined) continue;
    if (count++ < problemsShownMax) problems.push(`${path}, ${row.where}: ${problem}`);
  }
  if (count === 0) return;
  if (count > problems.length) problems.push(`… and ${count - problems.length} more`);
  throw new UsageError(problems.join("\n"));
}

function malformed({ table, bytes }: RawRow): string | undefined {
  if (tableOf(table) === undefined) {
    return `table is '${table ?? ""}': must be ${tableNames.join(", ")}`;
  }
  return bytes === null || decoded(bytes) !== undefined ? undefined : "bytes are not base64";
}

function tableOf(text: string | null): TableName | undefined {
  return tableNames.find((name) => name === text);
}

function decoded(base64: string): Uint8Array | undefined {
  try {
    return Uint8Array.fromBase64(base64);
  } catch {
    return undefined;
  }
}

function judge({ reason, bytes }: RawRow): Pick<ReplayRow, "reason" | "value" | "problem"> {
  const value = bytes === null ? null : cleanObject(decoded(bytes) ?? new Uint8Array());
  const problem = value !== null
    ? null
    : bytes === null
    ? "has no value: there is nothing to post"
    : "is still no JSON object";
  return { reason: reason ?? "", value, problem };
}

function rawRows(path: string): AsyncGenerator<RawRow> {
  if (path.endsWith(".parquet")) return parquetRows(path);
  if (path.endsWith(".csv")) return csvRows(path);
  throw new UsageError(`Cannot replay ${path}: must be a .csv or .parquet file of rejects`);
}

async function* csvRows(path: string): AsyncGenerator<RawRow> {
  let header: Map<string, number> | undefined;
  for await (const line of csvLines(path)) {
    if (header === undefined) {
      header = headerOf(path, line);
      continue;
    }
    const where = `line ${line.lineNumber}`;
    if (line.cells.length !== header.size) {
      throw new UsageError(
        `${path}, ${where}: ${line.cells.length} cells, but the header has ${header.size}`,
      );
    }
    const cell = (name: string) => line.cells[header?.get(name) ?? -1] ?? null;
    yield { where, table: cell("table"), reason: cell("reason"), bytes: cell("bytes") };
  }
  if (header === undefined) throw new UsageError(`${path} is empty: not even a header`);
}

async function* csvLines(path: string): AsyncGenerator<CsvLine> {
  try {
    using file = await Deno.open(path);
    yield* readCsv(file.readable);
  } catch (error) {
    throw cannotRead(path, error);
  }
}

function headerOf(path: string, { cells }: CsvLine): Map<string, number> {
  const header = new Map(cells.map((name, at) => [(name ?? "").trim(), at]));
  const missing = ["table", "bytes"].filter((name) => !header.has(name));
  if (missing.length === 0 && header.size === cells.length) return header;
  const found = cells.join(",").slice(0, 200);
  throw new UsageError(
    missing.length > 0
      ? `${path}, line 1: no column ${missing.join(", ")} in the header '${found}'`
      : `${path}, line 1: a column is there twice in the header '${found}'`,
  );
}

async function* parquetRows(path: string): AsyncGenerator<RawRow> {
  await using db = await openDuckDb();
  const source = `read_parquet(${literal(path)})`;
  const found = await reading(path, db.rows(`describe from ${source}`));
  const columns = new Map(found.map((row) => [row["column_name"], row["column_type"]]));
  const missing = ["table", "bytes"].filter((name) => columns.get(name) !== "VARCHAR");
  if (missing.length > 0) {
    throw new UsageError(`${path} has no column ${missing.join(", ")} of text`);
  }
  const reason = columns.has("reason") ? "cast(reason as varchar)" : "null";
  const batches = db.batches(`select "table", ${reason} as reason, bytes from ${source}`);
  for (let rowNumber = 0;;) {
    const { value: rows, done } = await reading(path, batches.next());
    if (done) return;
    for (const { table, reason, bytes } of rows) {
      const text = (value: unknown) => typeof value === "string" ? value : null;
      const where = `row ${++rowNumber}`;
      yield { where, table: text(table), reason: text(reason), bytes: text(bytes) };
    }
  }
}

async function reading<T>(path: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw cannotRead(path, error);
  }
}

function cannotRead(path: string, error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof UsageError) return error;
  if (error instanceof CsvSyntaxError) {
    return new UsageError(`${path}, line ${error.lineNumber}: ${error.message}`, { cause: error });
  }
  return new UsageError(`Cannot read ${path}: ${error.message}`, { cause: error });
}
