/**
 * Rejects: the records that cannot be used -> one table, with reason, place and original bytes.
 *
 *   in    aside_<table>, landed_<table>, odd_<table>, undecodable_<table>, the spool file; the
 *         rows of the source that were unreadable (unreadable.ts)
 *   out   rejects: table, reason, topic, partition, offset, bytes (base64, null for no value);
 *         table by table in the order (partition, offset), and before them all what was unreadable,
 *         which never had a topic
 */
import { type TableName, tableNames } from "../tables.ts";
import type { DuckDbWarehouse } from "../warehouse/duckdb.ts";
import { scanLines } from "../record/duckdb_reading.ts";
import { unreadableRows } from "../record/unreadable.ts";
import type { Spool } from "./spool.ts";
import { literal } from "../warehouse/quoting.ts";

export interface RejectCount {
  table: TableName;
  /** The stable part of the reason. */
  reason: string;
  count: number;
}

/** @param unreadable the list of what could not be read of the source; null: there is none */
export async function createRejects(
  db: DuckDbWarehouse,
  unreadable: string | null = null,
): Promise<void> {
  await db.run(`create or replace table rejects ("table" varchar, reason varchar, topic varchar,
    partition integer, "offset" bigint, bytes varchar)`);
  await db.run(`insert into rejects by name from ${unreadableRows(unreadable)}`);
}

/** Adds the rejects of a table, each with the bytes it landed with. */
export async function collectRejects(
  db: DuckDbWarehouse,
  table: TableName,
  spool: Spool,
): Promise<void> {
  await db.run(`create or replace table rejected_line as
    select aside.n, aside.first_n, aside.reason, landed.line
    from aside_${table} as aside join landed_${table} as landed on landed.rowid = aside.n
    where aside.verdict = 'rejected'`);
  if (await linesToFetch(db)) await fetchLines(db, spool);
  await db.run(`insert into rejects
    select ${literal(table)}, reason, topic, partition, "offset", bytes from (
      select rejected.reason || coalesce(${firstLanding(table)}, '') as reason,
        ${literal(spool.topic)} as topic, object.partition,
        object.start_offset + rejected.n - object.first_line as "offset",
        coalesce(odd.bytes, to_base64(encode(rejected.line))) as bytes
      from rejected_line as rejected
      asof join object_${table} as object on rejected.n >= object.first_line
      left join odd_${table} as odd on odd.n = rejected.n
      union all by name
      select reason, topic, partition, "offset", bytes from undecodable_${table}
    ) order by partition, "offset"`);
}

/** Of a repeat: where the first of its key landed. */
function firstLanding(table: TableName): string {
  return `(select ', first landed at partition ' || partition || ', offset ' ||
          (start_offset + rejected.first_n - first_line)
        from object_${table}
        where rejected.first_n >= first_line and rejected.first_n < first_line + line_count)`;
}

async function linesToFetch(db: DuckDbWarehouse): Promise<boolean> {
  const [row] = await db.rows("select count(*) as lines from rejected_line where line is null");
  return Number(row?.lines) > 0;
}

/**
 * Records that had no flaw by themselves were not kept as text: reads the file once more.
 * A window without order or partition numbers the lines as they stand in the file.
 */
async function fetchLines(db: DuckDbWarehouse, spool: Spool): Promise<void> {
  await db.run(`update rejected_line set line = numbered.line
    from (
      select row_number() over () - 1 as n, line
      from ${scanLines(spool.path, spool.longestLineBytes)}
    ) as numbered
    where numbered.n = rejected_line.n and rejected_line.line is null`);
}

/** How many of each kind, most first within a table. */
export async function rejectCounts(db: DuckDbWarehouse): Promise<RejectCount[]> {
  const rows = await db.rows(`select "table", split_part(reason, ': ', 1) as kind, count(*) as count
    from rejects group by all order by count desc, kind`);
  return tableNames.flatMap((table) =>
    rows.filter((row) => row.table === table)
      .map(({ kind, count }) => ({ table, reason: String(kind), count: Number(count) }))
  );
}
