/**
 * Rewrite: Databricks SQL that the linter let through -> the same for DuckDB.
 *
 * Only what a macro cannot bridge is changed, token by token. Lines stay lines, so that a line
 * in an error of the engine is a line of the file. A column after a change may have moved.
 */
import { closing, isSymbol, isWord, nameOf, type Token, tokenize } from "./tokens.ts";

const renamed: Readonly<Record<string, string>> = {
  array: "list_value",
  percentile: "quantile_cont",
};

export function rewriteForDuckDb(text: string): string {
  const tokens = tokenize(text);
  const kept = tokens.filter(({ kind }) => kind !== "space" && kind !== "comment");
  const replaced = new Map<Token, string>();
  for (let at = 0; at < kept.length; at++) rewriteAt(kept, at, replaced);
  return tokens.map((token) => replaced.get(token) ?? token.text).join("");
}

function rewriteAt(tokens: readonly Token[], at: number, replaced: Map<Token, string>): void {
  const token = tokens[at];
  const next = tokens[at + 1];
  if (token === undefined) return;
  if (token.kind === "backticked") replaced.set(token, quoted(token));
  else if (token.kind === "parameter") replaced.set(token, `$${token.text.slice(1)}`);
  else if (isSymbol(token, "<=>")) replaced.set(token, "IS NOT DISTINCT FROM");
  else if (isWord(token, "div")) replaced.set(token, "//");
  else if (isWord(token, "except") && isSymbol(tokens[at - 1], "*") && isSymbol(next, "(")) {
    replaced.set(token, "EXCLUDE");
  } else if (isWord(token, "left") && isWord(next, "semi", "anti")) replaced.set(token, "");
  else if (isWord(token, "timestamp") && next?.kind === "string") {
    replaced.set(token, "TIMESTAMPTZ");
  } else if (isWord(token, "cast", "try_cast") && isSymbol(next, "(")) {
    rewriteCast(tokens, at + 1, replaced);
  } else if (token.kind === "word" && isSymbol(next, "(")) {
    const name = renamed[nameOf(token)];
    if (name !== undefined) replaced.set(token, name);
  }
}

/** `cast(x as timestamp)`: an instant, which DuckDB calls TIMESTAMPTZ. */
function rewriteCast(tokens: readonly Token[], open: number, replaced: Map<Token, string>): void {
  const end = closing(tokens, open);
  const type = tokens[end - 1];
  if (type !== undefined && isWord(tokens[end - 2], "as") && isWord(type, "timestamp")) {
    replaced.set(type, "TIMESTAMPTZ");
  }
}

function quoted(token: Token): string {
  const name = token.text.slice(1, -1).replaceAll("``", "`");
  return `"${name.replaceAll('"', '""')}"`;
}
