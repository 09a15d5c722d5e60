/**
 * Transform: a batch of records of one stream -> clean rows, duplicates and rejects.
 *
 *   in    the records of a batch, by (shard id, sequence number)
 *   out   `query`: the rows to commit, as `sql/clean/<table>.sql` makes them; what is rejected,
 *         with reason, place and original bytes; how many are duplicates; what became null in the
 *         rows to commit
 *
 * The first landing of an `ind` wins. A repeat, in the batch or of what the table has, is a
 * duplicate if the two are equal after cleaning (in the columns that the table had when the first
 * landed), else a reject: the same verdicts as in the batch pipeline, by the same texts in
 * `sql/records/`. What the table has stands in `seen_<table>`, key and hash of each clean row; it
 * is read from the table itself at the start.
 */
import { rewriteForDuckDb } from "../../sql/dialect/mod.ts";
import { RunError } from "../errors.ts";
import { hasNames, readLines, readPlainLines, scanLines } from "../record/duckdb_reading.ts";
import { columnNames, readRecordSql, type RecordSql } from "../record/record_sql.ts";
import { writing } from "../results.ts";
import type { TableName } from "../tables.ts";
import type { DuckDbWarehouse } from "../warehouse/duckdb.ts";
import type { Model } from "../warehouse/models.ts";
import {
  type Nulled,
  nulledColumns,
  nulledQuery,
  readNulled,
  tellingText,
} from "../warehouse/nulled.ts";
import type { ClosedBatch } from "./batch.ts";
import type { Reject } from "./rejects.ts";
import { quoted } from "../warehouse/quoting.ts";

export interface TransformOptions {
  table: TableName;
  stream: string;
  /** `sql/clean/<table>.sql`. */
  model: Model;
  /** Folder for the lines of a batch on their way into the engine. */
  workDir: string;
}

/** What became of a batch: read = committed + duplicates + rejects. */
export interface Judged {
  committed: number;
  duplicates: number;
  /** In the order of the batch. */
  rejects: Reject[];
  /** Of the committed ones. */
  nulled: Nulled[];
}

/** What a batch has beside records to clean. */
interface Found {
  hasFlaws: boolean;
  hasRepeats: boolean;
  /** Lines that are not to be read as plain ones. */
  isOdd: boolean;
}

/** Rows of the table that lack the same columns: those that were added after they were written. */
export interface SeenRows {
  relation: string;
  lacks: readonly string[];
}

export class Transform {
  readonly #db: DuckDbWarehouse;
  readonly #records: RecordSql;
  readonly #table: TableName;
  readonly #stream: string;
  readonly #path: string;
  readonly #columns: readonly string[];
  readonly #nulledColumns: readonly string[];
  readonly #nulledQuery: string;
  /** Whether the model reads all that is not set aside; else: repeats, which are to be compared. */
  #readsAll = true;
  /** The columns that rows of the table lack because they are older; `era` is the place in here. */
  #lacks: readonly (readonly string[])[] = [[]];

  private constructor(
    db: DuckDbWarehouse,
    records: RecordSql,
    { table, stream, model, workDir }: TransformOptions,
  ) {
    this.#db = db;
    this.#records = records;
    this.#table = table;
    this.#stream = stream;
    this.#path = `${workDir}/${table}.lines`;
    this.#columns = model.header.output.map(({ name }) => quoted(name));
    this.#nulledColumns = nulledColumns(model).map(quoted);
    this.#nulledQuery = rewriteForDuckDb(nulledQuery(model, `kept_${table}`));
  }

  /** Builds the model as a view, once; on a database that no other transform of this table uses. */
  static async open(db: DuckDbWarehouse, options: TransformOptions): Promise<Transform> {
    const { table, model } = options;
    const transform = new Transform(db, await readRecordSql("duckdb"), options);
    await Deno.mkdir(options.workDir, { recursive: true });
    await db.run(
      `create or replace table seen_${table} (ind integer, row_hash ubigint, era integer)`,
    );
    await db.run(transform.#landed(readLines(table, "(select null::varchar as line limit 0)")));
    await db.run(transform.#repeats);
    await db.run(transform.#rawRepeats);
    await db.model(`cleaned_${table}`, tellingText(model), { as: "view", file: model.file });
    await db.run(transform.#compared);
    await db.run(transform.#aside);
    await db.run(transform.#accepted);
    return transform;
  }

  /** The rows to commit of the batch that was judged last. */
  get query(): string {
    return `select ${this.#columns.join(", ")} from kept_${this.#table}`;
  }

  /** Forgets what was seen and reads it from relations with the table's columns. */
  async remember(parts: readonly SeenRows[]): Promise<void> {
    this.#lacks = [[], ...parts.map(({ lacks }) => lacks).filter(({ length }) => length > 0)];
    const rows = parts.map(({ relation, lacks }) =>
      `select ind, ${this.#rowHash(lacks)} as row_hash,
        ${this.#lacks.findIndex((other) => other.join() === lacks.join())} as era
      from ${relation} where ind is not null`
    );
    await this.#db.run(`create or replace table seen_${this.#table} as
      select ind, min(row_hash) as row_hash, arg_min(era, row_hash) as era
      from (${rows.join(" union all ")}) group by ind`);
    await this.#db.run(this.#compared); // It has a hash for each era.
  }

  /** Gives every record its verdict. Nothing counts as seen before `accept`. */
  async judge(batch: ClosedBatch): Promise<Judged> {
    const table = this.#table;
    await writing(this.#path, () => Deno.writeFile(this.#path, batch.lines()), "--data");
    await this.#judge(await this.#load(batch));
    const [counts] = await this.#db.rows(`
      create or replace temp table kept_${table} as from cleaned_${table};
      select count(*) as kept, count(coalesce(${this.#nulledColumns.join(", ")})) as nulled,
        (select count(*) from aside_${table} where verdict = 'duplicate') as duplicates
      from kept_${table}`);
    const committed = Number(counts?.kept);
    const duplicates = Number(counts?.duplicates);
    const rejects = await this.#rejects(batch);
    this.#checkCount(batch, committed + duplicates + rejects.length);
    const nulled = Number(counts?.nulled) === 0
      ? []
      : readNulled(this.#table, await this.#db.rows(this.#nulledQuery));
    return { committed, duplicates, rejects, nulled };
  }

  /** What was judged last is in the table now. */
  async accept(): Promise<void> {
    const table = this.#table;
    await this.#db.run(`insert into seen_${table}
      select ind, ${this.#rowHash()} as row_hash, 0 as era from kept_${table}`);
  }

  #checkCount({ records }: ClosedBatch, judgedCount: number): void {
    if (judgedCount === records.length) return;
    throw new RunError(
      `Cannot clean ${this.#stream}: of ${records.length} records ${judgedCount} got a verdict`,
    );
  }

  /** `landed_<table>`: the columns as posted, one row for each record; `rowid` is its number. */
  async #load(batch: ClosedBatch): Promise<Found> {
    const table = this.#table;
    const lines = scanLines(this.#path, batch.longestLineBytes);
    await this.#db.run(this.#landed(readPlainLines(table, lines), ", is_odd"));
    const found = await this.#find(", bool_or(is_odd) as is_odd");
    if (!found.isOdd) return found;
    await this.#db.run(this.#landed(readLines(table, lines)));
    return await this.#find();
  }

  async #find(more = ""): Promise<Found> {
    await this.#db.run(this.#repeats);
    const [row] = await this.#db.rows(`select count(flaw) > 0 as has_flaws,
        exists (from repeat_${this.#table}) as has_repeats${more}
      from landed_${this.#table}`);
    return {
      hasFlaws: row?.["has_flaws"] === true,
      hasRepeats: row?.["has_repeats"] === true,
      isOdd: row?.["is_odd"] === true,
    };
  }

  /** `aside_<table>`, and `raw_<table>` for the model. Most batches have nothing to set aside. */
  async #judge({ hasFlaws, hasRepeats }: Found): Promise<void> {
    if (hasRepeats) {
      this.#readsAll = false;
      await this.#db.run(this.#rawRepeats);
      await this.#db.run(this.#compared);
    }
    if (hasRepeats || hasFlaws) await this.#db.run(this.#aside);
    else await this.#db.run(`delete from aside_${this.#table}`);
    if (this.#readsAll) return;
    await this.#db.run(this.#accepted);
    this.#readsAll = true;
  }

  #landed(lines: string, more = ""): string {
    const table = this.#table;
    return `create or replace temp table landed_${table} as
      select ${columnNames(table).map(quoted).join(", ")}, landed_key, flaw${more}
      from (${this.#records.read(table, lines, hasNames)})`;
  }

  get #numbered(): string {
    return `(select rowid as n, * from landed_${this.#table})`;
  }

  get #repeats(): string {
    const [table, landed] = [this.#table, this.#numbered];
    return `create or replace temp table repeat_${table} as
      ${this.#records.repeats(table, { landed, seen: `seen_${table}` })}`;
  }

  get #rawRepeats(): string {
    const table = this.#table;
    return `create or replace temp view raw_${table} as
      ${this.#records.keyedByNumber(table, `repeat_${table}`)}`;
  }

  /** The repeats of this batch; where it has none, those of an earlier one, which no `n` joins. */
  get #compared(): string {
    const table = this.#table;
    const hashes = this.#lacks.map((lacks, era) => `${this.#rowHash(lacks)} as ${hashOf(era)}`);
    return `create or replace temp table compared_${table} as
      select ind, ${hashes.join(", ")} from cleaned_${table}`;
  }

  get #aside(): string {
    const table = this.#table;
    return `create or replace temp table aside_${table} as ${
      this.#records.verdicts({
        landed: this.#numbered,
        repeats: `repeat_${table}`,
        compared: `compared_${table}`,
        seen: `seen_${table}`,
        columns: ["row_hash"],
        sameAsSeen: this.#sameAsSeen,
      })
    }`;
  }

  /** By the columns that what was seen of a key has. */
  get #sameAsSeen(): string {
    const older = this.#lacks.slice(1).map((_, at) =>
      `when ${at + 1} then cleaned.${hashOf(at + 1)}`
    );
    const hash = older.length === 0
      ? "cleaned.row_hash"
      : `case seen.era ${older.join(" ")} else cleaned.row_hash end`;
    return `${hash} = seen.row_hash`;
  }

  get #accepted(): string {
    const table = this.#table;
    return `create or replace temp view raw_${table} as
      ${this.#records.accepted(table, { landed: this.#numbered, aside: `aside_${table}` })}`;
  }

  /** Of all that a row says. */
  #rowHash(lacks: readonly string[] = []): string {
    const without = ["ind", ...lacks].map(quoted);
    return `hash(${this.#columns.filter((name) => !without.includes(name)).join(", ")})`;
  }

  async #rejects({ records, flaws }: ClosedBatch): Promise<Reject[]> {
    const table = this.#table;
    const rows = await this.#db.rows(`
      select n, reason from aside_${table} where verdict = 'rejected' order by n`);
    return rows.map(({ n, reason }) => {
      const placed = records[Number(n)];
      if (placed === undefined) {
        throw new RangeError(`No record ${n} in a batch of ${records.length}`);
      }
      const { shardId, record: { sequenceNumber, data } } = placed;
      return {
        table,
        reason: flaws.get(Number(n)) ?? String(reason),
        stream: this.#stream,
        shard: shardId,
        sequenceNumber,
        bytes: data.toBase64(),
      };
    });
  }
}

const hashOf = (era: number): string => era === 0 ? "row_hash" : `row_hash_${era}`;
