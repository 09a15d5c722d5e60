/**
 * Load: the source files of a table -> one table in DuckDB, typed, in the order of its key.
 *
 * The key may repeat and come in any order; rows with the same key stay in the order of the
 * files. Times lose their fraction, rounded as MySQL does on insert. Several files are the parts
 * of one: each is read by itself, and may be of another type.
 *
 * A row that cannot be read ends the load with its place, or is put aside.
 */
import type { DuckDBConnection } from "@duckdb/node-api";
import { columnKinds, type SourceTable } from "../schema.ts";
import { literal, quoteName } from "../sql/rewrite.ts";
import { SourceFileError } from "./errors.ts";
import { plainFile, type SourceFile } from "./plain.ts";
import { engineProblem, openSource, type SourceReader } from "./reader.ts";
import { firstFault, sift } from "./sift.ts";
import type { UnreadableRows } from "./unreadable.ts";
import { valueRules } from "./values.ts";

/** Marks a refusal of ours among the errors of DuckDB. */
const refusal = "not a value of its type:";

export interface LoadContext {
  connection: DuckDBConnection;
  database: string;
  /** Folder for copies that are gone when everything is loaded. */
  scratchDir: string;
  /** Takes the rows that cannot be read; null: the first of them ends the load. */
  unreadable: UnreadableRows | null;
  onNote(note: string): void;
}

/** Returns the number of rows. @throws {SourceFileError} */
export async function loadTable(
  context: LoadContext,
  paths: readonly string[],
  table: SourceTable,
): Promise<number> {
  const { connection, database } = context;
  const name = `${quoteName(database)}.${quoteName(table.name)}`;
  const notes = new Set<string>();
  for (const [at, path] of paths.entries()) {
    await loadFile(context, path, at, table, name, (text) => {
      // What is true of all parts is said of the first.
      if (!notes.has(text)) context.onNote(`${path}: ${text}`);
      notes.add(text);
    });
  }
  await sortByKey(connection, name, table.key);
  return await countRows(connection, name);
}

async function loadFile(
  context: LoadContext,
  path: string,
  at: number,
  table: SourceTable,
  name: string,
  onNote: (text: string) => void,
): Promise<void> {
  const { connection, scratchDir, unreadable } = context;
  const prefix = `${scratchDir}/${table.name}-${at}`;
  const into = at === 0 ? `CREATE OR REPLACE TABLE ${name} AS` : `INSERT INTO ${name}`;
  const file = await plainFile(path, prefix, onNote);
  const reader = await openSource(connection, file, table, onNote);
  try {
    return await insert(connection, into, table, reader);
  } catch (error) {
    if (isOurTrouble(error)) throw error;
    if (unreadable === null) {
      throw await firstFault(connection, file, reader, prefix) ?? fileTrouble(file, error);
    }
  }
  const good = await sift(connection, file, reader, prefix, (row) => {
    unreadable.add(table.name, path, row);
  });
  try {
    await insert(connection, into, table, await openSource(connection, good, table, () => {}));
  } catch (error) {
    throw isOurTrouble(error) ? error : fileTrouble(file, error);
  }
}

async function insert(
  connection: DuckDBConnection,
  into: string,
  table: SourceTable,
  { cells, from }: SourceReader,
): Promise<void> {
  const typed = table.columns.map((column, at) => {
    const cell = cells[at];
    if (cell === undefined) throw new RangeError(`Cannot load column ${at}: it was not matched`);
    return `${typedCell(cell.sql, cell.column)} AS ${quoteName(column.name)}`;
  });
  await connection.run(`${into} SELECT ${typed.join(", ")} FROM ${from}`);
}

function fileTrouble({ name }: SourceFile, error: unknown): Error {
  if (error instanceof SourceFileError) return error;
  return new SourceFileError(name, engineProblem(error));
}

/** A full disk or memory, or the end of the server: the file is not to blame. */
function isOurTrouble(error: unknown): boolean {
  return error instanceof Error && /^(IO|Out of Memory|INTERRUPT) Error/i.test(error.message);
}

function typedCell(sql: string, { kind, isKey }: SourceReader["cells"][number]["column"]): string {
  if (kind === "text") return sql;
  const type = columnKinds[kind].duckdb;
  const isRight = `regexp_full_match(${sql}, ${literal(valueRules[kind].pattern)})` +
    (kind === "datetime" ? ` AND TRY_CAST(${sql} AS TIMESTAMP) IS NOT NULL` : "");
  const refused = `error(${literal(refusal)} || ${sql})`;
  const whenNull = isKey ? `error(${literal(refusal)})` : "NULL";
  return `CASE WHEN ${sql} IS NULL THEN ${whenNull} WHEN ${isRight} ` +
    `THEN ${castCell(sql, type)} ELSE ${refused} END`;
}

function castCell(sql: string, type: string): string {
  const cast = `CAST(${sql} AS ${type})`;
  return type === "TIMESTAMP" ? `date_trunc('second', ${cast} + INTERVAL 500 MILLISECOND)` : cast;
}

/** Most files come sorted: then one pass over the key is all. */
async function sortByKey(connection: DuckDBConnection, name: string, key: string): Promise<void> {
  const sorted = await connection.runAndReadAll(
    `SELECT coalesce(bool_and(k >= before), true) FROM ` +
      `(SELECT ${quoteName(key)} AS k, lag(${quoteName(key)}) OVER () AS before FROM ${name})`,
  );
  if (sorted.getRows()[0]?.[0] === true) return;
  await connection.run(
    `CREATE TABLE sorting AS SELECT * FROM ${name} ORDER BY ${quoteName(key)}, rowid`,
  );
  await connection.run(`CREATE OR REPLACE TABLE ${name} AS SELECT * FROM sorting`);
  await connection.run("DROP TABLE sorting");
}

async function countRows(connection: DuckDBConnection, name: string): Promise<number> {
  const counted = await connection.runAndReadAll(`SELECT count(*) FROM ${name}`);
  return Number(counted.getRows()[0]?.[0]);
}
