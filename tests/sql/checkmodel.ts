/**
 * Models over rows of a program's own making, for tests that calculate what they expect. Cases
 * that a person can write down are test files, and `pipelines/check` runs them.
 *
 * Columns that are not given are null, tables that are not given are empty. The types of the
 * result are compared with those the header declares.
 */
import assert from "node:assert/strict";
import { type Column, duckDbType, readHeader } from "../../sql/dialect/mod.ts";
import type { DuckDbWarehouse, Row, Value } from "../../pipelines/warehouse/duckdb.ts";
import { quoted } from "../../pipelines/warehouse/quoting.ts";

export const root = new URL("../../", import.meta.url);

export type Rows = Record<string, Value>[];

/** Builds the model over the given rows and returns what it holds, its types checked. */
export async function runModel(
  warehouse: DuckDbWarehouse,
  file: string,
  given: Record<string, Rows>,
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
  return await warehouse.rows(`SELECT * FROM ${quoted(name)}`);
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
  const types = columns.map(({ name, type }) => `${quoted(name)} ${duckDbType(type)}`);
  await warehouse.run(`CREATE OR REPLACE TABLE ${quoted(table)} (${types.join(", ")})`);
  if (rows.length === 0) return;
  for (const name of rows.flatMap((row) => Object.keys(row))) {
    assert.ok(columns.some((column) => column.name === name), `${table} has no column ${name}`);
  }
  const values = rows.map((row) =>
    `(${columns.map(({ name }) => literal(row[name] ?? null)).join(", ")})`
  );
  await warehouse.run(`INSERT INTO ${quoted(table)} VALUES ${values.join(", ")}`);
}

function literal(value: Value): string {
  if (typeof value === "string") {
    return `'${value.replaceAll("'", "''").replaceAll("\0", "' || chr(0) || '")}'`;
  }
  if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
  return value === null ? "NULL" : String(value);
}
