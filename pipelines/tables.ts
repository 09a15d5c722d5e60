/**
 * The three tables of the source, their columns in source order, and the names that everything
 * made from them carries: topics, streams, S3 keys, clean tables.
 *
 * Source: the course's database; see fixtures/ for what its values look like.
 */
export const tableNames = ["pin", "geo", "user"] as const;
export type TableName = typeof tableNames[number];

export interface SourceTable {
  /** Name in the source database. */
  source: string;
  /** The key that the three tables share, by its source name. */
  key: string;
  /** Columns in source order; `number` columns hold integers or doubles, all others text or times. */
  columns: readonly { name: string; kind: "number" | "text" | "time" }[];
}

const text = (name: string) => ({ name, kind: "text" as const });
const number = (name: string) => ({ name, kind: "number" as const });
const time = (name: string) => ({ name, kind: "time" as const });

export const sourceTables: Readonly<Record<TableName, SourceTable>> = {
  pin: {
    source: "pinterest_data",
    key: "index",
    columns: [
      number("index"),
      text("unique_id"),
      text("title"),
      text("description"),
      text("poster_name"),
      text("follower_count"),
      text("tag_list"),
      text("is_image_or_video"),
      text("image_src"),
      number("downloaded"),
      text("save_location"),
      text("category"),
    ],
  },
  geo: {
    source: "geolocation_data",
    key: "ind",
    columns: [
      number("ind"),
      time("timestamp"),
      number("latitude"),
      number("longitude"),
      text("country"),
    ],
  },
  user: {
    source: "user_data",
    key: "ind",
    columns: [
      number("ind"),
      text("first_name"),
      text("last_name"),
      number("age"),
      time("date_joined"),
    ],
  },
};

/** `<id>.pin` and so on: the Kafka topic of a table. */
export function topicOf(id: string, table: TableName): string {
  return `${id}.${table}`;
}

/** The table whose topic this is, or undefined for a topic of nobody here. */
export function tableOfTopic(id: string, topic: string): TableName | undefined {
  return tableNames.find((table) => topicOf(id, table) === topic);
}

/** `streaming-<id>-pin` and so on: the Kinesis stream of a table. */
export function streamOf(id: string, table: TableName): string {
  return `streaming-${id}-${table}`;
}

/** `<id>_pin_table` and so on: the Delta table that the stream of a table is written to. */
export function deltaTableOf(id: string, table: TableName | "rejects"): string {
  return `${id}_${table}_table`;
}

/** `shardId-000000000003` -> 3; undefined for what is no shard id. */
export function shardNumberOf(shardId: string): number | undefined {
  return /^shardId-[0-9]{12}$/.test(shardId) ? Number(shardId.slice(8)) : undefined;
}

/** 3 -> `shardId-000000000003`. */
export function shardIdOf(shardNumber: number): string {
  return `shardId-${String(shardNumber).padStart(12, "0")}`;
}

/** Something for each of the three tables. */
export function perTable<T>(of: (table: TableName) => T): Record<TableName, T> {
  return { pin: of("pin"), geo: of("geo"), user: of("user") };
}
