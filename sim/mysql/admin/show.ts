/**
 * SHOW and DESCRIBE: tokens -> rows about the server, its databases and tables.
 *
 * Documented: columns as in MySQL 8.0.
 * Left out: SHOW statements about replication, users and the performance schema.
 */
import { MysqlError, syntaxError, unknownDatabase, unknownTable } from "../errors.ts";
import type { LoadedTable } from "../engine/information_schema.ts";
import { systemDatabases } from "../login.ts";
import { columnKinds, type SourceTable } from "../schema.ts";
import type { Token } from "../sql/tokens.ts";
import { type Answer, rowsOf } from "./answers.ts";
import { filterRows, type Row } from "./filter.ts";
import type { Variables } from "./variables.ts";

export interface ShowContext {
  sql: string;
  tokens: readonly Token[];
  /** The account's own database. */
  ownDatabase: string;
  /** The chosen one. */
  database: string | null;
  user: string;
  variables: Variables;
  tables: () => Promise<ReadonlyMap<string, LoadedTable>>;
  processes: () => Row[];
  status: () => [string, string][];
  now: string;
}

const collation = "utf8mb4_0900_ai_ci";
const modifiers = new Set(["FULL", "GLOBAL", "SESSION", "LOCAL", "EXTENDED", "STORAGE"]);

export async function show(ctx: ShowContext): Promise<Answer> {
  const { tokens, sql } = ctx;
  let at = 1;
  const given = new Set<string>();
  while (modifiers.has(tokens[at]?.key ?? "")) given.add(tokens[at++]?.key ?? "");
  const what = tokens[at];
  if (what === undefined) throw syntaxError(sql, sql.length);
  const filtered = (headings: string[], rows: readonly Row[], from = at + 1): Answer =>
    rowsOf(headings, filterRows(sql, tokens, from, headings, rows));
  switch (what.key) {
    case "DATABASES":
    case "SCHEMAS":
      return filtered(["Database"], [...systemDatabases, ctx.ownDatabase].sort().map((n) => [n]));
    case "TABLES":
      return await showTables(ctx, at + 1, given.has("FULL"));
    case "TABLE":
      return await showTableStatus(ctx, at + 2);
    case "COLUMNS":
    case "FIELDS":
      return await showColumns(ctx, at + 1, given.has("FULL"));
    case "INDEX":
    case "INDEXES":
    case "KEYS":
      return await showIndex(ctx, at + 1);
    case "CREATE":
      return await showCreate(ctx, at + 1);
    case "VARIABLES":
      return filtered(["Variable_name", "Value"], ctx.variables.list());
    case "STATUS":
      return filtered(["Variable_name", "Value"], ctx.status());
    case "WARNINGS":
    case "ERRORS":
      return rowsOf(["Level", "Code", "Message"], []);
    case "COUNT":
      return rowsOf([`@@session.${(tokens.at(-2)?.value ?? "").replace(/s$/i, "")}_count`], [[0]]);
    case "COLLATION":
      return filtered(
        ["Collation", "Charset", "Id", "Default", "Compiled", "Sortlen", "Pad_attribute"],
        collations,
      );
    case "CHARSET":
      return filtered(charsetHeadings, charsets);
    case "CHARACTER":
      return filtered(charsetHeadings, charsets, at + 2);
    case "ENGINES":
      return rowsOf(
        ["Engine", "Support", "Comment", "Transactions", "XA", "Savepoints"],
        [
          ["InnoDB", "DEFAULT", "Supports transactions, row-level locking, and foreign keys"],
        ].map((row) => [...row, "YES", "YES", "YES"]),
      );
    case "PROCESSLIST":
      return rowsOf(processHeadings, ctx.processes());
    case "GRANTS":
      return rowsOf([`Grants for ${ctx.user}@%`], [
        [`GRANT USAGE ON *.* TO \`${ctx.user}\`@\`%\``],
        [`GRANT SELECT, SHOW VIEW ON \`${ctx.ownDatabase}\`.* TO \`${ctx.user}\`@\`%\``],
      ]);
    default:
      return showNothing(ctx, what);
  }
}

export const processHeadings = "Id User Host db Command Time State Info".split(" ");
const charsetHeadings = ["Charset", "Description", "Default collation", "Maxlen"];
const charsets: Row[] = [
  ["ascii", "US ASCII", "ascii_general_ci", 1],
  ["binary", "Binary pseudo charset", "binary", 1],
  ["latin1", "cp1252 West European", "latin1_swedish_ci", 1],
  ["utf8mb3", "UTF-8 Unicode", "utf8mb3_general_ci", 3],
  ["utf8mb4", "UTF-8 Unicode", collation, 4],
];
const collations: Row[] = [
  ["binary", "binary", 63, "Yes", "Yes", 1, "NO PAD"],
  ["latin1_swedish_ci", "latin1", 8, "Yes", "Yes", 1, "PAD SPACE"],
  ["utf8mb3_general_ci", "utf8mb3", 33, "Yes", "Yes", 1, "PAD SPACE"],
  [collation, "utf8mb4", 255, "Yes", "Yes", 0, "NO PAD"],
  ["utf8mb4_bin", "utf8mb4", 46, "", "Yes", 1, "PAD SPACE"],
  ["utf8mb4_general_ci", "utf8mb4", 45, "", "Yes", 1, "PAD SPACE"],
  ["utf8mb4_unicode_ci", "utf8mb4", 224, "", "Yes", 8, "PAD SPACE"],
];

/** Things there are none of here. */
const emptyLists: Readonly<Record<string, string>> = {
  TRIGGERS: "Trigger Event Table Statement Timing Created sql_mode Definer",
  EVENTS: "Db Name Definer Time_zone Type Status",
  FUNCTION: "Db Name Type Definer Modified Created Security_type Comment",
  PROCEDURE: "Db Name Type Definer Modified Created Security_type Comment",
  PLUGINS: "Name Status Type Library License",
  PRIVILEGES: "Privilege Context Comment",
  OPEN: "Database Table In_use Name_locked",
  PROFILES: "Query_ID Duration Query",
};

function showNothing({ sql }: ShowContext, what: Token): Answer {
  const headings = emptyLists[what.key];
  if (headings !== undefined) return rowsOf(headings.split(" "), []);
  const needs: Record<string, string> = {
    MASTER: "SUPER, REPLICATION CLIENT",
    SLAVE: "SUPER, REPLICATION CLIENT",
    REPLICA: "SUPER, REPLICATION CLIENT",
    BINARY: "SUPER, REPLICATION CLIENT",
    ENGINE: "PROCESS",
  };
  const privilege = needs[what.key];
  if (privilege === undefined) throw syntaxError(sql, what.at);
  throw new MysqlError(
    "ER_SPECIFIC_ACCESS_DENIED_ERROR",
    `Access denied; you need (at least one of) the ${privilege} privilege(s) for this operation`,
  );
}

/** `[FROM|IN] database`, or the chosen one. */
function readDatabase(ctx: ShowContext, at: number): { database: string; next: number } {
  const hasFrom = ["FROM", "IN"].includes(ctx.tokens[at]?.key ?? "");
  const database = hasFrom ? ctx.tokens[at + 1]?.value ?? "" : ctx.database;
  if (database === null) throw new MysqlError("ER_NO_DB_ERROR", "No database selected");
  if (![...systemDatabases, ctx.ownDatabase].includes(database)) throw unknownDatabase(database);
  return { database, next: hasFrom ? at + 2 : at };
}

async function tablesOf(ctx: ShowContext, database: string): Promise<LoadedTable[]> {
  if (database !== ctx.ownDatabase) return [];
  const tables = await ctx.tables();
  return [...tables.values()].sort((a, b) => a.table.name < b.table.name ? -1 : 1);
}

async function showTables(ctx: ShowContext, from: number, isFull: boolean): Promise<Answer> {
  const { database, next } = readDatabase(ctx, from);
  const tables = await tablesOf(ctx, database);
  const pattern = ctx.tokens[next]?.key === "LIKE" ? ` (${ctx.tokens[next + 1]?.value})` : "";
  const headings = [`Tables_in_${database}${pattern}`, ...(isFull ? ["Table_type"] : [])];
  const rows = tables.map(({ table }) => [table.name, ...(isFull ? ["BASE TABLE"] : [])]);
  return rowsOf(headings, filterRows(ctx.sql, ctx.tokens, next, headings, rows));
}

async function showTableStatus(ctx: ShowContext, from: number): Promise<Answer> {
  const { database, next } = readDatabase(ctx, from);
  const headings = ("Name Engine Version Row_format Rows Avg_row_length Data_length " +
    "Max_data_length Index_length Data_free Auto_increment Create_time Update_time Check_time " +
    "Collation Checksum Create_options Comment").split(" ");
  const rows = (await tablesOf(ctx, database)).map(({ table, rowCount }) => [
    ...[table.name, "InnoDB", 10, "Dynamic", rowCount, 0, 0, 0, 0, 0, null, ctx.now, null, null],
    ...[collation, null, "", ""],
  ]);
  return rowsOf(headings, filterRows(ctx.sql, ctx.tokens, next, headings, rows));
}

/** `FROM table [FROM database]`, or `FROM database.table`. */
async function readTable(
  ctx: ShowContext,
  at: number,
): Promise<{ table: SourceTable; next: number }> {
  const { tokens } = ctx;
  if (["FROM", "IN"].includes(tokens[at]?.key ?? "")) at++;
  const isQualified = tokens[at + 1]?.key === ".";
  const name = tokens[at + (isQualified ? 2 : 0)]?.value ?? "";
  const after = at + (isQualified ? 3 : 1);
  const { database, next } = isQualified
    ? { database: tokens[at]?.value ?? "", next: after }
    : readDatabase(ctx, after);
  const found = database === ctx.ownDatabase ? (await ctx.tables()).get(name) : undefined;
  if (found === undefined) throw unknownTable(database, name);
  return { table: found.table, next };
}

async function showColumns(ctx: ShowContext, from: number, isFull: boolean): Promise<Answer> {
  const { table, next } = await readTable(ctx, from);
  const headings = isFull
    ? "Field Type Collation Null Key Default Extra Privileges Comment".split(" ")
    : "Field Type Null Key Default Extra".split(" ");
  const rows = table.columns.map(({ name, kind }): Row => {
    const type = columnKinds[kind].mysql;
    const textCollation = kind === "text" ? collation : null;
    return isFull
      ? [name, type, textCollation, "YES", "", null, "", "select", ""]
      : [name, type, "YES", "", null, ""];
  });
  return rowsOf(headings, filterRows(ctx.sql, ctx.tokens, next, headings, rows));
}

/** `DESCRIBE table [column]`. */
export async function describe(ctx: ShowContext): Promise<Answer> {
  const { table, next } = await readTable(ctx, 1);
  const wanted = ctx.tokens[next];
  const rows = table.columns
    .filter(({ name }) => wanted?.kind === "end" || name === wanted?.value)
    .map(({ name, kind }): Row => [name, columnKinds[kind].mysql, "YES", "", null, ""]);
  return rowsOf("Field Type Null Key Default Extra".split(" "), rows);
}

async function showIndex(ctx: ShowContext, from: number): Promise<Answer> {
  await readTable(ctx, from);
  const headings = "Table Non_unique Key_name Seq_in_index Column_name Collation Cardinality " +
    "Sub_part Packed Null Index_type Comment Index_comment Visible Expression";
  return rowsOf(headings.split(" "), []);
}

async function showCreate(ctx: ShowContext, at: number): Promise<Answer> {
  const what = ctx.tokens[at];
  if (what?.key === "DATABASE" || what?.key === "SCHEMA") {
    const name = ctx.tokens[at + 1]?.value ?? "";
    if (name !== ctx.ownDatabase) throw unknownDatabase(name);
    return rowsOf(["Database", "Create Database"], [[
      name,
      `CREATE DATABASE \`${name}\` /*!40100 DEFAULT CHARACTER SET utf8mb4 COLLATE ${collation} */`,
    ]]);
  }
  if (what?.key !== "TABLE") throw syntaxError(ctx.sql, what?.at ?? ctx.sql.length);
  const { table } = await readTable(ctx, at + 1);
  const lines = table.columns.map(({ name, kind }) => {
    const type = columnKinds[kind].mysql;
    return `  \`${name}\` ${type}${kind === "text" ? "" : " DEFAULT NULL"}`;
  });
  const create = `CREATE TABLE \`${table.name}\` (\n${lines.join(",\n")}\n) ENGINE=InnoDB ` +
    `DEFAULT CHARSET=utf8mb4 COLLATE=${collation}`;
  return rowsOf(["Table", "Create Table"], [[table.name, create]]);
}
