/**
 * Reading on DuckDB: lines of JSON -> the columns as posted, and what is wrong with a line.
 *
 *   in    a relation with a column `line`; a file of lines
 *   out   the same, `byte_flaw` (null: a JSON object), a column for each of the table's, all text
 *
 * DuckDB's parser is wider than JSON in two things (a comma before a closing bracket, numbers that
 * are none), narrower in one (half a surrogate pair as an escape), and takes the first of equal
 * names where every other parser takes the last. All four are rare and looked for at small cost.
 *
 * Left out: a number smaller than any double (`1e-400`) is read as nought.
 */
import { rewriteForDuckDb } from "../../sql/dialect/mod.ts";
import type { TableName } from "../tables.ts";
import { literal, quoted } from "../warehouse/quoting.ts";
import { reasons } from "./reasons.ts";
import { columnNames, type HasNames } from "./record_sql.ts";
import { contentHash, mended } from "./spelling.ts";

const list = (names: readonly string[]): string => `[${names.map(literal).join(", ")}]`;

/** Of a relation that `readLines` gives. */
export const hasNames: HasNames = (names) =>
  `list_has_any(try(json_keys(json_text)), ${list(names)})`;

/** Of a relation that `readLines` gives: the content hash, null of what is no object. */
export function contentHashOf(table: TableName): string {
  // The dialect's own would write each part many times over, and DuckDB plan all of it.
  const hash = contentHash(table, {
    concatWs: "system.main.concat_ws",
    readAs: (given, type) => `${given}::${type}::varchar`,
  });
  return `case when byte_flaw is null then ${rewriteForDuckDb(hash)} end`;
}

/** Relation: what `lines` gives, with `byte_flaw`, `json_text` and the columns as posted. */
export function readLines(table: TableName, lines: string): string {
  return withColumns(
    table,
    `(
    with written as (
      select *, ${rewriteForDuckDb(mended("line"))} as json_text from ${lines}
    )
    select *, case
        when not regexp_matches(json_text, '^[ \\t\\r\\n]*[{]') then null
        when ${isWider("json_text")} then null
        when ${hasEqualNames(table, "json_text")}
          then ${parsed(table, lastOfEqual("json_text"))}
        else ${parsed(table, "json_text")}
      end as parsed
    from written)`,
  );
}

/**
 * The same of lines that are JSON for certain, each an object without white space before it or
 * `null`. Much cheaper: what is rare is not read here but has `is_odd`, and if there is any, all
 * are to be read again by `readLines`.
 */
export function readPlainLines(table: TableName, lines: string): string {
  return withColumns(
    table,
    `(
    select *, line as json_text, ${parsed(table, "line")} as parsed,
      line[1] = '{' and (parsed is null or ${hasEqualNames(table, "line")}) as is_odd
    from ${lines})`,
  );
}

function withColumns(table: TableName, parsed: string): string {
  const names = columnNames(table).map(quoted);
  return `(
    select *, case when parsed is null then ${literal(reasons.notObject)} end as byte_flaw,
      ${names.map((name) => `parsed.${name} as ${name}`).join(", ")}
    from ${parsed})`;
}

function parsed(table: TableName, text: string): string {
  const names = columnNames(table).map((name) => [name, "VARCHAR"]);
  return `try(json_transform(${text}, ${literal(JSON.stringify(Object.fromEntries(names)))}))`;
}

/** Cheap where the names are the table's own in their order, as they nearly always are. */
function hasEqualNames(table: TableName, text: string): string {
  const keys = `try(json_keys(${text}))`;
  return `case when ${keys} <> ${list(columnNames(table))}
    then len(${keys}) <> len(list_distinct(${keys})) else false end`;
}

/** What DuckDB parses and JSON has not; the first two are looked for in the text as it stands. */
function isWider(text: string): string {
  const outside = `system.main.regexp_replace(${text}, '"([^"\\\\]|\\\\.)*"', '""', 'g')`;
  return `(regexp_matches(${text}, ',[ \\t\\r\\n]*[}\\]]')
          or regexp_matches(${text}, '[-:,[ \\t\\r\\n](?i:nan|inf)'))
        and regexp_matches(${outside}, ',[ \\t\\r\\n]*[}\\]]|(?i:nan|inf)')`;
}

/** The object with the last of each of its names alone. */
function lastOfEqual(text: string): string {
  const [keys, values] = [`json_keys(${text})`, `json_extract(${text}, '$.*')`];
  const last = `list_filter(range(1, len(${keys}) + 1),
            lambda i: not list_contains(${keys}[i + 1:], ${keys}[i]))`;
  return `'{' || array_to_string(list_transform(${last},
            lambda i: to_json(${keys}[i]) || ':' || ${values}[i]), ',') || '}'`;
}

/** A scan of a file of lines, in file order and nothing skipped: column `line`. */
export function scanLines(path: string, longestLineBytes: number): string {
  const lineBytesMax = Math.max(2 << 20, longestLineBytes + 16);
  return `read_csv(${literal(path)}, columns = {'line': 'VARCHAR'}, auto_detect = false,
    header = false, delim = chr(1), nullstr = chr(2), quote = '', escape = '', comment = '',
    new_line = '\\n', max_line_size = ${lineBytesMax})`;
}
