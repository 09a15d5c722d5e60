/**
 * Portable: casts and sums of statements that a runner makes, in the subset of sql/dialect.
 *
 *   in    tables and their declared columns
 *   out   Databricks SQL that means the same on DuckDB behind the dialect
 */
import type { Column } from "../../sql/dialect/mod.ts";
import { ticked } from "./quoting.ts";

/**
 * The columns of a query, each as the type that was declared. A list is what it was built as: no
 * cast to one is written the same on both engines.
 */
export function casts(output: readonly Column[]): string {
  return output.map((column) => {
    const word = ticked(column.name);
    return column.type.includes("<") ? word : `cast(${word} as ${column.type}) as ${word}`;
  }).join(", ");
}

/**
 * How many rows a table has, and a sum over their contents that does not depend on their order:
 * the same statement gives the same two figures on every engine that holds the same rows.
 *
 * No engine prints times and doubles as another does, so their parts are taken as whole numbers;
 * a row's sum is made of the first fifteen decimal digits in the MD5 of its text.
 */
export function sumOf(table: string, columns: readonly Column[]): string {
  const parts = columns.map((column) => `coalesce(${plainText(column)}, chr(30))`);
  return `with hashed as (
    select md5(concat_ws(chr(31), ${parts.join(", ")})) as hash from ${ticked(table)}
)
select count(*) as row_count, ${hashSum("hash")} as row_sum from hashed`;
}

/** The sum over a column of MD5s, as text; '0' of no rows. */
export function hashSum(hash: string): string {
  const digits = `substring(concat(regexp_replace(${hash}, '[a-f]', ''), '0'), 1, 15)`;
  return `cast(coalesce(sum(cast(${digits} as decimal(15, 0))), 0) as string)`;
}

function plainText({ name: column, type }: Column): string {
  const value = ticked(column);
  if (/^array<double>$/i.test(type)) {
    return `concat(cast(size(${value}) as string), ' ', ${
      millionths(`element_at(${value}, 1)`)
    }, ' ', ${millionths(`element_at(${value}, 2)`)})`;
  }
  if (/^timestamp$/i.test(type)) {
    return `concat_ws(' ', ${
      ["year", "month", "day", "hour", "minute", "second"].map((part) =>
        `cast(${part}(${value}) as string)`
      ).join(", ")
    })`;
  }
  return /^double$/i.test(type) ? millionths(value) : `cast(${value} as string)`;
}

/** A product and `floor` are the same on every machine; a printed double is not. */
const millionths = (value: string): string =>
  `coalesce(cast(cast(floor(${value} * 1000000) as bigint) as string), chr(30))`;
