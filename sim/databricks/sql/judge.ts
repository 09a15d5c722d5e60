/**
 * Judge: a query of Databricks SQL -> nothing, or the first reason that it does not run here.
 *
 * The dialect's linter finds what DuckDB alone would accept, and what the engines read
 * differently. The first fails as Databricks would say it; the second is refused in our own
 * words, because Databricks would run it.
 */
import { lint, type Problem } from "../../../sql/dialect/mod.ts";
import { isSymbol, isWord, nameOf, type Token } from "../../../sql/dialect/tokens.ts";
import { notHere, type SqlError, syntaxError, unknownColumn, unknownRoutine } from "../errors.ts";
import { known, onlyThere } from "./functions.ts";

/** The types that the rewriter translates, beyond the dialect's own. */
const knownTypes = new Set(
  ["array", "binary", "boolean", "float", "smallint", "tinyint"],
);

/**
 * @param tokens of the query alone, without space; positions are those of the statement
 * @throws {SqlError}
 */
export function judge(tokens: readonly Token[], text: string): void {
  const byPlace = new Map(tokens.map((token, at) => [`${token.line}:${token.column}`, at]));
  for (const problem of lint(text)) {
    const at = byPlace.get(`${problem.line}:${problem.column}`);
    if (at !== undefined && isBridged(tokens, at, problem)) continue;
    throw refusal(problem, tokens, at);
  }
}

/** What the linter refuses for sql/, and the simulated warehouse has a meaning for. */
function isBridged(tokens: readonly Token[], at: number, { what }: Problem): boolean {
  const token = tokens[at];
  if (token === undefined) return false;
  const name = nameOf(token);
  if (at === 0 && name === "values") return true;
  if (name === "lateral") return isWord(tokens[at + 1], "explode", "posexplode");
  if (isSymbol(tokens[at + 1], "(") && /\bfunction\b/.test(what)) return known.has(name);
  if (/\btype\b/.test(what) && knownTypes.has(name)) return true;
  return false;
}

function refusal(problem: Problem, tokens: readonly Token[], at: number | undefined): SqlError {
  const { line, column, what, instead } = problem;
  const place = { line, column };
  const token = at === undefined ? undefined : tokens[at];
  const name = token === undefined ? "" : nameOf(token);
  const isCall = at !== undefined && isSymbol(tokens[at + 1], "(");
  if (isCall && /\bfunction\b/.test(what) && !onlyThere.has(name)) {
    return unknownRoutine(name, place);
  }
  if (/DuckDB's\b|\bnever closed/.test(what)) return syntaxError(token?.text ?? "", place);
  if (/^WHERE cannot use/.test(what)) return unknownColumn(name, place);
  return notHere(`${what}; write ${instead}`, place);
}
