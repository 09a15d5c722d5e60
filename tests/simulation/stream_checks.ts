/**
 * What a stream holds and what became of it, found out without the pipeline's own code: the shards
 * from the simulator's files, the tables from their JSON logs and Parquet files (hyparquet).
 *
 *   in    the rows of the source, the data folder of a run that is over
 *   out   how much went in and came out, what was lost, what is there twice; throws on the rest
 */
import assert from "node:assert/strict";
import { parquetReadObjects } from "hyparquet";
import { noFaults } from "../../sim/faults/plan.ts";
import { LogPool } from "../../sim/kinesis/log_pool.ts";
import { Streams } from "../../sim/kinesis/streams.ts";
import { indOf, type Lines, type Table, tables, witnesses } from "./stream_source.ts";

export interface Place {
  id: string;
  /** The folder that a simulator kept its files in. */
  data: string;
  /** The folder with the Delta tables. */
  delta: string;
}

/** Rows of the three tables together, each content once. */
export interface Tally {
  in: number;
  /** In a table, or among the rejects. */
  out: number;
  lost: number;
  doubled: number;
  /** Records in the shards of each stream, resent ones included. */
  records: Record<Table, number>;
}

/** The rows of a table or file, by column. */
type Rows = Record<string, unknown>[];

/** Where the tables of a run stand that wrote to the simulated bucket. */
export function bucketTables(data: string, id: string): string {
  return `${data}/s3/user-${id}-bucket/delta`;
}

/**
 * Compares source, shards and tables.
 * @param lines what was to be posted; all of it, and nothing else but what others sent
 */
export async function tally(place: Place, lines: Lines): Promise<Tally> {
  const sum: Tally = { in: 0, out: 0, lost: 0, doubled: 0, records: { pin: 0, geo: 0, user: 0 } };
  const rejects = await tableRows(`${place.delta}/${place.id}_rejects_table`);
  for (const table of tables) {
    const records = shardRecords(place, table);
    const rows = await tableRows(`${place.delta}/${place.id}_${table}_table`);
    const ofStream = rejects.filter(({ stream }) => stream === streamOf(place, table));
    assertVerdicts(table, records, rows, ofStream);
    const found = oneTally(table, lines[table], rows, ofStream);
    sum.records[table] = records.length;
    for (const name of ["in", "out", "lost", "doubled"] as const) sum[name] += found[name];
  }
  return sum;
}

function oneTally(table: Table, lines: readonly string[], rows: Rows, rejects: Rows) {
  const contents = new Set(lines.map(normal));
  const wanted = new Set<unknown>([...contents].map((line) => indOf(table, JSON.parse(line))));
  const kept = new Set(rows.map((row) => `${row["ind"]} ${witnessOf(table, row)}`));
  const rejected = new Set(rejects.map(({ bytes }) => normal(textOf(bytes))));
  const lost = [...contents].filter((line) => {
    const row = JSON.parse(line);
    return !rejected.has(line) && !kept.has(`${indOf(table, row)} ${row[witnesses[table]]}`);
  });
  const inds = new Set(rows.map(({ ind }) => ind));
  const places = new Set(rejects.map(({ shard, sequence_number: at }) => `${shard} ${at}`));
  return {
    in: contents.size,
    out: rows.filter(({ ind }) => wanted.has(ind)).length +
      [...rejected].filter((line) => contents.has(line)).length,
    lost: lost.length,
    doubled: rows.length - inds.size + rejects.length - places.size,
  };
}

/** Every record of the shards has the fate that the order of the shards gives it. */
function assertVerdicts(
  table: Table,
  records: readonly ShardRecord[],
  rows: Rows,
  rejects: Rows,
): void {
  const first = new Map<number, ShardRecord>();
  const refused: string[] = [];
  for (const record of records) {
    const ind = recordInd(table, record.text);
    const before = ind === null ? undefined : first.get(ind);
    if (ind !== null && before === undefined) first.set(ind, record);
    else if (before?.text !== record.text) refused.push(`${record.place} ${record.text}`);
  }
  const found = rejects.map(({ shard, sequence_number: at, bytes }) =>
    `${shard}/${at} ${textOf(bytes)}`
  );
  assert.deepEqual(found.sort(), refused.sort(), `rejects of ${table}`);
  const expected = [...first].map(([ind, { text }]) =>
    `${ind} ${JSON.parse(text)[witnesses[table]]}`
  );
  const kept = rows.map((row) => `${row["ind"]} ${witnessOf(table, row)}`);
  assert.deepEqual(kept.sort(), expected.sort(), `rows of ${table}`);
}

function recordInd(table: Table, text: string): number | null {
  try {
    const row: unknown = JSON.parse(text);
    if (typeof row !== "object" || row === null || !(witnesses[table] in row)) return null;
    return indOf(table, { ...row });
  } catch {
    return null;
  }
}

/** Cleaning puts a user's names together; the other witnesses stand as they were posted. */
function witnessOf(table: Table, row: Record<string, unknown>): unknown {
  const { user_name: name } = row;
  return table === "user" ? String(name).split(" ")[0] : row[witnesses[table]];
}

/** As JSON is written here; what is none stands for itself. */
function normal(line: string): string {
  try {
    return JSON.stringify(JSON.parse(line));
  } catch {
    return line;
  }
}

function textOf(base64: unknown): string {
  return new TextDecoder().decode(Uint8Array.fromBase64(String(base64)));
}

interface ShardRecord {
  /** Shard and sequence number. */
  place: string;
  text: string;
}

function streamOf({ id }: Place, table: Table): string {
  return `streaming-${id}-${table}`;
}

/** All records of a stream, oldest first within each shard, parents before children. */
export function shardRecords(place: Place, table: Table): ShardRecord[] {
  using logs = new LogPool(noFaults);
  const world = { nowMs: Date.now, faults: noFaults, logs, transitionMs: 0 };
  using streams = new Streams(`${place.data}/kinesis`, world, { accountId: "000000000000" });
  return streams.get(streamOf(place, table)).shards.flatMap((shard) => {
    const { records } = shard.read(0n, { limit: Infinity, bytesMax: Infinity, cutoffMs: 0 });
    return records.map(({ offset, arrivalMs, data }) => ({
      place: `${shard.id}/${shard.sequenceAt(offset, arrivalMs)}`,
      text: new TextDecoder().decode(data),
    }));
  });
}

interface Action {
  add?: { path: string };
  remove?: { path: string };
}

/** The rows of a Delta table's newest version. */
export async function tableRows(dir: string): Promise<Rows> {
  const rows: Rows = [];
  for (const path of await liveFiles(dir)) rows.push(...await parquetRows(`${dir}/${path}`));
  return rows;
}

/** By every commit from the first on; the checkpoint that is pointed to must say the same. */
export async function liveFiles(dir: string): Promise<string[]> {
  const log = `${dir}/_delta_log`;
  const names = await Array.fromAsync(Deno.readDir(log), ({ name }) => name);
  const commits = names.filter((name) => /^[0-9]{20}\.json$/.test(name)).sort();
  assert.deepEqual(commits.map((name) => Number.parseInt(name, 10)), [...commits.keys()]);
  const pointer = names.includes("_last_checkpoint")
    ? JSON.parse(await Deno.readTextFile(`${log}/_last_checkpoint`)).version
    : null;
  const live = new Set<string>();
  for (const [version, name] of commits.entries()) {
    const text = await Deno.readTextFile(`${log}/${name}`);
    for (const line of text.trimEnd().split("\n")) {
      const { add, remove }: Action = JSON.parse(line);
      if (add) live.add(add.path);
      if (remove) live.delete(remove.path);
    }
    if (version === pointer) await assertCheckpoint(log, version, live);
  }
  return [...live];
}

async function assertCheckpoint(log: string, version: number, live: Set<string>): Promise<void> {
  const name = `${String(version).padStart(20, "0")}.checkpoint.parquet`;
  const actions = await parquetRows(`${log}/${name}`) as Action[];
  const paths = actions.flatMap(({ add }) => add?.path ?? []);
  assert.deepEqual(paths.sort(), [...live].sort(), `${log}/${name}`);
}

async function parquetRows(path: string): Promise<Rows> {
  const { buffer: file } = await Deno.readFile(path);
  return await parquetReadObjects({ file });
}
