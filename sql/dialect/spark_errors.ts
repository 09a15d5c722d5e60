/**
 * Spark's errors: what a macro says where Spark in ANSI mode fails too, in Spark's words.
 *
 *   [CONDITION] words
 *
 * What fails here alone, because the engines would print or compute it differently, has no
 * condition in front: Databricks would run it.
 *
 * Source: Apache Spark 4.1, error-conditions.json.
 */
const ansi = 'If necessary set "spark.sql.ansi.enabled" to "false" to bypass this error.';

/** `{0}` and `{1}` stand for values. */
const words = {
  CANNOT_PARSE_TIMESTAMP: "Text '{0}' could not be parsed. Use `try_{1}` to tolerate invalid " +
    "input string and return NULL instead.",
  CAST_INVALID_INPUT: `The value '{0}' of the type "STRING" cannot be cast to "{1}" because it ` +
    "is malformed. Correct the value as per the syntax, or change its target type. Use " +
    "`try_cast` to tolerate malformed input and return NULL instead.",
  DIVIDE_BY_ZERO: "Division by zero. Use `try_divide` to tolerate divisor being 0 and return " +
    `NULL instead. ${ansi}`,
  INVALID_ARRAY_INDEX_IN_ELEMENT_AT: "The index {0} is out of bounds. The array has {1} " +
    "elements. Use `try_element_at` to tolerate accessing element at invalid index and return " +
    "NULL instead.",
  INVALID_INDEX_OF_ZERO: "The index 0 is invalid. An index shall be either < 0 or > 0 (the " +
    "first element has index 1).",
  REMAINDER_BY_ZERO: "Remainder by zero. Use `try_mod` to tolerate divisor being 0 and return " +
    `NULL instead. ${ansi}`,
} as const;

/** DuckDB's expression that fails so; the values are its expressions too. */
export function sparkError(condition: keyof typeof words, ...values: string[]): string {
  const text = `[${condition}] ${words[condition]}`.replaceAll("'", "''");
  const parts = text.split(/\{(\d)\}/).map((part, at) =>
    at % 2 === 0 ? `'${part}'` : values[Number(part)] ?? "''"
  );
  return parts.length === 1
    ? `error(${parts[0]})`
    : `error(system.main.concat(${parts.join(", ")}))`;
}
