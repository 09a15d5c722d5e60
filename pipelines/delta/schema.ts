/**
 * Schema: what a query selects, against what the table declares -> the columns to write.
 *
 * Columns go by name, whatever their order. A column that the query lacks is null; one that the
 * table lacks, or whose type would have to be guessed at, is refused with what to write instead.
 * Only widening that loses nothing happens by itself.
 */
import { RunError } from "../errors.ts";
import type { DuckDbWarehouse } from "../warehouse/duckdb.ts";
import { quoted } from "../warehouse/quoting.ts";
import { type DeltaColumn, duckDbTypeOf, sameName, typeText } from "./types.ts";

export interface QueryColumn {
  name: string;
  /** As DuckDB names it. */
  type: string;
}

/** Runs nothing. */
export async function queryColumns(db: DuckDbWarehouse, query: string): Promise<QueryColumn[]> {
  const describe = `DESCRIBE SELECT * FROM (${query}\n)`;
  const rows = await db.rows(`SELECT column_name, column_type FROM (${describe})`);
  return rows.map((row) => ({
    name: String(row["column_name"]),
    type: String(row["column_type"]),
  }));
}

/** What each type may become without losing anything. */
const widening: Readonly<Record<string, readonly string[]>> = {
  TINYINT: ["SMALLINT", "INTEGER", "BIGINT"],
  SMALLINT: ["INTEGER", "BIGINT"],
  INTEGER: ["BIGINT"],
  FLOAT: ["DOUBLE"],
};

/**
 * The query with the table's columns, in its order and types.
 * @throws {RunError} all that does not fit, each with the cast to write
 */
export function conform(
  query: string,
  selected: readonly QueryColumn[],
  columns: readonly DeltaColumn[],
  table: string,
): string {
  const problems = selected.flatMap((column) => problemOf(column, columns) ?? []);
  const twice = selected.filter(({ name }, at) =>
    selected.findIndex((other) => sameName(other.name, name)) !== at
  );
  problems.push(...twice.map(({ name }) => `column ${name} is selected twice`));
  if (problems.length > 0) {
    throw new RunError(`Cannot write to ${table}: ${problems.join("; ")}`);
  }
  const written = columns.map(({ name, type }) => {
    const from = selected.find((column) => sameName(column.name, name));
    const value = from === undefined ? "NULL" : quoted(from.name);
    return `CAST(${value} AS ${duckDbTypeOf(type)}) AS ${quoted(name)}`;
  });
  return `SELECT ${written.join(", ")} FROM (${query}\n)`;
}

function problemOf(
  { name, type: found }: QueryColumn,
  columns: readonly DeltaColumn[],
): string | undefined {
  const column = columns.find((column) => sameName(column.name, name));
  if (column === undefined) {
    const names = columns.map((column) => column.name).join(", ");
    return `it has no column ${name} (it has ${names})`;
  }
  const type = duckDbTypeOf(column.type);
  if (sameType(found, type) || widening[found]?.includes(type)) return undefined;
  return `column ${column.name} is ${typeText(column.type)}, but the query gives ${found}: ` +
    `write CAST(${quoted(name)} AS ${type}) AS ${quoted(name)}`;
}

/** DuckDB quotes the fields of a struct only where it must. */
function sameType(found: string, declared: string): boolean {
  const bare = (type: string) => type.replaceAll('"', "").replaceAll(/,\s*/g, ",").toLowerCase();
  return bare(found) === bare(declared);
}
