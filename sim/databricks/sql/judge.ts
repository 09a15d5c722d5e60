/**
 * Judge: a query of Databricks SQL -> nothing, or why it does not run here.
 *
 * The dialect's linter finds all that would not mean the same. What Databricks refuses too is said
 * in its words; all else in ours, because Databricks would run it.
 */
import { lint, type Problem } from "../../../sql/dialect/mod.ts";
import { notHere, type SqlError, syntaxError, unknownColumn, unknownRoutine } from "../errors.ts";
import { isThere } from "./functions.ts";

/**
 * @param text the query alone, at the place that it has in the statement
 * @throws {SqlError}
 */
export function judge(text: string): void {
  const problems = lint(text);
  const first = problems.find(isRefusedThere) ?? problems[0];
  if (first !== undefined) throw refusal(first);
}

function isRefusedThere({ kind, near }: Problem): boolean {
  return kind === "function" ? !isThere(nameOf(near)) : kind !== "dialect";
}

function refusal(problem: Problem): SqlError {
  const { kind, near, what, instead } = problem;
  if (!isRefusedThere(problem)) return notHere(`${what}; write ${instead}`, problem);
  if (kind === "function") return unknownRoutine(nameOf(near), problem);
  return kind === "column" ? unknownColumn(near, problem) : syntaxError(near, problem);
}

const nameOf = (written: string): string => written.replaceAll("`", "").toLowerCase();
