/**
 * Records SQL: lines of JSON -> columns, keys, flaws and hashes, as text of expressions.
 *
 * Batch, stream and both proofs read records with these, so that one record has one verdict.
 * They run on DuckDB only and are made from pipelines/tables.ts; what a value means is decided in
 * `sql/clean/`, not here.
 */
import { sourceTables, type TableName, tableNames } from "./tables.ts";

/** Why a record is rejected: the stable part of `reason`, before a colon and the particulars. */
export const reasons = {
  notObject: "no JSON object",
  otherTable: "columns of another table",
  badKey: "key is no 32-bit integer",
  otherContent: "ind was seen before with other content",
} as const;

/** `"index"`: a name that may be a word of the language. */
export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** `'it''s'`: a text literal. */
export const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

export const columnNames = (table: TableName): string[] =>
  sourceTables[table].columns.map(({ name }) => name);

const valueColumns = (table: TableName): string[] =>
  columnNames(table).filter((name) => name !== sourceTables[table].key);

/** The columns of a table as posted, all text, from a line of JSON; null if it is malformed. */
export function parsedLine(table: TableName, line: string): string {
  const structure = Object.fromEntries(columnNames(table).map((name) => [name, "VARCHAR"]));
  return `try(json_transform(${line}, ${literal(JSON.stringify(structure))}))`;
}

/** The key as `sql/clean/` reads it: trimmed, digits, at most zeros behind a point; or null. */
export function keyOf(text: string): string {
  const trimmed = `trim(${text}, ' ' || chr(9) || chr(10) || chr(13) || chr(160))`;
  const digits = `regexp_extract(${trimmed}, '^(-?[0-9]+)([.]0+)?$', 1)`;
  return `try_cast(nullif(${digits}, '') as integer)`;
}

/**
 * The reason to reject a record by itself, or null. The rare questions stand inside, so that
 * they are asked only of records with nothing in their own columns.
 */
export function flawOf(table: TableName, { parsed, line, key }: {
  parsed: string;
  line: string;
  key: string;
}): string {
  const own = valueColumns(table);
  const hasNothing = `coalesce(${own.map((name) => `${parsed}.${quoted(name)}`).join(", ")})`;
  const keys = `json_keys(${line})`;
  const others = tableNames.filter((other) => other !== table).map((other) =>
    `when list_has_any(${keys}, ${list(valueColumns(other))}) then ` +
    literal(`${reasons.otherTable}: ${other}`)
  );
  const keyText = `${parsed}.${quoted(sourceTables[table].key)}`;
  const badKey = `case when ${key} is null then ${literal(`${reasons.badKey}: `)} ||
      coalesce('''' || left(${keyText}, 40) || '''', 'none') end`;
  return `case when ${parsed} is null then ${literal(reasons.notObject)}
    when ${hasNothing} is not null then ${badKey}
    else case when list_has_any(${keys}, ${list(own)}) then ${badKey}
      ${others.join("\n      ")}
      else ${badKey} end
    end`;
}

/** The content hash of pipelines/content.ts, of columns that `prefix` stands before. */
export function contentHashOf(table: TableName, prefix: string): string {
  const parts = sourceTables[table].columns
    .toSorted((a, b) => a.name < b.name ? -1 : 1)
    .map(({ name, kind }) => {
      const text = `${prefix}${quoted(name)}`;
      return kind === "number" ? `coalesce(${numberText(text)}, ${text}, chr(30))` : orAbsent(text);
    });
  return `md5(concat_ws(chr(31), ${parts.join(", ")}))`;
}

const orAbsent = (text: string): string => `coalesce(${text}, chr(30))`;

function numberText(text: string): string {
  const number = `try_cast(${text} as double)`;
  return `case when isfinite(${number}) then cast(${number} as varchar) end`;
}

const list = (names: readonly string[]): string => `[${names.map(literal).join(", ")}]`;

/** A scan of a file of lines, in file order and nothing skipped: column `line`. */
export function scanLines(path: string, longestLineBytes: number): string {
  const lineBytesMax = Math.max(2 << 20, longestLineBytes + 16);
  return `read_csv(${literal(path)}, columns = {'line': 'VARCHAR'}, auto_detect = false,
    header = false, delim = chr(1), nullstr = chr(2), quote = '', escape = '', comment = '',
    new_line = '\\n', max_line_size = ${lineBytesMax})`;
}
