/**
 * Mutate: models and their tests -> the changes to a model that no test notices.
 *
 * One thing is changed at a time (see mutants.ts); then the cases of that model run until one
 * fails. Those of the models that read it are given its table, so they cannot notice. A mutant
 * that the linter or the engine refuses is noticed as well: nobody could run it.
 *
 * A mutant that means the same as the model cannot be noticed. It is excused by an entry in
 * `<model>.mutants` beside the model, which is a promise as well: an entry whose mutant is
 * noticed after all, or that fits no mutant, is a failure.
 *
 *   case utc_offset when 'x' then …      the line with the change, from its first letter on
 *     because offsets are never 'x'      why no rows can tell the two apart
 */
import { lint } from "../../sql/dialect/mod.ts";
import type { DuckDbWarehouse } from "../warehouse/duckdb.ts";
import { runJobs } from "./jobs.ts";
import { type Mutant, mutantsOf } from "./mutants.ts";
import type { Result } from "./results.ts";
import { checkShape, runCase } from "./run_case.ts";
import type { Project, ProjectModel, TestCase } from "./types.ts";

export interface MutateOptions {
  onResult?: (result: Result) => void;
  onProgress?: (done: number, total: number) => void;
  failFast?: boolean;
  signal?: AbortSignal;
}

export interface Mutation {
  mutants: number;
  noticed: number;
  excused: number;
  /** Mutants that survive, and entries that excuse nothing. */
  results: Result[];
}

interface Job {
  model: ProjectModel;
  mutant: Mutant;
  suite: Suite;
}

/** Tries every mutant of these models. */
export async function mutate(
  sessions: readonly DuckDbWarehouse[],
  project: Project,
  models: readonly string[],
  options: MutateOptions = {},
): Promise<Mutation> {
  const mutation: Mutation = { mutants: 0, noticed: 0, excused: 0, results: [] };
  const tell = (result: Result) => {
    mutation.results.push(result);
    options.onResult?.(result);
  };
  const excuses = new Map<string, Excuses>();
  const jobs: Job[] = [];
  for (const name of models) {
    const model = project.models.get(name);
    if (model === undefined) throw new RangeError(`No model ${name}`);
    excuses.set(name, await Excuses.of(model));
    const suite = new Suite(project, model);
    jobs.push(...mutantsOf(model.text).map((mutant) => ({ model, mutant, suite })));
  }
  await runJobs(sessions, jobs, isNoticed, {
    isEnough: () => {
      options.signal?.throwIfAborted();
      return options.failFast === true && mutation.results.length > 0;
    },
    tell: ({ job: { model, mutant }, noticed }) => {
      mutation.mutants++;
      const excuse = excuses.get(model.name)?.take(mutant, noticed);
      if (noticed) mutation.noticed++;
      else if (excuse) mutation.excused++;
      else tell(survivor(model, mutant));
      options.onProgress?.(mutation.mutants, jobs.length);
    },
  });
  if (mutation.mutants < jobs.length) return mutation;
  for (const entries of excuses.values()) entries.unfounded().forEach(tell);
  return mutation;
}

async function isNoticed(db: DuckDbWarehouse, job: Job): Promise<{ job: Job; noticed: boolean }> {
  return { job, noticed: await job.suite.notices(db, job.mutant) };
}

/** The cases that may notice a change to one model, those first that noticed most of late. */
class Suite {
  readonly #project: Project;
  readonly #model: ProjectModel;
  readonly #cases: TestCase[];

  constructor(project: Project, model: ProjectModel) {
    this.#project = project;
    this.#model = model;
    this.#cases = project.cases.filter((test) => test.model === model.name);
  }

  async notices(db: DuckDbWarehouse, mutant: Mutant): Promise<boolean> {
    if (lint(mutant.text).length > 0) return true;
    const mutated = { ...this.#model, text: mutant.text };
    const models = new Map([...this.#project.models, [mutated.name, mutated]]);
    const project = { ...this.#project, models };
    // What the engine refuses fails in every case; where there is none, it is asked without rows.
    if (this.#cases.length === 0) {
      return (await checkShape(db, project, mutated.name)).length > 0;
    }
    for (const test of [...this.#cases]) {
      const { ok } = await runCase(db, project, test);
      if (ok) continue;
      this.#cases.splice(this.#cases.indexOf(test), 1);
      this.#cases.unshift(test);
      return true;
    }
    return false;
  }
}

interface Excuse {
  shown: string;
  because: string;
  line: number;
  used: boolean;
  refuted: boolean;
}

/** The entries of one model's file. */
class Excuses {
  readonly #file: string;
  readonly #model: string;
  readonly #entries: Excuse[] = [];
  readonly #problems: Result[] = [];

  static async of(model: ProjectModel): Promise<Excuses> {
    const path = model.path.replace(/[.]sql$/, ".mutants");
    const text = await Deno.readTextFile(path).catch((error: unknown) => {
      if (error instanceof Deno.errors.NotFound) return "";
      throw error;
    });
    return new Excuses(model, text);
  }

  constructor(model: ProjectModel, text: string) {
    this.#file = model.file.replace(/[.]sql$/, ".mutants");
    this.#model = model.name;
    for (const [index, raw] of text.split("\n").entries()) this.#read(raw, index + 1);
    for (const { because, shown, line } of this.#entries) {
      if (because === "") this.#problem(line, `'${shown}' gives no reason: write because … below`);
    }
  }

  /** Whether a mutant is excused. */
  take(mutant: Mutant, noticed: boolean): boolean {
    const entry = this.#entries.find(({ shown }) => shown === mutant.shown);
    if (entry === undefined) return false;
    entry.used = true;
    entry.refuted ||= noticed;
    return !noticed;
  }

  unfounded(): Result[] {
    for (const { shown, line, used, refuted } of this.#entries) {
      if (!used) this.#problem(line, `No mutant reads '${shown}' any more: take the entry out`);
      else if (refuted) this.#problem(line, `A test notices '${shown}': take the entry out`);
    }
    return this.#problems;
  }

  #read(raw: string, line: number): void {
    const text = raw.trim();
    if (text === "" || text.startsWith("#")) return;
    const last = this.#entries.at(-1);
    if (!/^\s/.test(raw)) {
      this.#entries.push({ shown: text, because: "", line, used: false, refuted: false });
    } else if (last === undefined) this.#problem(line, "A reason without a mutant above it");
    else last.because += ` ${text.replace(/^because\s+/, "")}`;
  }

  #problem(line: number, message: string): void {
    this.#problems.push(found(this.#model, this.#file, line, null, "an excuse", message));
  }
}

function survivor(model: ProjectModel, { line, column, was, becomes, shown }: Mutant): Result {
  const change = becomes === "" ? `without ${was}` : `${was} -> ${becomes}`;
  return found(
    model.name,
    model.file,
    line,
    column,
    change,
    `No test notices ${change}\n  ${shown}`,
  );
}

function found(
  model: string,
  file: string,
  line: number,
  column: number | null,
  name: string,
  message: string,
): Result {
  return {
    kind: "model",
    status: "failed",
    model,
    name,
    file,
    line,
    column,
    message,
    differences: [],
    ms: 0,
  };
}
