/**
 * What every judge of Delta tables does with tables of ours, and we with tables of its.
 */
import assert from "node:assert/strict";
import { UnsupportedTable } from "../../pipelines/delta/mod.ts";
import { type DeltaJudge, type JsonRow, ourRows, schemaOf, sorted } from "./delta_judge.ts";
import {
  checkpointVersion,
  columns,
  compactedVersion,
  copyTable,
  forgetBefore,
  numbered,
  queryOf,
  reopen,
  rows,
  writeHistory,
} from "./delta_tables.ts";

/** The judge, the table of ours, and where copies of it go. */
export interface Court {
  judge: DeltaJudge;
  /** Our table, which nobody writes to. */
  ours: string;
  folder: string;
}

const schema = schemaOf(columns);
const newRow: JsonRow = { ...rows[0], ind: 99_001, title: "a row of the judge" };

/** What the table holds by what was put into it. */
const written = [1, 2, 4, 5, 6].flatMap((batch) => numbered(batch * 100, 10)).concat(rows);

export async function court(judge: DeltaJudge, folder: string): Promise<Court> {
  const ours = `${folder}/ours`;
  await writeHistory(ours);
  return { judge, ours, folder };
}

/** Both read the same rows, and these. */
async function agree({ judge }: Court, dir: string, expected: readonly JsonRow[]): Promise<void> {
  await using opened = await reopen(dir);
  const { db, table } = opened;
  const theirs = await judge.read(dir);
  assert.deepEqual(sorted(await ourRows(db, table)), sorted(expected), "as we read it");
  assert.deepEqual(sorted(theirs.rows), sorted(expected), "as the judge reads it");
  assert.equal(theirs.version, table.version);
}

export const stepsOfAll: Record<string, (court: Court) => Promise<void>> = {
  "reads every version of our table as we do": async ({ judge, ours }) => {
    await using opened = await reopen(ours);
    const { db, table } = opened;
    assert.deepEqual(sorted(await ourRows(db, table)), sorted(written));
    for (let version = 0; version <= table.version; version++) {
      const theirs = await judge.read(ours, { version });
      assert.deepEqual(
        sorted(theirs.rows),
        sorted(await ourRows(db, await table.at({ version }))),
        `version ${version}`,
      );
      assert.deepEqual(theirs.schema, schema);
    }
    assert.equal((await judge.read(ours)).version, table.version);
  },

  "tells the same history of it": async ({ judge, ours }) => {
    await using opened = await reopen(ours);
    const told = await opened.table.history();
    const expected = told.map(({ version, operation }) => [version, operation]);
    assert.deepEqual(await judge.history(ours), expected);
    assert.equal(expected.length, 9);
    assert.deepEqual(expected.at(-1 - compactedVersion), [compactedVersion, "OPTIMIZE"]);
  },

  "finds the version of a time": async ({ judge, ours }) => {
    await using opened = await reopen(ours);
    const commit = `${ours}/_delta_log/${String(5).padStart(20, "0")}.json`;
    const timestamp = new Date((await Deno.stat(commit)).mtime?.getTime() ?? 0);
    const snapshot = await opened.table.at({ timestampMs: timestamp.getTime() });
    assert.equal(snapshot.version, 5);
    const theirs = await judge.read(ours, { timestamp: timestamp.toISOString() });
    assert.deepEqual(sorted(theirs.rows), sorted(await ourRows(opened.db, snapshot)));
  },

  "opens it by our checkpoint, the log before it gone": async (court) => {
    const dir = await copyTable(court.ours, `${court.folder}/by-checkpoint`);
    await forgetBefore(dir, checkpointVersion);
    await agree(court, dir, written);
    const theirs = await court.judge.read(dir, { version: checkpointVersion });
    const before = [1, 2, 4].flatMap((batch) => numbered(batch * 100, 10));
    assert.deepEqual(sorted(theirs.rows), sorted(before));
  },

  "appends a row that we see, and we go on": async (court) => {
    const dir = await copyTable(court.ours, `${court.folder}/appended`);
    await using opened = await reopen(dir);
    await court.judge.append(dir, schema, [newRow]);
    await agree(court, dir, [...written, newRow]);
    // Opened before the judge wrote: the next version is taken, ours is the one after it.
    const { version, rivals } = await opened.table.append(queryOf(numbered(900, 2)));
    assert.equal(version, 10);
    assert.equal(rivals.length, 1);
    await agree(court, dir, [...written, newRow, ...numbered(900, 2)]);
  },

  "deletes and compacts, and so do we": async (court) => {
    const dir = await copyTable(court.ours, `${court.folder}/deleted`);
    await court.judge.delete(dir, "ind >= 500 AND ind < 505");
    const left = written.filter(({ ind }) => !(Number(ind) >= 500 && Number(ind) < 505));
    await agree(court, dir, left);
    await court.judge.optimize(dir);
    await agree(court, dir, left);
    await using opened = await reopen(dir);
    await opened.table.append(queryOf([newRow]));
    await opened.table.compact({ minFiles: 2 });
    await opened.table.checkpoint();
    await agree(court, dir, [...left, newRow]);
    assert.equal(opened.table.fileCount, 1);
  },

  "reads our table with a column more, and adds a row to it": async (court) => {
    const dir = await copyTable(court.ours, `${court.folder}/evolved`);
    await using opened = await reopen(dir);
    await opened.table.addColumns([{ name: "note", type: "string" }]);
    const noted = (some: readonly JsonRow[], note: string | null) =>
      some.map((row) => ({ ...row, note }));
    await opened.table.append(`SELECT *, 'ours' AS note FROM (${queryOf(numbered(900, 2))})`);
    const expected = [...noted(written, null), ...noted(numbered(900, 2), "ours")];
    await agree(court, dir, expected);
    const evolved = schemaOf(opened.table.columns);
    assert.deepEqual((await court.judge.read(dir)).schema, evolved);
    await court.judge.append(dir, evolved, noted([newRow], "theirs"));
    await agree(court, dir, [...expected, ...noted([newRow], "theirs")]);
    await opened.table.refresh();
    await opened.table.compact({ minFiles: 2 });
    await opened.table.checkpoint();
    await agree(court, dir, [...expected, ...noted([newRow], "theirs")]);
    assert.equal(opened.table.fileCount, 2, "files older than the column stay apart");
  },

  "vacuums our table, and we vacuum after it": async (court) => {
    const dir = await copyTable(court.ours, `${court.folder}/vacuumed`);
    const parquetCount = async () =>
      (await Array.fromAsync(Deno.readDir(dir))).filter(({ name }) => name.endsWith(".parquet"))
        .length;
    assert.equal(await parquetCount(), 7);
    await court.judge.vacuum(dir);
    assert.equal(await parquetCount(), 2);
    await agree(court, dir, written);
    await using opened = await reopen(dir);
    await opened.table.compact({ minFiles: 2 });
    await opened.table.vacuum({ olderThanMs: 0, allowShort: true });
    assert.equal(await parquetCount(), 1);
    await agree(court, dir, written);
  },

  "reads our table when we have cleaned old commits out of its log": async (court) => {
    const dir = await copyTable(court.ours, `${court.folder}/cleaned`);
    const commit = (version: number) =>
      `${dir}/_delta_log/${String(version).padStart(20, "0")}.json`;
    const old = new Date(Date.now() - 40 * 86_400_000);
    await using opened = await reopen(dir);
    const last = opened.table.version;
    for (let version = 0; version <= last; version++) await Deno.utime(commit(version), old, old);
    await opened.table.append(queryOf([newRow]));
    await opened.table.checkpoint();
    await assert.rejects(Deno.stat(commit(0)), Deno.errors.NotFound);
    await agree(court, dir, [...written, newRow]);
    await court.judge.append(dir, schema, [{ ...newRow, ind: 99_002 }]);
    await agree(court, dir, [...written, newRow, { ...newRow, ind: 99_002 }]);
  },

  "is read by us: types, nulls, overwriting": async (court) => {
    const dir = `${court.folder}/theirs`;
    await court.judge.append(dir, schema, rows);
    await court.judge.append(dir, schema, numbered(100, 3));
    await agree(court, dir, [...rows, ...numbered(100, 3)]);
    await court.judge.append(dir, schema, numbered(200, 4), { mode: "overwrite" });
    await agree(court, dir, numbered(200, 4));
    await using opened = await reopen(dir);
    assert.deepEqual(schemaOf(opened.table.columns), schema);
    await opened.table.append(queryOf(rows));
    await opened.table.checkpoint();
    await agree(court, dir, [...numbered(200, 4), ...rows]);
  },

  "is read by us: partitions, which we do not write": async (court) => {
    const dir = `${court.folder}/partitioned`;
    const names = ["title", "timestamp", "day", "flag", "big"];
    const some = rows.filter(({ title }) => title !== "");
    await court.judge.append(dir, schema, some, { partitionBy: names });
    await agree(court, dir, some);
    await using opened = await reopen(dir);
    await assert.rejects(opened.table.append(queryOf(rows)), UnsupportedTable);
  },

  "is refused by us where we would break a promise of the table": async (court) => {
    const dir = await copyTable(court.ours, `${court.folder}/promises`);
    await court.judge.setProperty(dir, "delta.appendOnly", "true");
    await using opened = await reopen(dir);
    await assert.rejects(opened.table.overwrite(queryOf(rows)), /append-only/);
    await opened.table.append(queryOf([newRow]));
    await agree(court, dir, [...written, newRow]);
    await court.judge.setProperty(dir, "delta.enableChangeDataFeed", "true");
    await agree(court, dir, [...written, newRow]);
    await opened.table.refresh();
    await assert.rejects(opened.table.append(queryOf([newRow])), UnsupportedTable);
  },
};

/** Twelve commits, so that a judge that writes checkpoints by itself has written one. */
export async function readsCheckpointOf(
  court: Court,
  checkpoint: (dir: string) => Promise<number>,
): Promise<void> {
  const dir = `${court.folder}/their-checkpoint`;
  for (let batch = 0; batch < 12; batch++) {
    await court.judge.append(dir, schema, numbered(batch * 100, 2));
  }
  const version = await checkpoint(dir);
  await forgetBefore(dir, version);
  const all = Array.from({ length: 12 }, (_, batch) => numbered(batch * 100, 2)).flat();
  await agree(court, dir, all);
}
