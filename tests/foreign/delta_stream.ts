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
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
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
    ...["--rate", "300", "--batch-size", "10", "--flush-records", "10", "--flush-age", "100ms"],
  );
  const first = start(...words, "--out", `${folder}/out`, "--json");
  await until("some batches are committed", async () => await commitCount(data, "_pin_table") > 8);
  first.kill("SIGKILL");
  await ended(first);
  return await json<StreamSummary>(...words, "--out", `${folder}/out`);
}

/** The judge reads every table of the run as we do. */
export async function judgeStreamed(judge: DeltaJudge, summary: StreamSummary): Promise<void> {
  assert.ok(summary.ok && summary.reconciled);
  const operations = new Set<string>();
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
    for (const [, operation] of await judge.history(localPath)) operations.add(operation);
  }
  assert.ok(
    operations.has("OPTIMIZE") && operations.has("STREAMING UPDATE"),
    [...operations].join(),
  );
  const { pin } = summary.tables;
  assert.equal(pin?.rows, posts);
  const log = await Array.fromAsync(Deno.readDir(`${pin?.localPath}/_delta_log`));
  assert.ok(log.some(({ name }) => name.endsWith(".checkpoint.parquet")));
}
