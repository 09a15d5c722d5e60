/**
 * Values: columns of DuckDB -> the types and texts of a JSON_ARRAY result.
 *
 *   in    types and values of `@duckdb/node-api`
 *   out   per column: type_name, type_text and, for decimals, precision and scale
 *         per value: a text or null
 *
 * Whole numbers wider than 64 bits are BIGINT on Databricks, which counts and sums whole numbers
 * in that type; they are cast before they come here. Binaries are base64. Lists, structs and maps
 * are JSON whose numbers are texts.
 *
 * Documented: every value is a text or null. Observed in other people's clients: times end in
 * `.000Z` and have three digits of a second at least. Assumed: the texts inside of lists.
 */
import type { DuckDBType, DuckDBValue } from "@duckdb/node-api";

export type DuckDb = typeof import("@duckdb/node-api");

export interface Column {
  name: string;
  type_name: string;
  type_text: string;
  type_precision?: number;
  type_scale?: number;
  position: number;
}

type Print = (value: DuckDBValue) => unknown;

const plainTypes: Readonly<Record<string, readonly [name: string, text: string]>> = {
  BOOLEAN: ["BOOLEAN", "BOOLEAN"],
  TINYINT: ["BYTE", "TINYINT"],
  SMALLINT: ["SHORT", "SMALLINT"],
  UTINYINT: ["SHORT", "SMALLINT"],
  INTEGER: ["INT", "INT"],
  USMALLINT: ["INT", "INT"],
  BIGINT: ["LONG", "BIGINT"],
  UINTEGER: ["LONG", "BIGINT"],
  HUGEINT: ["LONG", "BIGINT"],
  UBIGINT: ["LONG", "BIGINT"],
  UHUGEINT: ["LONG", "BIGINT"],
  FLOAT: ["FLOAT", "FLOAT"],
  DOUBLE: ["DOUBLE", "DOUBLE"],
  VARCHAR: ["STRING", "STRING"],
  BLOB: ["BINARY", "BINARY"],
  DATE: ["DATE", "DATE"],
  TIMESTAMP: ["TIMESTAMP_NTZ", "TIMESTAMP_NTZ"],
  "TIMESTAMP WITH TIME ZONE": ["TIMESTAMP", "TIMESTAMP"],
  SQLNULL: ["VOID", "VOID"],
  '"NULL"': ["VOID", "VOID"],
};

export function columnOf(duckdb: DuckDb, name: string, type: DuckDBType, position: number): Column {
  const [type_name, type_text] = typeNames(duckdb, type);
  const column: Column = { name, type_text, type_name, position };
  if (!(type instanceof duckdb.DuckDBDecimalType)) return column;
  return { ...column, type_precision: type.width, type_scale: type.scale };
}

function typeNames(duckdb: DuckDb, type: DuckDBType): readonly [string, string] {
  const text = (of: DuckDBType) => typeNames(duckdb, of)[1];
  if (type instanceof duckdb.DuckDBDecimalType) {
    return ["DECIMAL", `DECIMAL(${type.width},${type.scale})`];
  }
  if (type instanceof duckdb.DuckDBListType) return ["ARRAY", `ARRAY<${text(type.valueType)}>`];
  if (type instanceof duckdb.DuckDBMapType) {
    return ["MAP", `MAP<${text(type.keyType)}, ${text(type.valueType)}>`];
  }
  if (type instanceof duckdb.DuckDBStructType) {
    const fields = type.entryNames.map((name, at) => {
      const of = type.entryTypes[at];
      return `${name}: ${of === undefined ? "VOID" : text(of)}`;
    });
    return ["STRUCT", `STRUCT<${fields.join(", ")}>`];
  }
  return plainTypes[String(type)] ?? ["STRING", "STRING"];
}

/** What a column is before it is read: of a type that Databricks has, and of texts with a mark. */
export function selected(type: string, expression: string): string {
  if (/^U?(HUGEINT|BIGINT)$/.test(type)) return `CAST(${expression} AS BIGINT)`;
  // The driver drops a byte order mark at the beginning of a text.
  if (type === "VARCHAR") return `'.' || ${expression}`;
  return expression;
}

/** One for each column of a result whose texts are marked as `selected` does. */
export function printerOf(duckdb: DuckDb, type: DuckDBType): (value: DuckDBValue) => string | null {
  const print = printer(duckdb, type);
  const isText = String(type) === "VARCHAR";
  return (value) => {
    if (value === null || value === undefined) return null;
    if (isText) return String(value).slice(1);
    const printed = print(value);
    return typeof printed === "string" ? printed : JSON.stringify(printed);
  };
}

function printer(duckdb: DuckDb, type: DuckDBType): Print {
  const plain = plainPrinter(duckdb, type);
  if (type instanceof duckdb.DuckDBListType) {
    const print = printer(duckdb, type.valueType);
    return (value) => value instanceof duckdb.DuckDBListValue ? value.items.map(print) : null;
  }
  if (type instanceof duckdb.DuckDBMapType) {
    const print = printer(duckdb, type.valueType);
    return (value) =>
      value instanceof duckdb.DuckDBMapValue
        ? Object.fromEntries(value.entries.map(({ key, value }) => [String(key), print(value)]))
        : null;
  }
  if (type instanceof duckdb.DuckDBStructType) {
    const fields = type.entryNames.map((name, at) =>
      [name, printer(duckdb, type.entryTypes[at] ?? type)] as const
    );
    return (value) =>
      value instanceof duckdb.DuckDBStructValue
        ? Object.fromEntries(
          fields.map(([name, print]) => [name, print(value.entries[name] ?? null)]),
        )
        : null;
  }
  return (value) => value === null || value === undefined ? null : plain(value);
}

function plainPrinter(duckdb: DuckDb, type: DuckDBType): Print {
  const isFloat = String(type) === "FLOAT";
  if (!isFloat && String(type) !== "DOUBLE") {
    return (value) => {
      if (value instanceof duckdb.DuckDBTimestampTZValue) return time(value.micros, "Z");
      if (value instanceof duckdb.DuckDBTimestampValue) return time(value.micros, "");
      return value instanceof duckdb.DuckDBBlobValue ? base64(value.bytes) : String(value);
    };
  }
  return (value) => javaDouble(Number(value), isFloat);
}

function base64(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

/** As Java prints a double: `1.0`, `1.0E7`, `1.0E-5`. */
export function javaDouble(value: number, isFloat = false): string {
  if (!Number.isFinite(value)) return String(value);
  if (value === 0) return Object.is(value, -0) ? "-0.0" : "0.0";
  const size = Math.abs(value);
  const text = isFloat ? shortestFloat(value) : String(value);
  if (size >= 1e-3 && size < 1e7) return /[.]/.test(text) ? text : `${text}.0`;
  const [digits = "", power = "0"] = Number(text).toExponential().split("e");
  return `${/[.]/.test(digits) ? digits : `${digits}.0`}E${Number(power)}`;
}

function shortestFloat(value: number): string {
  for (let digits = 1; digits < 9; digits++) {
    const text = value.toPrecision(digits);
    if (Math.fround(Number(text)) === value) return String(Number(text));
  }
  return String(value);
}

/** Microseconds since 1970: `2020-08-28T03:52:47.000Z`, with six digits where they are needed. */
function time(micros: bigint, zone: "Z" | ""): string {
  const below = ((micros % 1000n) + 1000n) % 1000n;
  const text = new Date(Number((micros - below) / 1000n)).toISOString().slice(0, -1);
  return `${text}${below === 0n ? "" : String(below).padStart(3, "0")}${zone}`;
}
