/**
 * The select list of a statement: its items, and the heading that MySQL gives each.
 *
 * MySQL names a column without an alias by the text of its expression; DuckDB by its own
 * rendering of it.
 */
import type { Token } from "./tokens.ts";

export interface SelectItem {
  /** Token indexes: first, and after the last. */
  from: number;
  to: number;
  /** Null where the engine's own name is right: a column, `*`, or an alias that is written. */
  heading: string | null;
  /** Index of the token with the alias, if there is one. */
  alias: number | null;
}

const modifiers = new Set([
  "ALL",
  "DISTINCT",
  "DISTINCTROW",
  "HIGH_PRIORITY",
  "STRAIGHT_JOIN",
  "SQL_SMALL_RESULT",
  "SQL_BIG_RESULT",
  "SQL_BUFFER_RESULT",
  "SQL_NO_CACHE",
  "SQL_CALC_FOUND_ROWS",
]);

const listEnds = new Set([
  "FROM",
  "WHERE",
  "GROUP",
  "HAVING",
  "ORDER",
  "LIMIT",
  "UNION",
  "INTERSECT",
  "EXCEPT",
  "INTO",
  "FOR",
  "WINDOW",
  "LOCK",
]);

/** Words that can end an expression, so that a name after them is an alias. */
const operandWords = new Set(["END", "NULL", "TRUE", "FALSE", "UNKNOWN"]);
/** Words that cannot: what follows them goes on with the expression. */
const operatorWords = new Set(
  ("AND OR NOT XOR DIV MOD IS IN LIKE REGEXP RLIKE BETWEEN CASE WHEN THEN ELSE INTERVAL BINARY " +
    "DISTINCT EXISTS AS COLLATE ESCAPE OVER SOUNDS MEMBER DATE TIME TIMESTAMP").split(" "),
);

/** The items of the outermost SELECT, or none where the statement begins otherwise. */
export function selectItems(sql: string, tokens: readonly Token[]): SelectItem[] {
  let from = tokens.findIndex((token) => token.key !== "(");
  if (tokens[from]?.key !== "SELECT") return [];
  from++;
  while (modifiers.has(tokens[from]?.key ?? "")) from++;
  const items: SelectItem[] = [];
  let depth = 0;
  for (let at = from; at < tokens.length; at++) {
    const token = tokens[at];
    if (token === undefined) break;
    if (token.key === "(") depth++;
    if (token.key === ")") depth--;
    const ends = token.kind === "end" || depth < 0 || (depth === 0 && listEnds.has(token.key));
    if (!ends && !(depth === 0 && token.key === ",")) continue;
    if (at > from) items.push(item(sql, tokens, from, at));
    from = at + 1;
    if (ends) break;
  }
  return items;
}

function item(sql: string, tokens: readonly Token[], from: number, to: number): SelectItem {
  const last = tokens[to - 1];
  const before = tokens[to - 2];
  const plain = { from, to, heading: null, alias: null };
  if (last === undefined || last.key === "*" || to - from === 1 && isName(last)) return plain;
  if (to - from === 3 && before?.key === ".") return plain;
  if (to - from === 5 && before?.key === ".") return plain;
  if (before !== undefined && to - from > 1 && isAlias(before, last)) {
    return { ...plain, alias: to - 1 };
  }
  return { ...plain, heading: sql.slice(tokens[from]?.at ?? 0, last.end) };
}

function isName(token: Token): boolean {
  return token.kind === "name" || (token.kind === "word" && !operandWords.has(token.key));
}

function isAlias(before: Token, last: Token): boolean {
  if (before.key === "AS") return true;
  if (last.kind === "word" && operandWords.has(last.key)) return false;
  if (last.kind !== "word" && last.kind !== "name") return false;
  if (before.kind === "word") return !operatorWords.has(before.key);
  return before.key === ")" || !["sign", "end"].includes(before.kind);
}
