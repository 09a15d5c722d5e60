/**
 * Query: one SELECT over what the last runs left in their folders.
 *
 *   in    `<out>/batch`: clean tables, rejects and answers, as Parquet; the Delta tables and
 *         answers of `<out>/stream`
 *   out   rows a few thousand at a time, or text: a table, CSV, JSON
 *
 * Each file is a view of its own name: `pin`, `geo`, `user`, `rejects`, and every answer. The
 * query is DuckDB's SQL with the dialect's names; it reads this folder and nothing else on the
 * machine. Nothing of a result is kept, so it may be as large as the tables.
 */
import { UsageError } from "../errors.ts";
import { type DuckDbWarehouse, openDuckDb, type Row, type Value } from "../warehouse/duckdb.ts";
import { literal, quoted } from "../warehouse/quoting.ts";
import { textTable } from "./terminal.ts";
import type { StreamViews } from "./stream_views.ts";

export interface Run extends AsyncDisposable {
  /** Names of the views. */
  tables: string[];
  /** @throws {UsageError} if the query cannot be run. */
  query(sql: string): Promise<Result>;
}

export interface Result {
  columns: string[];
  /** To be read once. */
  rows: AsyncGenerator<Value[][]>;
}

/**
 * Opens what the runs left in these folders. Names without a schema are those of the batch, and
 * of the stream where there was no batch.
 * @throws {UsageError} if there is nothing
 */
export async function openRun(
  folder: string,
  streamFolder?: string,
  signal?: AbortSignal,
): Promise<Run> {
  const files = await parquetFiles(folder);
  await using opened = new AsyncDisposableStack();
  const db = opened.use(await openDuckDb({ signal }));
  for (const [name, path] of files) {
    await db.run(`create view ${quoted(name)} as from read_parquet(${literal(path)})`);
  }
  const stream = await streamViews(db, streamFolder);
  const tables = [...files.keys(), ...stream.names];
  if (tables.length === 0) {
    throw new UsageError(
      `Cannot query ${folder}: no run has left its tables there. ` +
        "Run the batch or the stream task first, or name another folder with --out",
    );
  }
  const folders = [...files.size === 0 ? [] : [await Deno.realPath(folder)], ...stream.folders];
  await db.run(`set allowed_directories = [${folders.map(literal).join(", ")}];
    set enable_external_access = false`);
  const ending = opened.move();
  return {
    tables,
    query: (sql) => query(db, sql, tables),
    [Symbol.asyncDispose]: () => ending.disposeAsync(),
  };
}

/** Delta tables are opened only where a stream has run: most queries need none of that. */
async function streamViews(db: DuckDbWarehouse, folder: string | undefined): Promise<StreamViews> {
  const isThere = folder !== undefined &&
    await Deno.stat(folder).then(() => true, () => false);
  if (!isThere) return { names: [], folders: [] };
  const { createStreamViews } = await import("./stream_views.ts");
  const views = await createStreamViews(db, folder);
  if (views.names.length > 0) await db.run("set search_path = 'main,stream'");
  return views;
}

/** Name and absolute path of every table, clean ones first. */
async function parquetFiles(folder: string): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const below of ["/clean", "", "/answers"]) {
    const found = await namesIn(`${folder}${below}`);
    for (const name of found.filter((name) => name.endsWith(".parquet")).sort()) {
      const path = await Deno.realPath(`${folder}${below}/${name}`);
      files.set(name.slice(0, -".parquet".length), path);
    }
  }
  return files;
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return [];
    }
    throw error;
  }
}

async function query(db: DuckDbWarehouse, sql: string, tables: string[]): Promise<Result> {
  const text = sql.trim().replace(/;+$/, "");
  if (text === "") throw new UsageError("Cannot query: the query is empty");
  const source = await asSubquery(db, text);
  const described = await asUsage(db.rows(`describe ${source}`), tables);
  const columns = described.map((column) => String(column["column_name"]));
  return { columns, rows: cells(db.batches(source), columns, tables) };
}

/**
 * As a sub-query it can be nothing but one SELECT; its lines stay where they are. By itself it
 * has to be SQL too, or its brackets could end the sub-query and begin another statement.
 */
async function asSubquery(db: DuckDbWarehouse, text: string): Promise<string> {
  const source = `from (${text}\n) as result`;
  await asUsage(db.parse(text), []);
  await db.parse(source).catch((cause) => {
    throw new UsageError(
      "Cannot query: expected one SELECT; nothing can be changed or written here, and a second " +
        "statement needs a second command",
      { cause },
    );
  });
  return source;
}

async function* cells(
  batches: AsyncGenerator<Row[]>,
  columns: string[],
  tables: string[],
): AsyncGenerator<Value[][]> {
  for (;;) {
    const { value, done } = await asUsage(batches.next(), tables);
    if (done) return;
    yield value.map((row) => columns.map((column) => row[column] ?? null));
  }
}

/** What is wrong with a query, the person who typed it can mend. */
async function asUsage<T>(work: Promise<T>, tables: string[]): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof Error) || error instanceof TypeError) throw error;
    const hint = /Table with name .* does not exist/.test(error.message)
      ? `. Tables: ${tables.join(", ")}`
      : "";
    const said = hint === "" ? error.message : error.message.replace(/[.!]+$/, "");
    throw new UsageError(`${said}${hint}`, { cause: error });
  }
}

export interface QueryFlags {
  query: string;
  /** Folder of the runs, `batch` and `stream` below it. */
  out: string;
  csv?: boolean | undefined;
  json?: boolean | undefined;
  /** Rows shown in a table; default 100. */
  rowsMax?: number | undefined;
}

/** The whole command: asks and writes the result as a table, as CSV or as JSON. */
export async function runQuery(
  flags: QueryFlags,
  write: (text: string) => void | Promise<void>,
  signal?: AbortSignal,
): Promise<void> {
  await using run = await openRun(`${flags.out}/batch`, `${flags.out}/stream`, signal);
  const result = await run.query(flags.query);
  const texts = flags.csv
    ? csvTexts(result)
    : flags.json
    ? jsonTexts(result)
    : tableTexts(result, flags.rowsMax ?? 100);
  for await (const text of texts) await write(text);
}

/** RFC 4180 with a header and line feeds; nothing for null, `""` for an empty text. */
export async function* csvTexts({ columns, rows }: Result): AsyncGenerator<string> {
  const line = (values: readonly Value[]) => `${values.map(csvCell).join(",")}\n`;
  yield line(columns);
  for await (const batch of rows) yield batch.map(line).join("");
}

function csvCell(value: Value): string {
  if (value === null) return "";
  const text = plain(value);
  return text === "" || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** An array of objects, one on each line. */
export async function* jsonTexts({ columns, rows }: Result): AsyncGenerator<string> {
  let separator = "[\n";
  for await (const batch of rows) {
    const lines = batch.map((row) =>
      jsonOf(Object.fromEntries(columns.map((column, at) => [column, row[at] ?? null])))
    );
    if (lines.length === 0) continue;
    yield separator + lines.join(",\n");
    separator = ",\n";
  }
  yield separator === "[\n" ? "[]\n" : "\n]\n";
}

/** The first rows as a table, and how many more there are. */
async function* tableTexts({ columns, rows }: Result, rowsMax: number): AsyncGenerator<string> {
  const shown: Value[][] = [];
  let moreCount = 0;
  for await (const batch of rows) {
    const fitting = batch.slice(0, rowsMax - shown.length);
    shown.push(...fitting);
    moreCount += batch.length - fitting.length;
  }
  const cells = shown.map((row) => row.map((cell) => short(isNested(cell) ? plain(cell) : cell)));
  yield textTable({ columns, rows: cells }, { rowsMax });
  if (moreCount > 0) yield `  … and ${moreCount.toLocaleString("en-GB")} more: --rows-max, --csv\n`;
}

/** Characters of a cell in a table; the whole text is in CSV and JSON. */
const cellCharsMax = 60;

function short<Cell>(cell: Cell): Cell | string {
  if (typeof cell !== "string") return cell;
  const chars = [...cell];
  return chars.length > cellCharsMax ? `${chars.slice(0, cellCharsMax - 1).join("")}…` : cell;
}

type Nested = Uint8Array | Value[] | { [name: string]: Value };

function isNested(value: Value): value is Nested {
  return typeof value === "object" && value !== null;
}

function plain(value: Value): string {
  return isNested(value) && !(value instanceof Uint8Array) ? jsonOf(value) : scalar(value);
}

function scalar(value: Exclude<Value, null> | null): string {
  return value instanceof Uint8Array ? value.toBase64() : String(value);
}

/** Integers that a reader of JSON would round are texts. */
function jsonOf(value: Value): string {
  return JSON.stringify(value, (_, inner) => {
    if (typeof inner === "bigint") return String(inner);
    return inner instanceof Uint8Array ? inner.toBase64() : inner;
  });
}
