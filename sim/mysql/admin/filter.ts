/**
 * Filter: the LIKE or WHERE of a SHOW statement -> which rows stay.
 *
 * Left out: parentheses, functions and arithmetic in such a WHERE.
 */
import { syntaxError } from "../errors.ts";
import type { SqlValue } from "../sql/context.ts";
import type { Token } from "../sql/tokens.ts";

export type Row = readonly SqlValue[];

/** A pattern of LIKE as a regular expression. */
export function likePattern(pattern: string): RegExp {
  const source = pattern.replace(/\\?[\s\S]/gu, (part) => {
    if (part === "%") return "[\\s\\S]*";
    if (part === "_") return "[\\s\\S]";
    const character = part.length > 1 && part.startsWith("\\") ? part.slice(1) : part;
    return character.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
  });
  return new RegExp(`^${source}$`, "iu");
}

/** Keeps what `LIKE 'pattern'` or `WHERE …`, beginning at a token, lets through. */
export function filterRows(
  sql: string,
  tokens: readonly Token[],
  at: number,
  headings: readonly string[],
  rows: readonly Row[],
): Row[] {
  const first = tokens[at];
  if (first === undefined || first.kind === "end") return [...rows];
  if (first.key === "LIKE") {
    const pattern = likePattern(tokens[at + 1]?.value ?? "");
    return rows.filter((row) => pattern.test(String(row[0] ?? "")));
  }
  if (first.key !== "WHERE") throw syntaxError(sql, first.at);
  const test = readConditions(sql, tokens, at + 1, headings);
  return rows.filter(test);
}

type Test = (row: Row) => boolean;

/** `a OR b AND c`, AND before OR. */
function readConditions(
  sql: string,
  tokens: readonly Token[],
  from: number,
  headings: readonly string[],
): Test {
  const anyOf: Test[][] = [[]];
  let at = from;
  for (;;) {
    const { test, next } = readCondition(sql, tokens, at, headings);
    anyOf.at(-1)?.push(test);
    const joint = tokens[next];
    if (joint === undefined || joint.kind === "end") break;
    if (joint.key === "OR" || joint.key === "||") anyOf.push([]);
    else if (joint.key !== "AND" && joint.key !== "&&") throw syntaxError(sql, joint.at);
    at = next + 1;
  }
  return (row) => anyOf.some((allOf) => allOf.every((test) => test(row)));
}

function readCondition(
  sql: string,
  tokens: readonly Token[],
  at: number,
  headings: readonly string[],
): { test: Test; next: number } {
  const name = tokens[at]?.value.toLowerCase() ?? "";
  const place = headings.findIndex((heading) => heading.toLowerCase() === name);
  const isNot = tokens[at + 1]?.key === "NOT";
  const operator = tokens[at + (isNot ? 2 : 1)];
  const value = at + (isNot ? 3 : 2);
  if (place < 0 || operator === undefined) throw syntaxError(sql, tokens[at]?.at ?? sql.length);
  const cell = (row: Row): string => String(row[place] ?? "").toLowerCase();
  const wanted = tokens[value]?.value.toLowerCase() ?? "";
  const result = (test: Test, next: number) => ({
    test: isNot ? (row: Row) => !test(row) : test,
    next,
  });
  switch (operator.key) {
    case "=":
      return result((row) => cell(row) === wanted, value + 1);
    case "<>":
    case "!=":
      return result((row) => cell(row) !== wanted, value + 1);
    case "LIKE": {
      const pattern = likePattern(tokens[value]?.value ?? "");
      return result((row) => pattern.test(cell(row)), value + 1);
    }
    case "IN": {
      const { values, next } = readList(tokens, value);
      return result((row) => values.has(cell(row)), next);
    }
    default:
      throw syntaxError(sql, operator.at);
  }
}

/** `('a', 'b')` */
function readList(tokens: readonly Token[], open: number): { values: Set<string>; next: number } {
  const values = new Set<string>();
  let at = open + 1;
  for (; tokens[at] !== undefined && tokens[at]?.key !== ")"; at++) {
    if (tokens[at]?.key !== ",") values.add(tokens[at]?.value.toLowerCase() ?? "");
  }
  return { values, next: at + 1 };
}
