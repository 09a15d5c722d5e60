/**
 * Stream views: what a `stream` run left -> views in the schema `stream`, for a query.
 *
 *   in    `<out>/stream/summary.json`, the Delta tables that it names, `nulled.parquet`,
 *         `answers/*.parquet`
 *   out   `stream.pin`, `stream.geo`, `stream.user`, `stream.rejects`, each as it stands now;
 *         `stream.nulled` and `stream.<answer>` of the last run; the folders that these read
 *
 * A table of the summary that is not on this machine, or no longer, has no view.
 */
import { diskStorage, openTable } from "../delta/mod.ts";
import type { DuckDbWarehouse } from "../warehouse/duckdb.ts";
import { literal, quoted } from "../warehouse/quoting.ts";

export interface StreamViews {
  /** Qualified names. */
  names: string[];
  /** Absolute paths. */
  folders: string[];
}

/** @throws {UsageError} if a table is there and cannot be read */
export async function createStreamViews(
  db: DuckDbWarehouse,
  folder: string,
): Promise<StreamViews> {
  const views: StreamViews = { names: [], folders: [] };
  const tables = await localTables(`${folder}/summary.json`);
  const files = [...await parquetFiles(folder), ...await parquetFiles(`${folder}/answers`)];
  if (tables.size + files.length === 0) return views;
  await db.run("create schema if not exists stream");
  for (const [name, path] of tables) {
    const table = await openTable(diskStorage(path), db, { workDir: path });
    if (table === null) continue;
    await addView(db, views, name, await table.scan(), path);
  }
  for (const [name, path] of files) {
    const source = `read_parquet(${literal(path)})`;
    await addView(db, views, name, source, path.slice(0, path.lastIndexOf("/")));
  }
  return views;
}

async function addView(
  db: DuckDbWarehouse,
  views: StreamViews,
  name: string,
  source: string,
  folder: string,
): Promise<void> {
  await db.run(`create view stream.${quoted(name)} as from ${source}`);
  views.names.push(`stream.${name}`);
  views.folders.push(folder);
}

/** Tables of the summary by their names, with the absolute paths of those that are here. */
async function localTables(path: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const text = await Deno.readTextFile(path).catch(() => null);
  if (text === null) return found;
  const { tables } = JSON.parse(text) as { tables: Record<string, { localPath: string | null }> };
  for (const [name, { localPath }] of Object.entries(tables)) {
    const folder = localPath === null ? null : await Deno.realPath(localPath).catch(() => null);
    if (folder !== null) found.set(name, folder);
  }
  return found;
}

async function parquetFiles(folder: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const path = await Deno.realPath(folder).catch(() => null);
  if (path === null) return found;
  for await (const { name } of Deno.readDir(path)) {
    if (name.endsWith(".parquet")) found.set(name.slice(0, -".parquet".length), `${path}/${name}`);
  }
  return new Map([...found].sort());
}
