/**
 * Content: one record -> a hash of what it says, equal at both ends of the pipeline however the
 * record was spelt on its way.
 *
 *   in    the table's name, the record as an object
 *   out   MD5, 32 lower-case hex digits, of the UTF-8 bytes of the canonical text
 *
 * The canonical text has one part for each known column of the table, ordered by column name,
 * joined by chr(31). A part is
 *   - chr(30) for null and for a missing column;
 *   - for a column of kind `number`, if the value is a finite double or a text that DuckDB
 *     casts to one: its shortest digits, as DuckDB prints a double (`7528.0`, `-89.9787`,
 *     `1e-07`, `1e+16`);
 *   - otherwise the text as it stands; numbers, booleans, lists and objects as compact JSON.
 * So a record that came back with other field order, other spacing or `12` for `12.0` still has
 * the same hash, and a record that lost a character has another. Columns nobody knows do not
 * count: the real sink and the cleaning drop or keep them as they like.
 *
 * The proof computes the same in SQL. MD5 is only a checksum here: the one hash that both
 * DuckDB and Deno compute at full speed.
 */
import { hash } from "node:crypto";
import { sourceTables, type TableName, tableNames } from "./tables.ts";

const absent = "\x1e";
const separator = "\x1f";

interface Part {
  name: string;
  isNumber: boolean;
}

const partsOf = Object.fromEntries(
  tableNames.map((table) => [
    table,
    sourceTables[table].columns
      .map(({ name, kind }): Part => ({ name, isNumber: kind === "number" }))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
  ]),
) as Record<TableName, Part[]>;

/** The hash of a record's canonical text. */
export function contentHash(table: TableName, row: Readonly<Record<string, unknown>>): string {
  return hash("md5", canonicalText(table, row), "hex");
}

/** What is hashed: see the head of this file. */
export function canonicalText(table: TableName, row: Readonly<Record<string, unknown>>): string {
  let text = "";
  let between = "";
  for (const { name, isNumber } of partsOf[table]) {
    const value = row[name];
    text += between + (isNumber ? numberText(value) : plainText(value));
    between = separator;
  }
  return text;
}

function plainText(value: unknown): string {
  if (typeof value === "string") return value;
  if (value === null || value === undefined) return absent;
  return JSON.stringify(value);
}

function numberText(value: unknown): string {
  // JSON has no minus nought: the number -0 travels as 0.
  if (typeof value === "number") return Number.isFinite(value) ? doubleText(value + 0) : absent;
  if (typeof value !== "string") return plainText(value);
  const number = parseDouble(value);
  return Number.isFinite(number) ? doubleText(number) : value;
}

/**
 * What DuckDB takes for a double: spaces around, a plus before a minus, single underscores
 * between digits, a point at either end.
 */
const duckdbDouble =
  /^[ \t\n\v\f\r]*\+?(-?(?:\d+(?:_\d+)*(?:\.(?:\d+(?:_\d+)*)?)?|\.\d+(?:_\d+)*)(?:[eE][+-]?\d+(?:_\d+)*)?)[ \t\n\v\f\r]*$/;

/** The double that DuckDB's `try_cast(… as double)` makes of a text; NaN where it makes null. */
export function parseDouble(text: string): number {
  const digits = duckdbDouble.exec(text)?.[1];
  return digits === undefined ? NaN : Number(digits.replaceAll("_", ""));
}

/** A finite double as DuckDB's `cast(… as varchar)` prints it. */
export function doubleText(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e-4 && size < 1e16) {
    return Number.isInteger(value) ? `${value}.0` : String(value);
  }
  if (value === 0) return Object.is(value, -0) ? "-0.0" : "0.0";
  const [digits = "", exponent = ""] = value.toExponential().split("e");
  const power = exponent.slice(1).padStart(2, "0");
  return `${digits}e${exponent.startsWith("-") ? "-" : "+"}${power}`;
}
