/**
 * Results: what one run of the checks found, one entry per thing that was looked at.
 *
 * The report, the JSON document, the JUnit file and the exit code are all made of these.
 */

/** In the order in which they are looked at: what cannot be read or built is not tested. */
export type Kind = "file" | "lint" | "model" | "test" | "audit";

/** `warning` is told and counted, and fails nothing. */
export type Status = "passed" | "failed" | "warning";

export interface Result {
  kind: Kind;
  status: Status;
  /** The model it belongs to; null for what belongs to none. */
  model: string | null;
  /** What was looked at: the name of a case, of an audit, of a file. */
  name: string;
  file: string;
  line: number;
  column: number | null;
  /** What is wrong, for a person; a difference has several lines. Empty where nothing is. */
  message: string;
  ms: number;
}

export interface Totals {
  models: number;
  tests: number;
  audits: number;
  passed: number;
  failed: number;
  warnings: number;
}

export interface CheckResult {
  ok: boolean;
  results: Result[];
  totals: Totals;
  seconds: number;
  /** Whether it stopped at the first failure. */
  stopped: boolean;
}

/** `file:line:column`, as editors and terminals make links of it. */
export function place({ file, line, column }: Pick<Result, "file" | "line" | "column">): string {
  return column === null ? `${file}:${line}` : `${file}:${line}:${column}`;
}

export function totalsOf(results: readonly Result[]): Totals {
  const count = (is: (result: Result) => boolean) => results.filter(is).length;
  return {
    models: count(({ kind }) => kind === "model"),
    tests: count(({ kind }) => kind === "test"),
    audits: count(({ kind }) => kind === "audit"),
    passed: count(({ status }) => status === "passed"),
    failed: count(({ status }) => status === "failed"),
    warnings: count(({ status }) => status === "warning"),
  };
}
