/**
 * Lint of scopes: an alias of the select list used in its own WHERE.
 *
 * DuckDB accepts it, Databricks does not. Where the select list itself reads a column of that
 * name, WHERE means that column, on both engines.
 */
import { isSymbol, isWord, nameOf, type Report, type Token } from "./tokens.ts";

/** One SELECT with its clauses. */
interface Block {
  clause: "select" | "where" | "other";
  aliases: Set<string>;
  /** Names that the select list reads. */
  read: Set<string>;
  /** Bare names that WHERE reads. */
  used: Token[];
}

/** One pair of brackets: a query of its own, or part of the block around it. */
interface Frame {
  block: Block | undefined;
  owns: boolean;
}

export function lintScopes(tokens: readonly Token[], report: Report): void {
  const frames: Frame[] = [{ block: undefined, owns: false }];
  const blocks: Block[] = [];
  for (const [at, token] of tokens.entries()) {
    const frame = frames.at(-1);
    if (frame === undefined) return; // More brackets closed than opened: the engine will say so.
    if (isSymbol(token, "(")) frames.push({ block: frame.block, owns: false });
    else if (isSymbol(token, ")")) frames.pop();
    else if (isWord(token, "select")) {
      frame.block = { clause: "select", aliases: new Set(), read: new Set(), used: [] };
      frame.owns = true;
      blocks.push(frame.block);
    } else if (frame.block !== undefined) follow(tokens, at, token, frame.block, frame.owns);
  }
  for (const block of blocks) judge(block, report);
}

function follow(
  tokens: readonly Token[],
  at: number,
  token: Token,
  block: Block,
  owns: boolean,
): void {
  if (owns && isWord(token, "from") && !isWord(tokens[at - 1], "distinct")) block.clause = "other";
  else if (owns && isWord(token, "where")) block.clause = "where";
  else if (
    owns && isWord(token, "group", "having", "order", "limit", "window", "union", "except")
  ) {
    if (!isSymbol(tokens[at - 1], "*")) block.clause = "other";
  } else if (token.kind === "word" || token.kind === "backticked") {
    name(tokens, at, token, block, owns);
  }
}

function name(
  tokens: readonly Token[],
  at: number,
  token: Token,
  block: Block,
  owns: boolean,
): void {
  const name = nameOf(token);
  const before = tokens[at - 1];
  const after = tokens[at + 1];
  if (isSymbol(after, "(") || isSymbol(after, ".")) return; // A function, a table.
  if (block.clause === "select") {
    if (owns && (isWord(before, "as") || isBareAlias(tokens, at))) block.aliases.add(name);
    else if (!block.aliases.has(name)) block.read.add(name);
  } else if (block.clause === "where" && !isSymbol(before, ".")) block.used.push(token);
}

/** Words that a column may follow: what comes after them is no alias. */
const operators =
  ("select distinct all and or not in is like ilike between case when then else div " +
    "null true false").split(" ");

/** `a + 1 b,` or `max(x) m from`: a name at the end of an expression, without AS. */
function isBareAlias(tokens: readonly Token[], at: number): boolean {
  const before = tokens[at - 1];
  const after = tokens[at + 1];
  const ends = after === undefined || isSymbol(after, ",") || isWord(after, "from");
  if (!ends || before === undefined || isWord(tokens[at], "end", "null", "true", "false")) {
    return false;
  }
  if (before.kind === "symbol") return isSymbol(before, ")");
  return !isWord(before, ...operators);
}

function judge(block: Block, report: Report): void {
  for (const token of block.used) {
    const name = nameOf(token);
    if (!block.aliases.has(name) || block.read.has(name)) continue;
    report(
      token,
      `WHERE cannot use '${token.text}', a name the same SELECT gives`,
      "the expression itself, or the SELECT in a CTE; for a column of that name, table.column",
      "column",
    );
  }
}
