/**
 * Compare: the clean tables of a batch and the stream's Delta tables over the same posts -> whether
 * they are equal, row by row.
 *
 *   in    tables `pin`, `geo`, `user` of the work database; `delta/<id>_<table>_table` in the bucket
 *   out   for each table the rows that only one of the two has, counted, with the first of them
 *
 * What a column that was added to the stream's table lacks in older rows makes no difference.
 */
import type { S3Objects } from "../clients/s3.ts";
import { openTable, s3Storage } from "../delta/mod.ts";
import { UsageError } from "../errors.ts";
import { deltaFolderOf } from "../resources.ts";
import { type TableName, tableNames } from "../tables.ts";
import type { DuckDbWarehouse, Row } from "../warehouse/duckdb.ts";
import { quoted } from "../warehouse/quoting.ts";

export interface TableComparison {
  /** Rows of the stream's table. */
  rows: number;
  /** Version of the stream's table that was compared. */
  version: number;
  onlyInBatch: number;
  onlyInStream: number;
  firstRows: Row[];
}

export interface Comparison {
  equal: boolean;
  tables: Record<TableName, TableComparison>;
}

const firstRowsMax = 3;

/** @throws {UsageError} if there is no stream's table in the bucket */
export async function compareWithStream(
  db: DuckDbWarehouse,
  objects: S3Objects,
  { id, outDir }: { id: string; outDir: string },
): Promise<Comparison> {
  const workDir = `${outDir}/.work/compare`;
  const tables: Partial<Record<TableName, TableComparison>> = {};
  for (const table of tableNames) {
    tables[table] = await compareTable(db, objects, table, { id, workDir });
  }
  const all = Object.values(tables);
  return {
    equal: all.every(({ onlyInBatch, onlyInStream }) => onlyInBatch + onlyInStream === 0),
    tables: tables as Record<TableName, TableComparison>,
  };
}

async function compareTable(
  db: DuckDbWarehouse,
  objects: S3Objects,
  table: TableName,
  { id, workDir }: { id: string; workDir: string },
): Promise<TableComparison> {
  const storage = s3Storage(objects, deltaFolderOf(id, table), workDir);
  const streamed = await openTable(storage, db, { workDir });
  if (streamed === null) {
    throw new UsageError(
      `Cannot compare with the stream: there is no table ${storage.uri}. Run the stream task ` +
        "first, with the same --id and the same --data folder",
    );
  }
  const columns = (await db.columns(table)).map(({ name }) => quoted(name));
  const parts = (await streamed.scanByColumns()).map(({ relation, lacks }) => {
    const older = lacks.map(quoted).filter((name) => columns.includes(name))
      .map((name) => `batch.${name} as ${name}`);
    if (older.length === 0) return `select * from ${relation}`;
    return `select part.* replace (${older.join(", ")})
      from ${relation} as part left join ${quoted(table)} as batch on batch.ind = part.ind`;
  });
  await db.run(`create or replace table streamed as ${parts.join(" union all ")}`);
  const [rows] = await db.rows("select count(*) as count from streamed");
  const here = `select * from ${quoted(table)}`;
  const there = `select ${columns.join(", ")} from streamed`;
  const [onlyHere, onlyThere] = [`${here} except all ${there}`, `${there} except all ${here}`];
  return {
    rows: Number(rows?.count),
    version: streamed.version,
    onlyInBatch: await countOf(db, onlyHere),
    onlyInStream: await countOf(db, onlyThere),
    firstRows: [
      ...await db.rows(`select 'batch' as "only in", * from (${onlyHere}) limit ${firstRowsMax}`),
      ...await db.rows(`select 'stream' as "only in", * from (${onlyThere}) limit ${firstRowsMax}`),
    ],
  };
}

async function countOf(db: DuckDbWarehouse, query: string): Promise<number> {
  const [row] = await db.rows(`select count(*) as count from (${query})`);
  return Number(row?.count);
}
