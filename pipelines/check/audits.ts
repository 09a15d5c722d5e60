/**
 * Audits: promises about the rows of a model -> those that are broken, with keys of the rows.
 *
 *   in    a database in which the models stand under their own names
 *   out   one finding for each promise that is broken, in the order of the rules
 *
 * The rows come from the samples of the project: each source table, then every model from those,
 * as a real load would.
 */
import { lint, rewriteForDuckDb } from "../../sql/dialect/mod.ts";
import type { DuckDbWarehouse, Table, Value } from "../warehouse/duckdb.ts";
import { literal, showValue } from "./cells.ts";
import { clockMacros, looksAtClock } from "./clock.ts";
import { duckDbColumns, engineProblem, modelQuery } from "./model_query.ts";
import { columnsOf } from "./project.ts";
import { readRows, type TypedColumns } from "./typed_rows.ts";
import type { AuditFinding, AuditRule, Problem, Project, ProjectModel } from "./types.ts";
import { quoted } from "../warehouse/quoting.ts";

/** Rows read of one audit; a promise broken more often is broken. */
const auditRowsMax = 1000;
/** Keys that a finding shows. */
const keysMax = 5;

/** Makes every source table from its sample and every model from those, or only some models. */
export async function buildSamples(
  db: DuckDbWarehouse,
  project: Project,
  only?: ReadonlySet<string>,
): Promise<Problem[]> {
  const problems: Problem[] = [];
  for (const table of sourceNames(project)) await buildSource(db, project, table, problems);
  for (const model of project.models.values()) {
    if (only?.has(model.name) === false) continue;
    try {
      if (looksAtClock(model.text)) await db.run(clockMacros("2020-01-01T00:00:00Z"));
      const name = quoted(model.name);
      await db.run(`CREATE OR REPLACE TABLE ${name} AS ${modelQuery(model, [])}`);
    } catch (error) {
      problems.push(engineProblem(error, model));
    }
  }
  return problems;
}

/** Tables that models read and no model makes. */
function sourceNames({ models, sources }: Project): string[] {
  const read = [...models.values()].flatMap(({ header }) =>
    header.inputs.map(({ table }) => table)
  );
  return [...new Set([...sources.keys(), ...read])].filter((name) => !models.has(name));
}

async function buildSource(
  db: DuckDbWarehouse,
  project: Project,
  table: string,
  problems: Problem[],
): Promise<void> {
  const reader = [...project.models.values()].find(({ header }) =>
    header.inputs.some((input) => input.table === table)
  );
  const declared = project.sources.get(table) ??
    (reader === undefined ? null : columnsOf(project, reader, table));
  if (declared === null) return; // Whoever reads it has been told.
  const columns = duckDbColumns(declared);
  const types = columns.map(({ name, type }) => `${quoted(name)} ${type}`).join(", ");
  await db.run(`CREATE OR REPLACE TABLE ${quoted(table)} (${types})`);
  const sample = project.samples.get(table);
  if (sample === undefined) return;
  const rows = readRows({ table, rows: sample }, columns, problems);
  for (let at = 0; at < rows.length; at += auditRowsMax) {
    await insert(db, table, columns, rows.slice(at, at + auditRowsMax));
  }
}

async function insert(
  db: DuckDbWarehouse,
  table: string,
  columns: TypedColumns,
  rows: readonly (readonly Value[])[],
): Promise<void> {
  const values = rows.map((row) =>
    `(${columns.map(({ type }, at) => literal(row[at] ?? null, type)).join(", ")})`
  );
  await db.run(`INSERT INTO ${quoted(table)} VALUES ${values.join(", ")}`);
}

/**
 * Over the tables that stand in the database under the names of the models, one after the other.
 * What cannot be run is a problem; the other audits run all the same.
 */
export async function auditModel(
  db: DuckDbWarehouse,
  project: Project,
  name: string,
): Promise<{ findings: AuditFinding[]; problems: Problem[] }> {
  const model = project.models.get(name);
  if (model === undefined) throw new RangeError(`No model ${name} in ${project.folder}`);
  const findings: AuditFinding[] = [];
  const problems = refusedBy(model);
  if (problems.length > 0) return { findings, problems };
  for (const rule of model.audits) {
    try {
      findings.push(...await runRule(db, model, rule));
    } catch (error) {
      problems.push(ruleProblem(error, model, rule));
    }
  }
  return { findings, problems };
}

function refusedBy({ audit }: ProjectModel): Problem[] {
  if (audit === null || !/^(?!--)\s*\S/m.test(audit.text)) return [];
  return lint(audit.text).map(({ line, column, what, instead }) => ({
    file: audit.file,
    line,
    column,
    message: `${what}; write ${instead}`,
  }));
}

/** In a query of one's own a line of an error counts in the file; a line audit has but one. */
function ruleProblem(error: unknown, model: ProjectModel, rule: AuditRule): Problem {
  const problem = engineProblem(error, { ...model, file: rule.file });
  return rule.isWritten && problem.line > 1 ? problem : { ...problem, line: rule.line };
}

async function runRule(
  db: DuckDbWarehouse,
  model: ProjectModel,
  rule: AuditRule,
): Promise<AuditFinding[]> {
  const sql = `SELECT * FROM (${rewriteForDuckDb(rule.sql)}\n) LIMIT ${auditRowsMax + 1}`;
  const broken = brokenRows(await db.table(sql), model, rule);
  return [...Map.groupBy(broken, ({ promise }) => promise)].map(([promise, rows]) => ({
    model: model.name,
    severity: rows[0]?.severity ?? rule.severity,
    promise,
    rowCount: rows.reduce((sum, { count }) => sum + count, 0) -
      (rows.length > auditRowsMax ? 1 : 0),
    isMore: rows.length > auditRowsMax,
    keys: rows.flatMap(({ key }) => key === null ? [] : [key]).sort(byKey).slice(0, keysMax),
    file: rule.file,
    line: rule.line,
  }));
}

/** Numbers by their size: the engine returns rows in any order. */
function byKey(a: string, b: string): number {
  return parseInt(a) - parseInt(b) || (a < b ? -1 : a > b ? 1 : 0);
}

interface BrokenRow {
  promise: string;
  severity: AuditRule["severity"];
  count: number;
  key: string | null;
}

function brokenRows(
  { columns, rows }: Table,
  model: ProjectModel,
  rule: AuditRule,
): BrokenRow[] {
  const names = columns.map(({ name }) => name);
  const cell = (row: readonly Value[], name: string) => row[names.indexOf(name)] ?? null;
  if (names.includes("witness")) {
    return rows.map((row) => ({
      promise: rule.isTelling ? String(cell(row, "promise")) : rule.promise,
      severity: rule.severity,
      count: 1,
      key: showValue(cell(row, "witness")),
    }));
  }
  if (rule.isTelling && names.includes("warning")) {
    return rows.map((row) => ({
      promise: String(cell(row, "warning")),
      severity: "warn",
      count: Number(cell(row, "value_count")),
      key: null,
    }));
  }
  if (rule.isTelling) {
    throw new Error(
      `The query returns ${names.join(", ")}; write a line '-- audit <what is wrong>' above it, ` +
        "or select promise and witness",
    );
  }
  const grain = model.header.grain.filter((name) => names.includes(name));
  const shown = grain.length > 0 ? grain : names.slice(0, 3);
  return rows.map((row) => ({
    promise: rule.promise,
    severity: rule.severity,
    count: 1,
    key: shown.map((name) =>
      shown.length === 1 ? showValue(cell(row, name)) : `${name} ${showValue(cell(row, name))}`
    ).join(", "),
  }));
}
