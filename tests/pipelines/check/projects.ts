/** Small projects in folders of their own, for tests of the checks. */
import { type DuckDbWarehouse, openDuckDb } from "../../../pipelines/warehouse/duckdb.ts";
import { readProject } from "../../../pipelines/check/project.ts";
import { runCase } from "../../../pipelines/check/run_case.ts";
import type { CaseResult, Project } from "../../../pipelines/check/types.ts";

export interface Folder extends AsyncDisposable {
  path: string;
  /** Its own path taken out of a text. */
  bare(text: string): string;
}

/** Files by their paths below the folder; texts, or bytes. */
export async function folderOf(files: Record<string, string | Uint8Array>): Promise<Folder> {
  const path = await Deno.makeTempDir();
  for (const [name, content] of Object.entries(files)) {
    const file = `${path}/${name}`;
    await Deno.mkdir(file.slice(0, file.lastIndexOf("/")), { recursive: true });
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    await Deno.writeFile(file, bytes);
  }
  return {
    path,
    bare: (text) => text.replaceAll(`${path}/`, ""),
    [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }),
  };
}

/** The project in `sql/` with tests in `tests/sql/`; its files are named from the folder. */
export async function projectOf(
  files: Record<string, string | Uint8Array>,
): Promise<Project & AsyncDisposable> {
  const folder = await folderOf(files);
  const project = await readProject({ folder: `${folder.path}/sql` });
  const bared: Project = bareAll(project, folder);
  return { ...bared, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

function bareAll(project: Project, { path, bare }: Folder): Project {
  const shorten = (value: unknown): unknown => {
    if (typeof value === "string") return value === path ? "" : bare(value);
    if (Array.isArray(value)) return value.map(shorten);
    if (value instanceof Map) return new Map([...value].map(([key, of]) => [key, shorten(of)]));
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(([key, of]) => [key, shorten(of)]));
  };
  return shorten(project) as Project;
}

/** `file:line: message`, as reports begin. */
export function places(
  problems: readonly { file: string; line: number; message: string }[],
): string[] {
  return problems.map(({ file, line, message }) => `${file}:${line}: ${message}`);
}

export async function runAll(
  project: Project,
  db?: DuckDbWarehouse,
): Promise<CaseResult[]> {
  await using own = db === undefined ? await openDuckDb({ threads: 1 }) : null;
  const session = db ?? own;
  if (session === null) throw new TypeError("No session");
  const results: CaseResult[] = [];
  for (const test of project.cases) results.push(await runCase(session, project, test));
  return results;
}
