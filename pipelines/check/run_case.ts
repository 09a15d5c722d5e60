/**
 * Run case: a test case -> the differences between what it expects and what its model returns.
 *
 *   in    a session; a project; one of its cases
 *   out   differences, or the problems that kept it from being run, each with file and line
 *
 * Types are compared as well: a cell must be a value of its column's type, and a type that the
 * test names must be the column's. The clock stands at the case's `at`; without one a model that
 * looks at it fails, because tomorrow it would return something else.
 */
import type { DuckDbWarehouse, Table } from "../warehouse/duckdb.ts";
import { readCell } from "./cells.ts";
import { clockMacros, looksAtClock } from "./clock.ts";
import { differences } from "./diff.ts";
import {
  cteNames,
  cteQuery,
  duckDbColumns,
  engineProblem,
  type InputTable,
  modelQuery,
  plainQuery,
} from "./model_query.ts";
import { columnsOf } from "./project.ts";
import { attempt, matchColumns, problemOf, readRows } from "./typed_rows.ts";
import type {
  CaseResult,
  Difference,
  Expectation,
  Problem,
  Project,
  ProjectModel,
  TestCase,
} from "./types.ts";

/** Leaves no table behind; several may run at once, each in a session of its own. */
export async function runCase(
  db: DuckDbWarehouse,
  project: Project,
  test: TestCase,
): Promise<CaseResult> {
  const started = performance.now();
  const found: Difference[] = [];
  const problems: Problem[] = [];
  const model = project.models.get(test.model);
  if (model === undefined) problems.push(missingModel(project, test));
  const inputs = model === undefined ? [] : givenTables(project, model, test, problems);
  if (model !== undefined && problems.length === 0) {
    if (looksAtClock(model.text)) await db.run(clockMacros(test.at));
    for (const expectation of test.expects) {
      found.push(...await compare(db, { model, inputs, expectation, test }, problems));
    }
  }
  const ok = found.length === 0 && problems.length === 0;
  return { case: test, ok, durationMs: performance.now() - started, differences: found, problems };
}

/** Tables, columns and declared output of one model, seen without any rows. */
export async function checkShape(
  db: DuckDbWarehouse,
  project: Project,
  name: string,
): Promise<Problem[]> {
  const model = project.models.get(name);
  if (model === undefined) throw new RangeError(`No model ${name} in ${project.folder}`);
  const problems: Problem[] = [];
  const inputs = givenTables(project, model, null, problems);
  if (problems.length > 0) return problems;
  try {
    if (looksAtClock(model.text)) await db.run(clockMacros("2020-01-01T00:00:00Z"));
    const { columns } = await db.table(`DESCRIBE ${plainQuery(model, inputs)}`)
      .then(({ rows }) => ({ columns: rows.map(([column]) => String(column)) }));
    return outputProblems(model, columns);
  } catch (error) {
    return [engineProblem(error, model)];
  }
}

function outputProblems(model: ProjectModel, selected: readonly string[]): Problem[] {
  const declared = model.header.output.map(({ name }) => name);
  if (declared.join() === selected.join()) return [];
  const line = 1 + model.text.split("\n").findIndex((line) => line.startsWith("-- output"));
  return [{
    file: model.file,
    line: Math.max(line, 1),
    message: `The header declares ${declared.join(", ") || "no output"}, ` +
      `the query selects ${selected.join(", ")}`,
  }];
}

function missingModel({ models, folder }: Project, test: TestCase): Problem {
  const known = [...models.keys()].sort().join(", ") || "none";
  return problemOf(test, `There is no model ${test.model} in ${folder}; models: ${known}`);
}

/** Every table that the model reads, with the rows that the case gives, or none. */
function givenTables(
  project: Project,
  model: ProjectModel,
  test: TestCase | null,
  problems: Problem[],
): InputTable[] {
  const tables: InputTable[] = [];
  for (const { table: name } of model.header.inputs) {
    const declared = columnsOf(project, model, name);
    if (declared === null) {
      problems.push(problemOf(
        { file: model.file, line: inputLine(model, name) },
        `${model.name} reads ${name}, which is neither a model nor a declared source; ` +
          `write '-- input ${name}: column type, …', or CREATE TABLE ${name} in schema.sql`,
      ));
      continue;
    }
    const columns = duckDbColumns(declared);
    const given = test?.given.find(({ table }) => table === name);
    const elsewhere = new Set(
      (given?.among ?? []).flatMap((other) => columnsOf(project, model, other) ?? [])
        .map((column) => column.name),
    );
    const rows = given === undefined ? [] : readRows(given, columns, problems, elsewhere);
    tables.push({ name, columns, rows });
  }
  if (test !== null) refuseUnread(model, test, problems);
  return tables;
}

function inputLine({ text }: ProjectModel, table: string): number {
  const lines = text.split("\n");
  return Math.max(1, 1 + lines.findIndex((line) => line.startsWith("--") && line.includes(table)));
}

function refuseUnread(model: ProjectModel, test: TestCase, problems: Problem[]): void {
  const read = model.header.inputs.map(({ table }) => table);
  for (const { table, line } of test.given) {
    if (read.includes(table)) continue;
    const message = `${model.name} does not read ${table}; it reads ${read.join(", ")}`;
    problems.push(problemOf({ file: test.file, line }, message));
  }
}

interface Comparing {
  model: ProjectModel;
  inputs: readonly InputTable[];
  expectation: Expectation;
  test: TestCase;
}

async function compare(
  db: DuckDbWarehouse,
  comparing: Comparing,
  problems: Problem[],
): Promise<Difference[]> {
  const { model, expectation, test } = comparing;
  const actual = await runQuery(db, comparing, problems);
  if (actual === null) return [];
  const { rows, line, cte, isOrdered } = expectation;
  const before = problems.length;
  const owner = cte ?? model.name;
  const places = matchColumns(rows, actual.columns, owner, problems);
  const expected = rows.rows.map((row) => ({
    line: row.line,
    values: row.cells.map((cell, at) => {
      const column = actual.columns[places[at] ?? -1];
      if (cell === undefined || column === undefined) return undefined;
      const place = { file: rows.file, line: row.line };
      return attempt(problems, place, column.name, () => readCell(cell, column.type));
    }),
  }));
  if (problems.length > before) return [];
  return differences(
    { columns: places.map((at) => actual.columns[at] ?? { name: "", type: "" }), rows: expected },
    { ...actual, places },
    {
      cte,
      isOrdered,
      grain: cte === null ? model.header.grain : [],
      at: { file: test.file, line },
      file: rows.file,
    },
  );
}

async function runQuery(
  db: DuckDbWarehouse,
  { model, inputs, expectation: { cte, line }, test }: Comparing,
  problems: Problem[],
): Promise<Table | null> {
  const sql = cte === null ? modelQuery(model, inputs) : cteQuery(model, cte, inputs);
  if (sql === null) {
    const known = cteNames(model).join(", ") || "none";
    const message = `${model.name} has no CTE ${cte}; it has ${known}`;
    problems.push(problemOf({ file: test.file, line }, message));
    return null;
  }
  try {
    return await db.table(sql);
  } catch (error) {
    problems.push(engineProblem(error, model));
    return null;
  }
}
