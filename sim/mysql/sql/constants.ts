/**
 * Constants: a SELECT without tables whose items are literals, variables or functions of the
 * session -> its one row. Clients open with such queries; they must not wait for the engine.
 */
import { bareFunctions, type SqlContext, type SqlValue } from "./context.ts";
import { selectItems } from "./select_list.ts";
import type { Token } from "./tokens.ts";

export interface ConstantRow {
  headings: string[];
  values: SqlValue[];
}

/** Null: it is more than that. */
export function constantRow(
  sql: string,
  tokens: readonly Token[],
  ctx: SqlContext,
): ConstantRow | null {
  if (tokens[0]?.key !== "SELECT") return null;
  const items = selectItems(sql, tokens);
  const end = items.at(-1)?.to ?? 0;
  if (!isOneRow(tokens, end)) return null;
  const headings: string[] = [];
  const values: SqlValue[] = [];
  for (const { from, to, alias } of items) {
    const isAs = alias !== null && tokens[alias - 1]?.key === "AS";
    const last = alias === null ? to : alias - (isAs ? 1 : 0);
    const value = constant(tokens.slice(from, last), ctx);
    if (value === undefined) return null;
    values.push(value);
    headings.push(heading(sql, tokens, { from, to, alias }));
  }
  return values.length > 0 ? { headings, values } : null;
}

function heading(
  sql: string,
  tokens: readonly Token[],
  { from, to, alias }: { from: number; to: number; alias: number | null },
): string {
  if (alias !== null) return tokens[alias]?.value ?? "";
  const first = tokens[from];
  if (first?.kind === "text" && to - from === 1) return first.value;
  return sql.slice(first?.at ?? 0, tokens[to - 1]?.end);
}

/** Nothing follows, or `LIMIT` a positive number, or `FROM DUAL`. */
function isOneRow(tokens: readonly Token[], end: number): boolean {
  if (tokens[end]?.key === "FROM" && tokens[end + 1]?.key === "DUAL") end += 2;
  if (tokens[end]?.key === "LIMIT") {
    if (!/^[1-9][0-9]*$/.test(tokens[end + 1]?.value ?? "")) return false;
    end += 2;
  }
  return tokens[end]?.kind === "end";
}

/** Undefined: not a constant of these kinds. */
function constant(tokens: readonly Token[], ctx: SqlContext): SqlValue | undefined {
  const [first, second, third] = tokens;
  if (first === undefined) return undefined;
  if (tokens.length === 2 && first.key === "-" && second !== undefined) {
    const value = second.kind === "number" ? constant([second], ctx) : undefined;
    return typeof value === "number" ? -value : undefined;
  }
  if (tokens.length === 3 && second?.key === "(" && third?.key === ")") {
    return ctx.niladic(first.key);
  }
  if (tokens.length !== 1) return undefined;
  switch (first.kind) {
    case "text":
      return first.value;
    case "variable":
      return ctx.variable(first.value);
    case "number":
      return /^[0-9]{1,15}$/.test(first.value) ? Number(first.value) : undefined;
    case "word":
      return wordConstant(first.key, ctx);
    default:
      return undefined;
  }
}

function wordConstant(key: string, ctx: SqlContext): SqlValue | undefined {
  if (key === "NULL") return null;
  if (key === "TRUE") return 1;
  if (key === "FALSE") return 0;
  return bareFunctions.has(key) ? ctx.niladic(key) : undefined;
}
