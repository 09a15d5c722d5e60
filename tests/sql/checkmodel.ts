/**
 * checkModel: rows given, rows expected -> nothing, or an assertion that shows the difference.
 *
 * Columns that are not given are null, columns that are not expected are free, tables that are
 * not given are empty. The types of the table are compared with those the header declares, and
 * the types of values with those expected: 1 is not "1". Order counts only where it is asked for.
 */
import assert from "node:assert/strict";
import { type Column, duckDbType, readHeader } from "../../sql/dialect/mod.ts";
import {
  type DuckDbWarehouse,
  openDuckDb,
  quote,
  type Row,
  type Value,
} from "../../pipelines/warehouse/duckdb.ts";

export const root = new URL("../../", import.meta.url);

export interface ModelCase {
  given: Record<string, Record<string, Value>[]>;
  expect: Record<string, Value>[];
  ordered?: boolean;
}

export async function checkModel(
  file: string,
  { given, expect, ordered }: ModelCase,
): Promise<void> {
  await using warehouse = await openDuckDb({ threads: 1 });
  const rows = await runModel(warehouse, file, given);
  const columns = [...new Set(expect.flatMap((row) => Object.keys(row)))];
  const actual = rows.map((row) => pick(row, columns));
  const wanted = expect.map((row) => pick(row, columns));
  if (!ordered) { for (const list of [actual, wanted]) list.sort(byText); }
  assert.deepEqual(actual, wanted);
}

/** Builds the model over the given rows and returns what it holds, its types checked. */
export async function runModel(
  warehouse: DuckDbWarehouse,
  file: string,
  given: ModelCase["given"],
): Promise<Row[]> {
  const text = await Deno.readTextFile(new URL(file, root));
  const { inputs, output } = readHeader(text);
  for (const name of Object.keys(given)) {
    assert.ok(inputs.some(({ table }) => table === name), `${file} does not read ${name}`);
  }
  for (const { table, columns } of inputs) {
    await fill(warehouse, table, columns ?? await outputOf(table), given[table] ?? []);
  }
  const name = file.replace(/^.*\/|[.]sql$/g, "");
  await warehouse.model(name, text, { as: "table", file });
  assert.deepEqual(
    await warehouse.columns(name),
    output.map((column) => ({ name: column.name, type: duckDbType(column.type) })),
  );
  return await warehouse.rows(`SELECT * FROM ${quote(name)}`);
}

/** What the clean table of that name holds. */
export async function outputOf(table: string): Promise<Column[]> {
  return readHeader(await Deno.readTextFile(new URL(`sql/clean/${table}.sql`, root))).output;
}

export async function fill(
  warehouse: DuckDbWarehouse,
  table: string,
  columns: readonly Column[],
  rows: readonly Record<string, Value>[],
): Promise<void> {
  const types = columns.map(({ name, type }) => `${quote(name)} ${duckDbType(type)}`);
  await warehouse.run(`CREATE OR REPLACE TABLE ${quote(table)} (${types.join(", ")})`);
  if (rows.length === 0) return;
  for (const name of rows.flatMap((row) => Object.keys(row))) {
    assert.ok(columns.some((column) => column.name === name), `${table} has no column ${name}`);
  }
  const values = rows.map((row) =>
    `(${columns.map(({ name }) => literal(row[name] ?? null)).join(", ")})`
  );
  await warehouse.run(`INSERT INTO ${quote(table)} VALUES ${values.join(", ")}`);
}

function literal(value: Value): string {
  if (typeof value === "string") {
    return `'${value.replaceAll("'", "''").replaceAll("\0", "' || chr(0) || '")}'`;
  }
  if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
  return value === null ? "NULL" : String(value);
}

function pick(row: Row, columns: readonly string[]): Row {
  return Object.fromEntries(columns.map((name) => [name, row[name] ?? null]));
}

function byText(a: Row, b: Row): number {
  const [left, right] = [JSON.stringify(a), JSON.stringify(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}
