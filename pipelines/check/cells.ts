/**
 * Cells: what a test file writes in a cell, and a column's type -> the value that DuckDB returns,
 * and back.
 *
 *   in    bare text (`2k`, `2020-08-28 03:52:47`, `[1, 2]`), or a value of JSON with its own type
 *   out   values as `pipelines/values.ts` has them; DuckDB literals; text for people
 *
 * Types are DuckDB's names. A text is never taken for a number, nor a number for a text.
 */
import { duckDbType } from "../../sql/dialect/mod.ts";
import { isoTime, type Value } from "../values.ts";
import type { Cell } from "./types.ts";

/** @throws {SyntaxError} the cell is no value of the type; the message has no place. */
export function readCell(cell: Cell, type: string): Value {
  if (cell.kind === "bare") return cell.text === "null" ? null : fromText(cell.text, type);
  return fromValue(cell.value, type);
}

const integers: Readonly<Record<string, bigint>> = {
  TINYINT: 7n,
  SMALLINT: 15n,
  INTEGER: 31n,
  BIGINT: 63n,
  HUGEINT: 127n,
};

function fromText(text: string, type: string): Value {
  if (type === "VARCHAR") return text;
  if (integers[type] !== undefined) return integer(text, type);
  if (type === "DOUBLE" || type === "FLOAT") return double(text, type);
  if (type.startsWith("DECIMAL(")) return decimal(text, type);
  if (type === "BOOLEAN" && /^(true|false)$/.test(text)) return text === "true";
  if (type === "DATE" && isDay(text)) return text;
  if (type.startsWith("TIMESTAMP")) return time(text, type);
  if (type === "BLOB" && /^0x([0-9a-f]{2})*$/i.test(text)) return Uint8Array.fromHex(text.slice(2));
  if (type.endsWith("[]") && text.startsWith("[")) return fromValue(parseJson(text), type);
  if (isKnown(type)) throw wrong(text, type);
  return text; // Types that only stand between a model's own queries are compared as shown.
}

function fromValue(value: Value, type: string): Value {
  if (value === null) return null;
  if (typeof value === "string") {
    const isOwnText = type !== "VARCHAR" && /^(DATE|TIMESTAMP|DECIMAL|BLOB)/.test(type);
    if (type === "VARCHAR" || isOwnText) return fromText(value, type);
    throw wrong(JSON.stringify(value), type);
  }
  if (Array.isArray(value) && type.endsWith("[]")) {
    return value.map((item) => fromValue(item, type.slice(0, -2)));
  }
  const isNumber = typeof value === "number" || typeof value === "bigint";
  const isNumeric = integers[type] !== undefined || /^(DOUBLE|FLOAT|DECIMAL)/.test(type);
  if (isNumber && isNumeric) return fromText(String(value), type);
  if (typeof value === "boolean" && type === "BOOLEAN") return value;
  if (!isKnown(type)) return value;
  throw wrong(JSON.stringify(value), type);
}

function isKnown(type: string): boolean {
  return integers[type] !== undefined || type.endsWith("[]") ||
    /^(VARCHAR|DOUBLE|FLOAT|BOOLEAN|DATE|BLOB|TIMESTAMP|DECIMAL)/.test(type);
}

function integer(text: string, type: string): Value {
  if (!/^[+-]?[0-9]+$/.test(text)) throw wrong(text, type);
  const value = BigInt(text.replace(/^[+]/, ""));
  const limit = 1n << (integers[type] ?? 0n);
  if (value >= limit || value < -limit) throw wrong(text, type);
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

function double(text: string, type: string): Value {
  const isSpecial = /^(NaN|-?Infinity)$/.test(text);
  if (!isSpecial && !/^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?$/.test(text)) {
    throw wrong(text, type);
  }
  return type === "FLOAT" ? Math.fround(Number(text)) : Number(text);
}

/** With as many digits after the point as the type has. */
function decimal(text: string, type: string): Value {
  const scale = Number(/,([0-9]+)/.exec(type)?.[1] ?? 0);
  const parts = /^([+-]?)0*([0-9]+)(?:[.]([0-9]*?)0*)?$/.exec(text);
  const [, sign = "", whole = "", fraction = ""] = parts ?? [];
  if (parts === null || fraction.length > scale) throw wrong(text, type);
  const digits = scale === 0 ? whole : `${whole}.${fraction.padEnd(scale, "0")}`;
  return sign === "-" && /[1-9]/.test(digits) ? `-${digits}` : digits;
}

function isDay(text: string): boolean {
  if (!/^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(text)) return false;
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}

const timePattern =
  /^([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[ T]([0-9]{2}:[0-9]{2})(:[0-9]{2})?(?:[.]([0-9]{1,6}))?)?(Z|[+-][0-9]{2}:[0-9]{2})?$/;

function time(text: string, type: string): Value {
  const [, day = "", minutes = "00:00", seconds = ":00", fraction = "", zone = "Z"] =
    timePattern.exec(text) ?? [];
  const date = new Date(`${day}T${minutes}${seconds}${zone}`);
  if (!isDay(day) || Number.isNaN(date.getTime())) throw wrong(text, type);
  const micros = BigInt(date.getTime()) * 1000n + BigInt(fraction.padEnd(6, "0"));
  return isoTime(micros, type === "TIMESTAMP WITH TIME ZONE" ? "Z" : "");
}

/** @throws {SyntaxError} it is no time */
export function readTime(text: string): string {
  return String(time(text, "TIMESTAMP WITH TIME ZONE"));
}

/** JSON whose integers keep all their digits. */
export function parseJson(text: string): Value {
  try {
    return JSON.parse(text, (_key: string, value: unknown, context?: { source?: string }) => {
      const source = context?.source ?? "";
      if (typeof value !== "number" || Number.isSafeInteger(value)) return value;
      return /^-?[0-9]+$/.test(source) ? BigInt(source) : value;
    });
  } catch {
    throw new SyntaxError(`'${text}' is no JSON`);
  }
}

function wrong(text: string, type: string): SyntaxError {
  return new SyntaxError(`${text} is no ${typeName(type)}${advice(text, type)}`);
}

function advice(text: string, type: string): string {
  if (text.trim() === "") return "; write null for no value";
  if (text.startsWith('"')) return ": it is a text; write it without quotes for a number";
  return type.startsWith("TIMESTAMP") ? ": write 2020-08-28 03:52:47, in UTC or with its zone" : "";
}

const names = new Map(
  ["boolean", "tinyint", "smallint", "int", "bigint", "float", "double", "string", "binary"]
    .concat("date", "timestamp").map((name) => [duckDbType(name), name]),
);

/** How Databricks names a type of DuckDB; a type that only DuckDB has keeps its own name. */
export function typeName(type: string): string {
  if (type.endsWith("[]")) return `array<${typeName(type.slice(0, -2))}>`;
  return names.get(type) ?? type.toLowerCase();
}

/** A value as a test file would write it, in a table. */
export function showValue(value: Value): string {
  if (value === null) return "null";
  if (typeof value === "string") return needsQuotes(value) ? JSON.stringify(value) : value;
  return typeof value === "object" ? showNested(value) : String(value);
}

/** Text that a table would read as something else, or whose ends or signs nobody could see. */
function needsQuotes(text: string): boolean {
  return text === "" || text === "null" || text.startsWith('"') || text.trim() !== text ||
    // deno-lint-ignore no-control-regex -- these are the signs in question
    /[|\u0000-\u001f\u007f-\u00a0\u2000-\u200f\u2028-\u202f\ufeff]/.test(text);
}

function showNested(value: Value): string {
  if (value instanceof Uint8Array) return `0x${value.toHex()}`;
  return JSON.stringify(value, (_, inner) => typeof inner === "bigint" ? Number(inner) : inner)
    .replaceAll(",", ", ");
}

/** Equal values of one type have equal texts. Doubles are compared to 15 digits. */
export function identity(value: Value | undefined, type: string): string {
  if (value === null || value === undefined) return "null";
  if (typeof value === "number" && /^(DOUBLE|FLOAT)$/.test(type) && Number.isFinite(value)) {
    return String(Number(value.toPrecision(type === "FLOAT" ? 7 : 15)) + 0);
  }
  if (Array.isArray(value)) {
    return `[${value.map((item) => identity(item, type.slice(0, -2))).join()}]`;
  }
  return typeof value === "string" ? JSON.stringify(value) : showValue(value);
}

/** A value as DuckDB's own SQL writes it. */
export function literal(value: Value, type: string): string {
  if (value === null) return "NULL";
  if (typeof value === "string" && type === "VARCHAR") return textLiteral(value);
  if (Array.isArray(value)) {
    return `[${value.map((item) => literal(item, type.slice(0, -2))).join(", ")}]`;
  }
  if (value instanceof Uint8Array) return `from_hex('${value.toHex()}')`;
  if (integers[type] !== undefined || type === "BOOLEAN") return String(value);
  return `CAST(${textLiteral(String(value))} AS ${type})`;
}

function textLiteral(text: string): string {
  return `'${text.replaceAll("'", "''").replaceAll("\0", "' || chr(0) || '")}'`;
}
