/**
 * Types: the schema in a Delta table's metadata <-> columns, and what DuckDB calls their types.
 *
 * Source: the Delta protocol, "Schema Serialization Format".
 * Left out: `interval`, `variant`, `void` and what else is no column of a plain table.
 */
import { UsageError } from "../errors.ts";
import { UnsupportedTable } from "./errors.ts";
import { quoted } from "../warehouse/quoting.ts";

export type PrimitiveType =
  | "string"
  | "long"
  | "integer"
  | "short"
  | "byte"
  | "float"
  | "double"
  | "boolean"
  | "binary"
  | "date"
  | "timestamp"
  | "timestamp_ntz"
  | `decimal(${number},${number})`;

export interface ArrayType {
  type: "array";
  elementType: DeltaType;
  containsNull: boolean;
}

export interface MapType {
  type: "map";
  keyType: DeltaType;
  valueType: DeltaType;
  valueContainsNull: boolean;
}

export interface StructType {
  type: "struct";
  fields: DeltaColumn[];
}

export type DeltaType = PrimitiveType | ArrayType | MapType | StructType;

export interface DeltaColumn {
  name: string;
  type: DeltaType;
  /** Default: true, which is all that we declare ourselves. */
  nullable?: boolean;
  /** What others wrote beside the column. */
  metadata?: Record<string, unknown>;
}

/** Documented: names of columns differ by more than case. */
export function sameName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

/** A list of nullable elements. */
export function arrayOf(elementType: DeltaType): ArrayType {
  return { type: "array", elementType, containsNull: true };
}

const primitives: Readonly<Record<string, string>> = {
  string: "VARCHAR",
  long: "BIGINT",
  integer: "INTEGER",
  short: "SMALLINT",
  byte: "TINYINT",
  float: "FLOAT",
  double: "DOUBLE",
  boolean: "BOOLEAN",
  binary: "BLOB",
  date: "DATE",
  timestamp: "TIMESTAMP WITH TIME ZONE",
  timestamp_ntz: "TIMESTAMP",
};

/** DuckDB's name of a type, as its DESCRIBE prints it. */
export function duckDbTypeOf(type: DeltaType): string {
  if (typeof type === "string") {
    return primitives[type] ?? type.replace(/^decimal/, "DECIMAL");
  }
  switch (type.type) {
    case "array":
      return `${duckDbTypeOf(type.elementType)}[]`;
    case "map":
      return `MAP(${duckDbTypeOf(type.keyType)}, ${duckDbTypeOf(type.valueType)})`;
    case "struct": {
      const fields = type.fields.map((field) =>
        `${quoted(field.name)} ${duckDbTypeOf(field.type)}`
      );
      return `STRUCT(${fields.join(", ")})`;
    }
  }
}

/** As the type stands in messages: `long`, `array<double>`. */
export function typeText(type: DeltaType): string {
  if (typeof type === "string") return type;
  switch (type.type) {
    case "array":
      return `array<${typeText(type.elementType)}>`;
    case "map":
      return `map<${typeText(type.keyType)}, ${typeText(type.valueType)}>`;
    case "struct":
      return `struct<${type.fields.map((of) => `${of.name}: ${typeText(of.type)}`).join(", ")}>`;
  }
}

/** The `schemaString` of these columns. */
export function schemaString(columns: readonly DeltaColumn[]): string {
  return JSON.stringify({ type: "struct", fields: columns.map(fieldOf) });
}

function fieldOf({ name, type, nullable = true, metadata = {} }: DeltaColumn): unknown {
  const isStruct = typeof type === "object" && type.type === "struct";
  const written = isStruct ? { ...type, fields: type.fields.map(fieldOf) } : type;
  return { name, type: written, nullable, metadata };
}

/** @throws {UnsupportedTable} a type that we do not know, or no schema at all */
export function parseSchema(text: string, table: string): DeltaColumn[] {
  const parsed = parseType(parseJson(text, table), "schema", table);
  if (typeof parsed === "object" && parsed.type === "struct") return parsed.fields;
  throw new UnsupportedTable(`Cannot read ${table}: its schema is no struct of columns`);
}

function parseJson(text: string, table: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new UnsupportedTable(`Cannot read ${table}: its schema is no JSON: ${text.slice(0, 80)}`);
  }
}

function parseType(type: unknown, at: string, table: string): DeltaType {
  if (isPrimitive(type)) return type;
  if (isObject(type)) {
    const { containsNull, valueContainsNull } = type;
    switch (type["type"]) {
      case "array":
        return {
          type: "array",
          elementType: parseType(type["elementType"], `${at}.element`, table),
          containsNull: containsNull !== false,
        };
      case "map":
        return {
          type: "map",
          keyType: parseType(type["keyType"], `${at}.key`, table),
          valueType: parseType(type["valueType"], `${at}.value`, table),
          valueContainsNull: valueContainsNull !== false,
        };
      case "struct":
        if (!Array.isArray(type["fields"])) break;
        return { type: "struct", fields: type["fields"].map((of) => parseField(of, at, table)) };
    }
  }
  const found = typeof type === "string" ? type : JSON.stringify(type);
  throw new UnsupportedTable(
    `Cannot read ${table}: the type of ${at} is ${found}, which we do not know`,
  );
}

function parseField(field: unknown, at: string, table: string): DeltaColumn {
  if (!isObject(field) || typeof field["name"] !== "string") {
    throw new UnsupportedTable(`Cannot read ${table}: a field of ${at} has no name`);
  }
  const { name, type, nullable, metadata } = field;
  return {
    name,
    type: parseType(type, name, table),
    nullable: nullable !== false,
    metadata: isObject(metadata) ? metadata : {},
  };
}

function isPrimitive(type: unknown): type is PrimitiveType {
  return typeof type === "string" &&
    (Object.hasOwn(primitives, type) || /^decimal\([0-9]+,\s*-?[0-9]+\)$/.test(type));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** @throws {UsageError} these cannot be the columns of a table */
export function checkColumns(columns: readonly DeltaColumn[], table: string): void {
  const cannot = `Cannot declare the columns of ${table}`;
  if (columns.length === 0) throw new UsageError(`${cannot}: there are none`);
  const names = new Set<string>();
  for (const { name } of columns) {
    // Documented: Parquet's own limits, for tables without column mapping.
    if (/[ ,;{}()\n\t=]/.test(name) || name === "") {
      throw new UsageError(`${cannot}: "${name}" is empty or has one of the characters  ,;{}()=`);
    }
    if (names.has(name.toLowerCase())) throw new UsageError(`${cannot}: ${name} is there twice`);
    names.add(name.toLowerCase());
  }
}

/** Every column, and every one within a column. */
export function* allColumns(columns: readonly DeltaColumn[]): Generator<DeltaColumn> {
  for (const column of columns) {
    yield column;
    yield* allColumns(within(column.type));
  }
}

function within(type: DeltaType): DeltaColumn[] {
  if (typeof type === "string") return [];
  if (type.type === "struct") return type.fields;
  return type.type === "array"
    ? within(type.elementType)
    : [...within(type.keyType), ...within(type.valueType)];
}
