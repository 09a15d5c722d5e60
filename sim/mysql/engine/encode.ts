/**
 * Encode: a query -> the same query with one BLOB per row, which is the row as MySQL's text
 * protocol wants it.
 *
 * DuckDB encodes in its own threads; what is left for us is to copy each row behind its header.
 */
import type { DuckDBType } from "@duckdb/node-api";
import { columnKinds, type SourceTable } from "../schema.ts";
import { binaryCharset, type Column, columnFlag, columnType, utf8mb4 } from "../wire/packets.ts";

/** One raw byte. DuckDB checks no encoding here, and `encode` gives back what was written. */
const byte = (value: string): string => `CAST(${value} AS INTEGER)`;
const bytes = (...values: string[]): string =>
  `printf('${"%c".repeat(values.length)}', ${values.map(byte).join(", ")})`;
const partOf = (size: string, at: number): string => `(${size} >> ${8 * at}) & 255`;

/**
 * Created beside the tables, before the first query. A head is the length-encoded size of a
 * value, or the byte FB for NULL; `concat` skips the NULL itself.
 */
export const encodingMacros: readonly string[] = [
  `mysql_head(n) AS CASE WHEN n < 128 THEN chr(${byte("n")}) WHEN n IS NULL THEN ${bytes("251")} ` +
  `WHEN n < 251 THEN ${bytes("n")} ` +
  `WHEN n < 65536 THEN ${bytes("252", partOf("n", 0), partOf("n", 1))} ` +
  `WHEN n < 16777216 THEN ${bytes("253", partOf("n", 0), partOf("n", 1), partOf("n", 2))} ` +
  `ELSE ${bytes("254", ...[0, 1, 2, 3, 4, 5, 6, 7].map((at) => partOf("n", at)))} END`,
  // For what never has more than 127 bytes: a smaller expression is planned sooner.
  `mysql_short_head(n) AS CASE WHEN n IS NULL THEN ${bytes("251")} ELSE chr(${byte("n")}) END`,
  // DuckDB prints 89.0, 1e-05 and 1e+20; MySQL 89, 0.00001 and 1e20.
  "mysql_double_text(t, d) AS CASE WHEN ends_with(t, '.0') THEN left(t, -2) " +
  "WHEN contains(t, 'e-0') THEN rtrim(CAST(CAST(d AS DECIMAL(38, 24)) AS VARCHAR), '0') " +
  "WHEN contains(t, 'e+') THEN replace(t, 'e+', 'e') ELSE t END",
  "mysql_double(d) AS mysql_double_text(CAST(d AS VARCHAR), d)",
];

interface Encoding {
  /** The value as text. */
  text: (name: string) => string;
  isShort: boolean;
  column: Omit<Column, "name" | "schema" | "table">;
}

const cast = (name: string): string => `CAST(${name} AS VARCHAR)`;

function numeric(type: number, length: number, decimals = 0): Encoding {
  const flags = columnFlag.binary | columnFlag.number;
  return {
    text: cast,
    isShort: true,
    column: { type, charset: binaryCharset, length, flags, decimals },
  };
}

function temporal(type: number, length: number): Encoding {
  const flags = columnFlag.binary;
  return {
    text: cast,
    isShort: true,
    column: { type, charset: binaryCharset, length, flags, decimals: 0 },
  };
}

const asText: Encoding = {
  text: cast,
  isShort: false,
  column: { type: columnType.varString, charset: utf8mb4, length: 65_535, flags: 0, decimals: 31 },
};

const asDouble: Encoding = {
  ...numeric(columnType.double, 22, 31),
  text: (name) => `mysql_double(${name})`,
};

const integer = (length: number) => numeric(columnType.longlong, length);

const encodings: Readonly<Record<string, Encoding>> = {
  BOOLEAN: { ...numeric(columnType.long, 1), text: (name) => cast(`CAST(${name} AS INTEGER)`) },
  TINYINT: numeric(columnType.tiny, 4),
  SMALLINT: numeric(columnType.short, 6),
  INTEGER: numeric(columnType.long, 11),
  BIGINT: integer(20),
  UTINYINT: numeric(columnType.long, 3),
  USMALLINT: numeric(columnType.long, 5),
  UINTEGER: integer(10),
  UBIGINT: {
    ...integer(20),
    column: { ...integer(20).column, flags: integer(20).column.flags | columnFlag.unsigned },
  },
  HUGEINT: numeric(columnType.newdecimal, 41),
  UHUGEINT: numeric(columnType.newdecimal, 41),
  FLOAT: asDouble,
  DOUBLE: asDouble,
  TIMESTAMP: temporal(columnType.datetime, 19),
  DATE: temporal(columnType.date, 10),
  TIME: temporal(columnType.time, 10),
  VARCHAR: { ...asText, text: (name) => name },
  BLOB: {
    text: (name) => name,
    isShort: false,
    column: {
      type: columnType.blob,
      charset: binaryCharset,
      length: 65_535,
      flags: columnFlag.blob | columnFlag.binary,
      decimals: 0,
    },
  },
};

function encodingOf(type: DuckDBType): Encoding {
  const name = type.toString();
  const decimal = /^DECIMAL\(([0-9]+),\s*([0-9]+)\)$/.exec(name);
  if (decimal !== null) {
    return numeric(columnType.newdecimal, Number(decimal[1]) + 2, Number(decimal[2]));
  }
  if (name.startsWith("TIMESTAMP")) {
    const text = (column: string) => cast(`CAST(${column} AS TIMESTAMP)`);
    return { ...temporal(columnType.datetime, 19), text };
  }
  return encodings[name] ?? asText;
}

/** Where a column of a stored table comes from, if the query reads just one. */
export interface Origin {
  schema: string;
  table: string;
  /** In lower case. */
  columns: ReadonlySet<string>;
}

export interface EncodedQuery {
  sql: string;
  /** One BLOB per row, or else a text (or BLOB) per column, for us to encode. */
  isEncoded: boolean;
  columns: Column[];
}

export interface Output {
  name: string;
  type: DuckDBType;
}

/** @param isSmall few rows: planning would take longer than encoding them here. */
export function encodeQuery(
  sql: string,
  outputs: readonly Output[],
  { origin, isSmall }: { origin: Origin | null; isSmall: boolean },
): EncodedQuery {
  const names = outputs.map((_, at) => `c${at}`).join(", ");
  const texts = outputs.map(({ type }, at) => encodingOf(type).text(`c${at}`));
  const isEncoded = !isSmall && !outputs.some(({ type }) => type.toString() === "BLOB");
  const parts = outputs.map(({ type }, at) => {
    const head = encodingOf(type).isShort ? "mysql_short_head" : "mysql_head";
    return `${head}(strlen(${texts[at]})), ${texts[at]}`;
  });
  const list = isEncoded ? `encode(concat(${parts.join(", ")}))` : texts.join(", ");
  const columns = columnsOf(outputs, origin);
  return { sql: `SELECT ${list} FROM (${sql}) AS q(${names})`, isEncoded, columns };
}

function columnsOf(outputs: readonly Output[], origin: Origin | null): Column[] {
  return outputs.map(({ name, type }): Column => {
    const isStored = origin?.columns.has(name.toLowerCase()) ?? false;
    const { column } = encodingOf(type);
    const stored = isStored && column.type === columnType.varString
      ? { ...column, type: columnType.blob, flags: columnFlag.blob, decimals: 0 }
      : column;
    return {
      name,
      ...stored,
      schema: isStored ? origin?.schema ?? "" : "",
      table: isStored ? origin?.table ?? "" : "",
    };
  });
}

/** The columns of a stored table, as a query of all of them gives them. */
export function encodeColumns({ name, columns }: SourceTable, schema: string): Column[] {
  return columns.map((column) => {
    const { column: fields } = encodings[columnKinds[column.kind].duckdb] ?? asText;
    const isText = column.kind === "text";
    const stored = isText ? { type: columnType.blob, flags: columnFlag.blob, decimals: 0 } : {};
    return { name: column.name, ...fields, ...stored, schema, table: name };
  });
}
