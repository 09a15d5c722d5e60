/**
 * MySQL's functions on DuckDB: other names, other shapes, and macros for the rest.
 *
 * Source: MySQL 8.0 reference, Functions and Operators; DuckDB documentation, Functions.
 */
import { syntaxError } from "../errors.ts";
import type { Token } from "./tokens.ts";

/** Same arguments, another name. */
export const functionNames: Readonly<Record<string, string>> = {
  LENGTH: "strlen",
  OCTET_LENGTH: "strlen",
  CHAR_LENGTH: "length",
  CHARACTER_LENGTH: "length",
  UCASE: "upper",
  LCASE: "lower",
  MID: "substr",
  RAND: "random",
  STD: "stddev_pop",
  STDDEV: "stddev_pop",
  VARIANCE: "var_pop",
  CEILING: "ceil",
  DAYOFMONTH: "day",
  TRUNCATE: "trunc",
  SCHEMA: "mysql_database",
  ISNULL: "mysql_isnull",
  LOCATE: "mysql_locate",
  DATE: "mysql_date",
  DATEDIFF: "mysql_datediff",
  DATE_ADD: "mysql_date_add",
  ADDDATE: "mysql_date_add",
  DATE_SUB: "mysql_date_sub",
  SUBDATE: "mysql_date_sub",
  WEEKDAY: "mysql_weekday",
  DAYOFWEEK: "mysql_dayofweek",
  FROM_UNIXTIME: "mysql_from_unixtime",
  UNIX_TIMESTAMP: "mysql_unix_timestamp",
  SUBSTRING_INDEX: "mysql_substring_index",
  YEAR: "mysql_year",
  MONTH: "mysql_month",
  DAY: "mysql_day",
  HOUR: "mysql_hour",
  MINUTE: "mysql_minute",
  SECOND: "mysql_second",
};

/**
 * Text becomes the number it begins with, or 0; only other types are left to DuckDB's cast.
 *
 * Documented: CAST(… AS SIGNED) warns of what follows the number, and fails of nothing.
 */
function leadingInteger(type: string): string {
  return `CASE WHEN x IS NULL THEN NULL WHEN typeof(x) <> 'VARCHAR' THEN CAST(x AS ${type}) ` +
    "ELSE coalesce(TRY_CAST(regexp_extract(CAST(x AS VARCHAR), " +
    `'^\\s*([+-]?[0-9]+)', 1) AS ${type}), 0) END`;
}

/** Created beside the tables. */
export const macros: readonly string[] = [
  `mysql_signed(x) AS ${leadingInteger("BIGINT")}`,
  `mysql_unsigned(x) AS ${leadingInteger("UBIGINT")}`,
  "mysql_isnull(x) AS (x IS NULL)",
  "mysql_locate(part, whole) AS instr(lower(whole), lower(part))",
  "mysql_date(x) AS CAST(CAST(x AS TIMESTAMP) AS DATE)",
  "mysql_datediff(x, y) AS date_diff('day', CAST(CAST(y AS TIMESTAMP) AS DATE), CAST(CAST(x AS TIMESTAMP) AS DATE))",
  "mysql_date_add(x, i) AS CAST(x AS TIMESTAMP) + i",
  "mysql_date_sub(x, i) AS CAST(x AS TIMESTAMP) - i",
  "mysql_weekday(x) AS isodow(CAST(x AS TIMESTAMP)) - 1",
  "mysql_dayofweek(x) AS dayofweek(CAST(x AS TIMESTAMP)) + 1",
  "mysql_from_unixtime(x) AS make_timestamp(CAST(x * 1000000 AS BIGINT))",
  "mysql_unix_timestamp(x) AS CAST(epoch(CAST(x AS TIMESTAMP)) AS BIGINT)",
  "mysql_substring_index(s, d, n) AS CASE WHEN n >= 0 " +
  "THEN array_to_string(list_slice(string_split(s, d), 1, n), d) " +
  "ELSE array_to_string(list_slice(string_split(s, d), n, -1), d) END",
  ...["year", "month", "day", "hour", "minute", "second"].map((part) =>
    `mysql_${part}(x) AS ${part}(CAST(x AS TIMESTAMP))`
  ),
];

/** What a call is read from and written to. */
export interface CallWriter {
  token(at: number): Token;
  /** As the rules know it: a word in capitals. */
  key(at: number): string;
  /** The arguments of a call, by the indexes of their tokens. */
  arguments(open: number, close: number): { from: number; to: number }[];
  emit(text: string, source?: Token): void;
  /** Writes the tokens from one index up to, not including, another. */
  range(from: number, to: number): void;
}

type FunctionRewrite = (rewriter: CallWriter, at: number, close: number) => void;

/** Calls that need more than another name. `at` is the name, `close` the last parenthesis. */
export const functionRewrites: Readonly<Record<string, FunctionRewrite>> = {
  CONCAT: concat,
  GROUP_CONCAT: groupConcat,
  CAST: cast,
  CONVERT: convert,
  TIMESTAMPDIFF: timestampDiff,
};

/** NULL if one of them is NULL: so `||`, not DuckDB's `concat`. */
function concat(rewriter: CallWriter, at: number, close: number): void {
  rewriter.emit("(", rewriter.token(at));
  rewriter.arguments(at + 1, close).forEach(({ from, to }, index) => {
    rewriter.emit(index === 0 ? "CAST((" : "|| CAST((");
    rewriter.range(from, to);
    rewriter.emit(") AS VARCHAR)");
  });
  rewriter.emit(")");
}

/** `GROUP_CONCAT([DISTINCT] x [ORDER BY y] [SEPARATOR 's'])` */
function groupConcat(rewriter: CallWriter, at: number, close: number): void {
  const find = (key: string): number => {
    let depth = 0;
    for (let index = at + 2; index < close; index++) {
      if (rewriter.key(index) === "(") depth++;
      if (rewriter.key(index) === ")") depth--;
      if (depth === 0 && rewriter.key(index) === key) return index;
    }
    return close;
  };
  const separator = find("SEPARATOR");
  const order = Math.min(find("ORDER"), separator);
  rewriter.emit("string_agg(", rewriter.token(at));
  rewriter.range(at + 2, order);
  rewriter.emit(",");
  if (separator < close) rewriter.range(separator + 1, close);
  else rewriter.emit("','");
  rewriter.range(order, separator);
  rewriter.emit(")");
}

const castTypes: Readonly<Record<string, string>> = {
  CHAR: "VARCHAR",
  NCHAR: "VARCHAR",
  BINARY: "BLOB",
  DATETIME: "TIMESTAMP",
  DATE: "DATE",
  TIME: "TIME",
  DOUBLE: "DOUBLE",
  FLOAT: "DOUBLE",
  REAL: "DOUBLE",
  YEAR: "INTEGER",
};

function cast(rewriter: CallWriter, at: number, close: number): void {
  let as = close;
  let depth = 0;
  for (let index = at + 2; index < close; index++) {
    if (rewriter.key(index) === "(") depth++;
    if (rewriter.key(index) === ")") depth--;
    if (depth === 0 && rewriter.key(index) === "AS") as = index;
  }
  castTo(rewriter, at, as, as + 1, close);
}

/** `CONVERT(x, type)`, or `CONVERT(x USING charset)`, which changes nothing here. */
function convert(rewriter: CallWriter, at: number, close: number): void {
  const [value, type] = rewriter.arguments(at + 1, close);
  if (value !== undefined && type !== undefined) {
    return castTo(rewriter, at, value.to, type.from, close);
  }
  rewriter.emit("(", rewriter.token(at));
  rewriter.range(at + 2, close - 2);
  rewriter.emit(")");
}

function castTo(rewriter: CallWriter, at: number, end: number, type: number, close: number): void {
  const name = rewriter.key(type);
  if (name === "SIGNED" || name === "UNSIGNED") {
    rewriter.emit(`mysql_${name.toLowerCase()}((`, rewriter.token(at));
    rewriter.range(at + 2, end);
    return rewriter.emit("))");
  }
  rewriter.emit("CAST((", rewriter.token(at));
  rewriter.range(at + 2, end);
  rewriter.emit(") AS");
  if (name === "DECIMAL") rewriter.range(type, close);
  else rewriter.emit(castTypes[name] ?? rewriter.token(type).value, rewriter.token(type));
  rewriter.emit(")");
}

function timestampDiff(rewriter: CallWriter, at: number, close: number): void {
  const [unit, from, to] = rewriter.arguments(at + 1, close);
  if (unit === undefined || from === undefined || to === undefined) {
    throw syntaxError("", 0);
  }
  rewriter.emit(`date_sub('${rewriter.key(unit.from).toLowerCase()}', CAST((`, rewriter.token(at));
  rewriter.range(from.from, from.to);
  rewriter.emit(") AS TIMESTAMP), CAST((");
  rewriter.range(to.from, to.to);
  rewriter.emit(") AS TIMESTAMP))");
}

/** MySQL's letters -> strftime's. */
const formatLetters: Readonly<Record<string, string>> = {
  "%i": "%M",
  "%s": "%S",
  "%h": "%I",
  "%M": "%B",
  "%W": "%A",
  "%e": "%-d",
  "%c": "%-m",
  "%k": "%-H",
  "%l": "%-I",
  "%T": "%H:%M:%S",
  "%r": "%I:%M:%S %p",
};

export function dateFormat(format: string): string {
  return format.replace(/%./g, (letter) => formatLetters[letter] ?? letter);
}
