/**
 * Diagnose: a file that DuckDB refused -> the first record that is wrong, by line and column.
 *
 * Reads the file once more, slowly and exactly; happens only when the load has failed.
 */
import type { ColumnKind, SourceTable } from "../schema.ts";
import { fieldValue, readCsv } from "./csv.ts";
import { shown, SourceFileError } from "./errors.ts";
import { readLines } from "./lines.ts";
import { expectedOf, isValue } from "./values.ts";

/** The columns of a table by the position or name they have in the file. */
export interface FileColumn {
  /** As the file spells it. */
  inFile: string;
  kind: ColumnKind;
  isKey: boolean;
}

/** Finds the fault of a CSV file, or nothing. */
export async function diagnoseCsv(
  path: string,
  header: readonly string[],
  columns: readonly FileColumn[],
): Promise<SourceFileError | null> {
  const places = columns.map((column) => ({ ...column, at: header.indexOf(column.inFile) }));
  let isHeader = true;
  try {
    for await (const { line, fields } of readCsv(path)) {
      if (!isHeader && fields.length !== header.length) {
        return wrongCount(path, line, header, fields);
      }
      for (const column of isHeader ? [] : places) {
        const field = fields[column.at];
        const value = field === undefined ? null : fieldValue(field);
        const problem = problemOf(column, value);
        if (problem !== null) {
          return new SourceFileError(path, problem, { line, column: column.inFile });
        }
      }
      isHeader = false;
    }
  } catch (error) {
    if (error instanceof SourceFileError) return error;
    throw error;
  }
  return null;
}

function wrongCount(path: string, line: number, header: readonly string[], fields: unknown[]) {
  return new SourceFileError(
    path,
    `Expected ${header.length} values, found ${fields.length}; a value with a comma or a line ` +
      "break in it must stand in double quotes",
    { line },
  );
}

/** What is wrong with a cell, or null. */
export function problemOf({ kind, isKey }: FileColumn, value: string | null): string | null {
  if (value === null) return isKey ? `Expected ${expectedOf(kind)}, found nothing` : null;
  if (isValue(kind, value)) return null;
  return `Expected ${expectedOf(kind)}, found ${shown(value)}`;
}

/** Finds the fault of a JSON Lines file, or nothing. */
export async function diagnoseJsonLines(
  path: string,
  columns: readonly FileColumn[],
): Promise<SourceFileError | null> {
  let line = 0;
  try {
    for await (const text of readLines(path)) {
      line++;
      const problem = text.trim() === "" ? null : problemOfLine(text, columns);
      if (problem === null) continue;
      return new SourceFileError(path, problem.text, { line, ...problem.place });
    }
  } catch (error) {
    if (error instanceof SourceFileError) return error;
    throw error;
  }
  return null;
}

function problemOfLine(text: string, columns: readonly FileColumn[]) {
  const row = parseObject(text);
  if (row === null) return { text: `Expected a JSON object, found ${shown(text)}`, place: {} };
  const problem = problemOfRow(row, columns);
  return problem && { text: problem.text, place: { column: problem.column } };
}

function problemOfRow(row: Record<string, unknown>, columns: readonly FileColumn[]) {
  for (const column of columns) {
    const value = row[column.inFile];
    const text = problemOf(column, value === null || value === undefined ? null : cellText(value));
    if (text !== null) return { text, column: column.inFile };
  }
  return null;
}

function cellText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
    return { ...value };
  } catch {
    return null;
  }
}

/** Which columns of a table a file has, by its own spelling; the key may be called `index` or `ind`. */
export function matchColumns(
  path: string,
  table: SourceTable,
  found: readonly string[],
  line?: number,
): FileColumn[] {
  const spelling = new Map(found.map((name) => [name.trim().toLowerCase(), name]));
  const missing: string[] = [];
  const columns = table.columns.map(({ name, kind }): FileColumn => {
    const isKey = name === table.key;
    const other = name === "index" ? "ind" : "index";
    const inFile = spelling.get(name) ?? (isKey ? spelling.get(other) : undefined);
    if (inFile === undefined) missing.push(`'${name}'`);
    return { inFile: inFile ?? name, kind, isKey };
  });
  if (missing.length > 0) {
    throw new SourceFileError(
      path,
      `Expected the columns of ${table.name}; missing: ${missing.join(", ")}; found: ` +
        (found.map((name) => `'${name}'`).join(", ") || "nothing"),
      line === undefined ? {} : { line },
    );
  }
  return columns;
}
