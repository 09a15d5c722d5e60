/**
 * Source rows: the posts, read once more -> what each acknowledged row should be in its table.
 *
 *   in    posts in the order of the ledger
 *   out   expected_<table>: n (the ledger's line, from 0), the clean row, `row_hash` of it,
 *         `content_hash` of the row as posted, `flaw` (why it can only be a reject)
 *
 * Rows are cleaned by the model that cleaned them in the stream, a slice at a time; nothing else
 * of the stream's way is used here.
 */
import type { Post } from "../posts.ts";
import { contentHashOf, hasNames, readLines, scanLines } from "../record/duckdb_reading.ts";
import { columnNames, readRecordSql, type RecordSql } from "../record/record_sql.ts";
import { writing } from "../results.ts";
import { sourceTables, type TableName, tableNames } from "../tables.ts";
import type { DuckDbWarehouse } from "../warehouse/duckdb.ts";
import type { Model } from "../warehouse/models.ts";
import { quoted } from "../warehouse/quoting.ts";

const sliceRows = 20_000;

export interface SourceRowsOptions {
  models: ReadonlyMap<string, Model>;
  /** Rows wanted of each table: the lines of its ledger. */
  limits: Readonly<Record<TableName, number>>;
  workDir: string;
}

/** Reads posts until every table has its rows, or they end. */
export async function readSourceRows(
  db: DuckDbWarehouse,
  posts: AsyncIterable<Post[]>,
  { models, limits, workDir }: SourceRowsOptions,
): Promise<void> {
  const records = await readRecordSql("duckdb");
  const lanes: SourceLane[] = [];
  for (const table of tableNames) {
    const model = models.get(table);
    if (model === undefined) throw new RangeError(`No model ${table} to clean with once more`);
    const [limit, path] = [limits[table], `${workDir}/${table}.source`];
    const lane = new SourceLane(db, { records, table, model, limit, path });
    await lane.create();
    lanes.push(lane);
  }
  if (lanes.some(({ isDone }) => !isDone)) {
    for await (const batch of posts) {
      for (const { rows } of batch) for (const lane of lanes) lane.add(rows[lane.table]);
      for (const lane of lanes) if (lane.waiting >= sliceRows) await lane.load();
      if (lanes.every(({ isDone }) => isDone)) break;
    }
  }
  for (const lane of lanes) await lane.load();
}

interface LaneOptions {
  records: RecordSql;
  table: TableName;
  model: Model;
  limit: number;
  /** Of the file between. */
  path: string;
}

class SourceLane {
  readonly table: TableName;
  readonly #db: DuckDbWarehouse;
  readonly #options: LaneOptions;
  #lines: Uint8Array[] = [];
  #taken = 0;

  constructor(db: DuckDbWarehouse, options: LaneOptions) {
    this.#db = db;
    this.#options = options;
    this.table = options.table;
  }

  get isDone(): boolean {
    return this.#taken >= this.#options.limit;
  }

  get waiting(): number {
    return this.#lines.length;
  }

  async create(): Promise<void> {
    const { table } = this;
    await this.#db.run(this.#slice("(select null::varchar as line limit 0)"));
    await this.#db.run(`create or replace temp view raw_${table} as
      select ${rawColumns(table)} from source_${table} where flaw is null`);
    const { text, file } = this.#options.model;
    await this.#db.model(`again_${table}`, text, { as: "view", file });
    await this.#db.run(`create or replace table expected_${table} as ${this.#expected(0)}`);
  }

  add(row: Record<string, unknown> | undefined): void {
    if (row === undefined || this.isDone) return;
    this.#lines.push(encoder.encode(JSON.stringify(row)));
    this.#taken++;
  }

  async load(): Promise<void> {
    if (this.#lines.length === 0) return;
    const start = this.#taken - this.#lines.length;
    const longest = this.#lines.reduce((most, line) => Math.max(most, line.length), 0);
    await writeLines(this.#options.path, this.#lines);
    this.#lines = [];
    await this.#db.run(this.#slice(scanLines(this.#options.path, longest)));
    await this.#db.run(`insert into expected_${this.table} ${this.#expected(start)}`);
    await Deno.remove(this.#options.path);
  }

  #slice(source: string): string {
    const { table } = this;
    return `create or replace temp table source_${table} as
      select ${columnNames(table).map(quoted).join(", ")}, landed_key, flaw,
        ${contentHashOf(table)} as content_hash
      from (${this.#options.records.read(table, readLines(table, source), hasNames)})`;
  }

  #expected(start: number): string {
    const { table } = this;
    const names = this.#options.model.header.output.map(({ name }) => quoted(name));
    const others = names.filter((name) => name !== quoted("ind")).map((name) => `again.${name}`);
    return `select *, hash(${names.join(", ")}) as row_hash from (
      select ${start} + source.rowid as n, source.landed_key as ind, ${others.join(", ")},
        source.content_hash, source.flaw
      from source_${table} as source left join again_${table} as again
        on again.ind = source.rowid)`;
  }
}

const encoder = new TextEncoder();

async function writeLines(path: string, lines: readonly Uint8Array[]): Promise<void> {
  const bytes = new Uint8Array(lines.reduce((sum, line) => sum + line.length + 1, 0));
  let at = 0;
  for (const line of lines) {
    bytes.set(line, at);
    at += line.length;
    bytes[at++] = 0x0a;
  }
  await writing(path, () => Deno.writeFile(path, bytes), "--data");
}

/** The columns as posted, with the row's number in the slice in place of its key. */
function rawColumns(table: TableName): string {
  const { key } = sourceTables[table];
  return columnNames(table)
    .map((name) => name === key ? `cast(rowid as varchar) as ${quoted(name)}` : quoted(name))
    .join(", ");
}
