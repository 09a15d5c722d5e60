/**
 * The command `check`: flags -> a run of the checks, its report, and the exit code.
 *
 * Neither the simulator nor a vendor's client is loaded for it: DuckDB and `sql/` are all it needs.
 */
import { print } from "../cli/output.ts";
import type { CheckFlags } from "../cli/program.ts";
import { RunError, UsageError } from "../errors.ts";
import { type Checker, openChecker } from "./checker.ts";
import { draft } from "./draft.ts";
import { junitXml } from "./junit.ts";
import { checkResult, checkWith, refuseEmpty } from "./mod.ts";
import { mutate } from "./mutate.ts";
import { readProject } from "./project.ts";
import { type Paper, plural, type Report, report } from "./report.ts";
import type { CheckResult } from "./results.ts";
import { select } from "./select.ts";
import type { Project } from "./types.ts";
import { watch } from "./watch.ts";

interface Task {
  flags: CheckFlags;
  folder: string;
  names: readonly string[];
  project: Project;
  checker: Checker;
  report: Report;
  signal: AbortSignal;
  startMs: number;
}

/** @throws {UsageError} no such folder, nothing in it, no such name, or flags that do not go together */
export async function checkCommand(flags: CheckFlags, signal: AbortSignal): Promise<number> {
  const startMs = performance.now();
  refuseMixtures(flags);
  const { folder, names } = await folderAndNames(flags.words);
  const opening = openChecker();
  try {
    const project = await readProject({ folder });
    refuseEmpty(project);
    if (flags.new !== undefined) return await newTest(project, flags);
    select(project, names); // Before anything is run.
    const sheet = report(paperOf(flags));
    const checker = await opening;
    const task = { flags, folder, names, project, checker, report: sheet, signal, startMs };
    if (flags.mutate) return await mutateModels(task);
    const result = await checkOnce(task);
    return flags.watch ? await checkAgain(task, result) : exitCode(result);
  } finally {
    await (await opening)[Symbol.asyncDispose]();
  }
}

function exitCode({ ok }: CheckResult): number {
  return ok ? 0 : 1;
}

function refuseMixtures({ watch, json, mutate, new: drafted }: CheckFlags): void {
  const modes = [watch && "--watch", mutate && "--mutate", drafted !== undefined && "--new"];
  const given = modes.filter((flag) => typeof flag === "string");
  if (given.length > 1) throw new UsageError(`${given.join(" and ")} do not go together`);
  if (watch && json) throw new UsageError("--watch never ends, --json is one document at the end");
}

/** The project's own `sql` unless the first word is another folder. */
async function folderAndNames(words: readonly string[]) {
  const [first, ...rest] = words;
  if (first === undefined) return { folder: "sql", names: [] };
  const isFolder = await Deno.stat(first).then(({ isDirectory }) => isDirectory, () => false);
  if (isFolder) return { folder: first, names: rest };
  if (/^[.]{0,2}[/]|[/]$/.test(first)) throw new UsageError(`No folder ${first}`);
  return { folder: "sql", names: words };
}

async function checkOnce(task: Task): Promise<CheckResult> {
  const { flags, checker, project, names, signal, startMs } = task;
  const result = await checkWith(checker, project, {
    names,
    signal,
    failFast: flags.failFast === true,
    onResult: (found) => task.report.add(found),
    onProgress: (done, total) => task.report.progress(done, total),
  }, startMs);
  task.report.end(result);
  await writeResult(result, flags);
  return result;
}

/** Until Ctrl-C; what was found last decides the exit code. */
async function checkAgain(task: Task, first: CheckResult): Promise<number> {
  const { checker, project, folder, names, signal, flags } = task;
  let last = first;
  console.error("Watching; Ctrl-C ends it.");
  await watch(checker, project, {
    folder,
    signal,
    failFast: flags.failFast === true,
    within: (now) => names.length === 0 ? select(now, []) : selectStill(now, names),
    onResult: (found) => task.report.add(found),
    onEnd: (result) => {
      task.report.end(result);
      last = result;
    },
  }).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
  return exitCode(last);
}

/** While a file is rewritten, its model may not be there. */
function selectStill(project: Project, names: readonly string[]) {
  try {
    return select(project, names);
  } catch (error) {
    if (error instanceof UsageError) return { models: [], cases: [] };
    throw error;
  }
}

async function newTest(project: Project, flags: CheckFlags): Promise<number> {
  const { file, text, isAdded } = await draft(project, flags.new ?? "");
  if (flags.json) print(JSON.stringify({ file, text, isAdded }));
  else print(`${text}\n${isAdded ? "Added to" : "Written to"} ${file}: now say what it shows`);
  return 0;
}

async function mutateModels(task: Task): Promise<number> {
  const { flags, checker, project, names, signal, startMs } = task;
  const { models } = select(project, names);
  const before = await checker.check(project, select(project, []), { signal });
  if (before.some(({ status }) => status === "failed")) {
    for (const found of before) task.report.add(found);
    throw new RunError("Cannot judge mutants while checks fail: mend these first");
  }
  const mutation = await mutate(checker.sessions, project, models, {
    signal,
    failFast: flags.failFast === true,
    onResult: (found) => task.report.add(found),
    onProgress: (done, total) => task.report.progress(done, total),
  });
  const { mutants, noticed, excused, results } = mutation;
  const result = checkResult(results, startMs, flags.failFast === true);
  const survived = mutants - noticed - excused;
  await writeResult(result, flags, { mutants, noticed, excused, survived });
  if (!flags.json) {
    print(
      `${
        plural(mutants, "mutant")
      }: ${noticed} noticed, ${excused} excused, ${survived} survived. ` +
        `${result.seconds.toFixed(1)} s`,
    );
  }
  return exitCode(result);
}

async function writeResult(result: CheckResult, flags: CheckFlags, more = {}): Promise<void> {
  if (flags.junit !== undefined) {
    try {
      await Deno.writeTextFile(flags.junit, junitXml(result.results, result.seconds));
    } catch (cause) {
      throw new UsageError(`Cannot write --junit ${flags.junit}: ${String(cause)}`, { cause });
    }
  }
  if (flags.json) print(JSON.stringify({ ...result, ...more }));
}

/** With --json standard output is for the document alone. */
function paperOf({ json, quiet }: CheckFlags): Paper {
  const isTerminal = Deno.stderr.isTerminal() && Deno.env.get("NO_COLOR") === undefined;
  const line = new TextEncoder();
  return {
    isTerminal: isTerminal && !quiet,
    print: (text) => json ? console.error(text) : print(text),
    counter: (text) => Deno.stderr.writeSync(line.encode(`\r\x1b[K${text}`)),
  };
}
