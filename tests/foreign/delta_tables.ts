/**
 * What the judges of Delta tables look at: a table with a history, written by us, and rows of
 * every type that a cleaned table has, and more.
 */
import { cp } from "node:fs/promises";
import {
  arrayOf,
  createTable,
  type DeltaColumn,
  type DeltaTable,
  diskStorage,
  openTable,
} from "../../pipelines/delta/mod.ts";
import { type DuckDbWarehouse, openDuckDb } from "../../pipelines/warehouse/duckdb.ts";
import type { Json, JsonRow } from "./delta_judge.ts";

export const columns: DeltaColumn[] = [
  { name: "ind", type: "integer" },
  { name: "title", type: "string" },
  { name: "timestamp", type: "timestamp" },
  { name: "coordinates", type: arrayOf("double") },
  { name: "big", type: "long" },
  { name: "ratio", type: "double" },
  { name: "flag", type: "boolean" },
  { name: "day", type: "date" },
  { name: "price", type: "decimal(10,2)" },
];

/** Rows that a reader gets wrong in one way or another; the last but one is all null. */
export const rows: JsonRow[] = [
  {
    ind: 7528,
    title: "plain",
    timestamp: "2020-08-28T03:52:47.123456Z",
    coordinates: [28.5, -89.25],
    big: "9007199254740993",
    ratio: 0.1,
    flag: true,
    day: "2020-02-29",
    price: "1234.50",
  },
  {
    ind: -2147483648,
    title: 'é😀 "quoted"\nline, \\ and \u00a0',
    timestamp: "1969-12-31T23:59:59.999999Z",
    coordinates: [],
    big: "-9223372036854775808",
    ratio: -1e308,
    flag: false,
    day: "1900-01-01",
    price: "-0.01",
  },
  {
    ind: 2147483647,
    title: "",
    timestamp: "2200-12-31T23:59:59.000000Z",
    coordinates: [null, 5e-324],
    big: "9223372036854775807",
    ratio: "NaN",
    flag: null,
    day: "9999-12-31",
    price: "99999999.99",
  },
  {
    ind: 1,
    ...{ title: null, timestamp: null, coordinates: null, big: null },
    ...{ ratio: null, flag: null, day: null, price: null },
  },
  {
    ind: 2,
    title: "O'Hara; -- %20 {x}",
    timestamp: "2017-10-01T00:00:00.000000Z",
    coordinates: [0, 90],
    big: "0",
    ratio: 2.5,
    flag: true,
    day: "1970-01-01",
    price: "0.00",
  },
];

/** What DuckDB calls the types of the columns above. */
const duckDbTypes = ["INTEGER", "VARCHAR", "TIMESTAMPTZ", "DOUBLE[]", "BIGINT", "DOUBLE", "BOOLEAN"]
  .concat("DATE", "DECIMAL(10,2)");

/** A query that selects these rows with the types above. */
export function queryOf(some: readonly JsonRow[]): string {
  const literal = (value: Json): string => {
    if (value === null) return "NULL";
    if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
    return `'${String(value).replaceAll("'", "''")}'`;
  };
  const selects = some.map((row) => {
    const values = columns.map(({ name }, at) =>
      `CAST(${literal(row[name] ?? null)} AS ${duckDbTypes[at]}) AS "${name}"`
    );
    return `SELECT ${values.join(", ")}`;
  });
  return selects.join(" UNION ALL ");
}

/** Rows of their own for each number, so that a version is told from another. */
export function numbered(from: number, count: number): JsonRow[] {
  return Array.from({ length: count }, (_, at) => ({
    ...rows[at % rows.length],
    ind: from + at,
    title: `row ${from + at}`,
  }));
}

export interface OurTable extends AsyncDisposable {
  dir: string;
  db: DuckDbWarehouse;
  table: DeltaTable;
}

/** Opens what is there, as a program does that was started again. */
export async function reopen(dir: string): Promise<OurTable> {
  await using opened = new AsyncDisposableStack();
  const workDir = await Deno.makeTempDir({ prefix: "delta-work-" });
  opened.defer(() => Deno.remove(workDir, { recursive: true }));
  const db = opened.use(await openDuckDb({ threads: 1 }));
  const table = await openTable(diskStorage(dir), db, { workDir, checkpointEvery: 0 });
  if (table === null) throw new RangeError(`There is no table in ${dir}`);
  const all = opened.move();
  return { dir, db, table, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

/** The series under which the table below was written, and its last number. */
export const series = { app: "stream-0123456789ab-pin", last: 7 };

/** The version of the checkpoint, and of the compaction. */
export const [checkpointVersion, compactedVersion] = [4, 7];

/**
 * A table with all that a run leaves behind: batches with `txn` and positions, a batch without
 * rows, a checkpoint, a restart, more batches, a compaction, one more batch, all values above in
 * the last.
 */
export async function writeHistory(dir: string): Promise<void> {
  const batch = async (table: DeltaTable, version: number, query: string) => {
    const info = { positions: { "shardId-000000000000": `4966${version}` } };
    await table.append(query, { txn: { appId: series.app, version }, info });
    // Two commits of one millisecond could not be told apart by time.
    await new Promise((resolve) => setTimeout(resolve, 5));
  };
  const none = `SELECT * FROM (${queryOf(numbered(0, 1))}) WHERE false`;
  {
    await using db = await openDuckDb({ threads: 1 });
    const workDir = `${dir}.work`;
    const storage = diskStorage(dir);
    const table = await createTable(storage, db, { columns, workDir, checkpointEvery: 0 });
    for (const version of [1, 2]) await batch(table, version, queryOf(numbered(version * 100, 10)));
    await batch(table, 3, none);
    await batch(table, 4, queryOf(numbered(400, 10)));
    await table.checkpoint();
    await Deno.remove(workDir, { recursive: true });
  }
  await using again = await reopen(dir);
  for (const version of [5, 6]) {
    await batch(again.table, version, queryOf(numbered(version * 100, 10)));
  }
  await again.table.compact({ minFiles: 2 });
  await batch(again.table, series.last, queryOf(rows));
}

/** A copy of a table to write to. */
export async function copyTable(from: string, to: string): Promise<string> {
  await cp(from, to, { recursive: true });
  return to;
}

/** Takes the log away that a checkpoint stands for. */
export async function forgetBefore(dir: string, version: number): Promise<void> {
  for (let number = 0; number < version; number++) {
    await Deno.remove(`${dir}/_delta_log/${String(number).padStart(20, "0")}.json`);
  }
}
