/**
 * What a cell of each kind may look like, as one pattern for both readers: DuckDB, which loads,
 * and ours, which finds the cell that was wrong.
 */
import type { ColumnKind } from "../schema.ts";

export interface ValueRule {
  /** For DuckDB's RE2 and for JavaScript alike; matches the whole cell. */
  pattern: string;
  expected: string;
}

export const valueRules: Readonly<Record<Exclude<ColumnKind, "text">, ValueRule>> = {
  integer: {
    // pandas writes an integer column with gaps as 23.0.
    pattern: "[+-]?[0-9]{1,18}([.]0+)?",
    expected: "a whole number",
  },
  double: {
    pattern: "[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]{1,3})?",
    expected: "a number",
  },
  datetime: {
    pattern: "[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])[ T]" +
      "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{1,9})?(Z|[+]00(:?00)?)?",
    expected: "a time in UTC like 2020-08-28 03:52:47",
  },
};

const compiled = new Map<string, RegExp>();

/** Is this text, not null, a value of this kind? */
export function isValue(kind: ColumnKind, text: string): boolean {
  if (kind === "text") return true;
  const { pattern } = valueRules[kind];
  let matcher = compiled.get(pattern);
  if (matcher === undefined) compiled.set(pattern, matcher = new RegExp(`^(?:${pattern})$`));
  return matcher.test(text) && (kind !== "datetime" || isDay(text));
}

/** The 30th of February looks like a day. */
function isDay(text: string): boolean {
  const [year = 0, month = 0, day = 0] = text.slice(0, 10).split("-").map(Number);
  return new Date(Date.UTC(year, month - 1, day)).getUTCDate() === day;
}

export function expectedOf(kind: ColumnKind): string {
  return kind === "text" ? "a text" : valueRules[kind].expected;
}
