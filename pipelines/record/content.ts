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
 *   - for a column of kind `number` the number's digits (`canonicalNumber`), where it is one;
 *   - otherwise the text as it stands; booleans, lists and objects as compact JSON.
 * So a record that came back with other field order, other spacing or `12` for `12.0` still has
 * the same hash, and a record that lost a character has another. Columns nobody knows do not
 * count: the real sink and the cleaning drop or keep them as they like.
 *
 * The proof computes the same in SQL (spelling.ts). MD5 is only a checksum here: the one hash
 * that every engine and Deno have, at full speed.
 */
import { hash } from "node:crypto";
import { sourceTables, type TableName, tableNames } from "../tables.ts";

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
    const plain = plainText(row[name]);
    text += between + (isNumber ? canonicalNumber(plain) : plain);
    between = separator;
  }
  return text;
}

function plainText(value: unknown): string {
  if (typeof value === "string") return value;
  const json = JSON.stringify(value ?? null); // Of a number that JSON has not: null.
  return json === "null" ? absent : json;
}

const written =
  /^(-?[0-9]([.][0-9]{0,17})?[eE][+]?(1[6-9]|20)|-?[0-9]{1,4}([.][0-9]{0,17})?[eE]([+]?(1[0-5]|0?[0-9])|-0?[0-9]))$/;
const withExponent = /^(-?)([0-9]+)([.]([0-9]*))?[eE]([+-]?[0-9]{1,3})$/;
const withFraction = /^-?[0-9]+[.][0-9]+$/;

/**
 * A number without zeros behind its point: `7528.0` is `7528`. One with an exponent is written out
 * from `e-9` to `e20`, as some writers do (`1.5E3` is `1500`); beyond that the exponent has one
 * spelling (`1.50E+25` is `1.5e25`). A text that is no number stays as it is.
 */
export function canonicalNumber(text: string): string {
  if (/[eE]/.test(text)) {
    const found = withExponent.exec(text);
    if (found === null) return text;
    if (written.test(text)) return withoutZeros(writtenOut(found));
    const [, sign, whole, point, fraction, exponent] = found;
    const mantissa = point === undefined ? `${sign}${whole}` : `${sign}${whole}.${fraction}`;
    return `${point === undefined ? mantissa : withoutZeros(mantissa)}e${Number(exponent)}`;
  }
  if (text.endsWith("0") && withFraction.test(text)) return withoutZeros(text);
  return text === "-0" ? "0" : text;
}

function writtenOut([, sign = "", whole = "", , fraction = "", exponent]: RegExpExecArray): string {
  const digits = whole + fraction;
  const point = whole.length + Number(exponent);
  const padded = "0".repeat(Math.max(0, 1 - point)) + digits.padEnd(point, "0");
  const at = Math.max(point, 1);
  return `${sign}${padded.slice(0, at).replace(/^0+(?=[0-9])/, "")}.${padded.slice(at)}`;
}

function withoutZeros(digits: string): string {
  const short = digits.replace(/0+$/, "").replace(/[.]$/, "");
  return short === "-0" ? "0" : short;
}
