/**
 * Proof: what both pipelines prove alike -> problems, each with its first rows.
 *
 *   in    the ledgers of what was acknowledged; what was unreadable of the source; the rejects
 *   out   ledger_<table>: key, hash, partition, offset, in source order; problems
 *
 * source = posted + refused; what was unreadable is among the rejects. What lies behind the topics
 * and streams each pipeline proves itself, in these same words: a problem is a query that has rows.
 */
import { perTable, type TableName } from "../tables.ts";
import { missingUnreadable } from "./unreadable.ts";
import type { DuckDbWarehouse, Row } from "../warehouse/duckdb.ts";
import { literal } from "../warehouse/quoting.ts";

export type Counts = Record<TableName, number>;

/** A count for each table at each of these hops, all nought. */
export function emptyHops<Hop extends string>(names: readonly Hop[]): Record<Hop, Counts> {
  return Object.fromEntries(names.map((name) => [name, perTable(() => 0)])) as Record<Hop, Counts>;
}

export interface ProblemAt<Hop extends string> {
  /** Where it was found: on the way to this hop. */
  hop: Hop;
  table: TableName;
  /** What does not add up, one sentence without a full stop. */
  what: string;
  /** How many rows it concerns. */
  count: number;
  /** The first of them. */
  firstRows: Row[];
}

export const firstRowsMax = 5;

/** What is proved of one table, and what was found wrong. */
export class Findings<Hop extends string> {
  readonly db: DuckDbWarehouse;
  readonly table: TableName;
  readonly #problems: ProblemAt<Hop>[];

  constructor(db: DuckDbWarehouse, table: TableName, problems: ProblemAt<Hop>[]) {
    this.db = db;
    this.table = table;
    this.#problems = problems;
  }

  /** How many problems there are, of this table and of those before it. */
  get count(): number {
    return this.#problems.length;
  }

  /** A problem, if the query has rows. */
  async find(hop: Hop, what: string, sql: string): Promise<void> {
    const rows = await this.db.rows(
      `select count(*) over () as problem_count, found.* from (${sql}) as found
       limit ${firstRowsMax}`,
    );
    const count = Number(rows[0]?.["problem_count"] ?? 0);
    this.note(hop, what, count, rows.map(({ problem_count: _, ...row }) => row));
  }

  /** A problem, if it concerns any row. */
  note(hop: Hop, what: string, count: number, rows: Row[]): void {
    if (count <= 0) return;
    const firstRows = rows.slice(0, firstRowsMax);
    this.#problems.push({ hop, table: this.table, what: `${count} ${what}`, count, firstRows });
  }
}

/**
 * Fills `ledger_<table>`; `rowid` is the line, from 0. A file that is not there is an empty one.
 * @param offsetType sequence numbers have more digits than any number type
 */
export async function loadLedger(
  db: DuckDbWarehouse,
  table: TableName,
  paths: readonly string[],
  offsetType: "bigint" | "varchar",
): Promise<void> {
  const name = `ledger_${table}`;
  await db.run(`create or replace temp table ${name}
    (key varchar, hash varchar, partition integer, "offset" ${offsetType})`);
  for (const path of paths) {
    const size = await Deno.stat(path).then((stat) => stat.size, () => 0);
    if (size === 0) continue;
    await db.run(`insert into ${name} from read_csv(${literal(path)},
      columns = {'key': 'VARCHAR', 'hash': 'VARCHAR', 'partition': 'INTEGER', 'offset': '${offsetType}'},
      auto_detect = false, header = false, delim = ',', quote = '"', escape = '"')`);
  }
}

/** Every row of the source was acknowledged or refused, once. Returns how many were acknowledged. */
export async function provePosted<Hop extends string>(
  findings: Findings<Hop | "posted">,
  { source, refusedBy }: { source: number; refusedBy: "topic" | "stream" },
): Promise<number> {
  const { db, table } = findings;
  const ledger = `ledger_${table}`;
  const refused = `from ${ledger} where partition is null`;
  const what = `refused by the ${refusedBy}`;
  await findings.find("posted", what, `select rowid + 1 as row, key ${refused}`);
  const [row] = await db.rows(
    `select count(partition) as posted, count(*) as lines from ${ledger}`,
  );
  const missing = source - Number(row?.["lines"]);
  findings.note("posted", "of the source never acknowledged", missing, []);
  if (missing < 0) {
    const twice = await db.rows(`select key, count(*) as times from ${ledger}
      group by key having count(*) > 1 order by min(rowid) limit ${firstRowsMax}`);
    findings.note("posted", "acknowledged beyond the source", -missing, twice);
  }
  return Number(row?.["posted"]);
}

/**
 * What could not be read of the source is among the rejects.
 * @param rejects a FROM item
 */
export async function proveUnreadable<Hop extends string>(
  findings: Findings<Hop | "unreadable">,
  path: string | null | undefined,
  rejects: string,
): Promise<void> {
  const missing = await missingUnreadable(findings.db, path ?? null, findings.table, rejects);
  findings.note("unreadable", "unreadable, and not among the rejects", missing.length, missing);
}
