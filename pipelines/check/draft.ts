/**
 * Draft: a model and sample rows -> the text of a test case, for a person to judge and to cut down.
 *
 *   in    a few rows of every table that the model reads, of those that audits run over; rows of
 *         several tables that share the key of the first go together
 *   out   the case with what the model returns today; a draft says what is, not what is right
 *
 * Without samples the case has the columns and no rows.
 */
import { RunError, UsageError } from "../errors.ts";
import { type DuckDbWarehouse, openDuckDb, type Row } from "../warehouse/duckdb.ts";
import { buildSamples } from "./audits.ts";
import { showValue } from "./cells.ts";
import type { Project, ProjectModel } from "./types.ts";
import { quoted } from "../warehouse/quoting.ts";

const rowsMax = 5;

export interface Draft {
  /** Where it stands now. */
  file: string;
  text: string;
  /** Whether the file was there before, and the case stands at its end. */
  isAdded: boolean;
}

/**
 * Writes the draft beside the model's other tests, at the end of their file if there is one.
 * @throws {UsageError} no such model
 * @throws {RunError} the model or the samples cannot be built, or the file cannot be written
 */
export async function draft(project: Project, name: string): Promise<Draft> {
  const model = project.models.get(name);
  if (model === undefined) {
    const names = [...project.models.keys()].join(", ");
    throw new UsageError(`No model ${name} in ${project.folder}; there are: ${names}`);
  }
  const text = await draftCase(project, model);
  const file = testFileOf(project, model);
  const before = await Deno.readTextFile(file).catch(() => null);
  try {
    await Deno.mkdir(file.slice(0, file.lastIndexOf("/")), { recursive: true });
    await Deno.writeTextFile(file, before === null ? text : `${before.trimEnd()}\n\n${text}`);
  } catch (cause) {
    throw new RunError(`Cannot write ${file}: ${String(cause)}`, { cause });
  }
  return { file, text, isAdded: before !== null };
}

/** Where the tests of this model stand, or the mirrored path in the folder of tests. */
function testFileOf(project: Project, model: ProjectModel): string {
  const own = project.cases.find((test) => test.model === model.name);
  if (own !== undefined) return own.file;
  const folder = project.testFolders.at(-1) ?? project.folder;
  const path = model.path.slice(project.folder.replace(/[/]$/, "").length + 1);
  return `${folder}/${path.replace(/[.]sql$/, ".test")}`;
}

export async function draftCase(project: Project, model: ProjectModel): Promise<string> {
  await using db = await openDuckDb({ threads: 1 });
  const [problem] = await buildSamples(db, project);
  if (problem !== undefined) {
    throw new RunError(`${problem.file}:${problem.line}: ${problem.message}`);
  }
  const tables = model.header.inputs.map(({ table }) => table);
  const given = await sampleOf(db, project, tables);
  await db.model(model.name, model.text, { as: "table", file: model.file });
  const actual = await db.rows(`SELECT * FROM ${quoted(model.name)}`);
  const lines = [`test ${model.name}: a draft, say here what it shows`];
  for (const [table, { rows, columns }] of given) {
    lines.push(`  given ${table}`, ...tableLines(rows, usedColumns(columns, rows)));
  }
  const columns = model.header.output.map((column) => column.name);
  const isOrdered = actual.length > 1 && /\border\s+by\b[^)]*$/i.test(model.text);
  if (actual.length === 0) lines.push("  expect no rows");
  else lines.push(`  expect${isOrdered ? " ordered" : ""}`, ...tableLines(actual, columns));
  return `${lines.join("\n")}\n`;
}

interface Sample {
  columns: string[];
  rows: Row[];
}

/** The first rows of the first table, and of the others those that belong to them; no more stay. */
async function sampleOf(
  db: DuckDbWarehouse,
  project: Project,
  tables: readonly string[],
): Promise<Map<string, Sample>> {
  const given = new Map<string, Sample>();
  const [first] = tables;
  const grain = project.models.get(first ?? "")?.header.grain ?? [];
  const key = grain.length === 1 ? grain[0] : undefined;
  for (const table of tables) {
    const columns = (await db.columns(table)).map(({ name }) => name);
    const isKeyed = key !== undefined && columns.includes(key) && table !== first;
    const keys = (given.get(first ?? "")?.rows ?? []).map((row) => row[key ?? ""] ?? null);
    const filter = isKeyed && keys.length > 0
      ? ` WHERE CAST(${quoted(key)} AS VARCHAR) IN (${keys.map((one) => `'${one}'`).join(", ")})`
      : "";
    const query = `SELECT * FROM ${quoted(table)}${filter} ORDER BY rowid LIMIT ${rowsMax}`;
    given.set(table, { columns, rows: await db.rows(query) });
    await db.run(`CREATE OR REPLACE TEMP TABLE drafted AS ${query}`);
    await db.run(`DROP TABLE ${quoted(table)}`);
    await db.run(`CREATE TABLE ${quoted(table)} AS FROM drafted`);
  }
  return given;
}

/** Columns in which some row has a value; all, if there is no row. */
function usedColumns(columns: readonly string[], rows: readonly Row[]): string[] {
  const used = columns.filter((name) => rows.some((row) => (row[name] ?? null) !== null));
  return used.length > 0 ? used : [...columns];
}

function tableLines(rows: readonly Row[], columns: readonly string[]): string[] {
  const cells = [
    [...columns],
    ...rows.map((row) => columns.map((name) => showValue(row[name] ?? null))),
  ];
  const widths = columns.map((_, at) => Math.max(...cells.map((row) => row[at]?.length ?? 0)));
  return cells.map((row) =>
    `    | ${row.map((text, at) => text.padEnd(widths[at] ?? 0)).join(" | ")} |`
  );
}
