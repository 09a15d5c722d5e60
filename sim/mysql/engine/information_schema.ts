/**
 * information_schema, as far as clients ask for it when they connect and reflect: tables of its
 * own, because DuckDB's tells of DuckDB.
 *
 * Documented: column names and order as in MySQL 8.0; columns that are always empty here, and
 * tables about users, locks and statistics, are left out.
 */
import { columnKinds, type SourceTable } from "../schema.ts";
import { literal } from "../sql/rewrite.ts";
import { informationSchema } from "../sql/rewrite.ts";

export interface LoadedTable {
  table: SourceTable;
  rowCount: number;
}

type Cell = string | number | null;

const collation = "utf8mb4_0900_ai_ci";
const textBytes = 65_535;

const columnNames = "TABLE_CATALOG TABLE_SCHEMA TABLE_NAME COLUMN_NAME ORDINAL_POSITION " +
  "COLUMN_DEFAULT IS_NULLABLE DATA_TYPE CHARACTER_MAXIMUM_LENGTH CHARACTER_OCTET_LENGTH " +
  "NUMERIC_PRECISION NUMERIC_SCALE DATETIME_PRECISION CHARACTER_SET_NAME COLLATION_NAME " +
  "COLUMN_TYPE COLUMN_KEY EXTRA PRIVILEGES COLUMN_COMMENT GENERATION_EXPRESSION";

function columnRows(database: string, tables: readonly LoadedTable[]): Cell[][] {
  return tables.flatMap(({ table }) =>
    table.columns.map(({ name, kind }, at): Cell[] => {
      const isText = kind === "text";
      return [
        ...["def", database, table.name, name, at + 1, null, "YES", columnKinds[kind].mysql],
        ...(isText ? [textBytes, textBytes] : [null, null]),
        kind === "integer" ? 19 : kind === "double" ? 22 : null,
        kind === "integer" ? 0 : null,
        kind === "datetime" ? 0 : null,
        ...(isText ? ["utf8mb4", collation] : [null, null]),
        ...[columnKinds[kind].mysql, "", "", "select", "", ""],
      ];
    })
  );
}

const tableNames = "TABLE_CATALOG TABLE_SCHEMA TABLE_NAME TABLE_TYPE ENGINE VERSION ROW_FORMAT " +
  "TABLE_ROWS AVG_ROW_LENGTH DATA_LENGTH INDEX_LENGTH AUTO_INCREMENT CREATE_TIME UPDATE_TIME " +
  "TABLE_COLLATION TABLE_COMMENT";

function tableRows(database: string, tables: readonly LoadedTable[], time: string): Cell[][] {
  return tables.map(({ table, rowCount }) => [
    ...["def", database, table.name, "BASE TABLE", "InnoDB", 10, "Dynamic", rowCount],
    ...[0, 0, 0, null, time, null, collation, ""],
  ]);
}

const emptyTables: Readonly<Record<string, string>> = {
  statistics: "TABLE_CATALOG TABLE_SCHEMA TABLE_NAME NON_UNIQUE INDEX_SCHEMA INDEX_NAME " +
    "SEQ_IN_INDEX COLUMN_NAME COLLATION CARDINALITY SUB_PART PACKED NULLABLE INDEX_TYPE COMMENT",
  key_column_usage: "CONSTRAINT_CATALOG CONSTRAINT_SCHEMA CONSTRAINT_NAME TABLE_CATALOG " +
    "TABLE_SCHEMA TABLE_NAME COLUMN_NAME ORDINAL_POSITION POSITION_IN_UNIQUE_CONSTRAINT " +
    "REFERENCED_TABLE_SCHEMA REFERENCED_TABLE_NAME REFERENCED_COLUMN_NAME",
  table_constraints: "CONSTRAINT_CATALOG CONSTRAINT_SCHEMA CONSTRAINT_NAME TABLE_SCHEMA " +
    "TABLE_NAME CONSTRAINT_TYPE ENFORCED",
  referential_constraints: "CONSTRAINT_CATALOG CONSTRAINT_SCHEMA CONSTRAINT_NAME " +
    "UNIQUE_CONSTRAINT_NAME MATCH_OPTION UPDATE_RULE DELETE_RULE TABLE_NAME " +
    "REFERENCED_TABLE_NAME",
  views: "TABLE_CATALOG TABLE_SCHEMA TABLE_NAME VIEW_DEFINITION CHECK_OPTION IS_UPDATABLE DEFINER",
  routines: "SPECIFIC_NAME ROUTINE_CATALOG ROUTINE_SCHEMA ROUTINE_NAME ROUTINE_TYPE DATA_TYPE",
  triggers: "TRIGGER_CATALOG TRIGGER_SCHEMA TRIGGER_NAME EVENT_MANIPULATION EVENT_OBJECT_TABLE",
  events: "EVENT_CATALOG EVENT_SCHEMA EVENT_NAME STATUS",
};

/** Statements that make the tables anew. */
export function informationSchemaStatements(
  database: string,
  tables: readonly LoadedTable[],
  time: string,
): string[] {
  const schemata = ["information_schema", "performance_schema", database].map((name) => [
    "def",
    name,
    "utf8mb4",
    collation,
    null,
    "NO",
  ]);
  return [
    `CREATE SCHEMA IF NOT EXISTS ${informationSchema}`,
    createTable(
      "schemata",
      "CATALOG_NAME SCHEMA_NAME DEFAULT_CHARACTER_SET_NAME DEFAULT_COLLATION_NAME SQL_PATH " +
        "DEFAULT_ENCRYPTION",
      schemata,
    ),
    createTable("tables", tableNames, tableRows(database, tables, time)),
    createTable("columns", columnNames, columnRows(database, tables)),
    createTable(
      "engines",
      "ENGINE SUPPORT COMMENT TRANSACTIONS XA SAVEPOINTS",
      [
        ["InnoDB", "DEFAULT", "Supports transactions, row-level locking, and foreign keys"],
      ].map((row) => [...row, "YES", "YES", "YES"]),
    ),
    createTable("character_sets", "CHARACTER_SET_NAME DEFAULT_COLLATE_NAME DESCRIPTION MAXLEN", [
      ["utf8mb4", collation, "UTF-8 Unicode", 4],
    ]),
    ...Object.entries(emptyTables).map(([name, columns]) => createTable(name, columns, [])),
  ];
}

function createTable(name: string, columns: string, rows: readonly Cell[][]): string {
  const names = columns.split(" ");
  const types = names.map((_, at) =>
    rows.some((row) => typeof row[at] === "number") ? "BIGINT" : "VARCHAR"
  );
  const selects = rows.map((row) => {
    const cells = row.map((cell, at) => `CAST(${literal(cell)} AS ${types[at]}) AS ${names[at]}`);
    return `SELECT ${cells.join(", ")}`;
  });
  const none = names.map((column, at) => `CAST(NULL AS ${types[at]}) AS ${column}`).join(", ");
  const body = selects.length > 0 ? selects.join(" UNION ALL ") : `SELECT ${none} LIMIT 0`;
  return `CREATE OR REPLACE TABLE ${informationSchema}.${name} AS ${body}`;
}
