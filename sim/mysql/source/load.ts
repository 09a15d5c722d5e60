/**
 * Load: one source file -> one table in DuckDB, typed, in the order of its key.
 *
 * The key may repeat and come in any order; rows with the same key stay in the order of the
 * file. Times lose their fraction, rounded as MySQL does on insert.
 */
import type { DuckDBConnection } from "@duckdb/node-api";
import { columnKinds, type SourceTable } from "../schema.ts";
import { literal, quoteName } from "../sql/rewrite.ts";
import { problemOf } from "./diagnose.ts";
import { SourceFileError } from "./errors.ts";
import { engineProblem, openSource, type SourceReader } from "./reader.ts";
import { valueRules } from "./values.ts";

/** Marks a refusal of ours among the errors of DuckDB. */
const refusal = "not a value of its type:";

/** Returns the number of rows. @throws {SourceFileError} */
export async function loadTable(
  connection: DuckDBConnection,
  path: string,
  table: SourceTable,
  database: string,
): Promise<number> {
  const reader = await openSource(connection, path, table);
  const name = `${quoteName(database)}.${quoteName(table.name)}`;
  const typed = table.columns.map((column, at) => {
    const cell = reader.cells[at];
    if (cell === undefined) throw new RangeError(`Cannot load column ${at}: it was not matched`);
    return `${typedCell(cell.sql, cell.column)} AS ${quoteName(column.name)}`;
  });
  try {
    await connection.run(
      `CREATE OR REPLACE TABLE ${name} AS SELECT ${typed.join(", ")} FROM ${reader.from}`,
    );
  } catch (error) {
    if (isOurTrouble(error)) throw error;
    throw await reader.diagnose() ?? await findRow(connection, path, reader, error);
  }
  await sortByKey(connection, name, table.key);
  return await countRows(connection, name);
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

/** Looks for the refused cell where there are no lines to look through. */
async function findRow(
  connection: DuckDBConnection,
  path: string,
  reader: SourceReader,
  error: unknown,
): Promise<SourceFileError> {
  const cells = reader.cells.filter(({ column }) => column.kind !== "text");
  try {
    const result = await connection.stream(
      `SELECT ${cells.map(({ sql }) => sql).join(", ")} FROM ${reader.from}`,
    );
    let row = 0;
    for await (const rows of result.yieldRowsJson()) {
      for (const values of rows) {
        row++;
        for (const [at, { column }] of cells.entries()) {
          const value = values[at];
          const problem = problemOf(column, typeof value === "string" ? value : null);
          if (problem === null) continue;
          return new SourceFileError(path, `In row ${row}: ${problem}`, { column: column.inFile });
        }
      }
    }
  } catch (another) {
    return new SourceFileError(path, engineProblem(another));
  }
  return new SourceFileError(path, engineProblem(error));
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
