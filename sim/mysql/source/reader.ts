/**
 * Reader: a source file -> the SQL that reads it in DuckDB, all columns as text.
 *
 * Nothing is guessed but the separator of a CSV file, which its header shows: the columns are
 * those of the table, found by name in any order; others are named and left. Text stays text.
 */
import type { DuckDBConnection } from "@duckdb/node-api";
import type { SourceTable } from "../schema.ts";
import { literal, quoteName } from "../sql/rewrite.ts";
import { countMatches, type FileColumn, matchColumns, notTaken } from "./columns.ts";
import { type CsvProblem, type CsvRecord, readCsv } from "./csv.ts";
import { judgeCsv, type JudgedRow, judgeJsonLines } from "./diagnose.ts";
import { SourceFileError } from "./errors.ts";
import { head, type SourceFile } from "./plain.ts";

export interface SourceReader {
  /** A FROM item. */
  from: string;
  /** In the order of the table: what reads each column as text. */
  cells: readonly { sql: string; column: FileColumn }[];
  /** After a failed load: the rows one by one; null: the file has no lines to go through. */
  judge: (() => AsyncGenerator<JudgedRow>) | null;
}

/** Told what was found that a person may not expect, a sentence without a beginning. */
export type OnNote = (text: string) => void;

/** @throws {SourceFileError} if it lacks columns, or is not what its name says. */
export async function openSource(
  connection: DuckDBConnection,
  file: SourceFile,
  table: SourceTable,
  onNote: OnNote,
): Promise<SourceReader> {
  switch (file.type) {
    case "csv":
      return await openCsv(file, table, onNote);
    case "json":
      return await openJson(connection, file, table, onNote);
    case "parquet":
      return await openParquet(connection, file, table, onNote);
  }
}

/** DuckDB would take `*`, `?` and `[` in a path for a pattern. */
export function pathLiteral(path: string): string {
  return literal(path.replace(/[[*?]/g, "[$&]"));
}

function tell(onNote: OnNote, text: string | null): void {
  if (text !== null) onNote(text);
}

/** In the order of preference, where a header fits two of them. */
const separators: Readonly<Record<string, string>> = {
  ",": "commas",
  ";": "semicolons",
  "\t": "tabs",
  "|": "vertical bars",
};

async function openCsv(
  { name, path }: SourceFile,
  table: SourceTable,
  onNote: OnNote,
): Promise<SourceReader> {
  const { separator, header } = await csvHeader(name, path, table);
  const columns = matchColumns(name, table, header, 1);
  if (separator !== ",") onNote(`values are separated by ${separators[separator]}`);
  tell(onNote, notTaken(header, columns));
  // By place, not by name: names in a header may repeat.
  const names = header.map((_, place) => `'c${place}': 'VARCHAR'`).join(", ");
  return {
    from: `read_csv(${pathLiteral(path)}, auto_detect = false, header = true, ` +
      `delim = ${literal(separator)}, quote = '"', escape = '"', nullstr = ['', 'NULL', '\\N'], ` +
      `allow_quoted_nulls = false, strict_mode = true, null_padding = false, ` +
      `columns = {${names}})`,
    cells: columns.map((column) => ({ sql: `c${header.indexOf(column.inFile)}`, column })),
    judge: () => judgeCsv(path, separator, header, columns),
  };
}

/** The separator is the one with which most of the table's columns are found. */
async function csvHeader(name: string, path: string, table: SourceTable) {
  let best = { separator: ",", header: [] as string[], matches: -1 };
  let problem: CsvProblem | null = null;
  for (const separator of Object.keys(separators)) {
    const record = await firstRecord(name, path, separator);
    const header = record.fields.map(({ text }) => text);
    const matches = record.problem === null ? countMatches(table, header) : -1;
    if (matches > best.matches) best = { separator, header, matches };
    problem ??= record.problem;
  }
  if (best.matches >= 0 || problem === null) return best;
  throw new SourceFileError(name, problem.text, { line: problem.line });
}

async function firstRecord(name: string, path: string, separator: string): Promise<CsvRecord> {
  for await (const record of readCsv(path, separator)) return record;
  throw new SourceFileError(name, "Expected a line with the names of the columns, found none", {
    line: 1,
  });
}

async function openJson(
  connection: DuckDBConnection,
  file: SourceFile,
  table: SourceTable,
  onNote: OnNote,
): Promise<SourceReader> {
  const { name, path } = file;
  const begin = new TextDecoder().decode(await head(path)).trimStart();
  refusePandas(name, begin, table);
  const format = begin.startsWith("[") ? "array" : "newline_delimited";
  const isLines = format === "newline_delimited";
  const found = await jsonNames(connection, file, table, format);
  const columns = matchColumns(name, table, found);
  tell(onNote, notTaken(found, columns));
  const names = columns.map(({ inFile }) => `${literal(inFile)}: 'VARCHAR'`).join(", ");
  return {
    from: `read_json(${pathLiteral(path)}, format = '${format}', columns = {${names}})`,
    cells: columns.map((column) => ({ sql: quoteName(column.inFile), column })),
    judge: isLines ? () => judgeJsonLines(path, columns) : null,
  };
}

/** As DuckDB finds them in the first rows; of a file that it cannot read, in the first line. */
async function jsonNames(
  connection: DuckDBConnection,
  { name, path }: SourceFile,
  table: SourceTable,
  format: string,
): Promise<string[]> {
  try {
    return await columnNames(
      connection,
      `SELECT * FROM read_json(${pathLiteral(path)}, format = '${format}', maximum_depth = 1)`,
    );
  } catch (error) {
    if (format === "array") throw new SourceFileError(name, engineProblem(error));
    return await namesOfLines(path) ?? table.columns.map((column) => column.name);
  }
}

/** Of the first line that is an object. */
async function namesOfLines(path: string): Promise<string[] | null> {
  for await (const { bytes, fault } of judgeJsonLines(path, [])) {
    if (fault === null) return Object.keys(JSON.parse(new TextDecoder().decode(bytes)));
  }
  return null;
}

/**
 * Documented: `DataFrame.to_json` writes one object of columns unless it is told otherwise;
 * `orient` also knows an object of rows (`index`), one with the keys `columns`, `index` and `data`
 * (`split`), one of a schema and data (`table`), and arrays of values (`values`).
 */
function refusePandas(name: string, begin: string, table: SourceTable): void {
  const key = /^[{]\s*"([^"]*)"\s*:\s*[[{]/.exec(begin)?.[1];
  const isOneObject = key !== undefined && (countMatches(table, [key]) > 0 ||
    /^[0-9]+$/.test(key) || key === "columns" || key === "schema");
  if (!isOneObject && !/^\[\s*\[/.test(begin)) return;
  throw new SourceFileError(
    name,
    "Expected an object for each row, found one for the whole table, as pandas writes it; write " +
      'it with to_json(path, orient="records", lines=True)',
  );
}

async function openParquet(
  connection: DuckDBConnection,
  { name, path }: SourceFile,
  table: SourceTable,
  onNote: OnNote,
): Promise<SourceReader> {
  const from = `read_parquet(${pathLiteral(path)})`;
  let found: string[];
  try {
    found = await columnNames(connection, `SELECT * FROM ${from}`);
  } catch (error) {
    throw new SourceFileError(name, engineProblem(error));
  }
  const columns = matchColumns(name, table, found);
  tell(onNote, notTaken(found, columns));
  return {
    from,
    cells: columns.map((column) => ({
      sql: `CAST(${quoteName(column.inFile)} AS VARCHAR)`,
      column,
    })),
    judge: null,
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
