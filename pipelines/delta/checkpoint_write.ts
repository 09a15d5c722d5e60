/**
 * Checkpoint, write: the state of a table -> one Parquet file that stands for all commits so far.
 *
 * A bad checkpoint is worse than none, so that it is stored, read back and compared before
 * `_last_checkpoint` points to it.
 *
 * Source: the Delta protocol, "Checkpoints" (V1, one file).
 * Left out: parts, V2, statistics as columns of their own.
 */
import { RunError } from "../errors.ts";
import type { OnStep } from "../steps.ts";
import type { DuckDbWarehouse } from "../warehouse/duckdb.ts";
import type { Action } from "./actions.ts";
import { lastCheckpoint } from "./log.ts";
import { checkpointName, lastCheckpointName } from "./names.ts";
import { parquetFiles } from "./sql.ts";
import type { TableState } from "./state.ts";
import type { DeltaStorage } from "./storage.ts";
import { literal } from "../warehouse/quoting.ts";

const texts = "MAP(VARCHAR, VARCHAR)";

/** The file's columns. Order and names are those of the protocol. */
const columns: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  txn: { appId: "VARCHAR", version: "BIGINT", lastUpdated: "BIGINT" },
  add: {
    path: "VARCHAR",
    partitionValues: texts,
    size: "BIGINT",
    modificationTime: "BIGINT",
    dataChange: "BOOLEAN",
    tags: texts,
    stats: "VARCHAR",
  },
  remove: {
    path: "VARCHAR",
    deletionTimestamp: "BIGINT",
    dataChange: "BOOLEAN",
    extendedFileMetadata: "BOOLEAN",
    partitionValues: texts,
    size: "BIGINT",
    tags: texts,
  },
  metaData: {
    id: "VARCHAR",
    name: "VARCHAR",
    description: "VARCHAR",
    format: `STRUCT(provider VARCHAR, options ${texts})`,
    schemaString: "VARCHAR",
    partitionColumns: "VARCHAR[]",
    configuration: texts,
    createdTime: "BIGINT",
  },
  protocol: { minReaderVersion: "INTEGER", minWriterVersion: "INTEGER" },
};

/** Only tables that have such lists get columns for them. */
const featureColumns = { readerFeatures: "VARCHAR[]", writerFeatures: "VARCHAR[]" };

/** All that the log says, each action once. */
export function stateActions(state: TableState): Action[] {
  return [
    { protocol: state.protocol },
    { metaData: state.metadata },
    ...[...state.txns.values()].map(({ txn }) => ({ txn: known("txn", txn) })),
    // Documented: what a checkpoint holds changes no data.
    ...[...state.adds.values()].map((add) => ({
      add: { ...known("add", add), dataChange: false },
    })),
    ...[...state.removes.values()].map((remove) => ({
      remove: { ...known("remove", remove), dataChange: false },
    })),
  ];
}

/** An action of another writer without the fields that our checkpoints have no column for. */
function known<T extends object>(kind: string, action: T): T {
  if (Object.keys(action).every((field) => columns[kind]?.[field])) return action;
  const kept = Object.entries(action).filter(([field]) => columns[kind]?.[field]);
  return Object.assign(Object.create(null), Object.fromEntries(kept));
}

/**
 * @param workDir for the file on its way
 * @throws {RunError} what was stored is not what was meant; the pointer is left as it was
 */
export async function writeCheckpoint(
  storage: DeltaStorage,
  db: DuckDbWarehouse,
  state: TableState,
  { workDir, id, onStep }: { workDir: string; id: string; onStep?: OnStep | undefined },
): Promise<void> {
  const { version } = state;
  const actions = stateActions(state);
  const lines = `${workDir}/checkpoint-${id}.json`;
  const localPath = `${workDir}/checkpoint-${id}.parquet`;
  try {
    await Deno.writeTextFile(lines, actions.map((action) => JSON.stringify(action)).join("\n"));
    const meant = jsonRelation(lines, state);
    await db.run(
      `COPY (FROM ${meant}) TO ${literal(localPath)} (FORMAT parquet, COMPRESSION snappy)`,
    );
    const { size: sizeInBytes } = await Deno.stat(localPath);
    await onStep?.("checkpoint-staged");
    await storage.putFile(checkpointName(version), localPath);
    await verify(storage, db, version, meant);
    await onStep?.("checkpoint-stored");
    const numOfAddFiles = state.adds.size;
    await point(storage, { version, size: actions.length, sizeInBytes, numOfAddFiles });
  } finally {
    for (const path of [lines, localPath]) await Deno.remove(path).catch(() => {});
  }
}

/** Lines of actions as a relation with the columns of a checkpoint. */
function jsonRelation(path: string, { protocol }: TableState): string {
  const hasFeatures = protocol.writerFeatures ?? protocol.readerFeatures;
  const types = Object.entries(columns).map(([kind, fields]) => {
    const all = kind === "protocol" && hasFeatures ? { ...fields, ...featureColumns } : fields;
    const struct = Object.entries(all).map(([field, type]) => `"${field}" ${type}`).join(", ");
    return `${literal(kind)}: ${literal(`STRUCT(${struct})`)}`;
  });
  return `read_json(${literal(path)}, format = 'newline_delimited', ` +
    `columns = {${types.join(", ")}})`;
}

/** Reads it from where others will, and compares its rows, whatever their order. */
async function verify(
  storage: DeltaStorage,
  db: DuckDbWarehouse,
  version: number,
  meant: string,
): Promise<void> {
  const name = checkpointName(version);
  const [before] = await contentOf(db, meant);
  const stored = contentOf(db, parquetFiles([await storage.local(name)]));
  const [after] = await stored.catch((error: Error) => [error.message]);
  await storage.dropCopies((copy) => copy === name);
  if (after === before) return;
  await storage.delete(name);
  throw new RunError(
    `Cannot write ${storage.uri}/${name}: what was read back differs: ${before} was meant, ` +
      `${after} was found`,
  );
}

/** Count and content of a relation as one text, the same for the same rows. */
async function contentOf(db: DuckDbWarehouse, relation: string): Promise<string[]> {
  const rows = await db.rows(
    `SELECT count(*) || ' actions, hash ' || coalesce(sum(hash(actions)), 0) AS content ` +
      `FROM ${relation} AS actions`,
  );
  return rows.map((row) => String(row["content"]));
}

/** Never back: another writer may have pointed further on. */
async function point(
  storage: DeltaStorage,
  pointer: { version: number } & Record<string, number>,
): Promise<void> {
  if ((await lastCheckpoint(storage) ?? -1) > pointer.version) return;
  await storage.put(lastCheckpointName, new TextEncoder().encode(JSON.stringify(pointer)));
}
