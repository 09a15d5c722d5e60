/**
 * Project: a folder of SQL -> its models, source tables and test cases, and what is wrong.
 *
 *   sql/clean/pin.sql             a model: one query with a header (sql/dialect/model.ts)
 *   sql/clean/pin.audit.sql       its audits (pipelines/warehouse/audit_rules.ts)
 *   sql/schema.sql                source tables that the headers do not declare (schema.ts)
 *   tests/sql/clean/pin.test      its test cases (test_file.ts); it may stand beside it, too
 *   tests/sql/samples/raw_pin.jsonl   rows of a source for the audits; or .csv
 *
 * Nothing that is wrong in one file keeps the others from being read. Folders may be nested as
 * one likes; a model has the name of its file, and each name is there once.
 */
import { type Column, readHeader } from "../../sql/dialect/mod.ts";
import { UsageError } from "../errors.ts";
import { readAuditFile, readRules } from "../warehouse/audit_rules.ts";
import { captionOf } from "../warehouse/captions.ts";
import { filesBelow, readUtf8, type SourceFile } from "./files.ts";
import { PlacedError, readRowFile } from "./rows.ts";
import { readSchema } from "./schema.ts";
import { parseTestFile } from "./test_file.ts";
import type { Problem, Project, ProjectModel, RowSet, TestCase } from "./types.ts";

export interface ProjectOptions {
  /** Folder of the models. */
  folder: string;
  /** Folders of test files; default: the folder itself and `tests/<its name>` beside it. */
  tests?: readonly string[];
}

/** @throws {UsageError} there is no such folder. */
export async function readProject(options: ProjectOptions): Promise<Project> {
  const folder = options.folder.replace(/(?<=.)[/]+$/, "");
  const files = await filesBelow(folder);
  if (files === null) throw new UsageError(`Cannot check ${folder}: there is no such folder`);
  const testFolders = options.tests ?? [folder, `${parentOf(folder)}tests/${nameOf(folder)}`];
  const others = testFolders.filter((other) => other !== folder);
  const testFiles = [
    ...testFolders.includes(folder) ? files : [],
    ...(await Promise.all(others.map(filesBelow))).flatMap((found) => found ?? []),
  ];
  const reading = new Reading(folder);
  const all = testFolders.includes(folder) ? testFiles : [...files, ...testFiles];
  await reading.schemas(all);
  await reading.models(files.filter(({ path }) => isModel(path)), files);
  await reading.samples(all);
  await reading.tests(testFiles.filter(({ path }) => path.endsWith(".test")));
  return { ...reading.project(), folder, testFolders };
}

/** The columns of a table that a model reads: its own words, another model, a source; or null. */
export function columnsOf(
  project: Pick<Project, "models" | "sources">,
  model: ProjectModel,
  table: string,
): readonly Column[] | null {
  const own = model.header.inputs.find((input) => input.table === table)?.columns;
  return own ?? project.models.get(table)?.header.output ?? project.sources.get(table) ?? null;
}

function isModel(path: string): boolean {
  return /[.]sql$/.test(path) && !/[.](audit|test)[.]sql$|(^|[/])schema[.]sql$/.test(path);
}

/** Reads `{what}` it is given: a part of a query, and no model. */
function isTemplate(text: string): boolean {
  return /^(?:--.*\n)*?-- input +[{]/.test(text);
}

function parentOf(path: string): string {
  const bare = path === "." ? Deno.cwd() : path;
  return bare.includes("/") ? bare.slice(0, bare.lastIndexOf("/") + 1) : "";
}

function nameOf(path: string): string {
  const bare = path === "." ? Deno.cwd() : path;
  return bare.slice(bare.lastIndexOf("/") + 1);
}

class Reading {
  readonly #folder: string;
  readonly #models = new Map<string, ProjectModel>();
  /** Names of models that cannot be used: what is wrong with them has been said. */
  readonly #broken = new Set<string>();
  readonly #sources = new Map<string, readonly Column[]>();
  readonly #samples = new Map<string, RowSet>();
  readonly #cases: TestCase[] = [];
  readonly #problems: Problem[] = [];

  constructor(folder: string) {
    this.#folder = folder;
  }

  project(): Omit<Project, "folder" | "testFolders"> {
    const models = inOrder(this.#models, this.#problems);
    return {
      models,
      sources: this.#sources,
      cases: this.#cases,
      samples: this.#samples,
      problems: this.#problems,
    };
  }

  async schemas(files: readonly SourceFile[]): Promise<void> {
    for (const file of files.filter(({ path }) => /(^|[/])schema[.]sql$/.test(path))) {
      const text = await this.#text(file);
      const { tables, problems } = readSchema(text ?? "", file.shown);
      this.#problems.push(...problems);
      for (const [name, columns] of tables) this.#sources.set(name, columns);
    }
  }

  async models(files: readonly SourceFile[], all: readonly SourceFile[]): Promise<void> {
    const texts = await Promise.all(files.map((file) => this.#text(file)));
    for (const [at, file] of files.entries()) {
      const text = texts[at];
      if (isTemplate(text ?? "")) continue;
      const name = nameOf(file.path).replace(/[.]sql$/, "");
      const twin = this.#models.get(name);
      if (twin !== undefined) this.#problem(file, 1, `${twin.file} is a model of this name too`);
      else if (typeof text === "string") await this.#model(name, text, file, all);
      else this.#broken.add(name);
    }
    if (files.length === 0) {
      const message = "There are no models here; a model is a file name.sql with one query";
      this.#problems.push({ file: this.#folder, line: 1, message });
    }
  }

  async #model(
    name: string,
    text: string,
    file: SourceFile,
    all: readonly SourceFile[],
  ): Promise<void> {
    try {
      const header = readHeader(text);
      if (header.output.length === 0) throw new SyntaxError(noHeader);
      const caption = captionOf(file.path.slice(this.#folder.length + 1), header);
      const place = { group: groupOf(file), file: file.shown, path: file.path };
      const base = { name, ...place, text, header, caption };
      const audited = { name, grain: header.grain };
      const own = readRules(text, file.shown, audited);
      const path = file.path.replace(/[.]sql$/, ".audit.sql");
      const beside = all.find((other) => other.path === path);
      const audit = await this.#audit(beside);
      const more = audit === null ? null : readAuditFile(audit.text, audit.file, audited);
      this.#problems.push(...own.problems, ...more?.problems ?? []);
      this.#models.set(name, { ...base, audit, audits: [...own.rules, ...more?.rules ?? []] });
      for (const { table, columns } of header.inputs) {
        if (columns !== null) this.#sources.set(table, columns);
      }
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      const line = Number(/ at line ([0-9]+)/.exec(error.message)?.[1] ?? 1);
      this.#problem(file, line, error.message.replace(/ at line [0-9]+/, ""));
      this.#broken.add(name);
    }
  }

  async #audit(file: SourceFile | undefined) {
    const text = file === undefined ? null : await this.#text(file);
    return file === undefined || text === null ? null : { file: file.shown, text };
  }

  async samples(files: readonly SourceFile[]): Promise<void> {
    for (const file of files) {
      const table = /(?:^|[/])samples[/](\w+)[.](?:csv|jsonl|ndjson)$/.exec(file.path)?.[1];
      if (table === undefined) continue;
      const text = await this.#text(file);
      if (text === null) continue;
      try {
        this.#samples.set(table, readRowFile(file.shown, text));
      } catch (error) {
        if (!(error instanceof PlacedError)) throw error;
        this.#problem(file, error.line, error.message);
      }
    }
  }

  async tests(files: readonly SourceFile[]): Promise<void> {
    for (const file of files) {
      const text = await this.#text(file);
      if (text === null) continue;
      const name = nameOf(file.path).replace(/[.]test$/, "");
      const read = (path: string) => readBeside(file, path);
      const { cases, problems } = await parseTestFile(file.shown, text, name, read);
      this.#problems.push(...problems);
      const [first] = cases;
      if (first !== undefined && !this.#isKnown(first.model)) {
        const known = [...this.#models.keys()].sort().join(", ") || "none";
        const message = `There is no model ${first.model} in ${this.#folder}; models: ${known}`;
        this.#problem(file, first.line, message);
      }
      this.#cases.push(...cases.filter(({ model }) => this.#models.has(model)));
    }
  }

  #isKnown(model: string): boolean {
    return this.#models.has(model) || this.#broken.has(model);
  }

  #problem(file: SourceFile, line: number, message: string): void {
    this.#problems.push({ file: file.shown, line, message });
  }

  /** Null, and a problem, if it cannot be read. */
  async #text(file: SourceFile): Promise<string | null> {
    const { text, problem } = await readUtf8(file);
    if (problem !== null) this.#problems.push(problem);
    return text;
  }
}

const noHeader = "There is no header: write '-- input table: column type, …' and " +
  "'-- output column type, …' above the query";

/** The folder that it stands in. */
function groupOf({ path }: SourceFile): string {
  return nameOf(path.slice(0, Math.max(0, path.lastIndexOf("/"))));
}

async function readBeside(test: SourceFile, path: string) {
  const beside = (of: string) => `${of.slice(0, of.lastIndexOf("/") + 1)}${path}`;
  const file = path.startsWith("/")
    ? { path, shown: path }
    : { path: beside(test.path), shown: beside(test.shown) };
  const { text, problem } = await readUtf8(file);
  if (text === null) throw new SyntaxError(problem?.message ?? "it cannot be read");
  return { file: file.shown, text };
}

/** Each after the models it reads; a circle is a problem of its first model. */
function inOrder(
  models: ReadonlyMap<string, ProjectModel>,
  problems: Problem[],
): Map<string, ProjectModel> {
  const ordered = new Map<string, ProjectModel>();
  const visit = (model: ProjectModel, path: readonly ProjectModel[]) => {
    if (ordered.has(model.name)) return;
    if (path.includes(model)) {
      const circle = [...path.slice(path.indexOf(model)), model].map(({ name }) => name);
      const line = 1 + model.text.split("\n").findIndex((text) => text.startsWith("-- input"));
      const message = `The models read each other in a circle: ${circle.join(" reads ")}`;
      problems.push({ file: model.file, line: Math.max(1, line), message });
      return;
    }
    for (const { table } of model.header.inputs) {
      const input = models.get(table);
      if (input !== undefined) visit(input, [...path, model]);
    }
    ordered.set(model.name, model);
  };
  for (const model of models.values()) visit(model, []);
  return ordered;
}
