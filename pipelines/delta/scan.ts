/**
 * Scan: the files of a version -> a relation that DuckDB can query.
 *
 * Every column has its declared type, whatever the file says: one that a file lacks is null, one
 * that only the file has is passed over, and a partition's value comes from the log.
 */
import type { Add } from "./actions.ts";
import { parquetFiles } from "./sql.ts";
import type { TableState } from "./state.ts";
import type { DeltaStorage } from "./storage.ts";
import { type DeltaColumn, duckDbTypeOf } from "./types.ts";
import { literal, quoted } from "../warehouse/quoting.ts";

export interface LiveFile {
  /** Its name below the table. */
  path: string;
  /** Bytes. */
  size: number;
  /** Null: its writer did not say. */
  rows: number | null;
  modifiedMs: number;
  partitionValues: Readonly<Record<string, string | null>>;
}

export function liveFiles(state: TableState): LiveFile[] {
  return [...state.adds].map(([path, add]) => ({
    path,
    size: add.size,
    rows: recordCount(add),
    modifiedMs: add.modificationTime,
    partitionValues: add.partitionValues,
  }));
}

/** Statistics are read once: the count is asked for after every commit. */
const recordCounts = new WeakMap<Add, number | null>();

export function recordCount(add: Add): number | null {
  const known = recordCounts.get(add);
  if (known !== undefined) return known;
  const count = parseCount(add);
  recordCounts.set(add, count);
  return count;
}

function parseCount({ stats }: Add): number | null {
  if (stats === undefined) return null;
  try {
    const parsed: unknown = JSON.parse(stats);
    const count = typeof parsed === "object" && parsed !== null && "numRecords" in parsed
      ? parsed.numRecords
      : null;
    return typeof count === "number" ? count : null;
  } catch {
    return null; // Statistics are a help to readers, not part of the rows.
  }
}

/**
 * `(SELECT …)`, to be put after FROM.
 * @param names which of the live files; default: all
 * @throws a file that the log names is not there
 */
export async function relationOf(
  storage: DeltaStorage,
  state: TableState,
  names: readonly string[] = [...state.adds.keys()],
): Promise<string> {
  const { columns } = state;
  const paths = await Promise.all(names.map((name) => storage.local(name)));
  const partitions = new Set(state.metadata.partitionColumns.map((name) => name.toLowerCase()));
  const isPartition = ({ name }: DeltaColumn) => partitions.has(name.toLowerCase());
  const inFiles = columns.filter((column) => !isPartition(column));
  const typed = `SELECT ${inFiles.map((column) => `${nullOf(column)}`).join(", ")} WHERE false`;
  if (names.length === 0) return `(SELECT ${columns.map(nullOf).join(", ")} WHERE false)`;
  const selected = columns.map((column) =>
    `CAST(${isPartition(column) ? "p" : "f"}.${quoted(column.name)} AS ` +
    `${duckDbTypeOf(column.type)}) AS ${quoted(column.name)}`
  ).join(", ");
  if (partitions.size === 0) {
    return `(SELECT ${selected} FROM (${typed} UNION ALL BY NAME SELECT * FROM ` +
      `${parquetFiles(paths)}) AS f)`;
  }
  const files = parquetFiles(paths, `, filename = ${literal(fileColumn)}`);
  const values = partitionRows(state, names, paths, columns.filter(isPartition));
  return `(SELECT ${selected} FROM (${typed} UNION ALL BY NAME SELECT * FROM ${files}) AS f ` +
    `JOIN (${values}) AS p ON f.${quoted(fileColumn)} = p.${quoted(fileColumn)})`;
}

/** No column of a table is called that. */
const fileColumn = "delta file of this row";

function nullOf({ name, type }: DeltaColumn): string {
  return `CAST(NULL AS ${duckDbTypeOf(type)}) AS ${quoted(name)}`;
}

/** One row of values for each file. */
function partitionRows(
  state: TableState,
  names: readonly string[],
  paths: readonly string[],
  columns: readonly DeltaColumn[],
): string {
  const rows = names.map((name, at) => {
    const values = state.adds.get(name)?.partitionValues ?? {};
    const texts = columns.map((column) => partitionLiteral(values[column.name]));
    return `(${[literal(paths[at] ?? ""), ...texts].join(", ")})`;
  });
  const columnNames = [fileColumn, ...columns.map((column) => column.name)].map(quoted);
  return `SELECT * FROM (VALUES ${rows.join(", ")}) AS v(${columnNames.join(", ")})`;
}

/** Documented: the empty text is null as well. */
function partitionLiteral(value: string | null | undefined): string {
  return value === undefined || value === null || value === ""
    ? "CAST(NULL AS VARCHAR)"
    : `CAST(${literal(value)} AS VARCHAR)`;
}
