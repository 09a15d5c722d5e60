/**
 * Checkpoint, read: Parquet files of actions -> the actions.
 *
 * Writers differ in the columns they write: each field is asked for only where the file has it.
 *
 * Source: the Delta protocol, "Checkpoints", "Checkpoint Schema".
 */
import { RunError } from "../errors.ts";
import type { DuckDbWarehouse } from "../warehouse/duckdb.ts";
import { type Action, checkAction, refuseRounding } from "./actions.ts";
import { parquetFiles } from "./sql.ts";
import { quoted } from "../warehouse/quoting.ts";

/** The fields that we use; where an action is null, so is the first of its fields. */
const wanted: Readonly<Record<string, readonly string[]>> = {
  protocol: ["minReaderVersion", "minWriterVersion", "readerFeatures", "writerFeatures"],
  metaData: [
    ...["id", "name", "description", "format", "schemaString", "partitionColumns"],
    ...["createdTime", "configuration"],
  ],
  txn: ["appId", "version", "lastUpdated"],
  add: [
    ...["path", "partitionValues", "size", "modificationTime", "dataChange", "stats", "tags"],
    "deletionVector",
  ],
  remove: [
    ...["path", "dataChange", "deletionTimestamp", "extendedFileMetadata", "partitionValues"],
    ...["size", "tags"],
  ],
};

/**
 * @param paths local files, all parts of one checkpoint
 * @throws {RunError} the files are no checkpoint
 */
export async function readCheckpoint(
  db: DuckDbWarehouse,
  paths: readonly string[],
  name: string,
): Promise<Action[]> {
  const files = parquetFiles(paths);
  const columns = new Set(await columnsOf(db, `SELECT * FROM ${files}`));
  const actions: Action[] = [];
  for (const [kind, fields] of Object.entries(wanted)) {
    if (!columns.has(kind)) continue;
    for (const text of await texts(db, files, kind, fields)) {
      if (kind === "txn") refuseRounding(text, name);
      actions.push(checkAction({ [kind]: JSON.parse(text) }, name, actions.length + 1));
    }
  }
  for (const kind of ["protocol", "metaData"] as const) {
    if (actions.some((action) => action[kind])) continue;
    throw new RunError(`Cannot read ${name}: it has no ${kind}`);
  }
  return actions;
}

/** Each action of a kind as JSON. */
async function texts(
  db: DuckDbWarehouse,
  files: string,
  kind: string,
  fields: readonly string[],
): Promise<string[]> {
  const there = new Set(await columnsOf(db, `SELECT unnest(${quoted(kind)}) FROM ${files}`));
  const [key = ""] = fields;
  if (!there.has(key)) return [];
  const parts = fields.filter((field) => there.has(field))
    .map((field) => `${quoted(field)} := ${quoted(kind)}.${quoted(field)}`);
  const rows = await db.rows(
    `SELECT to_json(struct_pack(${parts.join(", ")})) AS action FROM ${files} ` +
      `WHERE ${quoted(kind)}.${quoted(key)} IS NOT NULL`,
  );
  return rows.map((row) => String(row["action"]));
}

async function columnsOf(db: DuckDbWarehouse, query: string): Promise<string[]> {
  const rows = await db.rows(`SELECT column_name FROM (DESCRIBE ${query})`);
  return rows.map((row) => String(row["column_name"]));
}
