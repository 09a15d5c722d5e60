import assert from "node:assert/strict";
import { type Expired, expiredOf } from "../../../pipelines/delta/cleanup.ts";
import type { DeltaTable } from "../../../pipelines/delta/mod.ts";
import { checkpointName, commitName, commitVersion } from "../../../pipelines/delta/names.ts";
import { type Given, numbers, numbersIn, withDisk } from "./helper.ts";

const dayMs = 86_400_000;
/** The middle of a day. */
const startMs = Date.UTC(2026, 0, 1, 12);

/** A table with a commit a day, and a checkpoint after every third. */
async function daily(
  { create, dir }: Given,
  days: number,
  configuration: Record<string, string> = {},
): Promise<{ table: DeltaTable; clock: { nowMs: number } }> {
  const clock = { nowMs: startMs };
  const table = await create({ nowMs: () => clock.nowMs, checkpointEvery: 0, configuration });
  await date(dir, 0, startMs);
  for (let day = 1; day <= days; day++) {
    clock.nowMs = startMs + day * dayMs;
    await table.append(numbers(day));
    await date(dir, day, clock.nowMs);
    if (day % 3 === 0) await table.checkpoint();
  }
  return { table, clock };
}

async function date(dir: string, version: number, ms: number): Promise<void> {
  await Deno.utime(`${dir}/table/${commitName(version)}`, new Date(ms), new Date(ms));
}

async function commitsLeft({ storage }: Given): Promise<number[]> {
  const files = await storage.list("_delta_log/");
  return files.map(({ name }) => commitVersion(name)).filter((version) => version !== null);
}

Deno.test("Commits older than 30 days go once a checkpoint covers all that are younger", () =>
  withDisk(async (disk) => {
    const { table, clock } = await daily(disk, 60);
    // Day 60 - 30: commit 30 is of that day, and version 30 has a checkpoint of its own.
    assert.deepEqual(await commitsLeft(disk), Array.from({ length: 31 }, (_, at) => 30 + at));
    assert.equal(await disk.storage.read(checkpointName(27)), null);
    assert.deepEqual(await numbersIn(disk.db, await disk.open()), range(1, 60));
    assert.deepEqual(await numbersIn(disk.db, await table.at({ version: 30 })), range(1, 30));
    await assert.rejects(table.at({ version: 29 }), /Cannot read .* at version 29/);
    clock.nowMs += dayMs;
    await table.append(numbers(61));
    await table.checkpoint();
    // The youngest that is too old is 30, and 31 can be read from nothing later than checkpoint 30.
    assert.equal((await commitsLeft(disk))[0], 30);
  }));

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, at) => from + at);
}

Deno.test("A table says for itself how long its log is kept, and whether anything goes", () =>
  withDisk(async (disk) => {
    await daily(disk, 12, { "delta.logRetentionDuration": "interval 5 days" });
    assert.equal((await commitsLeft(disk))[0], 6);
  }).then(() =>
    withDisk(async (disk) => {
      await daily(disk, 9, {
        "delta.logRetentionDuration": "interval 1 day",
        "delta.enableExpiredLogCleanup": "false",
      });
      assert.equal((await commitsLeft(disk))[0], 0);
    })
  ));

Deno.test("A log whose clean-up ended at any deletion is read as before, and cleaned by the next", () =>
  withDisk(async (disk) => {
    const { table, clock } = await daily(disk, 12);
    const whole = await disk.storage.list("_delta_log/");
    const { names } = expiredOf(whole, clock.nowMs - 5 * dayMs) as Expired;
    assert.ok(names.length > 5);
    for (const name of names) {
      await disk.storage.delete(name);
      assert.deepEqual(await numbersIn(disk.db, await disk.open()), range(1, 12));
      assert.deepEqual(await numbersIn(disk.db, await table.at({ version: 8 })), range(1, 8));
    }
    assert.equal(expiredOf(await disk.storage.list("_delta_log/"), clock.nowMs - 5 * dayMs), null);
  }));

Deno.test("Nothing goes without a whole checkpoint, and nothing that is no file of the log's", () => {
  const file = (name: string, day: number) => ({ name, size: 1, modifiedMs: day * dayMs });
  const commits = [0, 1, 2, 3, 4].map((version) => file(commitName(version), version));
  assert.equal(expiredOf(commits, 9 * dayMs), null);
  const part = "_delta_log/00000000000000000002.checkpoint.0000000001.0000000002.parquet";
  assert.equal(expiredOf([...commits, file(part, 2)], 9 * dayMs), null);
  const others = ["_delta_log/_last_checkpoint", "_delta_log/_sidecars/0.parquet"];
  const crc = "_delta_log/00000000000000000001.crc";
  const files = [...commits, ...[...others, crc, checkpointName(3)].map((name) => file(name, 0))];
  assert.deepEqual(expiredOf(files.sort((a, b) => a.name < b.name ? -1 : 1), 9 * dayMs), {
    names: [commitName(0), crc, commitName(1), commitName(2)],
    checkpoint: [checkpointName(3)],
  });
  // Version 2 is young enough, so that the checkpoint of 3 is too late for it.
  assert.equal(expiredOf(files, 2 * dayMs), null);
});

Deno.test("A commit is never older than the one before it", () => {
  const file = (name: string, day: number) => ({ name, size: 1, modifiedMs: day * dayMs });
  const files = [
    ...[9, 1, 1, 9].map((day, version) => file(commitName(version), day)),
    file(checkpointName(2), 9),
  ];
  assert.equal(expiredOf(files, 5 * dayMs), null);
});

Deno.test("An expired log stays while the checkpoint that replaces it cannot be read", () =>
  withDisk(async (disk) => {
    const { table, clock } = await daily(disk, 12, {
      "delta.logRetentionDuration": "interval 100 days",
    });
    await Deno.writeTextFile(`${disk.dir}/table/${checkpointName(9)}`, "damaged");
    clock.nowMs = startMs + 110 * dayMs + dayMs / 4;
    await assert.rejects(table.checkpoint(), /checkpoint/);
    assert.equal((await commitsLeft(disk))[0], 0);
  }));
