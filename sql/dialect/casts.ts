/**
 * Casts: macros that turn one type into another as Spark does in ANSI mode.
 *
 * DuckDB's own casts take more texts ('1.5', '1e3' and '0x10' are integers), round where Spark
 * cuts off, and print doubles and times in another way. `typeof` is known when a query is planned,
 * so of each macro only the branch of the operand's type is left. What Spark would accept and is
 * not bridged (a time without a date, a year of five digits, a printed double) is an error here
 * and never another value, inside `try_cast` too.
 *
 * The rewriter puts them in the place of `cast` and `try_cast`; the header's types use them too.
 */

import { duckDbType } from "./model.ts";
import { sparkError } from "./spark_errors.ts";

/** What Spark strips off a text before it reads it. */
const blanks = "[\\x00-\\x20\\x7F]*";

type Cast = "CAST" | "TRY_CAST";
const prefixes: readonly [prefix: string, cast: Cast][] = [["", "CAST"], ["try_", "TRY_CAST"]];

const macro = (signature: string, body: string) =>
  `CREATE OR REPLACE MACRO ${signature} AS ${body}`;
const matches = (pattern: string) => `system.main.regexp_matches(t, '${pattern}')`;
const taken = (value: string, pattern: string, group = 1) =>
  `system.main.regexp_extract(CAST(${value} AS VARCHAR), '${pattern}', ${group})`;
const is = (...types: string[]) => `typeof(e) IN (${types.map((type) => `'${type}'`).join(", ")})`;
const isDecimal = "system.main.starts_with(typeof(e), 'DECIMAL')";
const isList = "system.main.ends_with(typeof(e), ']')";

const malformed = (text: string, type: string) =>
  sparkError("CAST_INVALID_INPUT", text, `'${type}'`);

/** What was taken of a text, as this type; where that is none, the text is malformed. */
function read(cast: Cast, value: string, type: string, text: string): string {
  const tried = `TRY_CAST(${value} AS ${duckDbType(type)})`;
  return cast === "TRY_CAST"
    ? tried
    : `coalesce(${tried}, CASE WHEN ${text} IS NOT NULL THEN ${malformed(text, type)} END)`;
}

/** Digits alone from a text; a number is cut off, not rounded. */
function wholeNumbers(): string[] {
  const kinds = [["int", "INT"], ["bigint", "BIGINT"]] as const;
  return prefixes.flatMap(([prefix, cast]) =>
    kinds.map(([name, type]) =>
      macro(
        `${prefix}cast_to_${name}(e)`,
        `CASE WHEN ${is("VARCHAR")}
           THEN ${read(cast, taken("e", `^${blanks}([+-]?[0-9]+)${blanks}$`), type, "e")}
         WHEN ${isDecimal} THEN ${cast}(${taken("e", "^-?[0-9]+", 0)} AS ${type})
         WHEN ${is("DOUBLE", "FLOAT")}
           THEN ${cast}(system.main.trunc(TRY_CAST(e AS DOUBLE)) AS ${type})
         ELSE ${cast}(e AS ${type}) END`,
      )
    )
  );
}

const digits = "(?:[0-9]+(?:[.][0-9]*)?|[.][0-9]+)(?:[eE][+-]?[0-9]+)?";
const endless = "[+-]?(?i:inf|infinity)|(?i:nan)";

const doubleText = `${taken("e", `^${blanks}(?:([+-]?${digits})[dDfF]?|(${endless}))${blanks}$`)} ||
     ${taken("e", `^${blanks}(${endless})${blanks}$`)}`;

function doubles(): string[] {
  return prefixes.map(([prefix, cast]) =>
    macro(
      `${prefix}cast_to_double(e)`,
      `CASE WHEN ${is("VARCHAR")} THEN ${read(cast, doubleText, "DOUBLE", "e")}
         WHEN ${isDecimal} THEN ${cast}(CAST(e AS VARCHAR) AS DOUBLE)
         ELSE ${cast}(e AS DOUBLE) END`,
    )
  );
}

/** The text of a number, which a cast to a decimal then reads; '' where it is none. */
const numberText = macro(
  "number_text(e)",
  `CASE WHEN ${is("BOOLEAN")} THEN CAST(TRY_CAST(e AS INTEGER) AS VARCHAR)
     WHEN ${is("DATE", "TIMESTAMP WITH TIME ZONE")} THEN error('A time is no decimal here')
     ELSE ${taken("e", `^${blanks}([+-]?${digits})${blanks}$`)} END`,
);

function texts(): string[] {
  return prefixes.map(([prefix, cast]) =>
    macro(
      `${prefix}cast_to_string(e)`,
      `CASE WHEN ${is("DOUBLE", "FLOAT")}
           THEN error('A double as text differs on Spark: cast it to a decimal first')
         WHEN ${isList} THEN error('A list as text differs on Spark: use array_join')
         WHEN ${is("TIMESTAMP WITH TIME ZONE")}
           THEN system.main.regexp_replace(CAST(e AS VARCHAR), '[+]00$', '')
         ELSE ${cast}(e AS VARCHAR) END`,
    )
  );
}

const sparkOnly = (type: string) =>
  `error(system.main.concat('The text ''', t, ''' is read as a ${type} by Spark alone'))`;
const unreadable = (cast: Cast, type: string) =>
  cast === "TRY_CAST" ? "NULL" : malformed("t", type);

const specialDays = "(?i:epoch|now|today|tomorrow|yesterday)";
const oddYear = "[+-][0-9]{4}|[0-9]{5,7}(?:-|$)|0000";

/** A date is a year, a month and a day; what is missing is 1, what follows a space or T is free. */
function dates(): string[] {
  const date = `^${blanks}[0-9]{4}(?:-[0-9]{1,2}(?:-[0-9]{1,2}(?:[ T](?s:.*))?)?)?${blanks}$`;
  const part = (pattern: string) => `coalesce(nullif(${taken("t", pattern)}, ''), '1')`;
  const parts = [
    taken("t", `^${blanks}([0-9]{4})`),
    part(`^${blanks}[0-9]{4}-([0-9]{1,2})`),
    part(`^${blanks}[0-9]{4}-[0-9]{1,2}-([0-9]{1,2})`),
  ].join(" || '-' || ");
  return prefixes.flatMap(([prefix, cast]) => [
    macro(
      `${prefix}text_to_date(t)`,
      `CASE WHEN t IS NULL THEN NULL
         WHEN ${matches(`^${blanks}(?:${oddYear}|${specialDays})`)} THEN ${sparkOnly("date")}
         WHEN ${matches(date)} THEN ${read(cast, parts, "DATE", "t")}
         ELSE ${unreadable(cast, "DATE")} END`,
    ),
    macro(
      `${prefix}cast_to_date(e)`,
      `CASE WHEN ${is("VARCHAR")} THEN ${prefix}text_to_date(CAST(e AS VARCHAR))
         ELSE ${cast}(e AS DATE) END`,
    ),
  ]);
}

/** A time is a date, space or T, hours to minutes or seconds, and a zone of digits or Z. */
function times(): string[] {
  const clock = "[0-9]{1,2}:[0-9]{1,2}";
  const seconds = ":[0-9]{1,2}(?:[.][0-9]+)?(?:Z|[+-](?:0[0-9]|1[0-7])(?::?[0-5][0-9])?)?";
  const date = "[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}";
  const time = `^${blanks}(${date}(?:[ T]${clock}(?:${seconds})?)?)${blanks}$`;
  const maybe = `^${blanks}(?:${oddYear}|${specialDays}|T?[0-9]{1,2}:|` +
    `[0-9]{4}(?:-[0-9]{1,2})?${blanks}$|${date}[ T][0-9]{1,2}(?::|$))`;
  return prefixes.flatMap(([prefix, cast]) => [
    macro(
      `${prefix}text_to_timestamp(t)`,
      `CASE WHEN t IS NULL THEN NULL
         WHEN ${matches("[ T]24:")} THEN ${unreadable(cast, "TIMESTAMP")}
         WHEN ${matches(`^${blanks}0000`)} THEN ${sparkOnly("timestamp")}
         WHEN ${matches(time)} THEN ${read(cast, taken("t", time), "TIMESTAMP", "t")}
         WHEN ${matches(maybe)} THEN ${sparkOnly("timestamp")}
         ELSE ${unreadable(cast, "TIMESTAMP")} END`,
    ),
    macro(
      `${prefix}cast_to_timestamp(e)`,
      // Its text stands in the pattern many times, and each would be planned again: a time is
      // often put together of a dozen calls. As the one element of a list it stands there once.
      `system.main.list_transform([e], lambda e: CASE
         WHEN ${is("VARCHAR")} THEN ${prefix}text_to_timestamp(CAST(e AS VARCHAR))
         ELSE ${cast}(e AS TIMESTAMPTZ) END)[1]`,
    ),
  ]);
}

/** In the order in which they need each other. */
export const castMacros: readonly string[] = [
  ...wholeNumbers(),
  ...doubles(),
  numberText,
  ...texts(),
  ...dates(),
  ...times(),
];

/** The types that `cast` may name and that have a macro; a decimal is read from `number_text`. */
export const castTypes: ReadonlySet<string> = new Set([
  "int",
  "bigint",
  "double",
  "string",
  "date",
  "timestamp",
]);

/** A value of DuckDB as a type of Databricks SQL, made as Spark would make it. */
export function duckDbCast(value: string, type: string): string {
  const plain = type.toLowerCase();
  if (castTypes.has(plain)) return `cast_to_${plain}(${value})`;
  const from = plain.startsWith("decimal") ? `number_text(${value})` : value;
  return `CAST(${from} AS ${duckDbType(type)})`;
}
