/**
 * Engine: a statement -> its columns and rows, on one DuckDB file.
 *
 * DuckDB is loaded at the first statement, and keeps to its own files: settings are locked, and a
 * query reaches it only with functions and relations that the warehouse has. Each statement has a
 * connection of its own: nothing that it sets outlives it. Tables and views outlive the process.
 */
import type { DuckDBConnection, DuckDBInstance, DuckDBResult } from "@duckdb/node-api";
import { macros, settings } from "../../../sql/dialect/mod.ts";
import { SafeFolder } from "../../storage/safe_path.ts";
import { Connecting } from "../../duckdb/connecting.ts";
import { refusalOf, type Rules } from "../../duckdb/gate.ts";
import { Interruption } from "../../duckdb/interruption.ts";
import { closedSettings, lockSettings } from "../../duckdb/settings.ts";
import { notHere, SqlError, unknownTable } from "../errors.ts";
import { engineFunctions } from "../sql/engine_functions.ts";
import { literal, quoted, quotedTable, schemaName, type Session } from "../sql/names.ts";
import { type DuckDbQuery, type Parameter, rewrite } from "../sql/rewrite.ts";
import { type Plan, planOf, type Query } from "../sql/statement.ts";
import { explain, refusedByGate } from "./explain.ts";
import type { Objects } from "./objects.ts";
import { readFiles } from "./read_files.ts";
import { type Column, columnOf, type DuckDb, printerOf, selected } from "./values.ts";

export interface Request {
  statement: string;
  session: Session;
  parameters: ReadonlyMap<string, Parameter>;
  /** Ends the work where it stands. */
  signal: AbortSignal;
}

export type Cell = string | null;

interface Opened {
  duckdb: DuckDb;
  instance: DuckDBInstance;
  rules: Rules;
}

/** Told first the columns, then the rows a few thousand at a time. */
export interface Sink {
  columns(columns: Column[]): void;
  rows(rows: Cell[][]): Promise<void>;
}

export const defaultSession: Session = { catalog: "main", schema: "default" };

const memoryLimit = "448MB";

export class Engine implements AsyncDisposable {
  readonly #dir: string;
  readonly #objects: Objects;
  #opening: Promise<Opened> | null = null;
  readonly #connecting = new Connecting();

  constructor(dir: string, objects: Objects) {
    this.#dir = dir;
    this.#objects = objects;
  }

  /** @throws {SqlError} with what Databricks says */
  async execute(request: Request, sink: Sink): Promise<void> {
    const plan = planOf(request.statement, request.session);
    this.#opening ??= this.#open().catch((error) => {
      this.#opening = null; // The next statement may find more room on the disk.
      throw error;
    });
    const { duckdb, instance, rules } = await this.#opening;
    const connection = await this.#connecting.to(instance);
    const interruption = new Interruption(connection);
    const interrupt = () => interruption.begin();
    request.signal.addEventListener("abort", interrupt, { once: true });
    try {
      request.signal.throwIfAborted();
      await useSession(connection, request.session);
      const tools = { duckdb, connection, objects: this.#objects, rules };
      await new Execution(tools, request, sink).run(plan);
    } finally {
      request.signal.removeEventListener("abort", interrupt);
      interruption.end();
      connection.closeSync();
    }
  }

  async #open(): Promise<Opened> {
    const duckdb = await import("@duckdb/node-api");
    const folder = new SafeFolder(this.#dir);
    folder.at("warehouse.duckdb.wal");
    const instance = await duckdb.DuckDBInstance.create(folder.at("warehouse.duckdb"), {
      memory_limit: memoryLimit,
      threads: "2",
      temp_directory: folder.at("spill"),
      ...closedSettings,
    });
    const connection = await instance.connect();
    for (const macro of macros) await connection.run(macro);
    const { catalog, schema } = defaultSession;
    await connection.run(`CREATE SCHEMA IF NOT EXISTS ${quoted(schemaName(catalog, schema))}`);
    for (const setting of settings) await connection.run(setting.replace("SET", "SET GLOBAL"));
    connection.closeSync();
    return { duckdb, instance, rules: rulesOf(await lockSettings(instance)) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const opened = await this.#opening?.catch(() => null);
    await this.#connecting.settled();
    opened?.instance.closeSync();
  }
}

/** Schemas of catalogs have a full stop in their names, and DuckDB's own have none. */
function rulesOf(ownViews: ReadonlySet<string>): Rules {
  return {
    functions: engineFunctions,
    hasRelation: (schema, name) => schema === "" ? !ownViews.has(name) : schema.includes("."),
  };
}

async function useSession(connection: DuckDBConnection, session: Session): Promise<void> {
  const name = schemaName(session.catalog, session.schema);
  const found = await connection.runAndReadAll(
    `SELECT 1 FROM duckdb_schemas() WHERE schema_name = ${literal(name)}`,
  );
  if (found.currentRowCount === 0) {
    throw new SqlError(
      "SCHEMA_NOT_FOUND",
      `The schema \`${session.catalog}\`.\`${session.schema}\` ` +
        "cannot be found. Verify the spelling and correctness of the schema and catalog",
      "42704",
    );
  }
  await connection.run(`SET search_path = ${literal(`${quoted(name)},main`)}`);
}

/** What an execution works with. */
interface Tools {
  duckdb: DuckDb;
  connection: DuckDBConnection;
  objects: Objects;
  rules: Rules;
}

class Execution {
  readonly #duckdb: DuckDb;
  readonly #connection: DuckDBConnection;
  readonly #objects: Objects;
  readonly #rules: Rules;
  readonly #request: Request;
  readonly #sink: Sink;

  constructor({ duckdb, connection, objects, rules }: Tools, request: Request, sink: Sink) {
    this.#duckdb = duckdb;
    this.#connection = connection;
    this.#objects = objects;
    this.#rules = rules;
    this.#request = request;
    this.#sink = sink;
  }

  async run(plan: Plan): Promise<void> {
    switch (plan.kind) {
      case "query":
        return await this.#send((await this.#prepare(plan.query)).sql);
      case "create":
        return await this.#create(plan);
      case "insert":
        return await this.#insert(plan);
      case "drop":
        await this.#drop(plan);
        return this.#sink.columns([]);
      case "createSchema":
        await this.#run(
          `CREATE SCHEMA ${plan.ifNotExists ? "IF NOT EXISTS " : ""}${quoted(plan.name)}`,
        );
        return this.#sink.columns([]);
      case "dropSchema":
        await this.#run(
          `DROP SCHEMA ${plan.ifExists ? "IF EXISTS " : ""}${quoted(plan.name)}` +
            (plan.cascade ? " CASCADE" : ""),
        );
        return this.#sink.columns([]);
      case "describe":
        return await this.#describe(plan);
      case "show":
        return await this.#show(plan);
      case "nothing":
        return this.#sink.columns([]);
    }
  }

  /** The query for DuckDB, let through by the gate, its files read. */
  async #prepare(query: Query): Promise<DuckDbQuery> {
    const rewritten = rewrite(query, this.#request.session, this.#request.parameters);
    const refusal = await refusalOf(rewritten.sql, this.#connection, this.#rules);
    if (refusal !== null) throw refusedByGate(refusal, rewritten.sql);
    for (const files of rewritten.files) {
      await readFiles(this.#connection, this.#objects, files, () => this.#check());
    }
    return rewritten;
  }

  #check(): void {
    this.#request.signal.throwIfAborted();
  }

  async #create(plan: Extract<Plan, { kind: "create" }>): Promise<void> {
    const { sql, files } = await this.#prepare(plan.query);
    if (plan.what === "VIEW" && files.length > 0) throw notHere("a view over files is left out");
    const replace = plan.orReplace ? "OR REPLACE " : "";
    const only = plan.ifNotExists ? "IF NOT EXISTS " : "";
    // All on the first line, so that lines in errors stay those of the statement.
    const head = `CREATE ${replace}${plan.what} ${only}${quotedTable(plan.name)} AS `;
    const columns = await this.#typed(sql);
    await this.#run(`${head}SELECT ${columns} FROM (${sql}\n)`);
    if (plan.what === "VIEW") return this.#sink.columns([]);
    const count = await this.#count(`SELECT count(*) FROM ${quotedTable(plan.name)}`);
    await this.#sendCounts(count);
  }

  /** A query's columns by name, those that DuckDB makes wider than Databricks cast. */
  async #typed(sql: string): Promise<string> {
    const prepared = await this.#try(() => this.#connection.prepare(sql), sql);
    const columns: string[] = [];
    for (let at = 0; at < prepared.columnCount; at++) {
      const name = quoted(prepared.columnName(at));
      const type = String(prepared.columnType(at));
      columns.push(
        /^U?HUGEINT$|^UBIGINT$/.test(type) ? `CAST(${name} AS BIGINT) AS ${name}` : name,
      );
    }
    return columns.join(", ");
  }

  async #insert({ name, columns, overwrite, query }: Extract<Plan, { kind: "insert" }>) {
    const { sql } = await this.#prepare(query);
    const table = quotedTable(name);
    const list = columns.length === 0 ? "" : ` (${columns.map(quoted).join(", ")})`;
    await this.#run("BEGIN");
    try {
      if (overwrite) await this.#run(`DELETE FROM ${table}`);
      const result = await this.#try(
        () => this.#connection.run(`INSERT INTO ${table}${list} ${sql}`),
        `INSERT INTO ${table}${list} ${sql}`,
      );
      await this.#run("COMMIT");
      await this.#sendCounts(result.rowsChanged);
    } catch (error) {
      await this.#connection.run("ROLLBACK").catch(() => {});
      throw error;
    }
  }

  /** A view is not dropped as a table, nor a table as a view. */
  async #drop({ what, ifExists, name }: Extract<Plan, { kind: "drop" }>): Promise<void> {
    const found = await this.#kindOf(name.schema, name.table);
    if (found === null && ifExists) return;
    if (found === null) throw unknownTable(name.written, null);
    if (found !== what) {
      throw new SqlError(
        what === "VIEW" ? "EXPECT_VIEW_NOT_TABLE" : "EXPECT_TABLE_NOT_VIEW",
        `'${name.written}' is a ${found.toLowerCase()}, not a ${what.toLowerCase()}`,
        "42809",
      );
    }
    await this.#run(`DROP ${what} ${quotedTable(name)}`);
  }

  async #kindOf(schema: string, table: string): Promise<"TABLE" | "VIEW" | null> {
    const found = await this.#connection.runAndReadAll(
      `SELECT table_type FROM information_schema.tables
       WHERE table_schema = ${literal(schema)} AND table_name = ${literal(table)}`,
    );
    const type = found.getRows()[0]?.[0];
    return type === undefined ? null : type === "VIEW" ? "VIEW" : "TABLE";
  }

  async #describe({ name }: Extract<Plan, { kind: "describe" }>): Promise<void> {
    if (await this.#kindOf(name.schema, name.table) === null) {
      throw unknownTable(name.written, null);
    }
    const table = `SELECT * FROM ${quotedTable(name)}`;
    const prepared = await this.#try(() => this.#connection.prepare(table), table);
    const rows: Cell[][] = [];
    for (let at = 0; at < prepared.columnCount; at++) {
      const column = columnOf(this.#duckdb, prepared.columnName(at), prepared.columnType(at), at);
      rows.push([column.name, column.type_text.toLowerCase(), null]);
    }
    this.#sink.columns(["col_name", "data_type", "comment"].map(textColumn));
    await this.#sink.rows(rows);
  }

  async #show({ what, of }: Extract<Plan, { kind: "show" }>): Promise<void> {
    if (what === "TABLES") {
      return await this.#send(`SELECT ${literal(of.slice(of.indexOf(".") + 1))} AS database,
        table_name AS "tableName", false AS "isTemporary" FROM information_schema.tables
        WHERE table_schema = ${literal(of)} ORDER BY table_name`);
    }
    const prefix = literal(`${of}.`);
    await this.#send(`SELECT substring(schema_name, length(${prefix}) + 1) AS "databaseName"
      FROM duckdb_schemas() WHERE starts_with(schema_name, ${prefix}) ORDER BY ALL`);
  }

  async #sendCounts(count: number): Promise<void> {
    const column = (name: string, position: number): Column => ({
      name,
      type_text: "BIGINT",
      type_name: "LONG",
      position,
    });
    this.#sink.columns([column("num_affected_rows", 0), column("num_inserted_rows", 1)]);
    await this.#sink.rows([[String(count), String(count)]]);
  }

  async #count(sql: string): Promise<number> {
    const found = await this.#connection.runAndReadAll(sql);
    return Number(found.getRows()[0]?.[0] ?? 0);
  }

  async #send(sql: string): Promise<void> {
    const prepared = await this.#try(() => this.#connection.prepare(sql), sql);
    const columns: Column[] = [];
    const expressions: string[] = [];
    for (let at = 0; at < prepared.columnCount; at++) {
      const type = prepared.columnType(at);
      columns.push(columnOf(this.#duckdb, prepared.columnName(at), type, at));
      expressions.push(`${selected(String(type), `c${at}`)} AS c${at}`);
    }
    const names = columns.map((_, at) => `c${at}`).join(", ");
    const wrapped = `SELECT ${expressions.join(", ")} FROM (${sql}\n) AS result(${names})`;
    this.#sink.columns(columns);
    await this.#sendRows(await this.#try(() => this.#connection.stream(wrapped), wrapped), wrapped);
  }

  async #sendRows(result: DuckDBResult, sql: string): Promise<void> {
    const printers = result.columnTypes().map((type) => printerOf(this.#duckdb, type));
    for (;;) {
      const chunk = await this.#try(() => result.fetchChunk(), sql);
      if (chunk === null || chunk.rowCount === 0) return;
      this.#check();
      const rows = chunk.getRows().map((row) =>
        row.map((value, at) => printers[at]?.(value) ?? null)
      );
      await this.#sink.rows(rows);
    }
  }

  async #run(sql: string): Promise<void> {
    await this.#try(() => this.#connection.run(sql), sql);
  }

  async #try<T>(work: () => Promise<T>, sql: string): Promise<T> {
    try {
      return await work();
    } catch (error) {
      this.#check();
      throw explain(error, sql);
    }
  }
}

function textColumn(name: string, position: number): Column {
  return { name, type_text: "STRING", type_name: "STRING", position };
}
