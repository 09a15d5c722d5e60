/**
 * The three tables of the source database: columns, types, key.
 *
 * Observed: names and order in what students printed of the course's database; its types are
 * those pandas gives (`bigint`, `double`, `text`, `datetime`), without primary keys.
 */
export const sourceTableNames = ["pinterest_data", "geolocation_data", "user_data"] as const;
export type SourceTableName = typeof sourceTableNames[number];

export type ColumnKind = "integer" | "double" | "datetime" | "text";

export interface SourceColumn {
  name: string;
  kind: ColumnKind;
}

export interface SourceTable {
  name: SourceTableName;
  /** Rows are kept in its order. */
  key: string;
  columns: readonly SourceColumn[];
}

const integer = (name: string): SourceColumn => ({ name, kind: "integer" });
const double = (name: string): SourceColumn => ({ name, kind: "double" });
const datetime = (name: string): SourceColumn => ({ name, kind: "datetime" });
const text = (name: string): SourceColumn => ({ name, kind: "text" });

export const sourceTables: Readonly<Record<SourceTableName, SourceTable>> = {
  pinterest_data: {
    name: "pinterest_data",
    key: "index",
    columns: [
      integer("index"),
      text("unique_id"),
      text("title"),
      text("description"),
      text("poster_name"),
      text("follower_count"),
      text("tag_list"),
      text("is_image_or_video"),
      text("image_src"),
      integer("downloaded"),
      text("save_location"),
      text("category"),
    ],
  },
  geolocation_data: {
    name: "geolocation_data",
    key: "ind",
    columns: [
      integer("ind"),
      datetime("timestamp"),
      double("latitude"),
      double("longitude"),
      text("country"),
    ],
  },
  user_data: {
    name: "user_data",
    key: "ind",
    columns: [
      integer("ind"),
      text("first_name"),
      text("last_name"),
      integer("age"),
      datetime("date_joined"),
    ],
  },
};

/** What each kind is in MySQL's words and in DuckDB's. */
export const columnKinds: Readonly<Record<ColumnKind, { mysql: string; duckdb: string }>> = {
  integer: { mysql: "bigint", duckdb: "BIGINT" },
  double: { mysql: "double", duckdb: "DOUBLE" },
  datetime: { mysql: "datetime", duckdb: "TIMESTAMP" },
  text: { mysql: "text", duckdb: "VARCHAR" },
};
