/**
 * Delta: tables of the Delta Lake format, written and read without anybody else's library.
 *
 * Source: the Delta protocol; DESIGN.md §3.7 for what travels in a commit.
 */
export { diskStorage } from "./disk_storage.ts";
export { s3Storage } from "./s3_storage.ts";
export type { DeltaStorage, StoredFile } from "./storage.ts";
export { readCommit } from "./log.ts";
export type { Action, CommitInfo } from "./actions.ts";
export { DeltaConflict, Fenced, TableExists, UnsupportedTable } from "./errors.ts";
export { createTable, openOrCreateTable, openTable } from "./open.ts";
export { DeltaTable } from "./table.ts";
export type { CommitExtra, Committed, CreateOptions, TableOptions } from "./options.ts";
export { Snapshot } from "./snapshot.ts";
export type { LiveFile } from "./scan.ts";
export type { CompactOptions } from "./compact.ts";
export type { Vacuumed, VacuumOptions } from "./vacuum.ts";
export type { HistoryEntry } from "./history.ts";
export { arrayOf, type DeltaColumn, type DeltaType, schemaString } from "./types.ts";
