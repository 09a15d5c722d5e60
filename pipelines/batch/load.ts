/**
 * Load: a spool file of lines -> the table `landed_<table>`, one row per line, in line order.
 *
 *   in    the spool of a topic, and of its undecodable records
 *   out   landed_<table>: the columns as posted, all text; `landed_key`, `content_hash`,
 *         `flaw` (why the record is rejected by itself) and, only where there is one, `line`
 *         object_<table>: where the lines are from; odd_<table>: bytes of lines that were changed
 *         undecodable: what the sink could not decode
 *
 * A row's `rowid` is its line number: DuckDB keeps the order of a file in a table that is filled
 * from it, with any number of threads. The count of rows is compared with the count of lines.
 */
import { RunError } from "../errors.ts";
import { contentHashOf, hasNames, readLines, scanLines } from "../record/duckdb_reading.ts";
import { columnNames, type RecordSql } from "../record/record_sql.ts";
import type { TableName } from "../tables.ts";
import type { DuckDbWarehouse } from "../warehouse/duckdb.ts";
import type { Spool } from "./spool.ts";
import { literal, quoted } from "../warehouse/quoting.ts";

/** Fills `landed_<table>` and what explains it. */
export async function loadTable(
  db: DuckDbWarehouse,
  records: RecordSql,
  table: TableName,
  spool: Spool,
): Promise<void> {
  await loadObjects(db, table, spool);
  await loadOdd(db, table, spool);
  const lines = readLines(table, scanLines(spool.path, spool.longestLineBytes));
  await db.run(`create or replace table landed_${table} as
    select ${columnNames(table).map(quoted).join(", ")}, landed_key, flaw,
      ${contentHashOf(table)} as content_hash, case when flaw is not null then line end as line
    from (${records.read(table, lines, hasNames)})`);
  await checkCount(db, table, spool);
}

async function checkCount(db: DuckDbWarehouse, table: TableName, spool: Spool): Promise<void> {
  const [row] = await db.rows(`select count(*) as lines from landed_${table}`);
  const read = Number(row?.lines);
  if (read === spool.lineCount) return;
  throw new RunError(
    `Cannot load landed ${table} records: the objects hold ${spool.lineCount} lines, ` +
      `DuckDB read ${read}`,
  );
}

/** `object_<table>`: where the lines are from. */
export async function loadObjects(
  db: DuckDbWarehouse,
  table: TableName,
  spool: Pick<Spool, "path" | "objects">,
): Promise<void> {
  const path = `${spool.path}.objects`;
  // An empty object would share its first line with the next one, and has nothing to explain.
  const lines = spool.objects.filter(({ lineCount }) => lineCount > 0).map((object) =>
    `${object.partition},${object.startOffset},${object.firstLine},${object.lineCount}\n`
  );
  await Deno.writeTextFile(path, lines.join(""));
  const columns = `{'partition': 'INTEGER', 'start_offset': 'BIGINT', 'first_line': 'BIGINT',
    'line_count': 'BIGINT'}`;
  await db.run(`create or replace table object_${table} as from ${scanCsv(path, columns)}`);
}

/** `odd_<table>`: bytes of lines that were changed. */
export async function loadOdd(
  db: DuckDbWarehouse,
  table: TableName,
  spool: Pick<Spool, "oddPath" | "longestLineBytes">,
): Promise<void> {
  const name = `odd_${table}`;
  await db.run(`create or replace table ${name} (n bigint, bytes varchar)`);
  if (spool.oddPath === null) return;
  const lineBytesMax = Math.max(2 << 20, 2 * spool.longestLineBytes + 64);
  const columns = `{'n': 'BIGINT', 'bytes': 'VARCHAR'}`;
  await db.run(`insert into ${name} from ${scanCsv(spool.oddPath, columns, lineBytesMax)}`);
}

function scanCsv(path: string, columns: string, lineBytesMax = 2 << 20): string {
  return `read_csv(${literal(path)}, columns = ${columns}, auto_detect = false, header = false,
    delim = ',', quote = '', escape = '', nullstr = chr(2), max_line_size = ${lineBytesMax})`;
}

/** What the sink put aside: `undecodable_<table>`, by the places that it wrote down itself. */
export async function loadUndecodable(
  db: DuckDbWarehouse,
  table: TableName,
  spool: Spool,
): Promise<void> {
  const structure = literal(JSON.stringify({
    topic: "VARCHAR",
    partition: "INTEGER",
    offset: "BIGINT",
    reason: "VARCHAR",
    bytes: "VARCHAR",
  }));
  await db.run(`create or replace table undecodable_${table} as
    select unnest(try(json_transform(line, ${structure})))
    from ${scanLines(spool.path, spool.longestLineBytes)}`);
}
