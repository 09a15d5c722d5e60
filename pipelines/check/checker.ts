/**
 * Checker: open databases, a project and a selection of it -> results.
 *
 *   in    models and cases, each model after those it reads
 *   out   first what cannot be read, then models, cases and audits, each in the project's order
 *
 * Opening costs more than most checks, so a checker is kept as long as there may be another one.
 * Nothing of one check is left for the next.
 */
import { lint } from "../../sql/dialect/mod.ts";
import { type DuckDbWarehouse, openDuckDb } from "../warehouse/duckdb.ts";
import { auditModel } from "./audits.ts";
import { runJobs } from "./jobs.ts";
import type { Result, Status } from "./results.ts";
import { checkShape, runCase } from "./run_case.ts";
import { SampleTables } from "./sample_tables.ts";
import type { Selection } from "./select.ts";
import type { AuditFinding, AuditRule, Problem, Project, ProjectModel, TestCase } from "./types.ts";

export interface CheckerOptions {
  onResult?: (result: Result) => void;
  onProgress?: (done: number, total: number) => void;
  /** No further check is begun after a failure. */
  failFast?: boolean;
  signal?: AbortSignal;
}

export class Checker implements AsyncDisposable {
  readonly #database: DuckDbWarehouse;
  readonly #sessions: readonly DuckDbWarehouse[];
  /** Made for the first audits. */
  #samples: SampleTables | null = null;

  /** Use `openChecker`. */
  constructor(database: DuckDbWarehouse, sessions: readonly DuckDbWarehouse[]) {
    this.#database = database;
    this.#sessions = sessions;
  }

  /** Each does one thing at a time. */
  get sessions(): readonly DuckDbWarehouse[] {
    return this.#sessions;
  }

  async check(
    project: Project,
    selection: Selection,
    options: CheckerOptions = {},
  ): Promise<Result[]> {
    const run = new Run(project, selection, options);
    const audited = selection.models.filter((name) => auditsOf(project, name).length > 0);
    run.tellProblems();
    await run.models(this.#sessions);
    await run.cases(this.#sessions);
    if (audited.length > 0) {
      this.#samples ??= await SampleTables.open(this.#database);
      await run.audits(this.#samples, audited);
    }
    return run.results;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#samples?.session.close();
    for (const session of this.#sessions) session.close();
    await Promise.resolve(this.#database.close());
  }
}

/** As many sessions as the machine has cores, but no more than four. */
export async function openChecker(
  { sessions: count = Math.min(4, navigator.hardwareConcurrency) } = {},
): Promise<Checker> {
  const database = await openDuckDb({ threads: 1 });
  const sessions: DuckDbWarehouse[] = [];
  while (sessions.length < Math.max(1, count)) sessions.push(await database.session());
  return new Checker(database, sessions);
}

/** One check from its beginning to its end. */
class Run {
  readonly results: Result[] = [];
  readonly #project: Project;
  readonly #selection: Selection;
  readonly #options: CheckerOptions;
  readonly #broken = new Set<string>();
  readonly #total: number;
  #hasFailed = false;
  #done = 0;

  constructor(project: Project, selection: Selection, options: CheckerOptions) {
    this.#project = project;
    this.#selection = selection;
    this.#options = options;
    this.#total = selection.models.length + selection.cases.length;
  }

  /** What could not be read at all. */
  tellProblems(): void {
    for (const problem of this.#project.problems) this.#tell([failed("file", null, problem)]);
  }

  async models(sessions: readonly DuckDbWarehouse[]): Promise<void> {
    await this.#each(sessions, this.#selection.models, async (db, name) => {
      const model = this.#project.models.get(name);
      if (model === undefined) throw new RangeError(`No model ${name}`);
      const results = await checkModel(db, this.#project, model);
      if (results.some(({ status }) => status === "failed")) this.#broken.add(name);
      return results;
    });
  }

  async cases(sessions: readonly DuckDbWarehouse[]): Promise<void> {
    await this.#each(sessions, this.#selection.cases, async (db, test) => {
      if (this.#broken.has(test.model)) return [skipped(test)];
      return [await checkCase(db, this.#project, test)];
    });
  }

  async audits(samples: SampleTables, models: readonly string[]): Promise<void> {
    if (this.#isEnough()) return;
    const problems = await samples.build(this.#project, models);
    // What a model itself does wrong has been told already.
    const files = new Set([...this.#broken].map((name) => this.#project.models.get(name)?.file));
    const news = problems.filter(({ file }) => !files.has(file));
    this.#tell(news.map((problem) => failed("audit", null, problem)));
    await this.#each([samples.session], models, async (session, name) => {
      if (problems.length > 0 && this.#broken.has(name)) return [];
      const { findings, problems: found } = await auditModel(session, this.#project, name);
      return [
        ...found.map((problem) => failed("audit", name, problem)),
        ...findings.map(auditResult),
        ...kept(auditsOf(this.#project, name), findings, found).map((rule) => passed(name, rule)),
      ];
    });
  }

  async #each<Job>(
    sessions: readonly DuckDbWarehouse[],
    jobs: readonly Job[],
    work: (db: DuckDbWarehouse, job: Job) => Promise<Result[]>,
  ): Promise<void> {
    await runJobs(sessions, jobs, work, {
      isEnough: () => this.#isEnough(),
      tell: (results) => {
        this.#done++;
        this.#tell(results);
        this.#options.onProgress?.(this.#done, Math.max(this.#total, this.#done));
      },
    });
  }

  #isEnough(): boolean {
    this.#options.signal?.throwIfAborted();
    return this.#options.failFast === true && this.#hasFailed;
  }

  #tell(results: readonly Result[]): void {
    for (const result of results) {
      this.#hasFailed ||= result.status === "failed";
      this.results.push(result);
      this.#options.onResult?.(result);
    }
  }
}

/** The linter first: what it refuses, the engine is not asked about. */
async function checkModel(
  db: DuckDbWarehouse,
  project: Project,
  model: ProjectModel,
): Promise<Result[]> {
  const startMs = performance.now();
  const refused = lint(model.text).map(({ line, column, what, instead }) =>
    failed("model", model.name, {
      file: model.file,
      line,
      column,
      message: `${what}; write ${instead}`,
    })
  );
  if (refused.length > 0) return refused;
  const problems = await checkShape(db, project, model.name);
  if (problems.length > 0) return problems.map((each) => failed("model", model.name, each));
  return [{
    ...empty,
    kind: "model",
    status: "passed",
    model: model.name,
    name: model.file,
    file: model.file,
    ms: performance.now() - startMs,
  }];
}

async function checkCase(db: DuckDbWarehouse, project: Project, test: TestCase): Promise<Result> {
  const { ok, differences, problems, durationMs } = await runCase(db, project, test);
  const [first, ...more] = problems;
  return {
    ...ofCase(test, ok ? "passed" : "failed"),
    ...(first !== undefined && placed(first)),
    message: [first?.message ?? "", ...more.map(describe)].filter((text) => text !== "").join("\n"),
    differences,
    ms: durationMs,
  };
}

function skipped(test: TestCase): Result {
  return { ...ofCase(test, "skipped"), message: `${test.model} cannot be built` };
}

function ofCase(test: TestCase, status: Status): Result {
  const { model, name, file, line } = test;
  return { ...empty, kind: "test", status, model, name, file, line };
}

const empty = { line: 1, column: null, message: "", differences: [], ms: 0 };

function failed(kind: "file" | "model" | "audit", model: string | null, problem: Problem): Result {
  const { message } = problem;
  return {
    ...empty,
    kind,
    status: "failed",
    model,
    name: problem.file,
    ...placed(problem),
    message,
  };
}

function placed({ file, line, column }: Problem) {
  return { file, line, column: column ?? null };
}

function describe({ file, line, message }: Problem): string {
  return `${file}:${line}: ${message}`;
}

function auditsOf(project: Project, name: string): readonly AuditRule[] {
  return project.models.get(name)?.audits ?? [];
}

function auditResult(finding: AuditFinding): Result {
  const { model, severity, promise, rowCount, isMore, keys, file, line } = finding;
  const rows = `${isMore ? "more than " : ""}${rowCount} ${rowCount === 1 ? "row" : "rows"}`;
  const shown = keys.length > 0 ? `: ${keys.join("; ")}` : "";
  const more = keys.length < rowCount && keys.length > 0 ? "; …" : "";
  return {
    ...empty,
    kind: "audit",
    status: severity === "error" ? "failed" : "warning",
    model,
    name: promise,
    file,
    line,
    message: `${rows}${shown}${more}`,
  };
}

/** The rules that found nothing and could be run. */
function kept(
  rules: readonly AuditRule[],
  findings: readonly AuditFinding[],
  problems: readonly Problem[],
): AuditRule[] {
  const told = new Set([...findings, ...problems].map(({ file, line }) => `${file}:${line}`));
  return rules.filter(({ file, line }) => !told.has(`${file}:${line}`));
}

function passed(model: string, { promise, file, line }: AuditRule): Result {
  return { ...empty, kind: "audit", status: "passed", model, name: promise, file, line };
}
