/**
 * The simulated Databricks: the SQL Statement Execution API -> DuckDB, and objects in S3.
 *
 * Statements are Databricks SQL. They pass the dialect's linter and rewriter: what Databricks
 * does not know fails here as there, and what means something else on DuckDB is refused rather
 * than run. Tables are kept in one DuckDB file; results in files beside it, for an hour.
 *
 * Source: Databricks, SQL Statement Execution API and OAuth references.
 * Left out: everything else of a workspace (jobs, clusters, notebooks, permissions), Arrow and
 * CSV results, sessions (each statement stands alone), time travel, MERGE, UPDATE, DELETE.
 */
import type { Service, ServiceContext } from "../service.ts";
import { type DatabricksOptions, serve } from "./server.ts";

export type { DatabricksOptions } from "./server.ts";

export type DatabricksServer = Service;

/** Opens the port; it answers when this returns. DuckDB is loaded at the first statement. */
// deno-lint-ignore require-await -- so that what throws here rejects
export async function startDatabricks(
  ctx: ServiceContext,
  options: DatabricksOptions,
): Promise<DatabricksServer> {
  return serve(ctx, options);
}
