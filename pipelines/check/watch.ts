/**
 * Watch: a folder that people edit -> after each change, the checks that it touches.
 *
 *   in    the files of the models and of their tests, as they change
 *   out   one result per change, over the changed models and cases, and all models and audits
 *         downstream of a changed model
 *
 * The databases stay open in between. A change is looked at when nothing has been written for a
 * few hundredths of a second: editors write a file in several steps.
 */
import type { Checker, CheckerOptions } from "./checker.ts";
import { checkResult } from "./mod.ts";
import { type ProjectOptions, readProject } from "./project.ts";
import type { CheckResult } from "./results.ts";
import { downstreamOf, ofModels, type Selection } from "./select.ts";
import type { Project, TestCase } from "./types.ts";

export interface WatchOptions extends CheckerOptions, ProjectOptions {
  signal: AbortSignal;
  /** Which of a project's models and cases are looked at. Default: all. */
  within?: (project: Project) => Selection;
  onBegin?: (selection: Selection) => void;
  onEnd: (result: CheckResult) => void;
}

const quietMs = 25;

/** Until the signal; `before` is the project as it was checked last. */
export async function watch(
  checker: Checker,
  before: Project,
  options: WatchOptions,
): Promise<void> {
  let last = before;
  for await (const _ of changes([before.folder, ...before.testFolders], options.signal)) {
    const startMs = performance.now();
    const project = await readProject(options);
    const selection = within(touched(last, project), options.within?.(project));
    const isSame = JSON.stringify(last.problems) === JSON.stringify(project.problems);
    last = project;
    if (isSame && selection.models.length + selection.cases.length === 0) continue;
    options.onBegin?.(selection);
    const results = await checker.check(project, selection, options);
    options.onEnd(checkResult(results, startMs));
  }
}

/** What a change concerns: what is other than before, and what reads it. */
export function touched(before: Project, now: Project): Selection {
  const changed = new Set<string>();
  for (const [name, model] of now.models) {
    const was = before.models.get(name);
    if (was?.text !== model.text || !isEqual(was.audits, model.audits)) changed.add(name);
  }
  for (const name of before.models.keys()) if (!now.models.has(name)) changed.add(name);
  const tables = [...changedKeys(before.sources, now.sources)];
  const sampled = [...changedKeys(before.samples, now.samples)];
  const models = new Set([...changed, ...downstreamOf(now, [...changed, ...tables, ...sampled])]);
  const known = new Set(before.cases.map(content));
  const { models: names, cases } = ofModels(now, models);
  const wanted = new Set(cases);
  const isNear = (test: TestCase) => changed.has(test.model) || !known.has(content(test));
  return {
    models: names,
    // What the person is working on first, then what lies downstream.
    cases: [
      ...now.cases.filter(isNear),
      ...now.cases.filter((test) => wanted.has(test) && !isNear(test)),
    ],
  };
}

function changedKeys<T>(before: ReadonlyMap<string, T>, now: ReadonlyMap<string, T>): Set<string> {
  const names = new Set([...before.keys(), ...now.keys()]);
  return new Set([...names].filter((name) => !isEqual(before.get(name), now.get(name))));
}

function within(selection: Selection, limits: Selection | undefined): Selection {
  if (limits === undefined) return selection;
  const cases = new Set(limits.cases.map(content));
  return {
    models: selection.models.filter((name) => limits.models.includes(name)),
    cases: selection.cases.filter((test) => cases.has(content(test))),
  };
}

/** A case without the lines it stands on: moved is not changed. */
function content(test: TestCase): string {
  return JSON.stringify(test, (key, value) => {
    if (key === "line") return undefined;
    return typeof value === "bigint" ? `${value}n` : value;
  });
}

function isEqual(one: unknown, other: unknown): boolean {
  const text = (value: unknown) =>
    JSON.stringify(value, (_, inner) => typeof inner === "bigint" ? `${inner}n` : inner);
  return text(one) === text(other);
}

/** Once for all events that come close together. */
async function* changes(folders: readonly string[], signal: AbortSignal): AsyncGenerator<void> {
  using watcher = Deno.watchFs([...new Set(folders)]);
  const stop = () => watcher.close();
  signal.addEventListener("abort", stop, { once: true });
  const events = watcher[Symbol.asyncIterator]();
  let next = events.next();
  try {
    while (!(await next).done) {
      next = events.next();
      while (await isWithin(next, quietMs)) next = events.next();
      if (signal.aborted) return;
      yield;
    }
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/** Whether another event came before it was quiet; the end of all events is none. */
async function isWithin(
  next: Promise<IteratorResult<Deno.FsEvent>>,
  ms: number,
): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const quiet = new Promise<false>((resolve) => timer = setTimeout(() => resolve(false), ms));
  const event = next.then(({ done }) => done !== true);
  try {
    return await Promise.race([event, quiet]);
  } finally {
    clearTimeout(timer);
  }
}
