/**
 * The tables that the `stream` command leaves: of a run that was killed in the middle and started
 * again, with small batches, so that there are many commits, checkpoints and compactions.
 */
import assert from "node:assert/strict";
import { ended, json, start, until } from "../simulation/harness.ts";
import { type DeltaJudge, ourRows, schemaOf, sorted } from "./delta_judge.ts";
import { reopen } from "./delta_tables.ts";

interface StreamedTable {
  localPath: string;
  version: number;
  rows: number;
}

interface StreamSummary {
  ok: boolean;
  reconciled: boolean;
  tables: Record<string, StreamedTable>;
}

const posts = 700;

/** Versions in the log of the first table found below a folder whose name ends like this. */
async function commitCount(folder: string, ending: string): Promise<number> {
  // What is being made may have another name a moment later.
  const entries = await Array.fromAsync(Deno.readDir(folder)).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  });
  for (const { name, isDirectory } of entries) {
    if (!isDirectory) continue;
    const below = `${folder}/${name}`;
    const names = name.endsWith(ending)
      ? await Array.fromAsync(Deno.readDir(`${below}/_delta_log`)).catch(() => [])
      : [];
    const count = names.filter((entry) => /^[0-9]{20}[.]json$/.test(entry.name)).length;
    const found = Math.max(count, name.endsWith(ending) ? 0 : await commitCount(below, ending));
    if (found > 0) return found;
  }
  return 0;
}

/** Kills the run in the middle, and lets another one finish it. */
export async function streamed(folder: string): Promise<StreamSummary> {
  const data = `${folder}/data`;
  await Deno.mkdir(data);
  const words = ["stream", "--rows", String(posts), "--data", data].concat(
    ...["--rate", "120", "--batch-size", "10", "--flush-records", "10", "--flush-age", "100ms"],
  );
  const first = start(...words, "--out", `${folder}/out`, "--json");
  await until("some batches are committed", async () => await commitCount(data, "_pin_table") > 8);
  first.kill("SIGKILL");
  await ended(first);
  return await json<StreamSummary>(...words, "--out", `${folder}/out`);
}

/** A stream of the posts that have something odd in every column, some of them rejected. */
export async function streamedEdges(folder: string): Promise<StreamSummary> {
  const source = new URL("../../fixtures/samples/edges/csv", import.meta.url).pathname;
  const words = ["--source", source, "--data", `${folder}/edges`, "--out", `${folder}/edges-out`];
  const summary = await json<StreamSummary>("stream", ...words);
  assert.ok((summary.tables["rejects"]?.rows ?? 0) > 0, "nothing was rejected");
  return summary;
}

/** The judge reads every table of the run as we do, now and as it was halfway. */
export async function judgeTables(judge: DeltaJudge, summary: StreamSummary): Promise<void> {
  assert.ok(summary.ok && summary.reconciled);
  assert.deepEqual(Object.keys(summary.tables).sort(), ["geo", "pin", "rejects", "user"]);
  for (const [name, { localPath, version, rows }] of Object.entries(summary.tables)) {
    await using opened = await reopen(localPath);
    const theirs = await judge.read(localPath);
    assert.deepEqual(theirs.schema, schemaOf(opened.table.columns), name);
    assert.deepEqual(sorted(theirs.rows), sorted(await ourRows(opened.db, opened.table)), name);
    assert.deepEqual([theirs.version, theirs.rows.length], [version, rows], name);
    const half = { version: Math.floor(version / 2) };
    const before = await judge.read(localPath, half);
    const ours = await ourRows(opened.db, await opened.table.at(half));
    assert.deepEqual(sorted(before.rows), sorted(ours), `${name} at half of its versions`);
  }
}

/** The same for the run that was killed, whose tables have seen everything. */
export async function judgeStreamed(judge: DeltaJudge, summary: StreamSummary): Promise<void> {
  await judgeTables(judge, summary);
  const { localPath = "", rows } = summary.tables["pin"] ?? {};
  assert.equal(rows, posts);
  const operations = new Set((await judge.history(localPath)).map(([, operation]) => operation));
  assert.ok(operations.has("STREAMING UPDATE") && operations.has("OPTIMIZE"));
  const log = await Array.fromAsync(Deno.readDir(`${localPath}/_delta_log`));
  assert.ok(log.some(({ name }) => name.endsWith(".checkpoint.parquet")));
}
