/**
 * Diagnose: a file that DuckDB refused -> its rows one by one, each with what is wrong with it.
 *
 * Reads the file once more, slowly and exactly; happens only when the load has failed.
 */
import type { FileColumn } from "./columns.ts";
import { type CsvRecord, fieldValue, readCsv } from "./csv.ts";
import { type Place, shown } from "./errors.ts";
import { readLines, textOf } from "./lines.ts";
import { expectedOf, isValue } from "./values.ts";

/** What cannot be read of a row, and where. */
export interface Fault {
  text: string;
  place: Place;
}

export interface JudgedRow {
  /** As they stand in the file, without the last line break. */
  bytes: Uint8Array;
  fault: Fault | null;
}

/** The records of a CSV file, its header first. */
export async function* judgeCsv(
  path: string,
  separator: string,
  header: readonly string[],
  columns: readonly FileColumn[],
): AsyncGenerator<JudgedRow> {
  const places = columns.map((column) => ({ column, at: header.indexOf(column.inFile) }));
  let isHeader = true;
  for await (const record of readCsv(path, separator)) {
    const fault = isHeader ? null : faultOfRecord(record, header.length, places);
    isHeader = false;
    yield { bytes: joinedLines(record.lines), fault };
  }
}

function faultOfRecord(
  { line, fields, problem }: CsvRecord,
  fieldCount: number,
  places: readonly { column: FileColumn; at: number }[],
): Fault | null {
  if (problem !== null) return { text: problem.text, place: { line: problem.line } };
  if (fields.length !== fieldCount) {
    const text = `Expected ${fieldCount} values, found ${fields.length}; a value with a ` +
      "separator or a line break in it must stand in double quotes";
    return { text, place: { line } };
  }
  for (const { column, at } of places) {
    const field = fields[at];
    const text = problemOf(column, field === undefined ? null : fieldValue(field));
    if (text !== null) return { text, place: { line, column: column.inFile } };
  }
  return null;
}

function joinedLines(lines: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(lines.reduce((size, line) => size + line.length + 1, -1));
  let at = 0;
  for (const line of lines) {
    bytes.set(line, at);
    at += line.length;
    if (at < bytes.length) bytes[at++] = 0x0a;
  }
  return bytes.at(-1) === 0x0d ? bytes.subarray(0, -1) : bytes;
}

/** What is wrong with a cell, or null. */
function problemOf({ kind, isKey }: FileColumn, value: string | null): string | null {
  if (value === null) return isKey ? `Expected ${expectedOf(kind)}, found nothing` : null;
  if (isValue(kind, value)) return null;
  return `Expected ${expectedOf(kind)}, found ${shown(value)}`;
}

/**
 * The rows of a JSON Lines file.
 * @param counted how a place is told: by `line`, or by `row` where the lines were made here
 */
export async function* judgeJsonLines(
  path: string,
  columns: readonly FileColumn[],
  counted: "line" | "row" = "line",
): AsyncGenerator<JudgedRow> {
  let count = 0;
  for await (const bytes of readLines(path)) {
    count++;
    const { text, isUtf8 } = textOf(bytes);
    if (isUtf8 && text.trim() === "") continue;
    const fault = isUtf8
      ? faultOfLine(text, columns)
      : { text: "Expected UTF-8, found other bytes", place: {} };
    yield { bytes, fault: fault && { ...fault, place: { ...fault.place, [counted]: count } } };
  }
}

function faultOfLine(text: string, columns: readonly FileColumn[]): Fault | null {
  const row = parseObject(text);
  if (row === null) return { text: `Expected a JSON object, found ${shown(text)}`, place: {} };
  for (const column of columns) {
    const value = row[column.inFile];
    const problem = problemOf(
      column,
      value === null || value === undefined ? null : cellText(value),
    );
    if (problem !== null) return { text: problem, place: { column: column.inFile } };
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
