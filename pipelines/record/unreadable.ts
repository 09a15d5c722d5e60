/**
 * Unreadable: rows of source files that no reader could take -> rows of the rejects, and one more
 * hop of the proof: source = posted + unreadable.
 *
 *   in    JSON lines `{"table", "reason", "bytes"}`, the table by its name in the source, the bytes
 *         as they stood in the file, in base64; a line has less than 16 MiB
 *
 * These rows are in no database, topic or stream: whoever loads the files hands over the list, the
 * same at every start on the same source.
 */
import { perTable, sourceTables, type TableName, tableNames } from "../tables.ts";
import type { DuckDbWarehouse, Row } from "../warehouse/duckdb.ts";
import { literal } from "../warehouse/quoting.ts";

type Counts = Record<TableName, number>;

/** A FROM item with the columns "table", reason and bytes; empty where there is no list. */
export function unreadableRows(path: string | null): string {
  if (path === null) {
    return `(select null::varchar as "table", null::varchar as reason, null::varchar as bytes
      limit 0)`;
  }
  const cases = tableNames.map((table) =>
    `when ${literal(sourceTables[table].source)} then ${literal(table)}`
  );
  return `(select case "table" ${cases.join(" ")} end as "table", reason, bytes
    from read_json(${literal(path)}, format = 'newline_delimited',
      columns = {'table': 'VARCHAR', 'reason': 'VARCHAR', 'bytes': 'VARCHAR'}))`;
}

/** How many there are of each table. */
export async function countUnreadable(db: DuckDbWarehouse, path: string | null): Promise<Counts> {
  const counts = perTable(() => 0);
  const rows = await db.rows(
    `select "table", count(*) as count from ${unreadableRows(path)} group by all`,
  );
  for (const row of rows) counts[row["table"] as TableName] = Number(row["count"]);
  return counts;
}

/** Those of a table that are not among the rejects; `rejects` is a FROM item. */
export async function missingUnreadable(
  db: DuckDbWarehouse,
  path: string | null,
  table: TableName,
  rejects: string,
): Promise<Row[]> {
  if (path === null) return [];
  const ofTable = (rows: string) =>
    `select reason, bytes from ${rows} where "table" = ${literal(table)}`;
  return await db.rows(
    `select reason from (${ofTable(unreadableRows(path))} except all ${ofTable(rejects)})`,
  );
}

/** The hops with one more behind the source, if any row was unreadable. */
export function withUnreadable<Hops extends { source: Counts }>(
  hops: Hops,
  unreadable: Counts,
): Hops & { unreadable?: Counts } {
  if (tableNames.every((table) => unreadable[table] === 0)) return hops;
  const source = perTable((table) => hops.source[table] + unreadable[table]);
  const { source: _, ...others } = hops;
  return { source, unreadable, ...others } as unknown as Hops & { unreadable: Counts };
}
