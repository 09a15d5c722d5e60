/**
 * JSON in a text, read as Spark reads it in its permissive mode: of equal names the last, and
 * nothing of a text that is no JSON. DuckDB takes the first of equal names, a comma before a closing
 * bracket, and NaN.
 *
 *   from_json(x, 'a string, b string')   text that is no object gives nulls
 *   from_json(x, 'array<string>')        text that is no list is null
 *   json_object_keys(x)                  text that is no object is null
 *
 * Left out: other types, because each engine makes a number of another text. Spark also takes `'`
 * and NaN unless its options say no, and whatever stands behind the first value; it prints a
 * fraction as Java does (`1.0E-4`), and here it is as it was written.
 */
export interface JsonShape {
  /** The macro that reads it. */
  macro: "json_fields" | "json_list";
  /** DuckDB's word for it, as the text of a literal. */
  structure: string;
}

/** Of a schema in Spark's words; null for types that are not the same on both engines. */
export function readJsonShape(schema: string): JsonShape | null {
  if (/^\s*array\s*<\s*string\s*>\s*$/i.test(schema)) {
    return { macro: "json_list", structure: '["VARCHAR"]' };
  }
  const columns = schema.split(",").map((column) =>
    /^\s*`?(\w+)`?(?:\s+|\s*:\s*)string\s*$/i.exec(column)?.[1]
  );
  if (columns.includes(undefined)) return null;
  const types = columns.map((column) => `"${column}":"VARCHAR"`);
  return { macro: "json_fields", structure: `{${types.join(",")}}` };
}

/** Options of from_json that say no more than that JSON is JSON, as it is here anyway. */
export const strictOptions =
  /^\('allow(SingleQuotes|NonNumericNumbers)','false'(,'allow(SingleQuotes|NonNumericNumbers)','false')?\)$/;

/** The text without what stands in quotes. */
const outside = `system.main.regexp_replace(j, '"([^"\\\\]|\\\\.)*"', '""', 'g')`;
const names = "system.main.json_keys(j)";

export const jsonMacros: readonly string[] = [
  `CREATE OR REPLACE MACRO is_json(j) AS CASE WHEN json_valid(j)
     THEN NOT regexp_matches(${outside}, ',[ \\t\\r\\n]*[}\\]]|(?i:nan|inf)') ELSE false END`,
  `CREATE OR REPLACE MACRO last_of_equal(j) AS
     CASE WHEN len(${names}) = len(list_distinct(${names})) THEN j
     ELSE '{' || array_to_string(list_transform(
       list_filter(range(1, len(${names}) + 1),
         lambda i: NOT list_contains(${names}[i + 1:], ${names}[i])),
       lambda i: to_json(${names}[i]) || ':' || json_extract(j, '$.*')[i]), ',') || '}' END`,
  // JSON whose outermost value is of that type, or null.
  `CREATE OR REPLACE MACRO json_of(j, type) AS
     CASE WHEN is_json(j) THEN CASE WHEN json_type(j) = type THEN j END END`,
  "CREATE OR REPLACE MACRO json_object_keys(j) AS system.main.json_keys(json_of(j, 'OBJECT'))",
  `CREATE OR REPLACE MACRO json_fields(j, s) AS json_transform(
     coalesce(last_of_equal(json_of(j, 'OBJECT')), CASE WHEN j IS NOT NULL THEN '{}' END), s)`,
  `CREATE OR REPLACE MACRO json_list(j, s) AS
     CAST(json_transform(json_of(j, 'ARRAY'), s) AS VARCHAR[])`,
];
