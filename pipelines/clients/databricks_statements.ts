/**
 * Databricks statements: submit -> poll -> rows; or cancel.
 *
 *   POST /api/2.0/sql/statements                        {"statement":…,"warehouse_id":…,…}
 *   GET  /api/2.0/sql/statements/<id>                   until it has ended
 *   GET  /api/2.0/sql/statements/<id>/result/chunks/<n> the chunks after the first
 *   POST /api/2.0/sql/statements/<id>/cancel
 *
 * A failed statement is an HTTP 200 whose state says FAILED. The lines in Databricks's words are
 * those of the statement: they are told as lines of its file.
 */
import { significant, splitStatements, tokenize } from "../../sql/dialect/mod.ts";
import { OutsideError } from "../errors.ts";
import type { DatabricksTarget } from "../target.ts";
import type { Row } from "../values.ts";
import type { DatabricksOptions, StatementApi } from "./databricks_api.ts";
import {
  type Disposition,
  type Manifest,
  type ResultColumn,
  ResultReader,
} from "./databricks_result.ts";
import { excerpt, fieldOf } from "./answers.ts";

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

const statementsPath = "/api/2.0/sql/statements";
/** Between two questions whether a statement has ended. */
const firstPollMs = 20;
const lastPollMs = 5_000;
/** How long a cancelled run waits for Databricks to take notice. */
const cancelMs = 5_000;

/** A statement that Databricks would not run to its end. */
export class StatementFailure extends OutsideError {
  /** Databricks's own: `FAILED`, `CANCELED`, `CLOSED`. */
  readonly state: string;
  readonly statementId: string;
  readonly sqlState: string | null;
  /** Which statement of its file, from 1; null if it is the only one. */
  readonly index: number | null;
  readonly file: string | null;
  /** Of the file, where Databricks named one; else the statement's first. */
  readonly line: number;

  constructor(message: string, of: {
    state: string;
    statementId: string;
    sqlState: string | null;
    index: number | null;
    file: string | null;
    line: number;
  }) {
    super(message, { retryable: false });
    this.state = of.state;
    this.statementId = of.statementId;
    this.sqlState = of.sqlState;
    this.index = of.index;
    this.file = of.file;
    this.line = of.line;
  }
}

/**
 * Whether running it twice leaves what running it once does: then it may be submitted again
 * after an answer that never came.
 */
export function isRepeatable(statement: string): boolean {
  const words = significant(tokenize(statement)).slice(0, 6)
    .map((token) => token.text.toLowerCase()).join(" ");
  if (/^with /.test(words)) return !/\binsert\b|\bmerge\b|\bdelete\b|\bupdate\b/i.test(statement);
  return /^(\( )*(select|values|describe|desc|show|explain)\b/.test(words) ||
    /^create or replace /.test(words) ||
    /^create (?:\w+ )?if not exists /.test(words) ||
    /^drop \w+ if exists /.test(words);
}

interface Ended {
  statementId: string;
  seconds: number;
  manifest: Manifest;
  reader: ResultReader;
}

export class Statements implements Databricks {
  readonly #api: StatementApi;
  readonly #target: DatabricksTarget;
  readonly #options: DatabricksOptions;

  /** Use `openDatabricks`. */
  constructor(api: StatementApi, target: DatabricksTarget, options: DatabricksOptions) {
    this.#api = api;
    this.#target = target;
    this.#options = options;
  }

  async run(statement: string, options: StatementOptions = {}): Promise<Result> {
    const ended = await this.#execute(statement, options, "INLINE");
    const rows: Row[] = [];
    for await (const batch of ended.reader.batches()) rows.push(...batch);
    return { ...statementOf(ended), rows };
  }

  async stream(statement: string, options: StatementOptions = {}): Promise<LargeResult> {
    const ended = await this.#execute(statement, options, "EXTERNAL_LINKS");
    return { ...statementOf(ended), batches: ended.reader.batches() };
  }

  async runFile(text: string, { file }: { file?: string } = {}): Promise<FileResult[]> {
    const results: FileResult[] = [];
    for (const [at, statement] of splitStatements(text).entries()) {
      const result = await this.run(statement.text, {
        ...(file !== undefined && { file }),
        line: statement.tokens[0]?.line ?? 1,
        index: at + 1,
      });
      results.push({ ...result, index: at + 1, line: statement.line });
    }
    return results;
  }

  async #execute(text: string, options: StatementOptions, disposition: Disposition) {
    const { signal, timing } = this.#options;
    signal?.throwIfAborted();
    const startMs = timing.nowMs();
    const what = `run ${placeOf(options)}`;
    const submitted = await this.#submit(text, options, disposition, what);
    const statementId = String(fieldOf(submitted, "statement_id") ?? "");
    if (statementId === "") {
      throw new OutsideError(`Cannot ${what}: the answer names no statement`, { retryable: false });
    }
    try {
      const body = await this.#wait(statementId, submitted, what);
      return this.#ended(statementId, body, text, options, (timing.nowMs() - startMs) / 1000);
    } catch (error) {
      if (signal?.aborted) await this.#cancel(statementId);
      throw error;
    }
  }

  /** Without the signal: whoever aborts must learn the id, to cancel. */
  async #submit(
    text: string,
    { parameters = {} }: StatementOptions,
    disposition: Disposition,
    what: string,
  ): Promise<unknown> {
    const { warehouseId, catalog, schema } = this.#target;
    const named = Object.entries(parameters).map(([name, value]) => parameterOf(name, value));
    return await this.#api.request({
      method: "POST",
      path: statementsPath,
      body: {
        statement: text,
        warehouse_id: warehouseId,
        ...(catalog !== null && { catalog }),
        ...(schema !== null && { schema }),
        ...(named.length > 0 && { parameters: named }),
        wait_timeout: "0s",
        disposition,
        format: "JSON_ARRAY",
      },
      what,
      repeatable: isRepeatable(text),
      signal: null,
    });
  }

  async #wait(statementId: string, first: unknown, what: string): Promise<unknown> {
    const { timing, signal } = this.#options;
    let body = first;
    for (
      let pauseMs = firstPollMs;
      isRunning(body);
      pauseMs = Math.min(lastPollMs, pauseMs * 1.5)
    ) {
      await timing.sleep(pauseMs, signal);
      const path = `${statementsPath}/${encodeURIComponent(statementId)}`;
      body = await this.#api.request({ method: "GET", path, what });
    }
    signal?.throwIfAborted();
    return body;
  }

  #ended(
    statementId: string,
    body: unknown,
    text: string,
    options: StatementOptions,
    seconds: number,
  ): Ended {
    const status = fieldOf(body, "status");
    const state = String(fieldOf(status, "state"));
    if (state !== "SUCCEEDED") throw failureOf(statementId, state, status, text, options);
    const reader = new ResultReader(this.#api, statementId, body, {
      what: `read the result of ${placeOf(options)}`,
      options: this.#options,
    });
    return { statementId, seconds, manifest: reader.manifest, reader };
  }

  /** As well as it can be done in a moment; nobody may be listening any more. */
  async #cancel(statementId: string): Promise<void> {
    const path = `${statementsPath}/${encodeURIComponent(statementId)}/cancel`;
    const signal = AbortSignal.timeout(cancelMs);
    await this.#api.request({ method: "POST", path, what: "cancel a statement", signal })
      .catch(() => {});
  }

  [Symbol.dispose](): void {
    this.#api.forget();
  }
}

function statementOf({ statementId, seconds, manifest }: Ended): Statement {
  return { statementId, seconds, columns: manifest.columns, rowCount: manifest.rowCount };
}

function isRunning(body: unknown): boolean {
  const state = fieldOf(fieldOf(body, "status"), "state");
  return state === "PENDING" || state === "RUNNING";
}

function placeOf({ file, line, index }: StatementOptions): string {
  const which = index === undefined ? "a statement" : `statement ${index}`;
  if (file === undefined) return which;
  return `${which} of ${file}${line === undefined ? "" : `:${line}`}`;
}

/** `line 2, pos 7`, `line 2 pos 7` or `(line 2, position 7)`, in Databricks's words. */
const place = /\bline (\d+),? pos(?:ition)? (\d+)/;

function failureOf(
  statementId: string,
  state: string,
  status: unknown,
  text: string,
  options: StatementOptions,
): StatementFailure {
  const { file, line: firstLine = 1, index } = options;
  const error = fieldOf(status, "error");
  const words = fieldOf(error, "message") ?? fieldOf(error, "error_code") ?? state;
  const named = place.exec(String(words))?.[1];
  const above = (significant(tokenize(text))[0]?.line ?? 1) - 1;
  const line = firstLine - 1 + (named === undefined ? above + 1 : Number(named));
  const sqlState = fieldOf(status, "sql_state");
  const which = placeOf({ ...options, line });
  const said = state === "FAILED" ? excerpt(String(words)) : `${state}: ${excerpt(String(words))}`;
  return new StatementFailure(`Cannot run ${which}: ${said}`, {
    state,
    statementId,
    sqlState: typeof sqlState === "string" ? sqlState : null,
    index: index ?? null,
    file: file ?? null,
    line,
  });
}

interface Parameter {
  name: string;
  value?: string;
  type: string;
}

function parameterOf(name: string, value: ParameterValue): Parameter {
  const of = (type: string, text: string): Parameter => ({ name, value: text, type });
  switch (typeof value) {
    case "string":
      return of("STRING", value);
    case "boolean":
      return of("BOOLEAN", String(value));
    case "bigint":
      return of("BIGINT", String(value));
    case "number":
      return of(typeOfNumber(value), String(value));
    default:
      if (value === null) return { name, type: "STRING" };
      return value.value === null ? { name, type: value.type } : of(value.type, value.value);
  }
}

function typeOfNumber(value: number): string {
  if (!Number.isInteger(value)) return "DOUBLE";
  if (!Number.isSafeInteger(value)) return "DOUBLE";
  return value === (value | 0) ? "INT" : "BIGINT";
}
