/** Run case: a test case -> the differences between what it expects and what its model returns. */
import type { DuckDbWarehouse } from "../warehouse/duckdb.ts";
import type { CaseResult, Problem, Project, TestCase } from "./types.ts";

/** Leaves nothing behind in the session; several may run at once, each in a session of its own. */
export function runCase(
  _db: DuckDbWarehouse,
  _project: Project,
  test: TestCase,
): Promise<CaseResult> {
  throw new TypeError(`Cannot run ${test.name} yet`);
}

/** Tables, columns and declared output of one model, seen without any rows. */
export function checkShape(
  _db: DuckDbWarehouse,
  _project: Project,
  model: string,
): Promise<Problem[]> {
  throw new TypeError(`Cannot check ${model} yet`);
}
