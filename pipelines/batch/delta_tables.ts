/**
 * Delta tables of the batch: clean tables -> `<out>/batch/delta/<id>_pin_table` and so on.
 *
 *   in    tables `pin`, `geo`, `user` and `rejects` of the work database
 *   out   one overwriting commit for each: readers see the run before this one, or this one
 *
 * Versions of earlier runs can be read for a week; what is older goes.
 */
import { pathToFileURL } from "node:url";
import { type DeltaColumn, diskStorage, openOrCreateTable } from "../delta/mod.ts";
import { missingColumns } from "../delta/columns.ts";
import { columnsOf } from "../delta/model_columns.ts";
import { writing } from "../results.ts";
import { deltaTableOf, type TableName, tableNames } from "../tables.ts";
import type { DuckDbWarehouse } from "../warehouse/duckdb.ts";
import { modelOf, type Models } from "../warehouse/models.ts";
import { quoted } from "../warehouse/quoting.ts";

export interface WrittenTable {
  uri: string;
  localPath: string;
  version: number;
}

const keptMs = 7 * 24 * 3_600_000;

const rejectColumns: readonly DeltaColumn[] = [
  { name: "table", type: "string" },
  { name: "reason", type: "string" },
  { name: "topic", type: "string" },
  { name: "partition", type: "integer" },
  { name: "offset", type: "long" },
  { name: "bytes", type: "string" },
];

/**
 * @throws {RunError} if there is no room
 * @throws {UsageError} if the folder holds something else under this name
 */
export async function writeDeltaTables(
  { db, models }: { db: DuckDbWarehouse; models: Models },
  { id, outDir }: { id: string; outDir: string },
): Promise<Record<TableName | "rejects", WrittenTable>> {
  const written: Partial<Record<TableName | "rejects", WrittenTable>> = {};
  for (const name of [...tableNames, "rejects"] as const) {
    const workDir = `${outDir}/.work/delta`;
    const dir = `${outDir}/delta/${deltaTableOf(id, name)}`;
    const columns = name === "rejects" ? rejectColumns : columnsOf(modelOf(models, name));
    written[name] = await writing(dir, () => writeTable(db, name, { dir, columns, workDir }));
  }
  return written as Record<TableName | "rejects", WrittenTable>;
}

async function writeTable(
  db: DuckDbWarehouse,
  name: string,
  { dir, columns, workDir }: { dir: string; columns: readonly DeltaColumn[]; workDir: string },
): Promise<WrittenTable> {
  const storage = diskStorage(dir);
  const table = await openOrCreateTable(storage, db, { workDir, columns });
  const missing = missingColumns(table.columns, columns, storage.uri);
  if (missing.length > 0) await table.addColumns(missing);
  await table.overwrite(`select * from ${quoted(name)}`);
  await table.vacuum({ olderThanMs: keptMs });
  const uri = pathToFileURL(await Deno.realPath(dir)).href;
  return { uri, localPath: dir, version: table.version };
}
