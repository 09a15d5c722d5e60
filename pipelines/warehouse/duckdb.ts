/**
 * DuckDB: the embedded engine that runs `sql/` -> tables, rows and files.
 *
 *   in    models (Databricks SQL of the subset), or DuckDB's own SQL through `run` and `rows`
 *   out   tables with the declared types, plain rows, CSV and Parquet files
 *
 * In every session names mean what they mean on Spark (`concat`, `substring`, … and the order
 * of nulls): DuckDB's own stay in reach as `system.main.<name>`. Nothing is loaded from the
 * network: extensions are neither installed nor loaded by themselves. Without a folder for it
 * nothing is spilled, and a query that needs more than its memory fails.
 *
 * Left out: transactions over several calls; calls on one warehouse run one after the other.
 */
import type { DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import {
  describeProblem,
  duckDbCast,
  lint,
  macros,
  readHeader,
  rewriteForDuckDb,
  settings,
  splitStatements,
} from "../../sql/dialect/mod.ts";
import { RunError } from "../errors.ts";
import { copyStatement, type FileFormat } from "./copy.ts";
import { explain } from "./explain.ts";
import { type DuckDb, type Row, type Value, valueReader } from "../values.ts";
import { quoted } from "./quoting.ts";

export type { FileFormat } from "./copy.ts";
export type { Row, Value } from "../values.ts";

export interface DuckDbOptions {
  /** Database file; default: in memory. */
  path?: string;
  /** DuckDB's own limit; what it needs beyond goes to `tempDir`. Default: 80 % of the machine. */
  memoryLimitBytes?: number;
  /** Folder for what does not fit into memory; made when missing. Default: none. */
  tempDir?: string;
  /** Default: as many as the machine has cores. */
  threads?: number;
  /** Ends the statement that runs, and every later one, with its reason. */
  signal?: AbortSignal | undefined;
}

export interface ModelOptions {
  as: "table" | "view";
  /** The file that messages name. Default: the model's name. */
  file?: string;
}

export interface Audit {
  /** Each is a broken promise: the load is wrong. At most a thousand of each statement. */
  broken: { promise: string; witness: string | null }[];
  /** Values that are odd, by kind. */
  warnings: { warning: string; valueCount: number }[];
}

export interface Table {
  columns: { name: string; type: string }[];
  rows: Value[][];
}

const auditRowsMax = 1000;

/** Opens a database and gives it the dialect. About 50 ms, more the first time in a process. */
export async function openDuckDb(options: DuckDbOptions = {}): Promise<DuckDbWarehouse> {
  const duckdb = await import("@duckdb/node-api");
  const instance = await createInstance(duckdb, options);
  const { signal } = options;
  const warehouse = new DuckDbWarehouse(duckdb, instance, await instance.connect(), { signal });
  try {
    await warehouse.run([...settings, ...macros].join(";\n"));
  } catch (error) {
    warehouse.close();
    throw error;
  }
  return warehouse;
}

async function createInstance(duckdb: DuckDb, options: DuckDbOptions): Promise<DuckDBInstance> {
  const path = options.path ?? ":memory:";
  try {
    return await duckdb.DuckDBInstance.create(path, {
      autoinstall_known_extensions: "false",
      autoload_known_extensions: "false",
      temp_directory: options.tempDir ?? "",
      // Files are read once or twice, and the system caches them as well.
      enable_external_file_cache: "false",
      // Memory that a query has used goes back to the system: the limit below is not the process.
      allocator_flush_threshold: "16MB",
      allocator_bulk_deallocation_flush_threshold: "16MB",
      ...(options.memoryLimitBytes && { memory_limit: `${options.memoryLimitBytes}B` }),
      ...(options.threads && { threads: String(options.threads) }),
    });
  } catch (error) {
    throw explain(error, `Cannot open the database ${path}`);
  }
}

const interruptEveryMs = 20;

export class DuckDbWarehouse implements AsyncDisposable {
  readonly #duckdb: DuckDb;
  readonly #instance: DuckDBInstance;
  readonly #connection: DuckDBConnection;
  readonly #ownsInstance: boolean;
  readonly #signal: AbortSignal | undefined;
  /** Again and again: DuckDB forgets an interrupt that comes before a statement has begun. */
  readonly #interrupt = () => {
    this.#interrupting ??= setInterval(() => this.#connection.interrupt(), interruptEveryMs);
  };
  #interrupting: ReturnType<typeof setInterval> | undefined;
  #closed = false;

  /** Use `openDuckDb`. */
  constructor(
    duckdb: DuckDb,
    instance: DuckDBInstance,
    connection: DuckDBConnection,
    { ownsInstance = true, signal }: { ownsInstance?: boolean; signal: AbortSignal | undefined },
  ) {
    this.#duckdb = duckdb;
    this.#instance = instance;
    this.#connection = connection;
    this.#ownsInstance = ownsInstance;
    this.#signal = signal;
    signal?.addEventListener("abort", this.#interrupt);
  }

  /**
   * Another session on the same database: its calls run beside ours, on the same tables and under
   * the same memory limit. To be closed before the database is.
   */
  async session(): Promise<DuckDbWarehouse> {
    const connection = await this.#try(() => this.#instance.connect(), "Cannot open a session");
    for (const setting of settings) await connection.run(setting);
    return new DuckDbWarehouse(this.#duckdb, this.#instance, connection, {
      ownsInstance: false,
      signal: this.#signal,
    });
  }

  /** Runs one or more statements of DuckDB's own SQL. */
  async run(sql: string): Promise<void> {
    await this.#try(() => this.#connection.run(sql), "Cannot run a statement");
  }

  /** Whether this is SQL at all; runs nothing. */
  async parse(sql: string): Promise<void> {
    await this.#try(() => this.#connection.extractStatements(sql), "Cannot query");
  }

  /** All rows of a query, in memory. */
  async rows(sql: string): Promise<Row[]> {
    const reader = await this.#try(() => this.#connection.runAndReadAll(sql), "Cannot query");
    return reader.convertRowObjects<Value>(valueReader(this.#duckdb));
  }

  /** The rows of a query with the names and types of its columns; names may repeat. */
  async table(sql: string): Promise<Table> {
    const reader = await this.#try(() => this.#connection.runAndReadAll(sql), "Cannot query");
    const types = reader.columnTypes().map(String);
    return {
      columns: reader.columnNames().map((name, at) => ({ name, type: types[at] ?? "" })),
      rows: reader.convertRows<Value>(valueReader(this.#duckdb)),
    };
  }

  /** The rows of a query a few thousand at a time, however many there are. */
  async *batches(sql: string): AsyncGenerator<Row[]> {
    await using session = await this.session(); // A stream dies of the next query beside it.
    const result = await this.#try(() => session.#connection.stream(sql), "Cannot query");
    yield* result.yieldConvertedRowObjects<Value>(valueReader(this.#duckdb));
  }

  /** Names and DuckDB types of a table's columns, in order. */
  async columns(table: string): Promise<{ name: string; type: string }[]> {
    return await this.#describe(`SELECT * FROM ${quoted(table)}`);
  }

  /**
   * Builds a model under its name, replacing the one before: linted, rewritten, every column
   * cast to the type that the header declares.
   * @throws {RunError} with file and line, when the linter or the engine refuses it
   */
  async model(name: string, text: string, { as, file = name }: ModelOptions): Promise<void> {
    const sql = onlyQuery(text, file);
    const { output } = readHeader(text);
    await this.#checkOutput(sql, output.map((column) => column.name), file);
    const casts = output.map(({ name, type }) =>
      `${duckDbCast(quoted(name), type)} AS ${quoted(name)}`
    );
    // All on the first line, so that lines in errors stay those of the file.
    const create = `CREATE OR REPLACE ${as.toUpperCase()} ${quoted(name)} AS SELECT ` +
      `${casts.join(", ")} FROM (${sql}\n)`;
    await this.#try(() => this.#connection.run(create), `Cannot build ${name}`, file);
  }

  /** Runs an audit (see sql/clean/pin.audit.sql for what its statements return). */
  async audit(text: string, file: string): Promise<Audit> {
    refuseProblems(text, file);
    const audit: Audit = { broken: [], warnings: [] };
    for (const { text: statement, tokens } of splitStatements(text)) {
      const above = "\n".repeat((tokens[0]?.line ?? 1) - 1);
      const sql = `${above}SELECT * FROM (${rewriteForDuckDb(statement)}\n) LIMIT ${auditRowsMax}`;
      const rows = await this.#try(
        async () =>
          (await this.#connection.runAndReadAll(sql)).convertRowObjects<Value>(
            valueReader(this.#duckdb),
          ),
        "Cannot run the audit",
        file,
      );
      for (const row of rows) addFinding(audit, row, file);
    }
    return audit;
  }

  /**
   * Writes a table to a file that is there whole or not at all. Parquet has UTC microseconds
   * for times; CSV has ISO times, JSON lists, and nothing for null.
   * @throws {RunError} the disk is full, or the folder cannot be written
   */
  async copyTo(table: string, path: string, format: FileFormat): Promise<void> {
    const part = `${path}.part`;
    const copy = copyStatement(quoted(table), await this.columns(table), part, format);
    try {
      await this.#try(() => this.#connection.run(copy), `Cannot write ${path}`);
      await Deno.rename(part, path);
    } catch (error) {
      await Deno.remove(part).catch(() => {});
      throw explain(error, `Cannot write ${path}`);
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#signal?.removeEventListener("abort", this.#interrupt);
    clearInterval(this.#interrupting);
    this.#connection.closeSync();
    if (this.#ownsInstance) this.#instance.closeSync();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.resolve(this.close());
  }

  async #describe(sql: string): Promise<{ name: string; type: string }[]> {
    const rows = await this.rows(`SELECT column_name, column_type FROM (DESCRIBE ${sql})`);
    return rows.map((row) => ({
      name: String(row["column_name"]),
      type: String(row["column_type"]),
    }));
  }

  async #checkOutput(sql: string, declared: readonly string[], file: string): Promise<void> {
    const found = await this.#try(
      () => this.#connection.runAndReadAll(`DESCRIBE SELECT * FROM (${sql}\n)`),
      "Cannot read the columns",
      file,
    );
    const selected = found.getRows().map((row) => String(row[0]));
    if (declared.join() === selected.join()) return;
    throw new RunError(
      `Cannot build ${file}: its header declares ${declared.join(", ") || "no output"}, ` +
        `its query selects ${selected.join(", ")}`,
    );
  }

  async #try<Result>(work: () => Promise<Result>, doing: string, file?: string): Promise<Result> {
    if (this.#closed) throw new TypeError(`${doing}: the warehouse is closed`);
    this.#signal?.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      this.#signal?.throwIfAborted();
      throw explain(error, doing, file);
    }
  }
}

function onlyQuery(text: string, file: string): string {
  refuseProblems(text, file);
  const [first, second] = splitStatements(text);
  if (first === undefined || second !== undefined) {
    throw new RunError(`Cannot build ${file}: a model is exactly one query`);
  }
  return rewriteForDuckDb(first.text);
}

function refuseProblems(text: string, file: string): void {
  const problems = lint(text);
  if (problems.length === 0) return;
  throw new RunError(problems.map((problem) => describeProblem(file, problem)).join("\n"));
}

function addFinding(audit: Audit, row: Row, file: string): void {
  const { promise, witness, warning, value_count: count } = row;
  if (typeof promise === "string") {
    audit.broken.push({ promise, witness: witness === null ? null : String(witness) });
  } else if (typeof warning === "string") {
    audit.warnings.push({ warning, valueCount: Number(count) });
  } else {
    throw new RunError(
      `Cannot read the audit ${file}: a statement selects promise and witness, or warning and ` +
        `value_count, but here ${Object.keys(row).join(", ")}`,
    );
  }
}
