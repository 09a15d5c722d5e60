/**
 * Columns over time: what is wanted of a table, against what it has -> the columns to add; and of
 * a table that was given columns, which files are older than which of them.
 *
 * An added column stands behind the others, null in the rows that are there; its field says in
 * which version it came. A file that was written before lacks it, and goes on lacking it when it
 * is compacted, so that a null that was written can be told from one that was not.
 */
import { RunError } from "../errors.ts";
import type { DuckDbWarehouse } from "../warehouse/duckdb.ts";
import { literal } from "../warehouse/quoting.ts";
import type { TableState } from "./state.ts";
import type { DeltaStorage } from "./storage.ts";
import { type DeltaColumn, sameName, typeText } from "./types.ts";

/** In the metadata of a field: the first version of the table that has it. */
const sinceKey = "pipeline.since";

export function columnsSince(columns: readonly DeltaColumn[], version: number): DeltaColumn[] {
  return columns.map((column) => ({
    ...column,
    metadata: { ...column.metadata, [sinceKey]: version },
  }));
}

/** Names of the columns that were added to the table. */
export function laterColumns(columns: readonly DeltaColumn[]): string[] {
  return columns.filter(({ metadata }) => metadata?.[sinceKey] !== undefined)
    .map(({ name }) => name);
}

/**
 * The columns that a table has to be given.
 * @throws {RunError} it has others, or of other types: what to do instead
 */
export function missingColumns(
  found: readonly DeltaColumn[],
  wanted: readonly DeltaColumn[],
  table: string,
): DeltaColumn[] {
  const problems: string[] = [];
  for (const { name, type } of found) {
    const column = wanted.find((other) => sameName(other.name, name));
    if (column === undefined) problems.push(`its column ${name} is none that cleaning makes`);
    else if (typeText(column.type) !== typeText(type)) {
      const made = typeText(column.type);
      problems.push(`its column ${name} is ${typeText(type)}, and cleaning makes ${made}`);
    }
  }
  const missing = wanted.filter(({ name }) => !found.some((other) => sameName(other.name, name)));
  if (problems.length === 0) return missing;
  const fresh = missing.map(({ name }) => name).join(", ");
  throw new RunError(
    `Cannot write to ${table}: ${problems.join("; ")}${fresh === "" ? "" : `; new is ${fresh}`}. ` +
      "A table takes added columns, no other change: put back what it has (a new type or name is " +
      "a column more, beside the old one), or begin new tables under another --id",
  );
}

export interface FileGroup {
  /** The later columns that these files do not have. */
  lacks: string[];
  names: string[];
}

/** Files by what they lack. Nothing is read where no column was added. */
export async function groupsByColumns(
  storage: DeltaStorage,
  db: DuckDbWarehouse,
  state: TableState,
  names: readonly string[] = [...state.adds.keys()],
): Promise<FileGroup[]> {
  const later = laterColumns(state.columns);
  if (later.length === 0 || names.length === 0) return [{ lacks: [], names: [...names] }];
  const paths = await Promise.all(names.map((name) => storage.local(name)));
  const rows = await db.rows(`SELECT file_name, path_in_schema
    FROM parquet_metadata([${paths.map(literal).join(", ")}]) GROUP BY ALL`);
  const has = new Set(
    rows.map((row) =>
      `${row["file_name"]}\n${String(row["path_in_schema"]).split(", ")[0]?.toLowerCase()}`
    ),
  );
  const groups = new Map<string, FileGroup>();
  for (const [at, name] of names.entries()) {
    const lacks = later.filter((column) => !has.has(`${paths[at]}\n${column.toLowerCase()}`));
    const group = groups.get(lacks.join()) ?? { lacks, names: [] };
    groups.set(lacks.join(), group);
    group.names.push(name);
  }
  return [...groups.values()];
}
