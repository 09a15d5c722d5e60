/**
 * Check: a folder of SQL -> whether its models, tests and audits hold, offline.
 *
 * One call is one run from nothing; `openChecker` is for those who check again and again.
 */
import { UsageError } from "../errors.ts";
import { type Checker, openChecker } from "./checker.ts";
import { type ProjectOptions, readProject } from "./project.ts";
import { type CheckResult, type Result, totalsOf } from "./results.ts";
import { select } from "./select.ts";
import type { Project } from "./types.ts";

export interface CheckOptions extends ProjectOptions {
  /** What to check (see select.ts). Default: all. */
  names?: readonly string[];
  failFast?: boolean;
  /** Told in the project's order, as soon as it is known. */
  onResult?: (result: Result) => void;
  onProgress?: (done: number, total: number) => void;
  signal?: AbortSignal;
}

/**
 * Reads the folder, and checks what was named.
 * @throws {UsageError} no such folder, nothing in it, or nothing of such a name
 */
export async function runChecks(options: CheckOptions): Promise<CheckResult> {
  const startMs = performance.now();
  // Native code takes a while to load, and needs nothing that is read meanwhile.
  const opening = openChecker();
  try {
    const project = await readProject(options);
    refuseEmpty(project);
    select(project, options.names ?? []);
    return await checkWith(await opening, project, options, startMs);
  } finally {
    await (await opening)[Symbol.asyncDispose]();
  }
}

export async function checkWith(
  checker: Checker,
  project: Project,
  options: Omit<CheckOptions, "folder">,
  startMs = performance.now(),
): Promise<CheckResult> {
  const selection = select(project, options.names ?? []);
  const results = await checker.check(project, selection, options);
  return checkResult(results, startMs, options.failFast === true);
}

export function checkResult(
  results: readonly Result[],
  startMs: number,
  failFast = false,
): CheckResult {
  const totals = totalsOf(results);
  return {
    ok: totals.failed === 0,
    totals,
    results,
    seconds: (performance.now() - startMs) / 1000,
    isStopped: failFast && totals.failed > 0,
  };
}

/** @throws {UsageError} there is nothing that could be checked. */
export function refuseEmpty(project: Project): void {
  const [problem, ...others] = project.problems;
  if (project.models.size > 0 || problem === undefined || others.length > 0) return;
  if (problem.file === project.folder) {
    throw new UsageError(`${problem.file}:${problem.line}: ${problem.message}`);
  }
}
