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
 * landed), else a reject: the same verdicts as in the batch
 * pipeline, from the same expressions and the same model. What the table has stands in
 * `seen_<table>`, key and hash of each clean row; it is read from the table itself at the start.
 *
 * The model sees each record under its number in the batch as key, so that two records with one
 * `ind` are cleaned side by side; their own key, read as the model reads it, is put back after.
 */
import { rewriteForDuckDb } from "../../sql/dialect/mod.ts";
import { RunError } from "../errors.ts";
import {
  columnNames,
  flawOf,
  keyOf,
  literal,
  parsedLine,
  quoted,
  reasons,
  scanLines,
} from "../records_sql.ts";
import { writing } from "../results.ts";
import { sourceTables, type TableName } from "../tables.ts";
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

/** Rows of the table that lack the same columns: those that were added after they were written. */
export interface SeenRows {
  relation: string;
  lacks: readonly string[];
}

export class Transform {
  readonly #db: DuckDbWarehouse;
  readonly #table: TableName;
  readonly #stream: string;
  readonly #path: string;
  readonly #columns: readonly string[];
  readonly #nulledColumns: readonly string[];
  readonly #nulledQuery: string;
  /** The columns that rows of the table lack because they are older; `era` is the place in here. */
  #lacks: readonly (readonly string[])[] = [[]];

  private constructor(db: DuckDbWarehouse, { table, stream, model, workDir }: TransformOptions) {
    this.#db = db;
    this.#table = table;
    this.#stream = stream;
    this.#path = `${workDir}/${table}.lines`;
    this.#columns = model.header.output.map(({ name }) => quoted(name));
    this.#nulledColumns = nulledColumns(model).map(quoted);
    this.#nulledQuery = rewriteForDuckDb(nulledQuery(model, `(${this.#kept})`));
  }

  /** Builds the model as a view, once; on a database that no other transform of this table uses. */
  static async open(db: DuckDbWarehouse, options: TransformOptions): Promise<Transform> {
    const { table, model } = options;
    const transform = new Transform(db, options);
    await Deno.mkdir(options.workDir, { recursive: true });
    await db.run(
      `create or replace table seen_${table} (ind integer, row_hash ubigint, era integer)`,
    );
    await db.run(transform.#landed("(select null::varchar as line limit 0)"));
    await db.run(`create or replace temp view raw_${table} as
      select ${rawColumns(table)} from landed_${table} where flaw is null`);
    await db.model(`cleaned_${table}`, tellingText(model), { as: "view", file: model.file });
    return transform;
  }

  /** The rows to commit of the batch that was judged last. */
  get query(): string {
    return `select ${this.#columns.join(", ")} from (${this.#kept})`;
  }

  get #kept(): string {
    return `select * from judged_${this.#table} where verdict = 'kept'`;
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
  }

  /** Gives every record its verdict. Nothing counts as seen before `accept`. */
  async judge(batch: ClosedBatch): Promise<Judged> {
    await this.#load(batch);
    const [counts] = await this.#db.rows(`${this.#judged};
      select count(*) filter (verdict = 'kept') as kept,
        count(*) filter (verdict = 'duplicate') as duplicates,
        count(coalesce(${this.#nulledColumns.join(", ")})) as nulled from judged_${this.#table}`);
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
      select ind, row_hash, 0 from judged_${table} where verdict = 'kept'`);
  }

  #checkCount({ records }: ClosedBatch, judgedCount: number): void {
    if (judgedCount === records.length) return;
    throw new RunError(
      `Cannot clean ${this.#stream}: of ${records.length} records ${judgedCount} got a verdict`,
    );
  }

  /** `landed_<table>`: the columns as posted, one row for each record; `rowid` is its number. */
  async #load(batch: ClosedBatch): Promise<void> {
    await this.#loadLines(batch);
    const refused = await this.#db.rows(`select rowid as n from landed_${this.#table}
      where flaw = ${literal(reasons.notObject)}`);
    const odd = refused.map(({ n }) => Number(n)).filter((n) => !batch.flaws.has(n));
    if (odd.length === 0) return;
    // Valid JSON that this parser refuses: half a surrogate pair.
    for (const n of odd) batch.mend(n);
    await this.#loadLines(batch);
  }

  async #loadLines(batch: ClosedBatch): Promise<void> {
    await writing(this.#path, () => Deno.writeFile(this.#path, batch.lines()), "--data");
    await this.#db.run(this.#landed(scanLines(this.#path, batch.longestLineBytes)));
  }

  #landed(source: string): string {
    const table = this.#table;
    const columns = columnNames(table).map((name) => `parsed.${quoted(name)}`).join(", ");
    const key = keyOf(`parsed.${quoted(sourceTables[table].key)}`);
    const flaw = flawOf(table, { parsed: "parsed", line: "line", key: "landed_key" });
    return `create or replace temp table landed_${table} as
      with read as (select *, ${parsedLine(table, "line")} as parsed from ${source}),
      keyed as (select *, ${key} as landed_key from read)
      select ${columns}, landed_key, ${flaw} as flaw from keyed`;
  }

  #rowHash(lacks: readonly string[] = [], of = ""): string {
    const without = lacks.map(quoted);
    const columns = this.#columns.filter((name) => !without.includes(name));
    return `hash(${columns.map((name) => of + name).join(", ")})`;
  }

  /** The hash of a record by the columns that what was seen of its key has. */
  get #hashAsSeen(): string {
    const older = this.#lacks.slice(1).map((lacks, at) =>
      `when ${at + 1} then ${this.#rowHash(lacks, "hashed.")}`
    );
    return older.length === 0
      ? "hashed.row_hash"
      : `case seen.era ${older.join(" ")} else hashed.row_hash end`;
  }

  get #judged(): string {
    const table = this.#table;
    const others = [...this.#columns, ...this.#nulledColumns]
      .filter((name) => name !== quoted("ind"));
    return `create or replace temp table judged_${table} as
      with keyed as (
        select landed.rowid as n, landed.landed_key as ind, ${
      others.map((name) => `cleaned.${name}`).join(", ")
    }
        from cleaned_${table} as cleaned
        join landed_${table} as landed on landed.rowid = cleaned.ind
      ),
      hashed as (select *, ${this.#rowHash()} as row_hash from keyed),
      firsts as (
        select ind, min(n) as n, arg_min(row_hash, n) as row_hash from hashed group by ind
      )
      select hashed.*, case
          when seen.ind is null and firsts.n = hashed.n then 'kept'
          when coalesce(seen.row_hash, firsts.row_hash) = ${this.#hashAsSeen} then 'duplicate'
          else 'rejected'
        end as verdict
      from hashed
      join firsts on firsts.ind = hashed.ind
      left join seen_${table} as seen on seen.ind = hashed.ind`;
  }

  async #rejects({ records, flaws }: ClosedBatch): Promise<Reject[]> {
    const table = this.#table;
    const rows = await this.#db.rows(`
      select rowid as n, flaw as reason from landed_${table} where flaw is not null
      union all
      select n, ${literal(`${reasons.otherContent}: `)} || ind from judged_${table}
      where verdict = 'rejected'
      order by n`);
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

/** The columns as posted, with the number of the record in place of its key. */
function rawColumns(table: TableName): string {
  const { key } = sourceTables[table];
  return columnNames(table)
    .map((name) => name === key ? `cast(rowid as varchar) as ${quoted(name)}` : quoted(name))
    .join(", ");
}
