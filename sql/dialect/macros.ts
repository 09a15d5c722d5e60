/**
 * Macros and settings: what DuckDB is told once, so that names mean on it what they mean on Spark.
 *
 * A macro hides every overload of the builtin it is named after, so each number of arguments
 * stands here; DuckDB's own stays in reach as `system.main.<name>`. Aggregates are never hidden:
 * a macro cannot take OVER, FILTER or DISTINCT. Those are renamed in rewrite.ts.
 */

import { castMacros } from "./casts.ts";
import { jsonMacros } from "./json.ts";
import { sparkError } from "./spark_errors.ts";

/** Run before anything else in a session. */
export const settings: readonly string[] = [
  "SET TimeZone = 'UTC'",
  // Spark's rule: nulls are the smallest.
  "SET default_null_order = 'nulls_first_on_asc_last_on_desc'",
  // Never Infinity; the division macros make an error of it, as Spark does in ANSI mode.
  "SET ieee_floating_point_ops = false",
];

const concatArguments = 24;

/** Null if any is null. */
function concat(): string {
  const overloads: string[] = [];
  for (let count = 1; count <= concatArguments; count++) {
    const names = Array.from({ length: count }, (_, index) => `x${index}`);
    overloads.push(
      `(${names.join(", ")}) AS ${names.map((name) => `cast_to_string(${name})`).join(" || ")}`,
    );
  }
  return `CREATE OR REPLACE MACRO concat${overloads.join(", ")}`;
}

/** Nulls are left out. */
function concatWs(): string {
  const overloads: string[] = [];
  for (let count = 1; count <= concatArguments; count++) {
    const names = Array.from({ length: count }, (_, index) => `x${index}`);
    const texts = names.map((name) => `cast_to_string(${name})`).join(", ");
    overloads.push(`(s, ${names.join(", ")}) AS system.main.concat_ws(s, ${texts})`);
  }
  return `CREATE OR REPLACE MACRO concat_ws${overloads.join(", ")}`;
}

const zero = (
  divisor: string,
  condition: "DIVIDE_BY_ZERO" | "REMAINDER_BY_ZERO" = "DIVIDE_BY_ZERO",
) => `CASE WHEN ${divisor} = 0 THEN ${sparkError(condition)} ELSE ${divisor} END`;
const unless = (kind: string, name: string, message: string) =>
  `CASE WHEN ${kind} THEN error('${message}') ELSE ${name} END`;
const decimal = (name: string) => `system.main.starts_with(typeof(${name}), 'DECIMAL')`;
const double = (name: string) => `typeof(${name}) IN ('DOUBLE', 'FLOAT')`;
const otherDigits = "A quotient of decimals has other digits on Spark: cast one side to double";

/** By zero is an error; what the engines would give other digits is one too. */
const divisions: readonly string[] = [
  `CREATE OR REPLACE MACRO whole_dividend(a) AS ${
    unless(`${decimal("a")} OR ${double("a")}`, "a", "div is for whole numbers")
  }`,
  `CREATE OR REPLACE MACRO double_dividend(a, b) AS ${
    unless(
      `(${decimal("a")} AND NOT (${double("b")})) OR (${decimal("b")} AND NOT (${double("a")}))`,
      "a",
      otherDigits,
    )
  }`,
  `CREATE OR REPLACE MACRO "/"(a, b) AS system.main."/"(double_dividend(a, b), ${zero("b")})`,
  `CREATE OR REPLACE MACRO "%"(a, b) AS system.main."%"(a, ${zero("b", "REMAINDER_BY_ZERO")})`,
  `CREATE OR REPLACE MACRO "//"(a, b) AS
     CAST(system.main."//"(whole_dividend(a), whole_dividend(${zero("b")})) AS BIGINT)`,
  `CREATE OR REPLACE MACRO try_divide(a, b) AS
     CASE WHEN b <> 0 THEN CAST(double_dividend(a, b) AS DOUBLE) / CAST(b AS DOUBLE) END`,
];

const day = (name: string) => `cast_to_date(${name})`;
const field = (name: string, of: string) =>
  `CREATE OR REPLACE MACRO ${name}(d) AS CAST(system.main.${name}(${of}) AS INTEGER)`;

/** Text is read as a date or a time; a field of one is an INT. */
const times: readonly string[] = [
  ...["year", "quarter", "month", "day"].map((name) => field(name, day("d"))),
  ...["hour", "minute", "second"].map((name) => field(name, "cast_to_timestamp(d)")),
  // Sunday is 1.
  `CREATE OR REPLACE MACRO dayofweek(d) AS CAST(system.main.dayofweek(${day("d")}) + 1 AS INTEGER)`,
  `CREATE OR REPLACE MACRO last_day(d) AS system.main.last_day(${day("d")})`,
  `CREATE OR REPLACE MACRO date_add(d, n) AS ${day("d")} + CAST(n AS INTEGER)`,
  `CREATE OR REPLACE MACRO date_sub(d, n) AS ${day("d")} - CAST(n AS INTEGER)`,
  `CREATE OR REPLACE MACRO datediff(e, s) AS
     CAST(system.main.date_diff('day', ${day("s")}, ${day("e")}) AS INTEGER)`,
  // The last day of a short month stands for those that it lacks.
  `CREATE OR REPLACE MACRO add_months(d, n) AS
     CAST(${day("d")} + to_months(CAST(n AS INTEGER)) AS DATE)`,
  // Same day of the month, or both the last one: whole months; else days of 31 to a month.
  `CREATE OR REPLACE MACRO months_between(a, b) AS months_of(cast_to_timestamp(a), cast_to_timestamp(b))`,
  `CREATE OR REPLACE MACRO to_date(s) AS cast_to_date(s),
     (s, f, p) AS CAST(read_time(s, f, p, 'to_date') AS DATE)`,
  `CREATE OR REPLACE MACRO to_timestamp(s) AS cast_to_timestamp(s),
     (s, f, p) AS CAST(read_time(s, f, p, 'to_timestamp') AS TIMESTAMPTZ)`,
  `CREATE OR REPLACE MACRO try_to_timestamp(s) AS try_cast_to_timestamp(s),
     (s, f, p) AS CASE WHEN system.main.regexp_matches(s, p)
       THEN CAST(try_strptime(s, f) AS TIMESTAMPTZ) END`,
  `CREATE OR REPLACE MACRO date_format(d, f) AS
     CASE WHEN system.main.year(cast_to_timestamp(d)) > 9999
       THEN error('A year of five digits has a sign on Spark')
       ELSE strftime(CAST(cast_to_timestamp(d) AS TIMESTAMP), f) END`,
];

/** What other macros here are made of. */
const parts: readonly string[] = [
  `CREATE OR REPLACE MACRO read_time(s, f, p, name) AS CASE WHEN s IS NULL THEN NULL ELSE coalesce(
     CASE WHEN system.main.regexp_matches(s, p) THEN try_strptime(s, f) END,
     ${sparkError("CANNOT_PARSE_TIMESTAMP", "s", "name")}) END`,
  `CREATE OR REPLACE MACRO months_of(a, b) AS CASE
     WHEN system.main.day(a) = system.main.day(b)
       OR (CAST(a AS DATE) = system.main.last_day(CAST(a AS DATE))
         AND CAST(b AS DATE) = system.main.last_day(CAST(b AS DATE)))
       THEN CAST(months_apart(a, b) AS DOUBLE)
     ELSE system.main.round(months_apart(a, b) + system.main."/"(
       CAST((system.main.day(a) - system.main.day(b)) * 86400
         + seconds_of(a) - seconds_of(b) AS DOUBLE), 2678400.0::DOUBLE), 8) END`,
  `CREATE OR REPLACE MACRO months_apart(a, b) AS
     (system.main.year(a) - system.main.year(b)) * 12
       + system.main.month(a) - system.main.month(b)`,
  `CREATE OR REPLACE MACRO seconds_of(a) AS
     system.main.hour(a) * 3600 + system.main.minute(a) * 60 + system.main.second(a)`,
];

const lists: readonly string[] = [
  `CREATE OR REPLACE MACRO element_at(a, i) AS CASE
     WHEN i = 0 THEN ${sparkError("INVALID_INDEX_OF_ZERO")}
     WHEN system.main.abs(i) > system.main.len(a)
       THEN ${sparkError("INVALID_ARRAY_INDEX_IN_ELEMENT_AT", "i", "system.main.len(a)")}
     ELSE system.main.list_extract(a, i) END`,
  `CREATE OR REPLACE MACRO try_element_at(a, i) AS CASE
     WHEN i = 0 THEN ${
    sparkError("INVALID_INDEX_OF_ZERO")
  } ELSE system.main.list_extract(a, i) END`,
  "CREATE OR REPLACE MACRO get(a, i) AS CASE WHEN i >= 0 THEN system.main.list_extract(a, i + 1) END",
  // A null in one of them might have been equal to anything in the other.
  `CREATE OR REPLACE MACRO arrays_overlap(a, b) AS CASE
     WHEN a IS NULL OR b IS NULL THEN NULL
     WHEN list_has_any(a, b) THEN true
     WHEN list_count(a) < system.main.len(a) AND system.main.len(b) > 0
       OR list_count(b) < system.main.len(b) AND system.main.len(a) > 0 THEN NULL
     ELSE false END`,
  "CREATE OR REPLACE MACRO size(a) AS CAST(system.main.len(a) AS INTEGER)",
  `CREATE OR REPLACE MACRO sort_array(a) AS system.main.list_sort(a, 'ASC', 'NULLS FIRST'),
     (a, up) AS CASE WHEN up THEN system.main.list_sort(a, 'ASC', 'NULLS FIRST')
       ELSE system.main.list_sort(a, 'DESC', 'NULLS LAST') END`,
  `CREATE OR REPLACE MACRO printable(a) AS ${
    unless(
      "typeof(a) IN ('DOUBLE[]', 'FLOAT[]', 'TIMESTAMP WITH TIME ZONE[]')",
      "a",
      "The engines print these values differently",
    )
  }`,
  `CREATE OR REPLACE MACRO array_join(a, s) AS system.main.array_to_string(printable(a), s),
     (a, s, n) AS system.main.array_to_string(
       list_transform(printable(a), lambda x: coalesce(CAST(x AS VARCHAR), n)), s)`,
  // What collect_list and collect_set hold: no null, and no group without a list.
  "CREATE OR REPLACE MACRO collected(a) AS coalesce(list_filter(a, lambda x: x IS NOT NULL), [])",
];

/** Around an argument of an aggregate, which cannot be a macro itself. */
const operands: readonly string[] = [
  "CREATE OR REPLACE MACRO as_double(e) AS cast_to_double(e)",
  "CREATE OR REPLACE MACRO or_false(e) AS coalesce(e, false)",
  `CREATE OR REPLACE MACRO no_decimal(e) AS ${
    unless(decimal("e"), "e", "An average of decimals has other digits on Spark: cast to double")
  }`,
];

/**
 * Define the names; each may be run again. DuckDB plans every overload when it is defined, and again
 * at every use: the long ones are defined over a short stand-in, which the true one then replaces.
 */
export const macros: readonly string[] = [
  "CREATE OR REPLACE MACRO cast_to_string(e) AS CAST(e AS VARCHAR)",
  concat(),
  concatWs(),
  ...castMacros,
  ...divisions,
  ...parts,
  ...times,
  ...lists,
  ...jsonMacros,
  ...operands,
  `CREATE OR REPLACE MACRO "|||"(a, b) AS cast_to_string(a) || cast_to_string(b)`,
  `CREATE OR REPLACE MACRO regexp_extract(s, p) AS system.main.regexp_extract(s, p, 1),
     (s, p, i) AS system.main.regexp_extract(s, p, i)`,
  // All matches, and $1 for a group.
  `CREATE OR REPLACE MACRO regexp_replace(s, p, r) AS system.main.regexp_replace(
     s, p, system.main.regexp_replace(r, '[$]([0-9])', '\\\\\\1', 'g'), 'g')`,
  "CREATE OR REPLACE MACRO repeat(s, n) AS system.main.repeat(cast_to_string(s), CAST(n AS BIGINT))",
  "CREATE OR REPLACE MACRO regexp_like(s, p) AS system.main.regexp_matches(s, p)",
  "CREATE OR REPLACE MACRO split(s, p) AS system.main.string_split_regex(s, p)",
  // Position 0 is position 1, and a start before the text uses up length.
  `CREATE OR REPLACE MACRO substring(s, p) AS system.main.substring(s,
       CASE WHEN p = 0 THEN 1 WHEN p < 0 THEN greatest(system.main.length(s) + p + 1, 1) ELSE p END),
     (s, p, n) AS CASE
       WHEN p IS NULL OR n IS NULL THEN NULL
       WHEN n <= 0 THEN CASE WHEN s IS NOT NULL THEN '' END
       WHEN p > 0 THEN system.main.substring(s, p, n)
       WHEN p = 0 THEN system.main.substring(s, 1, n)
       ELSE system.main.substring(s, greatest(system.main.length(s) + p + 1, 1),
         greatest(n + least(system.main.length(s) + p, 0), 0)) END`,
  "CREATE OR REPLACE MACRO length(s) AS CAST(system.main.length(s) AS INTEGER)",
  "CREATE OR REPLACE MACRO ceil(x) AS CAST(system.main.ceil(x) AS BIGINT)",
  "CREATE OR REPLACE MACRO floor(x) AS CAST(system.main.floor(x) AS BIGINT)",
  "CREATE OR REPLACE MACRO current_timestamp() AS system.main.get_current_timestamp()",
  "CREATE OR REPLACE MACRO nvl(a, b) AS coalesce(a, b)",
  "CREATE OR REPLACE MACRO nvl2(a, b, c) AS CASE WHEN a IS NOT NULL THEN b ELSE c END",
  // Never -0.0.
  `CREATE OR REPLACE MACRO round(a) AS system.main.round(a) + 0,
     (a, n) AS system.main.round(${
    unless(double("a"), "a", "A double rounded to digits differs on Spark: cast it to a decimal")
  }, n)`,
];
