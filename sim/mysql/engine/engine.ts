/**
 * Engine: source files -> tables in a DuckDB file -> connections that can only read them.
 *
 * DuckDB is imported when it is first needed. While files are loaded the database is open for
 * writing and nobody else sees it; then it is opened anew, read-only, without access to files, and
 * with settings that are locked.
 */
import type { DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { SafeFolder } from "../../storage/safe_path.ts";
import { Connecting } from "../../duckdb/connecting.ts";
import type { Rules } from "../../duckdb/gate.ts";
import { closedSettings, lockSettings, offlineSettings } from "../../duckdb/settings.ts";
import { MysqlError } from "../errors.ts";
import { type SourceTableName, sourceTableNames, sourceTables } from "../schema.ts";
import { loadTable } from "../source/load.ts";
import { UnreadableRows } from "../source/unreadable.ts";
import { engineFunctions } from "../sql/engine_functions.ts";
import { macros } from "../sql/functions.ts";
import { informationSchema, quoteName } from "../sql/rewrite.ts";
import { encodingMacros } from "./encode.ts";
import { informationSchemaStatements, type LoadedTable } from "./information_schema.ts";

/** The file of each table, or its parts in their order. */
export type SourceFiles = Partial<Record<SourceTableName, string | readonly string[]>>;

export interface LoadOptions {
  /** What is done with a row that cannot be read: it ends the load (the default), or is left out. */
  badCells?: "stop" | "reject" | undefined;
}

export interface LoadedSource {
  /** What was found in the files that a person may not expect, each a sentence. */
  notes: string[];
  rowCounts: Partial<Record<SourceTableName, number>>;
  /** The rows that were left out, as JSON lines `{table, reason, bytes}`; null: there are none. */
  unreadable: { path: string; rowCounts: Partial<Record<SourceTableName, number>> } | null;
}

/** What sorts and joins may hold in memory; the rest goes to files. */
const memoryLimit = "192MB";
/** Tables are read in the order they are stored in: little has to be held for that. */
const readerMemoryLimit = "96MB";
const schemaWithMacros = "main";

export interface EngineOptions {
  /** Folder for the database and what spills over. */
  dir: string;
  database: string;
  /** As `YYYY-MM-DD HH:MM:SS`. */
  now: () => string;
}

export class Engine implements AsyncDisposable {
  readonly #options: EngineOptions;
  readonly #tables = new Map<SourceTableName, LoadedTable>();
  #reading: Promise<DuckDBInstance> | null = null;
  #scratch: Promise<DuckDBInstance> | null = null;
  #loading: Promise<LoadedSource> | null = null;
  /** The connection that loads, while it does. */
  #writing: DuckDBConnection | null = null;
  #loaded = Promise.withResolvers<void>();
  readonly #connecting = new Connecting();
  #isClosed = false;
  /** Grows with each load: connections made before are stale. */
  generation = 0;

  constructor(options: EngineOptions) {
    this.#options = options;
    // Nobody may be waiting for it when it fails.
    this.#loaded.promise.catch(() => {});
  }

  /**
   * Replaces the tables of the given files.
   * @throws {SourceFileError} if one cannot be used: then none of them is replaced for readers.
   */
  async load(files: SourceFiles, options: LoadOptions = {}): Promise<LoadedSource> {
    const before = this.#loading;
    const loading = (async () => {
      await before?.catch(() => {});
      return await this.#load(files, options);
    })();
    this.#loading = loading;
    if (before !== null) this.#loaded = Promise.withResolvers();
    this.#loaded.promise.catch(() => {});
    const loaded = this.#loaded;
    try {
      const found = await loading;
      loaded.resolve();
      return found;
    } catch (error) {
      loaded.reject(error);
      throw error;
    }
  }

  async #load(files: SourceFiles, { badCells }: LoadOptions): Promise<LoadedSource> {
    const { dir, database, now } = this.#options;
    await this.#closeReading();
    const isFirst = this.generation === 0;
    this.generation++;
    if (isFirst) await removeDatabase(dir);
    const scratchDir = await emptyScratch(dir);
    using unreadable = new UnreadableRows(`${dir}/${unreadableFile}`);
    const instance = await openDatabase(dir, {});
    const connection = this.#writing = await instance.connect();
    const found: LoadedSource = { notes: [], rowCounts: {}, unreadable: null };
    try {
      await connection.run(`CREATE SCHEMA IF NOT EXISTS ${quoteName(database)}`);
      if (isFirst) await createMacros(connection);
      for (const name of sourceTableNames) {
        const paths = [files[name] ?? []].flat();
        if (paths.length === 0) continue;
        const table = sourceTables[name];
        const rowCount = found.rowCounts[name] = await loadTable(
          {
            connection,
            database,
            scratchDir,
            unreadable: badCells === "reject" ? unreadable : null,
            onNote: (note) => found.notes.push(note),
          },
          paths,
          table,
        );
        this.#tables.set(name, { table, rowCount });
      }
      const statements = informationSchemaStatements(database, [...this.#tables.values()], now());
      for (const statement of statements) await connection.run(statement);
    } finally {
      this.#writing = null;
      connection.closeSync();
      instance.closeSync();
      await remove(scratchDir);
    }
    unreadable.finish();
    const { path, rowCounts } = unreadable;
    if (Object.keys(rowCounts).length > 0) found.unreadable = { path, rowCounts };
    return found;
  }

  /** The tables there are, once they are there. */
  async tables(): Promise<ReadonlyMap<string, LoadedTable>> {
    await this.#ready();
    return this.#tables;
  }

  async #ready(): Promise<void> {
    try {
      await this.#loaded.promise;
      if (this.#isClosed) throw new Error(shuttingDown);
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      throw new MysqlError("ER_UNKNOWN_ERROR", `The source was not loaded: ${problem}`);
    }
  }

  /** A connection for queries that read tables; waits until they are loaded. */
  async connect(): Promise<DuckDBConnection> {
    await this.#ready();
    const connection = await this.#connecting.to(this.#reading ??= this.#openReading());
    await connection.run(`SET search_path = ${searchPath(this.#options.database)}`);
    return connection;
  }

  async #openReading(): Promise<DuckDBInstance> {
    const instance = await openDatabase(this.#options.dir, {
      access_mode: "READ_ONLY",
      ...readerSettings,
    });
    await lockSettings(instance);
    return instance;
  }

  /** What a query may call and read on one of the connections. */
  get rules(): Rules {
    const database = this.#options.database.toLowerCase();
    const tables = new Set([...this.#tables.values()].map(({ table }) => table.name.toLowerCase()));
    const hasRelation = (schema: string, name: string) =>
      schema === informationSchema || (["", database].includes(schema) && tables.has(name));
    return { functions: engineFunctions, hasRelation };
  }

  /** A connection for queries without tables, at any time. */
  async connectScratch(): Promise<DuckDBConnection> {
    if (this.#isClosed) throw new MysqlError("ER_UNKNOWN_ERROR", shuttingDown);
    return await this.#connecting.to(this.#scratch ??= this.#openScratch());
  }

  async #openScratch(): Promise<DuckDBInstance> {
    const { DuckDBInstance } = await import("@duckdb/node-api");
    const instance = await DuckDBInstance.create(":memory:", {
      ...settings,
      ...readerSettings,
    });
    const connection = await instance.connect();
    await createMacros(connection);
    connection.closeSync();
    await lockSettings(instance);
    return instance;
  }

  async #closeReading(): Promise<void> {
    const reading = this.#reading;
    this.#reading = null;
    await this.#connecting.settled();
    (await reading?.catch(() => null))?.closeSync();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#loaded.reject(new Error(shuttingDown));
    this.#writing?.interrupt();
    await this.#loading?.catch(() => {});
    await this.#closeReading();
    (await this.#scratch?.catch(() => null))?.closeSync();
  }
}

const shuttingDown = "the server is shutting down";
const settings = { ...offlineSettings, memory_limit: memoryLimit, threads: "2" };

/** How MySQL compares, sorts and divides. */
const readerSettings = {
  memory_limit: readerMemoryLimit,
  default_collation: "NOCASE",
  default_null_order: "nulls_first_on_asc_last_on_desc",
  ieee_floating_point_ops: "false",
  ...closedSettings,
};

async function openDatabase(dir: string, more: Record<string, string>): Promise<DuckDBInstance> {
  const { DuckDBInstance } = await import("@duckdb/node-api");
  const folder = new SafeFolder(dir);
  folder.at("source.duckdb.wal");
  return await DuckDBInstance.create(folder.at("source.duckdb"), {
    ...settings,
    temp_directory: folder.at("spill"),
    ...more,
  });
}

function databasePath(dir: string): string {
  return `${dir}/source.duckdb`;
}

async function removeDatabase(dir: string): Promise<void> {
  for (const path of [databasePath(dir), `${databasePath(dir)}.wal`]) await remove(path);
}

const unreadableFile = "unreadable.jsonl";

/** A folder for copies; what an earlier load left out is forgotten with it. */
async function emptyScratch(dir: string): Promise<string> {
  const scratchDir = `${dir}/loading`;
  await remove(`${dir}/${unreadableFile}`);
  await remove(scratchDir);
  await Deno.mkdir(scratchDir);
  return scratchDir;
}

async function remove(path: string): Promise<void> {
  await Deno.remove(path, { recursive: true }).catch((error: unknown) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
}

function searchPath(database: string): string {
  const path = [quoteName(database), schemaWithMacros].join(",");
  return `'${path.replaceAll("'", "''")}'`;
}

async function createMacros(connection: DuckDBConnection): Promise<void> {
  for (const macro of [...encodingMacros, ...macros]) {
    await connection.run(`CREATE OR REPLACE MACRO ${schemaWithMacros}.${macro}`);
  }
}
