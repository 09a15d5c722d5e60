/**
 * Macros and settings: what DuckDB is told once, so that names mean on it what they mean on Spark.
 *
 * A macro hides every overload of the builtin it is named after, so each number of arguments
 * stands here; DuckDB's own stays in reach as `system.main.<name>`. Aggregates are never hidden:
 * a macro cannot take OVER, FILTER or DISTINCT. Those are renamed in rewrite.ts.
 */

/** Run before anything else in a session. */
export const settings: readonly string[] = [
  "SET TimeZone = 'UTC'",
  // Spark's rule: nulls are the smallest.
  "SET default_null_order = 'nulls_first_on_asc_last_on_desc'",
  // Division by zero: null here and an error on Spark in ANSI mode, but never Infinity.
  "SET ieee_floating_point_ops = false",
];

const concatArguments = 24;

function concat(): string {
  const overloads: string[] = [];
  for (let count = 1; count <= concatArguments; count++) {
    const names = Array.from({ length: count }, (_, index) => `x${index}`);
    overloads.push(`(${names.join(", ")}) AS ${names.join(" || ")}`);
  }
  // One argument alone would keep its type; || makes text of every other.
  overloads[0] = "(x0) AS x0 || ''";
  return `CREATE OR REPLACE MACRO concat${overloads.join(", ")}`;
}

/** Define the names; each may be run again. */
export const macros: readonly string[] = [
  concat(), // null if any is null
  `CREATE OR REPLACE MACRO regexp_extract(s, p) AS system.main.regexp_extract(s, p, 1),
     (s, p, i) AS system.main.regexp_extract(s, p, i)`,
  // All matches, and $1 for a group.
  `CREATE OR REPLACE MACRO regexp_replace(s, p, r) AS system.main.regexp_replace(
     s, p, system.main.regexp_replace(r, '[$]([0-9])', '\\\\\\1', 'g'), 'g')`,
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
  "CREATE OR REPLACE MACRO element_at(a, i) AS system.main.list_extract(a, i)",
  "CREATE OR REPLACE MACRO size(a) AS CAST(system.main.len(a) AS INTEGER)",
  "CREATE OR REPLACE MACRO nvl(a, b) AS coalesce(a, b)",
  "CREATE OR REPLACE MACRO nvl2(a, b, c) AS CASE WHEN a IS NOT NULL THEN b ELSE c END",
  `CREATE OR REPLACE MACRO try_divide(a, b) AS
     CASE WHEN b <> 0 THEN CAST(a AS DOUBLE) / CAST(b AS DOUBLE) END`,
  // Sunday is 1.
  "CREATE OR REPLACE MACRO dayofweek(d) AS system.main.dayofweek(CAST(d AS DATE)) + 1",
  "CREATE OR REPLACE MACRO date_add(d, n) AS CAST(d AS DATE) + CAST(n AS INTEGER)",
  "CREATE OR REPLACE MACRO date_sub(d, n) AS CAST(d AS DATE) - CAST(n AS INTEGER)",
  `CREATE OR REPLACE MACRO datediff(e, s) AS
     system.main.date_diff('day', CAST(s AS DATE), CAST(e AS DATE))`,
];
