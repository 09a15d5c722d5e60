/**
 * Reconcile: what every hop of a batch run holds -> the proof that nothing was lost or doubled.
 *
 *   in    source rows (counted), the ledgers of what was acknowledged, the transform's work
 *         database, the files it wrote
 *   out   counts and content hashes per hop and table, and every problem with its first rows
 *
 * The equations, per table: source = posted + unreadable; the content of every posted row is among the landed,
 * as often as it was posted; no offset landed twice; landed = cleaned + duplicates + rejected;
 * cleaned keys are the keys of the accepted records, each once; cleaning them once more gives the
 * same rows; the files hold what was computed.
 * Landed may hold more than was posted: records that were resent, and other people's; they stand
 * among the duplicates or the cleaned rows. Every figure is counted anew at its own place.
 *
 * The hashes are sums, so they do not depend on order, and a row that is there twice shows.
 */
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
import { type TableName, tableNames } from "../tables.ts";
import { countUnreadable, withUnreadable } from "../record/unreadable.ts";
import type { DuckDbWarehouse, Row } from "../warehouse/duckdb.ts";
import type { Model } from "../warehouse/models.ts";
import { literal, quoted } from "../warehouse/quoting.ts";
import type { Spool } from "./spool.ts";
import type { Transformed, Work } from "./transform.ts";

export const hopNames = [
  "source",
  "posted",
  "landed",
  "cleaned",
  "duplicates",
  "rejected",
] as const;
/** `unreadable`: rows of source files that no reader could take, if there are any. */
export type Hops = Record<typeof hopNames[number], Counts> & { unreadable?: Counts };

/** Where a problem was found: on the way to this hop. */
export type ProblemHop = "unreadable" | "posted" | "landed" | "cleaned" | "written";

export type Problem = ProblemAt<ProblemHop>;

/** Sums of content hashes, 16 hex digits; equal sums of two hops mean equal rows. */
export interface HopHashes {
  /** Acknowledged rows and landed records, over their canonical content. */
  posted: string;
  landed: string;
  /** Clean rows in the work database and in the Parquet file. */
  cleaned: string;
  written: string;
}

export interface Reconciled {
  reconciled: boolean;
  hops: Hops;
  /** The same of this run alone, where earlier runs filled the folder too. */
  thisRun?: Hops;
  hashes: Record<TableName, HopHashes>;
  problems: Problem[];
}

export interface ReconcileInput {
  /** Rows read from the source (draws, with `--course`), earlier runs on the same data included. */
  source: Counts;
  /** What could not be read of the source, as a list; default: nothing. */
  unreadable?: string | null | undefined;
  /** Paths of the ledgers; one that does not exist is an empty one. Rows posted again have their own. */
  ledgers: Record<TableName, string | readonly string[]>;
  thisRun?: {
    source: Counts;
    posted: Counts;
    /** The first offset of this run in each partition; partitions that are not named: 0. */
    since: Record<TableName, ReadonlyMap<number, bigint>>;
  };
  /** Where each partition ended when landing did: no record may have landed beyond. */
  endOffsets?: Record<TableName, ReadonlyMap<number, bigint>>;
}

/** Follows every row through all hops. */
export async function reconcile(batch: Transformed, input: ReconcileInput): Promise<Reconciled> {
  const problems: Problem[] = [];
  const hops = emptyHops(hopNames);
  const thisRun = emptyHops(hopNames);
  const hashes: Partial<Record<TableName, HopHashes>> = {};
  for (const table of tableNames) {
    const hop = new TableProof(batch, table, problems);
    const counts = await hop.check(input);
    for (const name of hopNames) hops[name][table] = counts[name];
    hashes[table] = await hop.hashes();
    if (input.thisRun === undefined) continue;
    const ofRun = await hop.countsOfRun(input.thisRun);
    for (const name of hopNames) thisRun[name][table] = ofRun[name];
  }
  const unreadable = await countUnreadable(batch.work.db, input.unreadable ?? null);
  return {
    reconciled: problems.length === 0,
    hops: withUnreadable(hops, unreadable),
    ...(input.thisRun === undefined ? {} : { thisRun: withUnreadable(thisRun, unreadable) }),
    hashes: hashes as Record<TableName, HopHashes>,
    problems,
  };
}

type HopCounts = Record<typeof hopNames[number], number>;

/** One table on its way through the hops. */
class TableProof {
  readonly #db: DuckDbWarehouse;
  readonly #table: TableName;
  readonly #landed: Spool;
  readonly #undecodable: Spool;
  readonly #outDir: string;
  readonly #models: ReadonlyMap<string, Model>;
  readonly #cleanAgain: Work["cleanAgain"];
  readonly #findings: Findings<ProblemHop>;

  constructor({ work, outDir }: Transformed, table: TableName, problems: Problem[]) {
    this.#db = work.db;
    this.#table = table;
    this.#landed = work.landed[table];
    this.#undecodable = work.undecodable[table];
    this.#outDir = outDir;
    this.#models = work.models;
    this.#cleanAgain = work.cleanAgain;
    this.#findings = new Findings(work.db, table, problems);
  }

  async check({ source, ledgers, endOffsets, unreadable }: ReconcileInput): Promise<HopCounts> {
    const [table, findings] = [this.#table, this.#findings];
    await proveUnreadable(findings, unreadable, "rejects");
    await loadLedger(this.#db, table, [ledgers[table]].flat(), "bigint");
    const posted = await provePosted(findings, { source: source[table], refusedBy: "topic" });
    const counts = await this.#count(source[table], posted);
    await this.#checkLanded(endOffsets?.[table]);
    const problemCount = findings.count;
    await this.#checkCleaned(counts);
    // Rows that are missing or doubled are told by their keys; what is left is other content.
    if (findings.count === problemCount) await this.#checkCleanedAgain();
    await this.#checkWritten();
    return counts;
  }

  async #count(source: number, posted: number): Promise<HopCounts> {
    const table = this.#table;
    const [row] = await this.#db.rows(`select
      (select count(*) from ${quoted(table)}) as cleaned,
      (select count(*) from aside_${table} where verdict = 'duplicate') as duplicates,
      (select count(*) from rejects where "table" = '${table}' and topic is not null) as rejected`);
    return {
      source,
      posted,
      landed: this.#landed.lineCount + this.#undecodable.lineCount,
      cleaned: Number(row?.cleaned),
      duplicates: Number(row?.duplicates),
      rejected: Number(row?.rejected),
    };
  }

  /** Content by content; what landed in the place of a row that is missing stands beside it. */
  async #checkLanded(endOffsets: ReadonlyMap<number, bigint> | undefined): Promise<void> {
    const table = this.#table;
    await this.#findings.find(
      "landed",
      "posted, and not among the landed",
      `with short as (
        select posted.hash, posted.times - coalesce(landed.times, 0) as missing from (
          select hash, count(*) as times from ledger_${table}
          where partition is not null group by hash
        ) as posted
        left join (
          select content_hash as hash, count(*) as times from landed_${table} group by content_hash
        ) as landed on landed.hash = posted.hash
        where posted.times > coalesce(landed.times, 0)
      ),
      missing as (
        select ledger.rowid as row, ledger.* from ledger_${table} as ledger
        join short on short.hash = ledger.hash where ledger.partition is not null
        qualify row_number() over (partition by ledger.hash order by ledger.rowid desc)
          <= short.missing
      )
      select missing.row + 1 as row, missing.key, missing.hash, missing.partition,
        missing."offset", landed.landed_key as key_there, landed.content_hash as hash_there
      from missing
      left join object_${table} as object on object.partition = missing.partition
        and missing."offset" >= object.start_offset
        and missing."offset" < object.start_offset + object.line_count
      left join landed_${table} as landed
        on landed.rowid = object.first_line + missing."offset" - object.start_offset
      order by missing.row`,
    );
    this.#checkOffsets(endOffsets ?? new Map());
  }

  /** Objects that overlap, or reach beyond the end of their partition, hold a record twice. */
  #checkOffsets(endOffsets: ReadonlyMap<number, bigint>): void {
    const twice: Row[] = [];
    const beyond: Row[] = [];
    let count = { twice: 0, beyond: 0 };
    let next = { partition: -1, offset: 0n, key: "" };
    for (const { key, partition, startOffset, lineCount } of this.#landed.objects) {
      const endOffset = startOffset + BigInt(lineCount);
      if (partition !== next.partition) next = { partition, offset: 0n, key: "" };
      const overlap = Number(min(next.offset, endOffset) - startOffset);
      if (overlap > 0) twice.push({ key, offset: startOffset, records: overlap, also: next.key });
      const end = endOffsets.get(partition) ?? endOffset;
      const excess = Number(endOffset - max(end, startOffset));
      if (excess > 0) beyond.push({ key, offset: max(end, startOffset), records: excess });
      count = {
        twice: count.twice + Math.max(overlap, 0),
        beyond: count.beyond + Math.max(excess, 0),
      };
      if (endOffset > next.offset) next = { partition, offset: endOffset, key };
    }
    this.#findings.note("landed", "landed twice, in objects that overlap", count.twice, twice);
    this.#findings.note("landed", "landed beyond the end of the topic", count.beyond, beyond);
  }

  async #checkCleaned(counts: HopCounts): Promise<void> {
    const table = this.#table;
    const sum = counts.cleaned + counts.duplicates + counts.rejected;
    if (sum !== counts.landed) {
      this.#findings.note(
        "cleaned",
        `landed, but ${sum} cleaned, duplicate or rejected`,
        counts.landed,
        await this.#judgedTwice(),
      );
    }
    await this.#db.run(`create or replace temp table differing_key as
      with accepted as (
        select landed.landed_key as ind, count(*) as times, min(landed.rowid) as line
        from landed_${table} as landed anti join aside_${table} as aside on aside.n = landed.rowid
        group by landed.landed_key
      ),
      cleaned as (select ind, count(*) as times from ${quoted(table)} group by ind)
      select coalesce(accepted.ind, cleaned.ind) as ind, coalesce(accepted.times, 0) as accepted,
        coalesce(cleaned.times, 0) as cleaned
      from accepted full join cleaned on cleaned.ind is not distinct from accepted.ind
      where accepted.times is distinct from 1 or cleaned.times is distinct from 1
      order by accepted.line, cleaned.ind`);
    for (
      const [what, condition] of [
        ["accepted, and not cleaned", "cleaned < accepted"],
        ["cleaned more than once", "cleaned > 1"],
        ["cleaned, and never landed", "accepted = 0"],
      ] as const
    ) {
      await this.#findings.find("cleaned", what, `from differing_key where ${condition}`);
    }
  }

  #judgedTwice(): Promise<Row[]> {
    return this.#db.rows(`select n as line, list(verdict order by verdict) as verdicts
      from aside_${this.#table} group by n having count(*) > 1 order by n limit ${firstRowsMax}`);
  }

  /** Cleaning is a function: once more over what was accepted, it must give the same rows. */
  async #checkCleanedAgain(): Promise<void> {
    const table = this.#table;
    if (this.#cleanAgain !== undefined) {
      const differences = await this.#cleanAgain(table);
      for (const { what, count, rows } of differences) {
        this.#findings.note("cleaned", what, count, rows);
      }
      return;
    }
    const model = this.#models.get(table);
    if (model === undefined) throw new RangeError(`No model ${table} to clean with once more`);
    const again = `again_${table}`;
    await this.#db.model(again, model.text, { as: "view", file: model.file });
    const computed = quoted(table);
    if (await this.#sumOf(computed) === await this.#sumOf(again)) return;
    await this.#findings.find(
      "cleaned",
      "clean rows that cleaning does not give",
      except(computed, again),
    );
    await this.#findings.find(
      "cleaned",
      "rows that cleaning gives, not there",
      except(again, computed),
    );
  }

  /** The files of clean rows and of rejects, read again. */
  async #checkWritten(): Promise<void> {
    const table = this.#table;
    const ofTable = `where "table" = ${literal(table)}`;
    const rejectsFile = literal(`${this.#outDir}/rejects.parquet`);
    const pairs = [
      { name: "clean", computed: quoted(table), written: this.#cleanFile },
      {
        name: "rejected",
        computed: `(from rejects ${ofTable})`,
        written: `(from read_parquet(${rejectsFile}) ${ofTable})`,
      },
    ];
    for (const { name, computed, written } of pairs) {
      if (await this.#sumOf(computed) === await this.#sumOf(written)) continue;
      await this.#findings.find(
        "written",
        `${name} rows not in the file`,
        except(computed, written),
      );
      const foreign = `${name} rows in the file that were not computed`;
      await this.#findings.find("written", foreign, except(written, computed));
    }
  }

  get #cleanFile(): string {
    return `read_parquet(${literal(`${this.#outDir}/clean/${this.#table}.parquet`)})`;
  }

  /** Adds up whole rows, in a hash of the engine's own. */
  async #sumOf(source: string): Promise<string> {
    return await this.#sum(`select sum(hash(t)::hugeint) as sum from ${source} as t`);
  }

  /** Adds up content hashes: the first 15 of their digits. */
  async #contentSum(column: string, source: string): Promise<string> {
    return await this.#sum(
      `select sum(('0x' || left(${column}, 15))::bigint::hugeint) as sum from ${source}`,
    );
  }

  async #sum(sql: string): Promise<string> {
    const [row] = await this.#db.rows(`select coalesce(sum, 0)::varchar as sum from (${sql})`);
    return BigInt.asUintN(64, BigInt(String(row?.sum))).toString(16).padStart(16, "0");
  }

  async hashes(): Promise<HopHashes> {
    const table = this.#table;
    return {
      posted: await this.#contentSum("hash", `ledger_${table} where partition is not null`),
      landed: await this.#contentSum("content_hash", `landed_${table}`),
      cleaned: await this.#sumOf(quoted(table)),
      written: await this.#sumOf(this.#cleanFile),
    };
  }

  async countsOfRun(
    { source, posted, since }: NonNullable<ReconcileInput["thisRun"]>,
  ): Promise<HopCounts> {
    const table = this.#table;
    const ranges = this.#linesSince(since[table]);
    const places = [...since[table]].map(([partition, offset]) => `(${partition}, ${offset})`);
    const [row] = await this.#db.rows(`
      with ranges (first, past) as (values ${ranges.join(", ")}),
      since (partition, "offset") as (values ${["(-1, 0)", ...places].join(", ")}),
      aside as (select verdict from aside_${table} join ranges on n >= first and n < past)
      select
        (select coalesce(sum(past - first), 0)::bigint from ranges) as lines,
        (select count(*) from aside where verdict = 'duplicate') as duplicates,
        (select count(*) from aside where verdict = 'rejected') as rejected,
        (select count(*) from undecodable_${table} as undecodable
          left join since on since.partition = undecodable.partition
          where undecodable."offset" >= coalesce(since."offset", 0)) as undecodable`);
    const [lines, duplicates, flawed, undecodable] = [
      Number(row?.lines),
      Number(row?.duplicates),
      Number(row?.rejected),
      Number(row?.undecodable),
    ];
    return {
      source: source[table],
      posted: posted[table],
      landed: lines + undecodable,
      cleaned: lines - duplicates - flawed,
      duplicates,
      rejected: flawed + undecodable,
    };
  }

  /** Lines at or after these offsets, as ranges for SQL. */
  #linesSince(since: ReadonlyMap<number, bigint>): string[] {
    const ranges: { first: number; past: number }[] = [];
    for (const { partition, startOffset, firstLine, lineCount } of this.#landed.objects) {
      const skipped = Number(max((since.get(partition) ?? 0n) - startOffset, 0n));
      if (skipped >= lineCount) continue;
      const last = ranges.at(-1);
      if (last?.past === firstLine + skipped) last.past = firstLine + lineCount;
      else ranges.push({ first: firstLine + skipped, past: firstLine + lineCount });
    }
    return ["(0, 0)", ...ranges.map(({ first, past }) => `(${first}, ${past})`)];
  }
}

const min = (a: bigint, b: bigint): bigint => a < b ? a : b;
const max = (a: bigint, b: bigint): bigint => a > b ? a : b;

const except = (these: string, others: string): string =>
  `(from ${these}) except all (from ${others})`;
