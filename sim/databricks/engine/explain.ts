/**
 * Explain: an error of DuckDB -> the class, words and SQLSTATE that Databricks has for it; where it
 * is not known that Databricks fails too, the simulator's own.
 */
import type { Refusal } from "../../duckdb/gate.ts";
import {
  notHere,
  type Place,
  SqlError,
  syntaxError,
  unknownColumn,
  unknownRoutine,
  unknownTable,
} from "../errors.ts";
import { isThere } from "../sql/functions.ts";

interface Told {
  exception_type?: string;
  exception_message?: string;
  error_subtype?: string;
  type?: string;
  name?: string;
  position?: string;
}

/** @param sql what was to run: its lines are those of the statement */
export function refusedByGate(refusal: Refusal, sql: string): SqlError {
  const { position } = refusal;
  const at = placeOf(sql, position === null ? undefined : String(position));
  switch (refusal.kind) {
    case "syntax":
      return syntaxError(near(refusal.message), at ?? start);
    case "statement":
      return syntaxError("", at ?? start);
    case "function":
      return isThere(refusal.name)
        ? notHere(`the function ${refusal.name}() does not stand in this place`, at)
        : unknownRoutine(refusal.name, at);
    case "relation":
      return unknownTable(`\`${refusal.name}\``, at);
    case "column":
      return unknownColumn(refusal.name, at);
  }
}

const start: Place = { line: 1, column: 1 };

function near(message: string): string {
  return /at or near "(.*?)"/s.exec(message)?.[1] ?? "";
}

/** @param sql what DuckDB ran: its lines are those of the statement */
export function explain(error: unknown, sql: string): unknown {
  if (!(error instanceof Error) || error instanceof SqlError) return error;
  if (error instanceof TypeError || error instanceof RangeError) return error;
  const told = toldBy(error.message);
  if (told === null) return notHere(firstLine(error.message));
  const message = told.exception_message ?? "";
  const at = placeOf(sql, told.position);
  return byKind(told, message, at) ?? notHere(firstLine(message), at);
}

function byKind(told: Told, message: string, at: Place | null): SqlError | null {
  switch (told.exception_type) {
    case "Parser":
      return syntaxError(near(message), at ?? start);
    case "Catalog":
      return ofCatalog(told, message, at);
    case "Binder":
      return ofBinder(told, message, at);
    case "Conversion":
      return ofConversion(message, at);
    case "Invalid Input":
      return ofDialect(message);
    case "Permission": // A name that is a file's, told by the locked engine.
      return unknownTable(`\`${/"(.*?)"/.exec(message)?.[1] ?? ""}\``, at);
    case "Out of Range":
      return ofRange(message, at);
    default:
      return null;
  }
}

function ofCatalog({ type, name, error_subtype }: Told, message: string, at: Place | null) {
  const isMissing = error_subtype === "MISSING_ENTRY" || /does not exist/.test(message);
  if (/^(Table|View)\b/.test(type ?? message) && isMissing) {
    const written = name ?? /name "?([^"\s]+)"? does not/.exec(message)?.[1] ?? "";
    return unknownTable(`\`${written}\``, at);
  }
  if (/^Schema\b/.test(type ?? message) && isMissing) {
    return new SqlError(
      "SCHEMA_NOT_FOUND",
      `The schema \`${name ?? ""}\` cannot be found`,
      "42704",
      at,
    );
  }
  if (error_subtype !== "ENTRY_ALREADY_EXISTS") return null;
  const written = /name "(.*?)"/.exec(message)?.[1] ?? name ?? "";
  return /^Schema\b/.test(type ?? message)
    ? new SqlError(
      "SCHEMA_ALREADY_EXISTS",
      `Cannot create schema \`${written}\` because it already exists`,
      "42P06",
    )
    : new SqlError(
      "TABLE_OR_VIEW_ALREADY_EXISTS",
      `Cannot create table or view \`${written}\` because it already exists`,
      "42P07",
    );
}

function ofBinder({ name, error_subtype }: Told, message: string, at: Place | null) {
  if (error_subtype === "COLUMN_NOT_FOUND" || /^Referenced (column|table)/.test(message)) {
    return unknownColumn(name ?? /"(.*?)"/.exec(message)?.[1] ?? "", at);
  }
  if (/must appear in the GROUP BY/.test(message)) {
    return new SqlError("MISSING_AGGREGATION", firstLine(message), "42803", at);
  }
  if (/columns but \d+ values/.test(message)) {
    return new SqlError("INSERT_COLUMN_ARITY_MISMATCH", firstLine(message), "21S01", at);
  }
  return null;
}

/** What a macro of the dialect says in Spark's words: `[CONDITION] words`. */
function ofDialect(message: string): SqlError | null {
  const [, condition = "", words = ""] = /^\[([A-Z_]+)\] (.*?)[.]?$/s.exec(message) ?? [];
  const sqlState = sqlStates[condition];
  return sqlState === undefined ? null : new SqlError(condition, words, sqlState);
}

const sqlStates: Readonly<Record<string, string>> = {
  CANNOT_PARSE_TIMESTAMP: "22007",
  CAST_INVALID_INPUT: "22018",
  DIVIDE_BY_ZERO: "22012",
  INVALID_ARRAY_INDEX_IN_ELEMENT_AT: "22003",
  INVALID_INDEX_OF_ZERO: "22003",
  REMAINDER_BY_ZERO: "22012",
};

/** Of whole numbers; what else DuckDB finds out of range is its own. */
function ofRange(message: string, at: Place | null): SqlError | null {
  const [, width] = /^Overflow in \w+ of INT(32|64)\b/.exec(message) ?? [];
  return width === undefined ? null : overflow(width === "32" ? "integer" : "long", at);
}

function overflow(type: "integer" | "long", at: Place | null): SqlError {
  return new SqlError(
    "ARITHMETIC_OVERFLOW",
    `${type} overflow. If necessary set "spark.sql.ansi.enabled" ` +
      'to "false" to bypass this error',
    "22003",
    at,
  );
}

function ofConversion(message: string, at: Place | null): SqlError | null {
  if (/^Type INT128/.test(message)) return overflow("long", at); // Of a sum.
  const [, value, type = "", decimal] =
    /^Could not convert string ["'](.*)["'] to (\w+(\(.*\))?)/s.exec(message) ?? [];
  if (/^Type \w+ with value \S+ can't be cast because the value is out of range/.test(message)) {
    return new SqlError("CAST_OVERFLOW", firstLine(message), "22003", at);
  }
  if (value === undefined) return null;
  if (decimal !== undefined && value !== "") {
    return new SqlError(
      "NUMERIC_VALUE_OUT_OF_RANGE.WITH_SUGGESTION",
      `${value} cannot be represented as ${type}. If necessary set "spark.sql.ansi.enabled" to ` +
        '"false" to bypass this error, and return NULL instead',
      "22003",
      at,
    );
  }
  return new SqlError(
    "CAST_INVALID_INPUT",
    `The value '${value}' of the type "STRING" cannot be cast to "${sparkType(type)}" because it ` +
      "is malformed. Correct the value as per the syntax, or change its target type. Use " +
      "`try_cast` to tolerate malformed input and return NULL instead",
    "22018",
    at,
  );
}

function sparkType(type: string): string {
  const names: Readonly<Record<string, string>> = {
    INT32: "INT",
    INT64: "BIGINT",
    INT16: "SMALLINT",
  };
  return names[type] ?? type;
}

function toldBy(message: string): Told | null {
  const brace = message.indexOf("{");
  if (brace < 0) return null;
  try {
    const told: unknown = JSON.parse(message.slice(brace));
    return typeof told === "object" && told !== null ? told : null;
  } catch {
    return null;
  }
}

function firstLine(message: string): string {
  return (message.split("\n")[0] ?? "").replace(/[.!]$/, "");
}

function placeOf(sql: string, position: string | undefined): Place | null {
  if (position === undefined) return null;
  const before = sql.slice(0, Number(position)).split("\n");
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}
