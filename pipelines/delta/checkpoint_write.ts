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
import { readCheckpoint } from "./checkpoint_read.ts";
import { lastCheckpoint } from "./log.ts";
import { checkpointName, lastCheckpointName } from "./names.ts";
import { literal } from "./sql.ts";
import type { TableState } from "./state.ts";
import type { DeltaStorage } from "./storage.ts";

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
  const localPath = `${workDir}/checkpoint-${id}.parquet`;
  await writeParquet(db, state, actions, localPath);
  const { size: sizeInBytes } = await Deno.stat(localPath);
  await onStep?.("checkpoint-staged");
  try {
    await storage.putFile(checkpointName(version), localPath);
  } finally {
    await Deno.remove(localPath).catch(() => {});
  }
  await verify(storage, db, version, actions);
  await onStep?.("checkpoint-stored");
  await point(storage, {
    version,
    size: actions.length,
    sizeInBytes,
    numOfAddFiles: state.adds.size,
  });
}

async function writeParquet(
  db: DuckDbWarehouse,
  state: TableState,
  actions: readonly Action[],
  path: string,
): Promise<void> {
  const lines = `${path}.json`;
  const hasFeatures = state.protocol.writerFeatures ?? state.protocol.readerFeatures;
  const types = Object.entries(columns).map(([kind, fields]) => {
    const all = kind === "protocol" && hasFeatures ? { ...fields, ...featureColumns } : fields;
    const struct = Object.entries(all).map(([field, type]) => `"${field}" ${type}`).join(", ");
    return `${literal(kind)}: ${literal(`STRUCT(${struct})`)}`;
  });
  try {
    await Deno.writeTextFile(lines, actions.map((action) => JSON.stringify(action)).join("\n"));
    await db.run(
      `COPY (SELECT * FROM read_json(${literal(lines)}, format = 'newline_delimited', ` +
        `columns = {${types.join(", ")}})) TO ${literal(path)} ` +
        `(FORMAT parquet, COMPRESSION snappy)`,
    );
  } catch (error) {
    await Deno.remove(path).catch(() => {});
    throw error;
  } finally {
    await Deno.remove(lines).catch(() => {});
  }
}

/** Reads it from where others will, and compares action by action. */
async function verify(
  storage: DeltaStorage,
  db: DuckDbWarehouse,
  version: number,
  meant: readonly Action[],
): Promise<void> {
  const name = checkpointName(version);
  const stored = await readCheckpoint(db, [await storage.local(name)], `${storage.uri}/${name}`);
  const left = new Map<string, number>();
  for (const action of stored) count(left, action, 1);
  for (const action of meant) count(left, action, -1);
  const wrong = [...left].find(([, difference]) => difference !== 0);
  if (wrong === undefined) return;
  await storage.delete(name);
  throw new RunError(
    `Cannot write ${storage.uri}/${name}: what was read back differs at ${wrong[0].slice(0, 200)}`,
  );
}

function count(counts: Map<string, number>, action: Action, by: number): void {
  const text = canonical(action);
  counts.set(text, (counts.get(text) ?? 0) + by);
}

/** The same text for the same content, whatever the order of its fields. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part) => {
    if (typeof part !== "object" || part === null || Array.isArray(part)) return part;
    const known = Object.entries(part).filter(([, of]) => of !== undefined && of !== null);
    return Object.fromEntries(known.sort(([a], [b]) => a < b ? -1 : 1));
  });
}

/** Never back: another writer may have pointed further on. */
async function point(
  storage: DeltaStorage,
  pointer: { version: number } & Record<string, number>,
): Promise<void> {
  if ((await lastCheckpoint(storage) ?? -1) > pointer.version) return;
  await storage.put(lastCheckpointName, new TextEncoder().encode(JSON.stringify(pointer)));
}
