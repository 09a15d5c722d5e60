/** Open: a place on storage -> the table that is there, or a new one. */
import type { DuckDbWarehouse } from "../warehouse/duckdb.ts";
import type { Metadata } from "./actions.ts";
import { commit, commitInfo } from "./commit.ts";
import { DeltaConflict, TableExists } from "./errors.ts";
import { latestVersion, loadState } from "./log.ts";
import type { CreateOptions, TableOptions } from "./options.ts";
import { ownProtocol } from "./protocol.ts";
import { TableState } from "./state.ts";
import type { DeltaStorage } from "./storage.ts";
import { DeltaTable } from "./table.ts";
import { checkColumns, schemaString } from "./types.ts";

/** @throws {TableExists} there is a table already */
export async function createTable(
  storage: DeltaStorage,
  db: DuckDbWarehouse,
  { columns, configuration = {}, ...options }: CreateOptions,
): Promise<DeltaTable> {
  checkColumns(columns, storage.uri);
  const exists = () =>
    new TableExists(`Cannot create ${storage.uri}: there is a Delta table already; open it`);
  if (await latestVersion(storage) >= 0) throw exists();
  const { nowMs = Date.now, newId = () => crypto.randomUUID() } = options;
  const createdTime = nowMs();
  const metaData: Metadata = {
    id: newId(),
    format: { provider: "parquet", options: {} },
    schemaString: schemaString(columns),
    partitionColumns: [],
    configuration,
    createdTime,
  };
  const info = commitInfo("CREATE TABLE", createdTime, {});
  const actions = [{ protocol: ownProtocol }, { metaData }];
  const state = new TableState(storage.uri);
  try {
    const first = { readVersion: -1, actions, info, readsAll: true, alone: true };
    await commit(storage, state, first, newId());
  } catch (error) {
    throw error instanceof DeltaConflict ? exists() : error;
  }
  return await DeltaTable.of(storage, db, state, options);
}

/** @returns null if there is no table */
export async function openTable(
  storage: DeltaStorage,
  db: DuckDbWarehouse,
  options: TableOptions,
): Promise<DeltaTable | null> {
  await Deno.mkdir(options.workDir, { recursive: true });
  const state = await loadState(storage, db);
  return state && await DeltaTable.of(storage, db, state, options);
}

/** The table that is there, whoever created it: another may do so in the same moment. */
export async function openOrCreateTable(
  storage: DeltaStorage,
  db: DuckDbWarehouse,
  options: CreateOptions,
): Promise<DeltaTable> {
  const opened = await openTable(storage, db, options);
  if (opened !== null) return opened;
  try {
    return await createTable(storage, db, options);
  } catch (error) {
    if (!(error instanceof TableExists)) throw error;
    return await openTable(storage, db, options) ?? Promise.reject(error);
  }
}
