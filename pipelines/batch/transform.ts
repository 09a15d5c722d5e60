/**
 * Transform: landed objects -> clean tables, rejects and the answers.
 *
 *   in    the objects of `<id>.pin`, `<id>.geo`, `<id>.user` below `topics.dir`, and what the
 *         sink could not decode below `rejects`
 *   out   `clean/<table>.parquet`, `rejects.csv|.parquet`, `nulled.csv|.parquet`,
 *         `answers/<name>.csv|.parquet`
 *
 * Every landed record is cleaned, a duplicate, or a row of the rejects. Nothing is kept between
 * runs: the same objects give the same files. Data stands in files throughout (spool, work
 * database), so that memory does not grow with it.
 */
import type { Listener } from "../events.ts";
import { removeStale, writing } from "../results.ts";
import { type TableName, tableNames, topicOf } from "../tables.ts";
import { type Answer, answerAll, answerFiles } from "../warehouse/answer.ts";
import { type Audit, type DuckDbWarehouse, openDuckDb, type Row } from "../warehouse/duckdb.ts";
import { type Model, modelOf, type Models, modelsByName } from "../warehouse/models.ts";
import { buildAndCount, createNulledTable, type Nulled } from "../warehouse/nulled.ts";
import { classifyTable } from "./classify.ts";
import { readRecordSql, type RecordSql } from "../record/record_sql.ts";
import { loadTable, loadUndecodable } from "./load.ts";
import { collectRejects, createRejects, type RejectCount, rejectCounts } from "./rejects.ts";
import { defaultLayout, type SinkLayout } from "./sink_config.ts";
import { type Readable, type Spool, type SpoolOptions, spoolTopic } from "./spool.ts";
import { quoted } from "../warehouse/quoting.ts";

export interface TransformOptions {
  id: string;
  /** Folder of the results, `<out>/batch`; made if it does not exist. */
  outDir: string;
  /** How the sink names its objects; default: Confluent's defaults. */
  layout?: SinkLayout;
  /** What DuckDB may keep in memory; default 256 MB, more goes to files. */
  memoryLimitBytes?: number;
  /** Rows of the source that were unreadable, as a list; default: there are none. */
  unreadable?: string | null | undefined;
  /** Folder of the models; default: the project's `sql/`. */
  modelsFolder?: string | URL;
  signal?: AbortSignal | undefined;
  tell?: Listener | undefined;
}

/** How far cleaning is, table by table. */
export const cleaning = { stage: "clean", unit: "tables", total: tableNames.length };

/** What became of the records of a table: landed = cleaned + duplicates + rejected. */
export interface TableCounts {
  landed: number;
  cleaned: number;
  duplicates: number;
  rejected: number;
}

/** What `sql/clean/<table>.audit.sql` found, each kind counted. */
export interface AuditFinding {
  table: TableName;
  /** `broken`: the load is wrong. `warning`: values that are odd. */
  kind: "broken" | "warning";
  what: string;
  count: number;
  /** The first few, of broken promises only. */
  witnesses: string[];
}

/** What the proof needs of a transform; gone when it is disposed. */
export interface Work {
  db: DuckDbWarehouse;
  landed: Record<TableName, Spool>;
  undecodable: Record<TableName, Spool>;
  /** The models that cleaned, by name: the proof cleans once more. */
  models: ReadonlyMap<string, Model>;
  /** Where cleaning is done elsewhere: cleans once more there, and compares there and with `db`. */
  cleanAgain?: (table: TableName) => Promise<Difference[]>;
}

/** Rows that should not be there, or should: the words of a problem, and the first of them. */
export interface Difference {
  what: string;
  count: number;
  rows: Row[];
}

export interface Transformed extends AsyncDisposable {
  counts: Record<TableName, TableCounts>;
  rejects: RejectCount[];
  /** What cleaning made null although it held something, table by table. */
  nulled: Nulled[];
  /** In the order in which they are told. */
  answers: Map<string, Answer>;
  audits: AuditFinding[];
  /** Keys below the topics that no sink of ours wrote, and that were not read. */
  ignoredKeys: string[];
  outDir: string;
  work: Work;
}

/**
 * Runs the whole stage. Dispose the result when the proof is done: it holds the work database.
 * @throws {UsageError} if the folder cannot be written
 * @throws {RunError} if the disk is full or an object cannot be read
 */
export async function transform(
  objects: Readable,
  options: TransformOptions,
): Promise<Transformed> {
  const workDir = `${options.outDir}/.work`;
  await using opened = new AsyncDisposableStack();
  const db = await openWork(opened, workDir, options);
  const models = await modelsByName(options.modelsFolder);
  const records = await readRecordSql("duckdb");
  const spools = await writing(workDir, () => load(db, records, objects, workDir, options));
  const { counts, nulled } = await cleanAll(db, records, spools, models, options);
  const audits = await auditAll(db, models);
  const answers = await answerAll(db, models, {
    outDir: options.outDir,
    signal: options.signal,
    tell: options.tell,
  });
  await writeAll(db, answers, options);
  const ending = opened.move();
  return {
    counts,
    rejects: await rejectCounts(db),
    nulled,
    answers,
    audits,
    ignoredKeys: tableNames.flatMap((table) => spools.landed[table].ignoredKeys),
    outDir: options.outDir,
    work: { db, models, ...spools },
    [Symbol.asyncDispose]: () => ending.disposeAsync(),
  };
}

/** The work database in an empty folder; both go when the stack is disposed. */
export async function openWork(
  opened: AsyncDisposableStack,
  workDir: string,
  options: TransformOptions,
): Promise<DuckDbWarehouse> {
  await writing(workDir, () => emptyFolder(workDir));
  opened.defer(() => Deno.remove(workDir, { recursive: true }));
  return opened.use(
    await openDuckDb({
      path: `${workDir}/work.duckdb`,
      tempDir: `${workDir}/spill`,
      memoryLimitBytes: options.memoryLimitBytes ?? 256_000_000,
      signal: options.signal,
    }),
  );
}

async function emptyFolder(path: string): Promise<void> {
  await Deno.remove(path, { recursive: true }).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
  await Deno.mkdir(path, { recursive: true });
}

export type Spools = Record<TableName, Spool>;

/** Fetches one table while the one before it is loaded. */
async function load(
  db: DuckDbWarehouse,
  records: RecordSql,
  objects: Readable,
  workDir: string,
  options: TransformOptions,
): Promise<{ landed: Spools; undecodable: Spools }> {
  const { topicsDir, ...delimiters } = options.layout ?? defaultLayout;
  const landed: Partial<Spools> = {};
  const undecodable: Partial<Spools> = {};
  let loading = Promise.resolve();
  for (const table of tableNames) {
    const topic = topicOf(options.id, table);
    const spool = (folder: string, name: string, onObject?: SpoolOptions["onObject"]) =>
      spoolTopic(objects, topic, {
        ...delimiters,
        folder,
        path: `${workDir}/${table}.${name}`,
        signal: options.signal,
        onObject,
      });
    const lines = landed[table] = await spool(
      topicsDir,
      "lines",
      (done, total) =>
        options.tell?.stage?.({ stage: "load", unit: "objects", done, total, note: table }),
    );
    const broken = undecodable[table] = await spool("rejects", "undecodable");
    loading = loading.then(() => loadTable(db, records, table, lines))
      .then(() => loadUndecodable(db, table, broken));
    loading.catch(() => {}); // Thrown below; until then the next table is fetched.
  }
  await loading;
  return { landed: landed as Spools, undecodable: undecodable as Spools };
}

/** Classifies, cleans, and counts what became of every record. */
async function cleanAll(
  db: DuckDbWarehouse,
  records: RecordSql,
  spools: { landed: Spools; undecodable: Spools },
  models: Models,
  { signal, tell, unreadable }: TransformOptions,
): Promise<Pick<Transformed, "counts" | "nulled">> {
  const counts: Partial<Record<TableName, TableCounts>> = {};
  const nulled: Nulled[] = [];
  await createRejects(db, unreadable);
  for (const [done, table] of tableNames.entries()) {
    signal?.throwIfAborted();
    tell?.stage?.({ ...cleaning, done, note: table });
    const model = modelOf(models, table);
    const numbered = `(select rowid as n, * from landed_${table})`;
    await classifyTable(db, records, table, { landed: numbered, model });
    nulled.push(...await buildAndCount(db, model));
    await collectRejects(db, table, spools.landed[table]);
    const landed = spools.landed[table].lineCount + spools.undecodable[table].lineCount;
    counts[table] = { landed, ...await countTable(db, table) };
  }
  tell?.stage?.({ ...cleaning, done: cleaning.total });
  await createNulledTable(db, nulled);
  return { counts: counts as Record<TableName, TableCounts>, nulled };
}

export async function countTable(
  db: DuckDbWarehouse,
  table: TableName,
): Promise<Omit<TableCounts, "landed">> {
  const [row] = await db.rows(`select
    (select count(*) from ${quoted(table)}) as cleaned,
    (select count(*) from aside_${table} where verdict = 'duplicate') as duplicates,
    (select count(*) from rejects where "table" = '${table}' and topic is not null) as rejected`);
  return {
    cleaned: Number(row?.cleaned),
    duplicates: Number(row?.duplicates),
    rejected: Number(row?.rejected),
  };
}

async function auditAll(db: DuckDbWarehouse, models: Models): Promise<AuditFinding[]> {
  const findings: AuditFinding[] = [];
  for (const table of tableNames) {
    const { audit } = modelOf(models, table);
    if (audit !== null) findings.push(...findingsOf(table, await db.audit(audit.text, audit.file)));
  }
  return findings;
}

export function findingsOf(table: TableName, { broken, warnings }: Audit): AuditFinding[] {
  const findings: AuditFinding[] = [];
  for (const [what, found] of Map.groupBy(broken, ({ promise }) => promise)) {
    const witnesses = found.slice(0, 5).map(({ witness }) => witness ?? "null");
    findings.push({ table, kind: "broken", what, count: found.length, witnesses });
  }
  for (const { warning: what, valueCount: count } of warnings) {
    if (count > 0) findings.push({ table, kind: "warning", what, count, witnesses: [] });
  }
  return findings;
}

/** Every file is replaced at once; then what an older run left beside them goes. */
export async function writeAll(
  db: DuckDbWarehouse,
  answers: ReadonlyMap<string, Answer>,
  { outDir, signal, tell }: TransformOptions,
): Promise<void> {
  const tables = [
    ...tableNames.map((table) => ({
      table,
      file: `clean/${table}`,
      formats: ["parquet"] as const,
    })),
    ...["rejects", "nulled"].map((table) => ({
      table,
      file: table,
      formats: ["csv", "parquet"] as const,
    })),
    ...answerFiles(answers),
  ];
  const stage = { stage: "write", unit: "tables", total: tables.length };
  for (const folder of ["clean", "answers"]) {
    await writing(outDir, () => Deno.mkdir(`${outDir}/${folder}`, { recursive: true }));
  }
  for (const [done, { table, file, formats }] of tables.entries()) {
    signal?.throwIfAborted();
    tell?.stage?.({ ...stage, done, note: file });
    for (const format of formats) await db.copyTo(table, `${outDir}/${file}.${format}`, format);
  }
  tell?.stage?.({ ...stage, done: stage.total });
  await removeStale(
    outDir,
    tables.flatMap(({ file, formats }) => formats.map((f) => `${file}.${f}`)),
  );
}
