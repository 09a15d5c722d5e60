/**
 * Models: a folder like `sql/` -> its queries with their headers, each after those it reads.
 *
 * Every `<group>/<name>.sql` is the model `name`; `<name>.audit.sql` beside it is its audit.
 * The folders `dialect` and `records` hold no models; those in `questions` are answered, each in
 * its order.
 */
import { fileURLToPath } from "node:url";
import { type Header, readHeader } from "../../sql/dialect/mod.ts";
import { RunError, UsageError } from "../errors.ts";
import { type Audited, expandAudits, headerAudits } from "./audit_rules.ts";
import { type Caption, captionOf } from "./captions.ts";

export interface Model {
  name: string;
  /** The folder: `clean`, `questions`. */
  group: string;
  /** As it is shown to people: `sql/clean/pin.sql`. */
  file: string;
  text: string;
  header: Header;
  /** As plain statements (see audit_rules.ts). */
  audit: { file: string; text: string } | null;
  /** How its answer is told; null for a model that is no question. */
  caption: Caption | null;
}

export type Question = Model & { caption: Caption };

const noModels = new Set(["dialect", "records"]);

/**
 * @param folder path or URL of the folder whose sub-folders hold the models
 * @throws {UsageError} a file or its header cannot be read
 */
export async function readModels(folder: string | URL): Promise<Model[]> {
  const root = typeof folder === "string" ? folder : fileURLToPath(folder);
  const models: Model[] = [];
  for (const group of await names(root, "isDirectory")) {
    if (noModels.has(group)) continue;
    const files = await names(`${root}/${group}`, "isFile");
    for (const file of files.filter((name) => /^\w+[.]sql$/.test(name))) {
      const auditFile = file.replace(/[.]sql$/, ".audit.sql");
      models.push(await readModel(root, group, file, files.includes(auditFile) ? auditFile : null));
    }
  }
  const order = ({ caption }: Model) => caption?.order ?? 0;
  return inOrder(models.sort((a, b) => order(a) === order(b) ? 0 : order(a) - order(b)));
}

export type Models = ReadonlyMap<string, Model>;

/** The models of a folder by their names; default: the project's `sql/`. */
export async function modelsByName(
  folder: string | URL = new URL("../../sql/", import.meta.url),
): Promise<Models> {
  return new Map((await readModels(folder)).map((model) => [model.name, model]));
}

/** @throws {RangeError} if there is no such model: a mistake in the program. */
export function modelOf(models: Models, name: string): Model {
  const model = models.get(name);
  if (model === undefined) throw new RangeError(`No model ${name} in sql/`);
  return model;
}

/** What is answered, in the order in which it is told; one that reads another stands behind it. */
export function questionsOf(models: Models): Question[] {
  return [...models.values()].filter((model): model is Question => model.caption !== null);
}

async function names(folder: string, kind: "isFile" | "isDirectory"): Promise<string[]> {
  const found: string[] = [];
  try {
    for await (const entry of Deno.readDir(folder)) if (entry[kind]) found.push(entry.name);
  } catch (cause) {
    throw new UsageError(`Cannot read the models in ${folder}: ${messageOf(cause)}`, { cause });
  }
  return found.sort();
}

async function readModel(
  root: string,
  group: string,
  file: string,
  auditFile: string | null,
): Promise<Model> {
  const shown = `${root.split("/").filter((part) => part !== "").at(-1)}/${group}`;
  const text = await readText(`${root}/${group}/${file}`);
  const auditText = auditFile === null ? null : await readText(`${root}/${group}/${auditFile}`);
  const name = file.replace(/[.]sql$/, "");
  const header = reading(`${shown}/${file}`, () => readHeader(text));
  const audited: Audited = { name, grain: header.grain };
  const own = reading(`${shown}/${file}`, () => headerAudits(text, audited));
  const beside = reading(
    `${shown}/${auditFile}`,
    () => auditText === null ? "" : expandAudits(auditText, "", audited),
  );
  const audit = auditText === null && own === "" ? null : {
    file: `${shown}/${auditFile ?? file}`,
    text: beside + (own === "" || auditText === null ? own : `;\n${own}`),
  };
  const caption = reading(`${shown}/${file}`, () => captionOf(`${group}/${file}`, header));
  return { name, group, file: `${shown}/${file}`, text, header, audit, caption };
}

/** @throws {UsageError} naming the file, if its text cannot be read */
function reading<Result>(file: string, work: () => Result): Result {
  try {
    return work();
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new UsageError(`${file}: ${cause.message}`, { cause });
  }
}

async function readText(path: string): Promise<string> {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(await Deno.readFile(path));
  } catch (cause) {
    throw new UsageError(`Cannot read ${path} as UTF-8 text: ${messageOf(cause)}`, { cause });
  }
}

/** Each after the models it reads; otherwise as they came. */
function inOrder(models: readonly Model[]): Model[] {
  const byName = new Map(models.map((model) => [model.name, model]));
  const ordered = new Set<Model>();
  const visit = (model: Model, path: readonly Model[]) => {
    if (ordered.has(model)) return;
    if (path.includes(model)) {
      const circle = [...path.slice(path.indexOf(model)), model].map(({ name }) => name);
      throw new RunError(`Cannot order the models: ${circle.join(" reads ")}`);
    }
    for (const { table } of model.header.inputs) {
      const input = byName.get(table);
      if (input !== undefined) visit(input, [...path, model]);
    }
    ordered.add(model);
  };
  for (const model of models) visit(model, []);
  return [...ordered];
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
