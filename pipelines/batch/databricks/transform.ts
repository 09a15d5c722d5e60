/**
 * Transform on Databricks: landed objects -> clean tables and answers there, results and proof here.
 *
 *   in    the objects of `<id>.pin`, `<id>.geo`, `<id>.user` below `topics.dir`, read there with
 *         `read_files`; what the sink could not decode below `rejects`, read here
 *   out   there: pin, geo, user (tables), and a view for each answer; here: the same files as the
 *         embedded engine leaves
 *
 * The same models and audits run there as on the embedded engine, in the order of ../transform.ts;
 * the three tables side by side. Fetched is what the files here hold, and of each landed record
 * its place, key and content hash, for the proof: its content stays there. What an older
 * run left in the schema is replaced.
 */
import type { Databricks } from "../../clients/databricks.ts";
import { RunError } from "../../errors.ts";
import {
  contentHashOf,
  hasNames,
  linesOf,
  numberedLines,
  objectsOf,
  readLines,
} from "../../record/databricks_reading.ts";
import { reasons } from "../../record/reasons.ts";
import { columnNames, readRecordSql, type RecordSql } from "../../record/record_sql.ts";
import { perTable, type TableName, tableNames, topicOf } from "../../tables.ts";
import { type Answer, answering, readAnswer } from "../../warehouse/answer.ts";
import { DatabricksWarehouse } from "../../warehouse/databricks.ts";
import type { DuckDbWarehouse } from "../../warehouse/duckdb.ts";
import {
  type Model,
  modelOf,
  type Models,
  modelsByName,
  questionsOf,
} from "../../warehouse/models.ts";
import { classifyTable } from "../classify.ts";
import { countNulled, createNulledTable, type Nulled } from "../../warehouse/nulled.ts";
import { loadObjects, loadOdd, loadUndecodable } from "../load.ts";
import { collectRejects, createRejects, rejectCounts } from "../rejects.ts";
import { defaultLayout } from "../sink_config.ts";
import { landedObjects, type Readable, type Spool, spoolTopic } from "../spool.ts";
import {
  type AuditFinding,
  cleaning,
  countTable,
  findingsOf,
  openWork,
  type TableCounts,
  type Transformed,
  type TransformOptions,
  writeAll,
} from "../transform.ts";
import { differences } from "./differences.ts";
import { fetchTable } from "./fetch.ts";
import { ticked } from "../../warehouse/quoting.ts";

/** The bucket, and its address as Databricks knows it: `s3://<bucket>`. */
export type Bucket = Readable & { readonly uri: string };

/** What every step works with. */
interface Session {
  here: DuckDbWarehouse;
  there: DatabricksWarehouse;
  objects: Bucket;
  models: Models;
  records: RecordSql;
  options: TransformOptions;
  workDir: string;
}

/**
 * Runs the whole stage. Dispose the result when the proof is done: it holds the work database, and
 * the tables of the work there, which then go.
 * @throws {StatementFailure} with file and line, if a statement fails there
 * @throws {OutsideError} if Databricks stays out of reach
 */
export async function transformThere(
  objects: Bucket,
  databricks: Databricks,
  options: TransformOptions,
): Promise<Transformed> {
  const workDir = `${options.outDir}/.work`;
  const there = new DatabricksWarehouse(databricks);
  await using opened = new AsyncDisposableStack();
  const here = await openWork(opened, workDir, options);
  opened.defer(() => dropWork(there, options.signal));
  const models = await modelsByName(options.modelsFolder);
  const records = await readRecordSql("databricks");
  const session: Session = { here, there, objects, models, records, options, workDir };
  const [landed, undecodable] = await loadAll(session);
  const counts = await cleanAll(session, landed, undecodable);
  const nulled = await nulledAll(session);
  const audits = await auditAll(session);
  const answers = await answerAll(session);
  await writeAll(here, answers, options);
  const ending = opened.move();
  return {
    counts,
    rejects: await rejectCounts(here),
    nulled,
    answers,
    audits,
    ignoredKeys: tableNames.flatMap((table) => landed[table].ignoredKeys),
    outDir: options.outDir,
    work: {
      db: here,
      landed,
      undecodable,
      models,
      cleanAgain: (table) => differences(there, here, table, modelOf(models, table)),
    },
    [Symbol.asyncDispose]: () => ending.disposeAsync(),
  };
}

type Spools = Record<TableName, Spool>;

/** Something for each table, all at once; a failure waits until nothing is under way any more. */
async function forEachTable<T>(
  work: (table: TableName) => Promise<T>,
): Promise<Record<TableName, T>> {
  const running = perTable(work);
  await Promise.allSettled(Object.values(running));
  return { pin: await running.pin, geo: await running.geo, user: await running.user };
}

/** Reads all objects there, classifies, cleans, and fetches what the proof needs. */
async function loadAll(session: Session): Promise<[landed: Spools, undecodable: Spools]> {
  let done = 0;
  const step = (table: TableName) =>
    session.options.tell?.stage?.({
      stage: "load",
      unit: "tables",
      done: done++,
      total: 3,
      note: table,
    });
  const landed = await forEachTable(async (table) => {
    step(table);
    await loadThere(session, table);
    await cleanThere(session, table);
    return await spoolOf(session, table);
  });
  const undecodable = perTable((): Spool | null => null);
  for (const table of tableNames) {
    undecodable[table] = await loadBroken(session, table);
    await fetchWork(session, table, landed[table]);
  }
  return [landed, undecodable as Spools];
}

async function loadThere(session: Session, table: TableName): Promise<void> {
  const { there, objects, records, options } = session;
  const { topicsDir, directoryDelimiter: slash, fileDelimiter } = options.layout ?? defaultLayout;
  const topic = topicOf(options.id, table);
  const folder = `${topicsDir}${slash}${topic}${slash}`;
  const isEmpty = await hasNothing(objects, folder);
  const place = { prefix: `${objects.uri}/${folder}`, topic, fileDelimiter };
  await there.run(`create or replace table lines_${table} as\n${linesOf(place, { isEmpty })}`);
  await there.run(`create or replace table object_${table} as\n${objectsOf(table)}`);
  const read = records.read(
    table,
    readLines(table, numberedLines(table), reasons.notObject),
    hasNames,
  );
  await there.run(`create or replace table landed_${table} as
select n, line, ${columnNames(table).map(ticked).join(", ")}, landed_key, flaw,
    ${contentHashOf(table)} as content_hash
from (${read}) as judged`);
}

async function hasNothing(objects: Readable, prefix: string): Promise<boolean> {
  for await (const _object of objects.list(prefix)) return false;
  return true;
}

/** Classifies and cleans: `raw_<table>`, `aside_<table>` and the clean table. */
async function cleanThere({ there, models, records }: Session, table: TableName): Promise<void> {
  const model = modelOf(models, table);
  await classifyTable(there, records, table, { landed: `landed_${table}`, model });
  await there.model(table, model.text, { as: "table", file: model.file });
}

/** What was read there, as if it had been spooled here; every listed object must be in it. */
async function spoolOf({ there, objects, options }: Session, table: TableName): Promise<Spool> {
  const { topicsDir: folder, ...delimiters } = options.layout ?? defaultLayout;
  const topic = topicOf(options.id, table);
  const rows = await there.rows(objectRows(table));
  const read = rows.map((row) => ({
    key: String(row.path).slice(objects.uri.length + 1),
    partition: Number(row.topic_partition),
    startOffset: BigInt(Number(row.start_offset)),
    firstLine: Number(row.first_line),
    lineCount: Number(row.line_count),
  }));
  const { found, ignoredKeys } = await landedObjects(objects, topic, { ...delimiters, folder });
  const listed = found.filter(({ key, size }) =>
    size > (key.endsWith(".gz") ? emptyPackedBytes : 0)
  );
  checkObjects(topic, listed.map(({ key }) => key), read);
  const lineCount = read.reduce((sum, object) => sum + object.lineCount, 0);
  const path = `${options.outDir}/.work/${table}.lines`;
  return { topic, path, lineCount, longestLineBytes: 0, oddPath: null, objects: read, ignoredKeys };
}

/** A packed object of nothing, the name of a file in its head: it has no lines to be read. */
const emptyPackedBytes = 64;

function checkObjects(topic: string, listed: string[], read: readonly { key: string }[]): void {
  const keys = new Set(read.map(({ key }) => key));
  const missing = listed.filter((key) => !keys.has(key));
  if (missing.length === 0) return;
  throw new RunError(
    `Cannot load ${topic}: Databricks read ${keys.size} of ${listed.length} objects; ` +
      `the first that is missing is ${missing[0]}`,
  );
}

/** What the sink put aside: little, and read here as for the embedded engine. */
async function loadBroken(session: Session, table: TableName): Promise<Spool> {
  const { here, objects, options, workDir } = session;
  const { topicsDir: _, ...delimiters } = options.layout ?? defaultLayout;
  const spool = await spoolTopic(objects, topicOf(options.id, table), {
    ...delimiters,
    folder: "rejects",
    path: `${workDir}/${table}.undecodable`,
    signal: options.signal,
  });
  await loadUndecodable(here, table, spool);
  return spool;
}

/** `object_`, `landed_` and `aside_<table>` here: where records were, their keys and hashes. */
async function fetchWork(session: Session, table: TableName, spool: Spool): Promise<void> {
  const { here, there, workDir } = session;
  await loadObjects(here, table, spool);
  await loadOdd(here, table, spool);
  const number = { name: "n", type: "bigint" };
  await fetchTable(there, here, `aside_${table}`, asideRows(table), {
    columns: [
      number,
      { name: "first_n", type: "bigint" },
      ...["verdict", "reason", "line"].map((name) => ({ name, type: "string" })),
    ],
    workDir,
  });
  await fetchTable(there, here, `digest_${table}`, landedDigests(table), {
    columns: [number, { name: "landed_key", type: "int" }, {
      name: "content_hash",
      type: "string",
    }],
    workDir,
  });
  await here.run(`create or replace table landed_${table} as
    select landed_key, content_hash, aside.line
    from digest_${table} as digest left join aside_${table} as aside on aside.n = digest.n
    order by digest.n`);
  await checkNumbers(here, table, spool);
  await here.run(`drop table digest_${table}`);
}

const objectRows = (table: TableName): string =>
  `select path, topic_partition, start_offset, first_line, line_count
from object_${table} order by first_line`;

/** What the proof needs of the landed records: not what is in them. */
const landedDigests = (table: TableName): string =>
  `select n, landed_key, content_hash from landed_${table} order by n`;

/** What was set aside, with the lines of the rejected. */
const asideRows = (table: TableName): string =>
  `select aside.n, aside.first_n, aside.verdict, aside.reason,
    case when aside.verdict = 'rejected' then landed.line end as line
from aside_${table} as aside
join landed_${table} as landed on landed.n = aside.n
order by n`;

/** A row's number in the table is that of its line: what the proof counts on. */
async function checkNumbers(here: DuckDbWarehouse, table: TableName, spool: Spool): Promise<void> {
  const [row] = await here.rows(`select count(*) as lines, count(distinct n) as numbers,
    coalesce(max(n), -1) as last from digest_${table}`);
  const [lines, numbers, last] = [Number(row?.lines), Number(row?.numbers), Number(row?.last)];
  if (lines === spool.lineCount && numbers === lines && last === lines - 1) return;
  throw new RunError(
    `Cannot fetch landed ${table} records: the objects hold ${spool.lineCount} lines, ` +
      `${lines} came, with ${numbers} numbers up to ${last}`,
  );
}

/** Clean tables and rejects here, and what became of every record. */
async function cleanAll(
  session: Session,
  landed: Spools,
  undecodable: Spools,
): Promise<Record<TableName, TableCounts>> {
  const { here, there, models, options, workDir } = session;
  await createRejects(here, options.unreadable);
  const counts = perTable((): TableCounts | null => null);
  for (const [done, table] of tableNames.entries()) {
    options.tell?.stage?.({ ...cleaning, done, note: table });
    await fetchTable(there, here, table, cleanRows(modelOf(models, table)), {
      columns: modelOf(models, table).header.output,
      workDir,
    });
    await collectRejects(here, table, landed[table]);
    const lines = landed[table].lineCount + undecodable[table].lineCount;
    counts[table] = { landed: lines, ...await countTable(here, table) };
  }
  return counts as Record<TableName, TableCounts>;
}

const cleanRows = ({ name, header }: Model): string =>
  `select ${header.output.map((column) => `\`${column.name}\``).join(", ")}
from \`${name}\` order by ind`;

async function nulledAll({ here, there, models }: Session): Promise<Nulled[]> {
  const found = await forEachTable((table) => countNulled(there, modelOf(models, table)));
  const nulled = tableNames.flatMap((table) => found[table]);
  await createNulledTable(here, nulled);
  return nulled;
}

async function auditAll({ there, models }: Session): Promise<AuditFinding[]> {
  const found = await forEachTable(async (table) => {
    const { audit } = modelOf(models, table);
    return audit === null ? [] : findingsOf(table, await there.audit(audit.text, audit.file));
  });
  return tableNames.flatMap((table) => found[table]);
}

/** Each answer as a view there, its rows as a table here. */
async function answerAll(session: Session): Promise<Map<string, Answer>> {
  const { here, there, models, options } = session;
  const answers = new Map<string, Answer>();
  const questions = questionsOf(models);
  const stage = answering(questions.length);
  for (const [done, question] of questions.entries()) {
    const { name, text, file, header } = question;
    options.tell?.stage?.({ ...stage, done, note: name });
    await there.model(name, text, { as: "view", file });
    const rows = await there.answer(text, file);
    await fetchTable(
      { batches: () => iterableOf(rows) },
      here,
      name,
      "",
      { columns: header.output, workDir: session.workDir },
    );
    answers.set(name, await readAnswer(here, question, { outDir: options.outDir, models }));
  }
  options.tell?.stage?.({ ...stage, done: stage.total });
  return answers;
}

async function* iterableOf<T>(rows: T): AsyncGenerator<T> {
  yield await Promise.resolve(rows);
}

/** What the work left there. It is replaced by the next run anyway: failing here is no failure. */
async function dropWork(there: DatabricksWarehouse, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return;
  await Promise.allSettled(tableNames.map(async (table) => {
    await there.run(`drop view if exists raw_${table}`);
    for (const kind of ["aside", "compared", "repeat", "landed", "object", "lines"]) {
      await there.run(`drop table if exists ${kind}_${table}`);
    }
  }));
}
