/**
 * Reader: a source file -> the SQL that reads it in DuckDB, all columns as text.
 *
 * Nothing is guessed: the columns are those of the table, found by name in any order; others are
 * ignored. Text stays text.
 */
import type { DuckDBConnection } from "@duckdb/node-api";
import type { SourceTable } from "../schema.ts";
import { literal, quoteName } from "../sql/rewrite.ts";
import { readCsv } from "./csv.ts";
import { diagnoseCsv, diagnoseJsonLines, type FileColumn, matchColumns } from "./diagnose.ts";
import { SourceFileError } from "./errors.ts";

export interface SourceReader {
  /** A FROM item. */
  from: string;
  /** In the order of the table: what reads each column as text. */
  cells: readonly { sql: string; column: FileColumn }[];
  /** After a failed load: what is wrong, and where. */
  diagnose(): Promise<SourceFileError | null>;
}

export const fileTypes = [".csv", ".jsonl", ".ndjson", ".json", ".parquet"];

/** @throws {SourceFileError} if there is no such file, or it lacks columns. */
export async function openSource(
  connection: DuckDBConnection,
  path: string,
  table: SourceTable,
): Promise<SourceReader> {
  await mustBeFile(path);
  const type = fileTypes.find((ending) => path.toLowerCase().endsWith(ending));
  switch (type) {
    case ".csv":
      return await openCsv(path, table);
    case ".jsonl":
    case ".ndjson":
    case ".json":
      return await openJson(connection, path, table);
    case ".parquet":
      return await openParquet(connection, path, table);
    default:
      throw new SourceFileError(path, `Expected a name that ends in ${fileTypes.join(", ")}`);
  }
}

async function mustBeFile(path: string): Promise<void> {
  try {
    const { isFile, size } = await Deno.stat(path);
    if (!isFile) throw new SourceFileError(path, "Expected a file, found a folder");
    if (size === 0) throw new SourceFileError(path, "Expected rows, found an empty file");
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      throw new SourceFileError(path, "Expected a file, found nothing of that name");
    }
    if (error instanceof Deno.errors.PermissionDenied) {
      throw new SourceFileError(path, "May not be read");
    }
    throw error;
  }
}

/** DuckDB would take `*`, `?` and `[` in a path for a pattern. */
function pathLiteral(path: string): string {
  return literal(path.replace(/[[*?]/g, "[$&]"));
}

async function openCsv(path: string, table: SourceTable): Promise<SourceReader> {
  const header = await csvHeader(path);
  const columns = matchColumns(path, table, header, 1);
  // By place, not by name: names in a header may repeat.
  const names = header.map((_, place) => `'c${place}': 'VARCHAR'`).join(", ");
  return {
    from: `read_csv(${pathLiteral(path)}, auto_detect = false, header = true, delim = ',', ` +
      `quote = '"', escape = '"', nullstr = ['', 'NULL', '\\N'], allow_quoted_nulls = false, ` +
      `strict_mode = true, null_padding = false, columns = {${names}})`,
    cells: columns.map((column) => ({ sql: `c${header.indexOf(column.inFile)}`, column })),
    diagnose: () => diagnoseCsv(path, header, columns),
  };
}

async function csvHeader(path: string): Promise<string[]> {
  for await (const { fields } of readCsv(path)) return fields.map(({ text }) => text);
  throw new SourceFileError(path, "Expected a line with the names of the columns, found none", {
    line: 1,
  });
}

async function openJson(
  connection: DuckDBConnection,
  path: string,
  table: SourceTable,
): Promise<SourceReader> {
  const isArray = await startsWithBracket(path);
  const format = isArray ? "array" : "newline_delimited";
  const diagnose = isArray
    ? () => Promise.resolve(null)
    : () =>
      diagnoseJsonLines(path, matchColumns(path, table, table.columns.map(({ name }) => name)));
  const describe = `SELECT * FROM read_json(${pathLiteral(path)}, format = '${format}', ` +
    `maximum_depth = 1)`;
  let columns: FileColumn[];
  try {
    columns = matchColumns(path, table, await columnNames(connection, describe));
  } catch (error) {
    const missing = error instanceof SourceFileError ? error : null;
    throw await diagnose() ?? missing ?? new SourceFileError(path, engineProblem(error));
  }
  const names = columns.map(({ inFile }) => `${literal(inFile)}: 'VARCHAR'`).join(", ");
  return {
    from: `read_json(${pathLiteral(path)}, format = '${format}', columns = {${names}})`,
    cells: columns.map((column) => ({ sql: quoteName(column.inFile), column })),
    diagnose: isArray ? diagnose : () => diagnoseJsonLines(path, columns),
  };
}

async function startsWithBracket(path: string): Promise<boolean> {
  using file = await Deno.open(path);
  const buffer = new Uint8Array(4096);
  const count = await file.read(buffer) ?? 0;
  return new TextDecoder().decode(buffer.subarray(0, count)).trimStart().startsWith("[");
}

async function openParquet(
  connection: DuckDBConnection,
  path: string,
  table: SourceTable,
): Promise<SourceReader> {
  const from = `read_parquet(${pathLiteral(path)})`;
  let found: string[];
  try {
    found = await columnNames(connection, `SELECT * FROM ${from}`);
  } catch (error) {
    throw new SourceFileError(path, engineProblem(error));
  }
  const columns = matchColumns(path, table, found);
  return {
    from,
    cells: columns.map((column) => ({
      sql: `CAST(${quoteName(column.inFile)} AS VARCHAR)`,
      column,
    })),
    diagnose: () => Promise.resolve(null),
  };
}

async function columnNames(connection: DuckDBConnection, sql: string): Promise<string[]> {
  const statement = await connection.prepare(sql);
  return Array.from({ length: statement.columnCount }, (_, at) => statement.columnName(at));
}

/** The first line of what DuckDB says. */
export function engineProblem(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const [first = text] = text.split("\n");
  if (first.includes("state machine reached an invalid state")) {
    return "Expected line breaks of one kind, found LF and CRLF";
  }
  return `Cannot be read: ${first}`;
}
