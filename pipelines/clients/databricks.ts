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
import type { Row } from "../values.ts";
import type { DatabricksTarget } from "../target.ts";
import type { RetryOptions } from "./retry.ts";
import { StatementApi } from "./databricks_api.ts";
import { Statements } from "./databricks_statements.ts";

export { isRepeatable, StatementFailure } from "./databricks_statements.ts";

/** A text is a STRING, a number an INT or a DOUBLE, a bigint a BIGINT; or say which type. */
export type ParameterValue =
  | string
  | number
  | bigint
  | boolean
  | null
  | { value: string | null; type: string };

export interface StatementOptions {
  /** Values of `:name` in the statement. */
  parameters?: Readonly<Record<string, ParameterValue>>;
  /** The file it stands in, for messages. */
  file?: string;
  /** The line of the file on which the text of the statement begins; default 1. */
  line?: number;
  /** Which statement of its file it is, from 1, for messages. */
  index?: number;
}

export interface ResultColumn {
  name: string;
  /** As Databricks writes it: `INT`, `DECIMAL(18,3)`, `ARRAY<DOUBLE>`. */
  type: string;
}

export interface Statement {
  statementId: string;
  /** From the submission to the end of its work, without fetching rows. */
  seconds: number;
  /** In the order of the select list; empty for statements that return nothing. */
  columns: readonly ResultColumn[];
  rowCount: number;
}

export interface Result extends Statement {
  rows: Row[];
}

export interface LargeResult extends Statement {
  /** The rows, a chunk at a time, fetched while they are read; to be read once. */
  batches: AsyncIterable<Row[]>;
}

/** What became of one statement of a file. */
export interface FileResult extends Result {
  /** From 1. */
  index: number;
  /** Of its first word in the file. */
  line: number;
}

export interface Databricks extends Disposable {
  /**
   * Runs one statement; all its rows at once, at most 25 MiB of them.
   * @throws {StatementFailure} with file, line and Databricks's words, if the statement failed
   * @throws {OutsideError} if Databricks cannot be spoken to
   */
  run(statement: string, options?: StatementOptions): Promise<Result>;
  /** Runs one statement with a result of any size, which Databricks puts beside itself in files. */
  stream(statement: string, options?: StatementOptions): Promise<LargeResult>;
  /** Runs the statements of a file one after another, and stops at the first that fails. */
  runFile(text: string, options?: { file?: string }): Promise<FileResult[]>;
}

export interface DatabricksOptions extends RetryOptions {
  /** One request without an answer for this long counts as lost; default 60 s. */
  answerTimeoutMs?: number;
}

/** Speaks to nobody before the first statement. Disposing forgets the token. */
export function openDatabricks(
  target: DatabricksTarget,
  options: DatabricksOptions,
): Databricks {
  return new Statements(new StatementApi(target, options), target, options);
}
