/**
 * Select: names from the command line -> the models and cases to check.
 *
 *   pin             a model; also clean/pin, sql/clean/pin.sql or its test file
 *   clean           all models of a folder
 *   median_*        models by a pattern
 *   pin+            a model and all that read it, however indirectly; +pin: all that it reads
 *   'expands k'     cases whose name holds these words
 */
import { UsageError } from "../errors.ts";
import { nearNames } from "../near_names.ts";
import type { Project, ProjectModel, TestCase } from "./types.ts";

export interface Selection {
  /** Names of models, each after those it reads. */
  models: readonly string[];
  cases: readonly TestCase[];
}

/** @throws {UsageError} a name that fits nothing, with the names that come nearest. */
export function select(project: Project, names: readonly string[]): Selection {
  if (names.length === 0) return ofModels(project, new Set(project.models.keys()));
  const models = new Set<string>();
  const cases = new Set<TestCase>();
  for (const name of names) {
    const found = modelsNamed(project, name);
    for (const model of found) models.add(model);
    if (found.length > 0) continue;
    const named = casesNamed(project, name);
    if (named.length === 0) throw new UsageError(unknownName(project, name));
    for (const test of named) cases.add(test);
  }
  const selected = ofModels(project, models);
  const wanted = new Set([...selected.cases, ...cases]);
  return { ...selected, cases: project.cases.filter((test) => wanted.has(test)) };
}

/** These models with all their cases. */
export function ofModels(project: Project, models: ReadonlySet<string>): Selection {
  return {
    models: [...project.models.keys()].filter((name) => models.has(name)),
    cases: project.cases.filter(({ model }) => models.has(model)),
  };
}

/** The models that read one of these tables or models, however indirectly; without themselves. */
export function downstreamOf(project: Project, names: Iterable<string>): Set<string> {
  const changed = new Set(names);
  const found = new Set<string>();
  // Each model stands after those it reads: one pass is enough.
  for (const { name, header } of project.models.values()) {
    if (!header.inputs.some(({ table }) => changed.has(table))) continue;
    changed.add(name);
    found.add(name);
  }
  return found;
}

/** The models that one model reads, however indirectly; without itself. */
export function upstreamOf(project: Project, name: string): Set<string> {
  const found = new Set<string>();
  const visit = (model: string) => {
    for (const { table } of project.models.get(model)?.header.inputs ?? []) {
      if (!project.models.has(table) || found.has(table)) continue;
      found.add(table);
      visit(table);
    }
  };
  visit(name);
  return found;
}

function modelsNamed(project: Project, name: string): string[] {
  const bare = name.replace(/^[+]|[+]$/g, "");
  const models = [...project.models.values()].filter((model) => isNamed(project, model, bare))
    .map((model) => model.name);
  const around = new Set(models);
  if (name.endsWith("+")) downstreamOf(project, models).forEach((model) => around.add(model));
  if (name.startsWith("+")) {
    for (const model of models) upstreamOf(project, model).forEach((up) => around.add(up));
  }
  return [...around];
}

function isNamed(project: Project, model: ProjectModel, name: string): boolean {
  const names = [model.name, `${model.group}/${model.name}`, model.group, model.file, model.path];
  if (names.includes(name)) return true;
  if (project.cases.some((test) => test.model === model.name && test.file === name)) return true;
  if (!name.includes("*")) return false;
  const pattern = name.split("*").map((part) => part.replaceAll(/\W/g, "\\$&")).join(".*");
  return new RegExp(`^${pattern}$`).test(model.name);
}

function casesNamed(project: Project, words: string): TestCase[] {
  const wanted = words.toLowerCase();
  return project.cases.filter(({ name }) => name.toLowerCase().includes(wanted));
}

function unknownName(project: Project, name: string): string {
  const near = nearNames(name, project.models.keys());
  const groups = new Set([...project.models.values()].map(({ group }) => group));
  const hint = near.length > 0
    ? `did you mean ${near.join(" or ")}?`
    : `models are in ${[...groups].join(", ")}`;
  return `Nothing in ${project.folder} is named '${name}': ${hint}`;
}
