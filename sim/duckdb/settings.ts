/**
 * Settings of the simulator's DuckDBs, given when one opens; and the lock for those that a query
 * from outside reaches.
 *
 * Native code ignores the permissions of the process, so DuckDB itself has to keep to its own file
 * and the folder for what spills over.
 */
import type { DuckDBInstance } from "@duckdb/node-api";
import { ownViews } from "./gate.ts";

/** Nothing is loaded from the network. */
export const offlineSettings = {
  autoload_known_extensions: "false",
  autoinstall_known_extensions: "false",
  allow_community_extensions: "false",
  // Memory that a query has used goes back to the system, not to the next query.
  allocator_flush_threshold: "16MB",
  allocator_bulk_deallocation_flush_threshold: "16MB",
};

/**
 * Nor from the disk; to be given last, since no folder can be set after it. Errors tell their type,
 * to be put into the service's words.
 */
export const closedSettings = {
  ...offlineSettings,
  enable_external_access: "false",
  errors_as_json: "true",
};

/**
 * Locks what is set, and returns DuckDB's own views, which are nobody's business.
 *
 * Observed (1.5.5): a connection may still choose its schema then, and set nothing else.
 */
export async function lockSettings(instance: DuckDBInstance): Promise<ReadonlySet<string>> {
  const connection = await instance.connect();
  await connection.run("SET GLOBAL lock_configuration = true");
  const views = await ownViews(connection);
  connection.closeSync();
  return views;
}
