/**
 * MySQL check: a server as a source -> what is missing in it, before anything of it is read.
 *
 *   in    information_schema, and the first row of each table
 *   out   what a person may not expect, a sentence each
 *
 * A table without rows is told; three of them are no source. Names of columns have to be exactly
 * those of the source, because they are the names in what is posted; others are posted too, and
 * cleaning does not take them.
 */
import { UsageError } from "../errors.ts";
import { nearNames } from "../near_names.ts";
import { sourceTables, type TableName, tableNames } from "../tables.ts";
import type { MysqlTarget } from "../target.ts";
import { ask, type Row, type SourceOptions } from "./mysql.ts";

/**
 * @param options tables that are not read, whether they exist or not; how long to wait
 * @throws {UsageError} a line for each table or column that is missing
 * @throws {OutsideError} if the server cannot be asked
 */
export async function checkSource(
  target: MysqlTarget,
  options: SourceOptions = {},
): Promise<string[]> {
  const wanted = tableNames.filter((table) => !options.without?.includes(table));
  const question: Question = (doing, sql) => ask(target, doing, sql, options.limitMs);
  const notes = judgeTables(await columnsByTable(question), wanted, target.database);
  return [...notes, ...await emptyTables(question, wanted, target.database)];
}

type Question = (doing: string, sql: string) => Promise<Row[]>;

/**
 * Columns by table -> what a person may not expect.
 * @throws {UsageError} a line for each table or column that is missing
 */
export function judgeTables(
  present: ReadonlyMap<string, readonly string[]>,
  wanted: readonly TableName[],
  database: string,
): string[] {
  const notes: string[] = [];
  const problems = wanted.flatMap((table) => {
    const { source, columns } = sourceTables[table];
    const found = present.get(source);
    if (found === undefined) return [missingTable(database, table, [...present.keys()])];
    const names = columns.map(({ name }) => name);
    const missing = names.filter((name) => !found.includes(name));
    if (missing.length > 0) return [missingColumns(source, missing, found)];
    const others = found.filter((name) => !names.includes(name));
    if (others.length > 0) notes.push(`${source}: these columns are not taken: ${listed(others)}`);
    return [];
  });
  if (problems.length > 0) throw new UsageError(problems.join("\n"));
  return notes;
}

async function columnsByTable(ask: Question): Promise<Map<string, string[]>> {
  const rows = await ask(
    "list the tables",
    "SELECT table_name AS t, column_name AS c FROM information_schema.columns " +
      "WHERE table_schema = DATABASE() ORDER BY table_name, ordinal_position",
  );
  const columns = Map.groupBy(rows, ({ t }) => String(t));
  return new Map(columns.entries().map(([t, of]) => [t, of.map(({ c }) => String(c))]));
}

function missingTable(database: string, table: TableName, present: string[]): string {
  const { source } = sourceTables[table];
  const told = `No table ${source} in the database ${database}`;
  if (present.length === 0) return `${told}, which has no tables at all`;
  const near = nearNames(source, present);
  const hint = near.length > 0
    ? `did you mean ${near.join(" or ")}?`
    : `it has ${present.slice(0, 10).join(", ")}${present.length > 10 ? ", …" : ""}.`;
  return `${told}: ${hint} Rename it or make a view of that name; a table that is meant to be ` +
    `absent is left out with --without ${table}`;
}

function missingColumns(source: string, missing: string[], found: readonly string[]): string {
  return `The table ${source} lacks the columns ${listed(missing)}; it has ${listed(found)}`;
}

function listed(names: readonly string[]): string {
  return names.map((name) => `'${name}'`).join(", ");
}

async function emptyTables(
  ask: Question,
  wanted: readonly TableName[],
  database: string,
): Promise<string[]> {
  const rowCounts: Record<string, number> = {};
  for (const table of wanted) {
    const { source } = sourceTables[table];
    const rows = await ask(`read ${source}`, `SELECT 1 FROM \`${source}\` LIMIT 1`);
    rowCounts[source] = rows.length;
  }
  return notesOfRows(rowCounts, database);
}

/**
 * What is said of tables that are there and have no rows.
 * @param rowCounts by the table's name in the source
 * @throws {UsageError} if no table has any
 */
export function notesOfRows(
  rowCounts: Readonly<Record<string, number>>,
  where: string,
): string[] {
  const empty = Object.keys(rowCounts).filter((name) => rowCounts[name] === 0);
  if (empty.length > 0 && empty.length === Object.keys(rowCounts).length) {
    throw new UsageError(`There are no rows in ${where}: all is empty that was looked at`);
  }
  return empty.map((name) => `${name} has no rows`);
}
