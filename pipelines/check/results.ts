/**
 * Results: what one run of the checks found, one entry for each thing that was looked at.
 *
 * The report, the JSON document, the JUnit file and the exit code are all made of these.
 */
import type { Difference } from "./types.ts";

/** `file` is one that cannot be read at all, `model` a model's text, `test` a case. */
export type Kind = "file" | "model" | "test" | "audit";

/** A `warning` is told and fails nothing; `skipped` is a case of a model that cannot be built. */
export type Status = "passed" | "failed" | "warning" | "skipped";

export interface Result {
  kind: Kind;
  status: Status;
  /** The model it belongs to; null for what belongs to none. */
  model: string | null;
  /** What was looked at: the name of a case, the promise of an audit, the file of a model. */
  name: string;
  file: string;
  line: number;
  column: number | null;
  /** One sentence on what is wrong; empty where nothing is, or where the differences say it. */
  message: string;
  differences: readonly Difference[];
  ms: number;
}

export interface Totals {
  models: number;
  tests: number;
  audits: number;
  failed: number;
  warnings: number;
  skipped: number;
}

export interface CheckResult {
  ok: boolean;
  totals: Totals;
  results: readonly Result[];
  seconds: number;
  /** Whether the first failure ended it. */
  isStopped: boolean;
}

/** `file:line:column`, which editors and terminals make links of. */
export function placeOf({ file, line, column }: Pick<Result, "file" | "line" | "column">): string {
  return column === null ? `${file}:${line}` : `${file}:${line}:${column}`;
}

export function totalsOf(results: readonly Result[]): Totals {
  const count = (is: (result: Result) => boolean) => results.filter(is).length;
  const models = results.filter(({ kind }) => kind === "model").map(({ model }) => model);
  return {
    models: new Set(models).size,
    tests: count(({ kind }) => kind === "test"),
    audits: count(({ kind }) => kind === "audit"),
    failed: count(({ status }) => status === "failed"),
    warnings: count(({ status }) => status === "warning"),
    skipped: count(({ status }) => status === "skipped"),
  };
}
