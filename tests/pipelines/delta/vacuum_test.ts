import assert from "node:assert/strict";
import { retentionMs } from "../../../pipelines/delta/vacuum.ts";
import { UsageError } from "../../../pipelines/errors.ts";
import { type Given, messageOf, numbers, numbersIn, withDisk } from "./helper.ts";

const dayMs = 86_400_000;

async function age(dir: string, days: number, nowMs: number): Promise<void> {
  for await (const { name, isDirectory } of Deno.readDir(dir)) {
    if (isDirectory) await age(`${dir}/${name}`, days, nowMs);
    else {await Deno.utime(
        `${dir}/${name}`,
        (nowMs - days * dayMs) / 1000,
        nowMs / 1000 - days * 86_400,
      );}
  }
}

/** One file is live, one was removed at `nowMs`, one was never committed. */
async function withLitter({ create, dir }: Given, nowMs: () => number) {
  const table = await create({ nowMs });
  await table.append(numbers(1));
  const [removed] = table.files;
  await table.overwrite(numbers(2));
  const [live] = table.files;
  const orphan = "part-00000-orphan-c000.snappy.parquet";
  await Deno.writeTextFile(`${dir}/table/${orphan}`, "no commit names it");
  await Deno.mkdir(`${dir}/table/_checkpoints/app`, { recursive: true });
  await Deno.writeTextFile(`${dir}/table/_checkpoints/app/1.json`, "{}");
  await Deno.mkdir(`${dir}/table/.hidden`);
  await Deno.writeTextFile(`${dir}/table/.hidden/file`, "x");
  return { table, removed: removed?.path ?? "", live: live?.path ?? "", orphan };
}

Deno.test("Vacuum takes what nobody needs for seven days, and nothing else", () =>
  withDisk(async (disk) => {
    const startMs = Date.now();
    let nowMs = startMs;
    const { table, removed, live, orphan } = await withLitter(disk, () => nowMs);
    await age(`${disk.dir}/table`, 0, startMs);
    const logBefore = await disk.storage.list("_delta_log/");

    nowMs = startMs + 6.9 * dayMs;
    assert.deepEqual(await table.vacuum(), { files: [], bytes: 0 });
    nowMs = startMs + 7.1 * dayMs;
    const planned = await table.vacuum({ dryRun: true });
    assert.deepEqual(planned.files, [removed, orphan].sort());
    assert.notEqual(await disk.storage.read(orphan), null);
    assert.deepEqual(await table.vacuum(), planned);

    assert.deepEqual((await disk.storage.list("part-")).map(({ name }) => name), [live]);
    assert.deepEqual(await disk.storage.list("_delta_log/"), logBefore);
    assert.notEqual(await disk.storage.read("_checkpoints/app/1.json"), null);
    assert.notEqual(await disk.storage.read(".hidden/file"), null);
    assert.deepEqual(await numbersIn(disk.db, await disk.open()), [2]);
    const old = await table.at({ version: 1 });
    await assert.rejects(old.scan(), /Cannot read .*No such file/);
  }));

Deno.test("A file that was removed lately stays, however old it is", () =>
  withDisk(async (disk) => {
    const nowMs = Date.now();
    const { table, removed, orphan } = await withLitter(disk, () => nowMs);
    await age(`${disk.dir}/table`, 30, nowMs);
    assert.deepEqual((await table.vacuum()).files, [orphan]);
    assert.notEqual(await disk.storage.read(removed), null);
    assert.deepEqual(await numbersIn(disk.db, await table.at({ version: 1 })), [1]);
  }));

Deno.test("A file that is younger than the window stays: its commit may be under way", () =>
  withDisk(async (disk) => {
    const { table } = await withLitter(disk, () => Date.now());
    assert.deepEqual(await table.vacuum({ olderThanMs: 60_000, allowShort: true }), {
      files: [],
      bytes: 0,
    });
  }));

Deno.test("A window shorter than the table's is refused unless it is meant", () =>
  withDisk(async (disk) => {
    let nowMs = Date.now();
    const { table, removed, orphan } = await withLitter(disk, () => nowMs);
    const refused = await messageOf(table.vacuum({ olderThanMs: 3_600_000 }), UsageError);
    assert.match(refused, /older than 1 hours: the table keeps them for 168 hours/);
    await messageOf(table.vacuum({ olderThanMs: -1, allowShort: true }), UsageError);
    nowMs += 1_000;
    const { files } = await table.vacuum({ olderThanMs: 0, allowShort: true });
    assert.deepEqual(files, [removed, orphan].sort());
    assert.deepEqual(await numbersIn(disk.db, table), [2]);
  }));

Deno.test("The table's own time counts, and one that we cannot read is forever", () => {
  const days = (text?: string) =>
    retentionMs({
      ...{ id: "", format: { provider: "parquet" }, schemaString: "", partitionColumns: [] },
      configuration: text === undefined ? {} : { "delta.deletedFileRetentionDuration": text },
    }) / dayMs;
  assert.equal(days(), 7);
  assert.equal(days("interval 1 week"), 7);
  assert.equal(days("interval 30 days"), 30);
  assert.equal(days("INTERVAL 36 HOURS"), 1.5);
  assert.equal(days("interval 1 day 12 hours"), 1.5);
  assert.equal(days("interval 0 hours"), 0);
  assert.equal(days("P30D"), Infinity);
  assert.equal(days("interval 1 month"), Infinity);
});
