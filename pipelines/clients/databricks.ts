/**
 * Databricks: SQL statements -> typed rows, through the SQL Statement Execution API 2.0.
 *
 *   in    one statement of Databricks SQL, with named parameters
 *   out   its columns and rows: numbers; bigint only beyond 2^53; decimals and dates as text;
 *         times as ISO 8601; lists as arrays; the same as the embedded engine hands out
 *
 * A statement is submitted without waiting, so that its id is known from the first moment and an
 * abort cancels it. An answer that never came leaves open whether the statement ran: only what
 * may run twice without harm (its shape says so) is submitted again. No session is shared
 * between statements: no temporary views, no USE, no SET.
 *
 * Source: Databricks, SQL Statement Execution API reference.
 * Left out: Arrow and CSV results, query tags, sessions.
 */
import type { DatabricksTarget } from "../target.ts";
import { type DatabricksOptions, StatementApi } from "./databricks_api.ts";
import { type Databricks, Statements } from "./databricks_statements.ts";

export {
  type Databricks,
  isRepeatable,
  type LargeResult,
  type Result,
  StatementFailure,
  type StatementOptions,
} from "./databricks_statements.ts";

/** Speaks to nobody before the first statement. Disposing forgets the token. */
export function openDatabricks(
  target: DatabricksTarget,
  options: DatabricksOptions,
): Databricks {
  return new Statements(new StatementApi(target, options), target, options);
}
