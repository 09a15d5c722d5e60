/**
 * Prove: what every hop of a stream holds -> the proof that nothing was lost or doubled.
 *
 *   in    the ledgers of what was acknowledged, the Delta tables as any reader finds them, and
 *         the source, read once more
 *   out   counts per hop and table, and every problem with its first rows
 *
 * The equations, per table: source = posted + unreadable; every acknowledged record is at or below the
 * positions; read = committed + duplicates + rejected; the files hold the rows that were
 * committed, each `ind` once; the rejects hold the records that were rejected, each once. And row
 * by row: what was acknowledged is in its table with the values that cleaning the source gives,
 * or in the rejects. Rows of nobody's posting here (other producers, other writers) are counted
 * as foreign, and must not be among those twice.
 */
import { laterColumns } from "../delta/columns.ts";
import { type DeltaStorage, type DeltaTable, openTable } from "../delta/mod.ts";
import { RunError } from "../errors.ts";
import type { Post } from "../posts.ts";
import {
  type Counts,
  emptyHops,
  Findings,
  firstRowsMax,
  loadLedger,
  type ProblemAt,
  provePosted,
  proveUnreadable,
} from "../record/proof.ts";
import { perTable, streamOf, type TableName, tableNames } from "../tables.ts";
import { countUnreadable, withUnreadable } from "../record/unreadable.ts";
import { type DuckDbWarehouse, openDuckDb, type Row } from "../warehouse/duckdb.ts";
import type { Model } from "../warehouse/models.ts";
import { appIdOf, noTotals, readCheckpoint, type Totals } from "./checkpoint.ts";
import { compareSequence, type Positions } from "./positions.ts";
import { readSourceRows } from "./source_rows.ts";
import { streamHopNames, type StreamHops } from "./summary.ts";
import { literal, quoted } from "../warehouse/quoting.ts";

export type StreamProblem = ProblemAt<
  "unreadable" | "posted" | "read" | "committed" | "rejected"
>;

export interface StreamProof {
  reconciled: boolean;
  /** All runs on the same tables together. */
  hops: StreamHops;
  /** Of this run alone. */
  thisRun: StreamHops;
  /** Rows in the tables that were not posted here. */
  foreign: Counts;
  problems: StreamProblem[];
}

export interface ProveInput {
  id: string;
  /** Where the tables are; they are opened anew. */
  storages: Readonly<Record<TableName | "rejects", DeltaStorage>>;
  models: ReadonlyMap<string, Model>;
  /** Folder for what the proof puts aside; what is in it is overwritten. */
  workDir: string;
  /** The source as it was posted, from the beginning; read as far as the ledgers go. */
  posts: AsyncIterable<Post[]>;
  /** Rows read from the source, earlier runs on the same state included. */
  source: Counts;
  /** What could not be read of the source, as a list; default: nothing. */
  unreadable?: string | null | undefined;
  /** Paths of the ledgers; one that does not exist is an empty one. */
  ledgers: Readonly<Record<TableName, string>>;
  thisRun: {
    source: Counts;
    posted: Counts;
    /** The totals of each table when this run began. */
    since: Readonly<Record<TableName, Totals>>;
  };
  /** What DuckDB may keep in memory; default 256 MB, more goes to files. */
  memoryLimitBytes?: number | undefined;
}

/** Follows every row through all hops. */
export async function prove(input: ProveInput): Promise<StreamProof> {
  const { workDir, memoryLimitBytes = 256_000_000 } = input;
  const folder = `${workDir}/proof`;
  await Deno.remove(folder, { recursive: true }).catch(() => {});
  await Deno.mkdir(folder, { recursive: true });
  try {
    const options = {
      path: `${folder}/proof.duckdb`,
      tempDir: `${folder}/spill`,
      memoryLimitBytes,
    };
    await using db = await openDuckDb(options);
    return await proveOn(db, folder, input);
  } finally {
    await Deno.remove(folder, { recursive: true }).catch(() => {});
  }
}

async function proveOn(
  db: DuckDbWarehouse,
  workDir: string,
  input: ProveInput,
): Promise<StreamProof> {
  const { models, ledgers, posts } = input;
  const limits = perTable(() => 0);
  for (const table of tableNames) {
    await loadLedger(db, table, [ledgers[table]], "varchar");
    const [row] = await db.rows(`select count(*) as lines from ledger_${table}`);
    limits[table] = Number(row?.["lines"]);
  }
  await readSourceRows(db, posts, { models, limits, workDir });
  const rejects = await open(input.storages.rejects, db, workDir);
  const problems: StreamProblem[] = [];
  const [hops, thisRun, foreign] = [
    emptyHops(streamHopNames),
    emptyHops(streamHopNames),
    perTable(() => 0),
  ];
  for (const table of tableNames) {
    const found = await open(input.storages[table], db, workDir);
    const proof = new TableProof(db, table, found, columnsOf(models.get(table)), problems);
    const { totals, counts } = await proof.check(rejects, input);
    for (const name of streamHopNames) hops[name][table] = counts[name];
    const ofRun = countsOfRun(table, totals, input);
    for (const name of streamHopNames) thisRun[name][table] = ofRun[name];
    foreign[table] = await proof.foreignCount();
  }
  const unreadable = await countUnreadable(db, input.unreadable ?? null);
  return {
    reconciled: problems.length === 0,
    hops: withUnreadable(hops, unreadable),
    thisRun: withUnreadable(thisRun, unreadable),
    foreign,
    problems,
  };
}

type HopCounts = Record<typeof streamHopNames[number], number>;

function countsOfRun(table: TableName, totals: Totals, { thisRun }: ProveInput): HopCounts {
  const since = thisRun.since[table];
  return {
    source: thisRun.source[table],
    posted: thisRun.posted[table],
    read: totals.read - since.read,
    committed: totals.committed - since.committed,
    duplicates: totals.duplicates - since.duplicates,
    rejected: totals.rejected - since.rejected,
  };
}

async function open(
  storage: DeltaStorage,
  db: DuckDbWarehouse,
  workDir: string,
): Promise<DeltaTable> {
  const table = await openTable(storage, db, { workDir });
  if (table === null) throw new RunError(`Cannot prove: there is no Delta table at ${storage.uri}`);
  return table;
}

/** One table on its way through the hops. */
class TableProof {
  readonly #db: DuckDbWarehouse;
  readonly #table: TableName;
  readonly #delta: DeltaTable;
  /** Those that cleaning makes, quoted. */
  readonly #columns: readonly string[];
  /** Those of them that were added to the table: null in the rows before, whatever was posted. */
  readonly #later: readonly string[];
  readonly #findings: Findings<StreamProblem["hop"]>;

  constructor(
    db: DuckDbWarehouse,
    table: TableName,
    delta: DeltaTable,
    columns: readonly string[],
    problems: StreamProblem[],
  ) {
    this.#db = db;
    this.#table = table;
    this.#delta = delta;
    this.#columns = columns;
    this.#later = laterColumns(delta.columns).map(quoted).filter((name) => columns.includes(name));
    this.#findings = new Findings(db, table, problems);
  }

  async check(
    rejects: DeltaTable,
    { id, storages, source, unreadable }: ProveInput,
  ): Promise<{ totals: Totals; counts: HopCounts }> {
    const table = this.#table;
    await proveUnreadable(this.#findings, unreadable, await rejects.scan());
    const appId = appIdOf(id, table);
    const { totals, positions } = this.#delta.txnVersion(appId) === null
      ? { totals: noTotals, positions: {} }
      : await readCheckpoint(this.#delta, storages[table], appId);
    await this.#loadFound();
    await this.#loadRejected(rejects, streamOf(id, table));
    const posted = await this.#checkPosted(source[table]);
    await this.#checkRead(totals, posted, positions);
    const committed = await this.#checkCommitted(totals);
    const rejected = await this.#checkRejected(totals);
    await this.#checkRows();
    const { read, duplicates } = totals;
    return {
      totals,
      counts: { source: source[table], posted, read, committed, duplicates, rejected },
    };
  }

  /** Rows of the table that are not those of an acknowledged post. */
  async foreignCount(): Promise<number> {
    const table = this.#table;
    return await this.#count(`select count(*) as count from found_${table} as found
      where not exists (from fate_${table} as fate where fate.ind = found.ind)`);
  }

  /** `found_<table>`: key, hash and later columns of every row that a reader of the table sees. */
  async #loadFound(): Promise<void> {
    await this.#db.run(`create or replace table found_${this.#table} as
      select ${["ind", `${this.#hash()} as row_hash`, ...this.#later].join(", ")}
      from ${await this.#delta.scan()}`);
  }

  /** Of the columns that were there from the beginning. */
  #hash(of = ""): string {
    const first = this.#columns.filter((name) => !this.#later.includes(name));
    return `hash(${first.map((name) => of + name).join(", ")})`;
  }

  /** Whether a found row is the expected one; in a later column, null may stand for anything. */
  #equal(isNullAnything: boolean): string {
    if (this.#later.length === 0) return "found.row_hash = expected.row_hash";
    const later = this.#later.map((name) =>
      `(${isNullAnything ? `found.${name} is null or ` : ""}` +
      `found.${name} is not distinct from expected.${name})`
    );
    return [`found.row_hash = ${this.#hash("expected.")}`, ...later].join(" and ");
  }

  /** `rejected_<table>`: the places of the stream's rejects, as the ledger writes places. */
  async #loadRejected(rejects: DeltaTable, stream: string): Promise<void> {
    await this.#db.run(`create or replace table rejected_${this.#table} as
      select cast(regexp_extract(shard, '([0-9]+)$', 1) as integer) as partition,
        sequence_number as "offset", reason
      from ${await rejects.scan()} where stream = ${literal(stream)}`);
  }

  /** Returns how many rows were acknowledged. */
  async #checkPosted(source: number): Promise<number> {
    const ledger = `ledger_${this.#table}`;
    const posted = await provePosted(this.#findings, { source, refusedBy: "stream" });
    await this.#findings.find(
      "posted",
      "acknowledged, and not in the source as it is now",
      `select ledger.rowid + 1 as row, ledger.key from ${ledger} as ledger
        left join expected_${this.#table} as expected on expected.n = ledger.rowid
        where expected.content_hash is distinct from ledger.hash order by ledger.rowid`,
    );
    return posted;
  }

  async #checkRead(totals: Totals, posted: number, positions: Positions): Promise<void> {
    const { read, committed, duplicates, rejected } = totals;
    const sum = committed + duplicates + rejected;
    if (sum !== read) {
      this.#findings.note("read", `read, but ${sum} committed, duplicate or rejected`, read, []);
    }
    this.#findings.note("read", "acknowledged more than were read", Math.max(posted - read, 0), []);
    const last = new Map(
      Object.entries(positions).map((
        [shard, position],
      ) => [Number(/[0-9]+$/.exec(shard)), position]),
    );
    for (const { partition, highest, count } of await this.#highestPosted()) {
      const position = last.get(Number(partition));
      if (position !== undefined && compareSequence(String(highest), position) <= 0) continue;
      const rows = [{
        shard: partition ?? null,
        acknowledged: highest ?? null,
        read: position ?? null,
      }];
      this.#findings.note(
        "read",
        "acknowledged in a shard that was not read so far",
        Number(count),
        rows,
      );
    }
  }

  #highestPosted(): Promise<Row[]> {
    return this.#db.rows(`select partition, count(*) as count,
        arg_max("offset", (length("offset"), "offset")) as highest
      from ledger_${this.#table} where partition is not null group by partition order by partition`);
  }

  /** Returns how many rows of the stream's commits the files hold. */
  async #checkCommitted({ committed }: Totals): Promise<number> {
    const found = `found_${this.#table}`;
    const rows = await this.#count(`select count(*) as count from ${found}`);
    this.#findings.note(
      "committed",
      "committed, and no longer in the files",
      Math.max(committed - rows, 0),
      [],
    );
    await this.#findings.find(
      "committed",
      "keys that are in the table more than once",
      `select ind, count(*) as times from ${found} where ind is not null
        group by ind having count(*) > 1 order by ind`,
    );
    return Math.min(rows, committed); // What others appended is foreign, not committed.
  }

  async #checkRejected({ rejected }: Totals): Promise<number> {
    const found = `rejected_${this.#table}`;
    const rows = await this.#count(`select count(*) as count from ${found}`);
    if (rows !== rejected) {
      this.#findings.note(
        "rejected",
        `rejected, but ${rows} in the table of rejects`,
        rejected,
        [],
      );
    }
    await this.#findings.find(
      "rejected",
      "records that are rejected more than once",
      `select partition as shard, "offset" as sequence_number, count(*) as times from ${found}
        group by all having count(*) > 1 order by all`,
    );
    return rows;
  }

  /** `fate_<table>`: every acknowledged row, what it should be, and what became of it. */
  async #checkRows(): Promise<void> {
    const table = this.#table;
    await this.#db.run(`create or replace table fate_${table} as
      select ledger.rowid + 1 as row, ledger.key, ledger.partition as shard,
        ledger."offset" as sequence_number, expected.ind, expected.flaw, expected.n,
        rejected.reason, found.ind is not null as is_found,
        ${this.#equal(true)} as is_equal, ${this.#equal(false)} as is_same
      from ledger_${table} as ledger
      join expected_${table} as expected on expected.n = ledger.rowid
      left join (
        select partition, "offset", min(reason) as reason from rejected_${table} group by all
      ) as rejected on rejected.partition = ledger.partition
        and rejected."offset" = ledger."offset"
      left join (
        select ${
      [
        "ind",
        "min(row_hash) as row_hash",
        ...this.#later.map((name) => `any_value(${name}) as ${name}`),
      ]
        .join(", ")
    } from found_${table} group by ind
      ) as found on found.ind = expected.ind
      where ledger.partition is not null`);
    const fate = `select row, key, ind, shard, sequence_number, reason from fate_${table}`;
    for (
      const [hop, what, condition] of [
        ["committed", "acknowledged, and not in the table", "flaw is null and not is_found"],
        ["rejected", "unusable, and not among the rejects", "flaw is not null and reason is null"],
        [
          "rejected",
          "rejected, though the table has this very row",
          "is_same and reason is not null",
        ],
      ] as const
    ) {
      await this.#findings.find(hop, what, `${fate} where ${condition} order by row`);
    }
    await this.#checkAltered();
  }

  /** Beside each row what stands in its place; the first few only, they are read from the files. */
  async #checkAltered(): Promise<void> {
    const table = this.#table;
    const altered = `from fate_${table} where flaw is null and is_found and not is_equal
      and reason is null`;
    const count = await this.#count(`select count(*) as count ${altered}`);
    if (count === 0) return;
    const row = `struct_pack(${this.#columns.map((name) => `${name} := ${name}`).join(", ")})`;
    const rows = await this.#db.rows(`
      with altered as (select row, n, ind ${altered} order by row limit ${firstRowsMax})
      select altered.row, altered.ind, to_json(expected) as posted, to_json(found) as found
      from altered
      join (select n, ${row} as expected from expected_${table})
        as expected on expected.n = altered.n
      join (select ind, ${row} as found from ${await this.#delta.scan()})
        as found on found.ind = altered.ind
      order by altered.row`);
    this.#findings.note("committed", "in the table with other values", count, rows);
  }

  async #count(sql: string): Promise<number> {
    const [row] = await this.#db.rows(sql);
    return Number(row?.["count"]);
  }
}

function columnsOf(model: Model | undefined): string[] {
  return (model?.header.output ?? []).map(({ name }) => quoted(name));
}
