import assert from "node:assert/strict";
import { parquetReadObjects } from "hyparquet";
import type { DeltaStorage, DeltaTable } from "../../../pipelines/delta/mod.ts";
import { RunError } from "../../../pipelines/errors.ts";
import { openDuckDb } from "../../../pipelines/warehouse/duckdb.ts";
import { type Given, given, messageOf, numbers, numbersIn, withDisk } from "./helper.ts";

const logFile = (name: string) => `_delta_log/${name}`;
const commitFile = (version: number) => logFile(`${String(version).padStart(20, "0")}.json`);
const checkpointFile = (version: number) =>
  logFile(`${String(version).padStart(20, "0")}.checkpoint.parquet`);
const pointerFile = logFile("_last_checkpoint");

/** Versions 1 to 6 append their own number; checkpoints of 2 and 4; 3 has a txn, 5 is a compaction. */
async function sixVersions({ create }: Given): Promise<DeltaTable> {
  const table = await create({ checkpointEvery: 0 });
  await table.append(numbers(1));
  await table.append(numbers(2));
  await table.checkpoint();
  await table.append(numbers(3), { txn: { appId: "a", version: 9 }, info: { positions: "p" } });
  await table.append(numbers(4));
  await table.checkpoint();
  await table.compact({ minFiles: 2 });
  await table.append(numbers(6));
  return table;
}

async function assertWhole(disk: Given): Promise<void> {
  const table = await disk.open();
  assert.equal(table.version, 6);
  assert.deepEqual(await numbersIn(disk.db, table), [1, 2, 3, 4, 6]);
  assert.equal(table.txnVersion("a"), 9);
}

const garbage = new TextEncoder().encode("PAR1 this is no Parquet");

/** Each leaves a log that still says everything. */
const damages: Record<string, (storage: DeltaStorage) => Promise<void>> = {
  "nothing is wrong": () => Promise.resolve(),
  "the pointer is gone": (storage) => storage.delete(pointerFile),
  "the pointer is half written": (storage) => storage.put(pointerFile, garbage),
  "the pointer points nowhere": (storage) =>
    storage.put(pointerFile, new TextEncoder().encode(`{"version":5,"size":3}`)),
  "the pointer is beyond the end": (storage) =>
    storage.put(pointerFile, new TextEncoder().encode(`{"version":99,"size":3}`)),
  "the newest checkpoint is garbage": (storage) => storage.put(checkpointFile(4), garbage),
  "the newest checkpoint is empty": (storage) => storage.put(checkpointFile(4), new Uint8Array()),
  "the newest checkpoint is cut short": async (storage) => {
    const bytes = await storage.read(checkpointFile(4));
    await storage.put(checkpointFile(4), bytes!.subarray(0, bytes!.length - 100));
  },
  "the newest checkpoint is gone": (storage) => storage.delete(checkpointFile(4)),
  "both checkpoints are garbage": async (storage) => {
    for (const version of [2, 4]) await storage.put(checkpointFile(version), garbage);
  },
  "the first commits are cleaned away": async (storage) => {
    for (const version of [0, 1, 2, 3]) await storage.delete(commitFile(version));
  },
  "the first commits are cleaned away and the newest checkpoint is garbage": async (storage) => {
    for (const version of [0, 1, 2]) await storage.delete(commitFile(version));
    await storage.put(checkpointFile(4), garbage);
  },
  "part of a checkpoint in parts is missing": async (storage) => {
    const bytes = await storage.read(checkpointFile(4));
    const digits = String(6).padStart(20, "0");
    await storage.put(
      logFile(`${digits}.checkpoint.0000000001.0000000002.parquet`),
      bytes!,
    );
  },
  "there is a log compaction": (storage) =>
    storage.put(
      logFile(`${"1".padStart(20, "0")}.${"4".padStart(20, "0")}.compacted.json`),
      garbage,
    ),
  "temporary files of a dead writer are about": (storage) =>
    storage.put(logFile(`.${"7".padStart(20, "0")}.json.0f.tmp`), garbage),
};

Deno.test("A table opens whatever is wrong, as long as the log says everything", async (test) => {
  await using db = await openDuckDb({ threads: 1 });
  for (const [what, damage] of Object.entries(damages)) {
    await test.step(`A table opens when ${what}`, () =>
      withDisk(async (disk) => {
        await sixVersions(disk);
        await damage(disk.storage);
        await assertWhole(disk);
      }, db));
  }
});

Deno.test("A log that lacks what nothing else says is an error that names the commit", () =>
  withDisk(async (disk) => {
    await sixVersions(disk);
    for (const version of [0, 1, 2, 3]) await disk.storage.delete(commitFile(version));
    await disk.storage.put(checkpointFile(4), garbage);
    const message = await messageOf(disk.open(), RunError);
    assert.match(message, /checkpoint of version 4 cannot be read/);
    assert.match(message, /commit 3 is not there/);
  }));

Deno.test("A hole in the log is an error, not an end", () =>
  withDisk(async (disk) => {
    await sixVersions(disk);
    await disk.storage.delete(commitFile(5));
    assert.match(await messageOf(disk.open()), /commit 5 is not there/);
  }));

Deno.test("A commit that is no JSON is an error with its name and line", () =>
  withDisk(async (disk) => {
    await sixVersions(disk);
    await disk.storage.put(commitFile(6), new TextEncoder().encode(`{"commitInfo":{}}\n{"add":`));
    assert.match(await messageOf(disk.open()), /0006\.json: line 2 is no JSON/);
  }));

Deno.test("An independent reader finds in a checkpoint what the protocol asks for", () =>
  withDisk(async (disk) => {
    const table = await sixVersions(disk);
    await table.checkpoint();
    const bytes = await disk.storage.read(checkpointFile(6));
    const rows = await parquetReadObjects({ file: bytes!.slice().buffer });
    const of = (kind: string) => rows.flatMap((row) => row[kind] ?? []);
    assert.deepEqual(of("protocol"), [{ minReaderVersion: 1, minWriterVersion: 2 }]);
    const [metaData] = of("metaData");
    assert.deepEqual(
      JSON.parse(metaData.schemaString).fields.map(({ name }: { name: string }) => name),
      ["n", "text"],
    );
    const [txn] = of("txn");
    assert.deepEqual([txn.appId, txn.version], ["a", 9n]);
    assert.equal(of("add").length, 2);
    assert.equal(of("remove").length, 4);
    for (const add of of("add")) {
      assert.equal(add.dataChange, false);
      assert.deepEqual(add.partitionValues, {});
      assert.equal(add.size, BigInt(Deno.statSync(`${disk.storage.uri}/${add.path}`).size));
      assert.ok(JSON.parse(add.stats).numRecords > 0);
    }
    for (const row of rows) {
      const kinds = ["txn", "add", "remove", "metaData", "protocol"];
      assert.equal(kinds.filter((kind) => row[kind]).length, 1, "one action in each row");
    }
    const pointer = JSON.parse(new TextDecoder().decode((await disk.storage.read(pointerFile))!));
    assert.deepEqual(
      [pointer.version, pointer.size, pointer.sizeInBytes, pointer.numOfAddFiles],
      [6, rows.length, bytes!.length, 2],
    );
  }));

Deno.test("A checkpoint comes by itself after so many commits", () =>
  withDisk(async ({ create, storage }) => {
    const table = await create({ checkpointEvery: 3 });
    for (let n = 1; n <= 7; n++) await table.append(numbers(n));
    const found = (await storage.list("_delta_log/")).map(({ name }) => name)
      .filter((name) => name.includes("checkpoint."));
    assert.deepEqual(found, [checkpointFile(2), checkpointFile(5)]);
  }));

Deno.test("Removed files leave the checkpoints when their time is over", () =>
  withDisk(async ({ create, db, storage }) => {
    const dayMs = 86_400_000;
    let nowMs = 0;
    const table = await create({ nowMs: () => nowMs, checkpointEvery: 0 });
    await table.append(numbers(1));
    await table.overwrite(numbers(2));
    const removes = async (day: number) => {
      nowMs = day * dayMs;
      await table.checkpoint();
      const [row] = await db.rows(
        `SELECT count(remove.path) AS n FROM '${storage.uri}/${checkpointFile(2)}'`,
      );
      return row?.["n"];
    };
    assert.equal(await removes(6.9), 1);
    assert.equal(await removes(7.1), 0);
  }));

Deno.test("A checkpoint that does not read back as meant is taken away, and never pointed to", () =>
  withDisk(async (disk) => {
    const table = await sixVersions(disk);
    const before = await disk.storage.read(pointerFile);
    const older = await disk.storage.read(checkpointFile(2));
    const mistaken: DeltaStorage = {
      ...disk.storage,
      uri: disk.storage.uri,
      putFile: (name) => disk.storage.put(name, older!),
    };
    const told: string[] = [];
    const through = given(disk.db, disk.dir, mistaken);
    const options = { checkpointEvery: 0, onTrouble: (error: Error) => told.push(error.message) };
    const careful = await through.open(options);
    assert.match(await messageOf(careful.checkpoint()), /what was read back differs/);
    assert.deepEqual(await disk.storage.read(pointerFile), before);
    assert.equal(await disk.storage.read(checkpointFile(6)), null);
    assert.equal(table.version, 6);
    await assertWhole(disk);
  }));

Deno.test("A checkpoint that fails by itself is told, and the commit before it stands", () =>
  withDisk(async (disk) => {
    await disk.create();
    const told: string[] = [];
    const failing = given(disk.db, disk.dir, {
      ...disk.storage,
      uri: disk.storage.uri,
      putFile: (name, path) =>
        name.includes("checkpoint")
          ? Promise.reject(new RunError("No space"))
          : disk.storage.putFile(name, path),
    });
    const table = await failing.open({
      checkpointEvery: 1,
      onTrouble: (error) => told.push(error.message),
    });
    assert.equal((await table.append(numbers(1))).version, 1);
    assert.deepEqual(told, ["No space"]);
    assert.deepEqual([...Deno.readDirSync(disk.workDir)], []);
  }));

Deno.test("The pointer never goes back behind one that is further on", () =>
  withDisk(async (disk) => {
    const table = await disk.create({ checkpointEvery: 0 });
    const slow = await disk.open({ checkpointEvery: 0 });
    await table.append(numbers(1));
    await table.checkpoint();
    await slow.checkpoint();
    assert.deepEqual([slow.version, table.version], [0, 1]);
    const pointer = JSON.parse(new TextDecoder().decode((await disk.storage.read(pointerFile))!));
    assert.equal(pointer.version, 1);
  }));
