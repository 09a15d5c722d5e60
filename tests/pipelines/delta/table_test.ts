import assert from "node:assert/strict";
import {
  arrayOf,
  createTable,
  type DeltaStorage,
  openOrCreateTable,
  openTable,
} from "../../../pipelines/delta/mod.ts";
import { UsageError } from "../../../pipelines/errors.ts";
import { messageOf, numbered, numbers, numbersIn, rowsOf, withDisk } from "./helper.ts";

const log = (version: number) => `_delta_log/${String(version).padStart(20, "0")}.json`;

function linesOf(path: string): Record<string, Record<string, unknown>>[] {
  return Deno.readTextFileSync(path).trimEnd().split("\n").map((line) => JSON.parse(line));
}

Deno.test("A new table declares protocol (1, 2) and columns that may be null", () =>
  withDisk(async ({ create, storage }) => {
    const table = await create();
    assert.equal(table.version, 0);
    const [info, protocol, metaData, ...rest] = linesOf(`${storage.uri}/${log(0)}`);
    assert.equal(info?.["commitInfo"]?.["operation"], "CREATE TABLE");
    assert.deepEqual(protocol, { protocol: { minReaderVersion: 1, minWriterVersion: 2 } });
    const { schemaString, format, partitionColumns, configuration } = metaData?.["metaData"] ?? {};
    assert.deepEqual(JSON.parse(String(schemaString)), {
      type: "struct",
      fields: [
        { name: "n", type: "integer", nullable: true, metadata: {} },
        { name: "text", type: "string", nullable: true, metadata: {} },
      ],
    });
    assert.deepEqual({ format, partitionColumns, configuration }, {
      format: { provider: "parquet", options: {} },
      partitionColumns: [],
      configuration: {},
    });
    assert.deepEqual(rest, []);
  }));

Deno.test("Creating what is there is refused; opening what is not there is null", () =>
  withDisk(async ({ create, storage, db, workDir }) => {
    assert.equal(await openTable(storage, db, { workDir }), null);
    await create();
    assert.match(await messageOf(create(), UsageError), /there is a Delta table already; open it/);
  }));

Deno.test("Who finds the table created between looking and creating opens it", () =>
  withDisk(async ({ create, storage, db, workDir }) => {
    let others = 0;
    const late: DeltaStorage = {
      ...storage,
      async putIfAbsent(name, bytes) {
        if (others++ === 0) await create({ columns: [{ name: "theirs", type: "long" }] });
        return await storage.putIfAbsent(name, bytes);
      },
    };
    const table = await openOrCreateTable(late, db, { columns: numbered, workDir });
    assert.deepEqual([table.version, table.columns.map(({ name }) => name)], [0, ["theirs"]]);
    assert.equal(others, 1);
  }));

Deno.test("Columns that no reader could tell apart, or none, are refused", () =>
  withDisk(async ({ storage, db, workDir }) => {
    const columnsOf = (...names: string[]) =>
      names.map((name) => ({ name, type: "long" as const }));
    for (const columns of [columnsOf(), columnsOf("a", "A"), columnsOf("a b"), columnsOf("")]) {
      await assert.rejects(createTable(storage, db, { columns, workDir }), UsageError);
    }
  }));

Deno.test("Appended rows are read back, by the writer and by who opens the table", () =>
  withDisk(async ({ create, open, db }) => {
    const table = await create();
    assert.deepEqual(await rowsOf(db, table), []);
    const committed = await table.append(numbers(2, 1));
    assert.deepEqual(
      [committed.version, committed.rows, committed.files.length, committed.isNew],
      [1, 2, 1, true],
    );
    await table.append("SELECT 3::INTEGER AS n, NULL::VARCHAR AS text");
    for (const opened of [table, await open()]) {
      assert.equal(opened.version, 2);
      assert.deepEqual(await rowsOf(db, opened), [
        { n: 1, text: "text 1" },
        { n: 2, text: "text 2" },
        { n: 3, text: null },
      ]);
      assert.deepEqual(opened.files.map(({ rows }) => rows), [2, 1]);
    }
  }));

Deno.test("An append names its file with size, rows and txn in one commit", () =>
  withDisk(async ({ create, storage }) => {
    const table = await create({ nowMs: () => 1_600_000_000_000 });
    const txn = { appId: "app", version: 7 };
    await table.append(numbers(1, 2), { txn, info: { positions: { shard: "49" } } });
    const [commitInfo, txnLine, addLine] = linesOf(`${storage.uri}/${log(1)}`);
    assert.deepEqual(commitInfo?.["commitInfo"]?.["positions"], { shard: "49" });
    assert.equal(commitInfo?.["commitInfo"]?.["isBlindAppend"], true);
    assert.deepEqual(txnLine, { txn: { ...txn, lastUpdated: 1_600_000_000_000 } });
    const add = addLine?.["add"] ?? {};
    assert.equal(add["size"], Deno.statSync(`${storage.uri}/${add["path"]}`).size);
    assert.deepEqual(add["partitionValues"], {});
    assert.equal(add["dataChange"], true);
    assert.deepEqual(JSON.parse(String(add["stats"])), {
      numRecords: 2,
      minValues: { n: 1, text: "text 1" },
      maxValues: { n: 2, text: "text 2" },
      nullCount: { n: 0, text: 0 },
    });
  }));

Deno.test("Without rows there is no file, and without txn no commit either", () =>
  withDisk(async ({ create, storage }) => {
    const table = await create();
    const nothing = "SELECT 1::INTEGER AS n WHERE false";
    assert.deepEqual(
      await table.append(nothing),
      { version: 0, rivals: [], rows: 0, bytes: 0, files: [], isNew: false },
    );
    const committed = await table.append(nothing, { txn: { appId: "app", version: 1 } });
    assert.deepEqual([committed.version, committed.files, committed.isNew], [1, [], true]);
    assert.equal(table.txnVersion("app"), 1);
    assert.deepEqual(await storage.list("part-"), []);
  }));

Deno.test("An overwrite replaces all rows in one commit, also by none", () =>
  withDisk(async ({ create, db }) => {
    const table = await create();
    await table.append(numbers(1));
    await table.append(numbers(2));
    assert.equal((await table.overwrite(numbers(8, 9))).version, 3);
    assert.deepEqual(await numbersIn(db, table), [8, 9]);
    await table.overwrite("SELECT 1::INTEGER AS n WHERE false");
    assert.deepEqual(await numbersIn(db, table), []);
    assert.equal(table.version, 4);
  }));

Deno.test("An append-only table takes rows and gives none away", () =>
  withDisk(async ({ create, db }) => {
    const table = await create({ configuration: { "delta.appendOnly": "true" } });
    await table.append(numbers(1));
    await table.append(numbers(2));
    assert.match(await messageOf(table.overwrite(numbers(3)), UsageError), /append-only/);
    await table.compact({ minFiles: 2 });
    assert.deepEqual(await numbersIn(db, table), [1, 2]);
  }));

Deno.test("Time travel by version and by time, back over an overwrite and a clock that jumped", () =>
  withDisk(async ({ create, storage, db }) => {
    const table = await create();
    await table.append(numbers(1));
    await table.append(numbers(2));
    await table.overwrite(numbers(3));
    // Version 2 is older than version 1 by its file: it counts as a millisecond younger.
    const times = [1_000_000, 3_000_000, 2_000_000, 4_000_000];
    for (const [version, ms] of times.entries()) {
      await Deno.utime(`${storage.uri}/${log(version)}`, ms / 1000, ms / 1000);
    }
    const at = async (point: { version: number } | { timestampMs: number }) =>
      await numbersIn(db, await table.at(point));
    assert.deepEqual(await at({ version: 0 }), []);
    assert.deepEqual(await at({ version: 1 }), [1]);
    assert.deepEqual(await at({ version: 2 }), [1, 2]);
    assert.deepEqual(await at({ timestampMs: 1_000_000 }), []);
    assert.deepEqual(await at({ timestampMs: 2_999_999 }), []);
    assert.deepEqual(await at({ timestampMs: 3_000_000 }), [1]);
    assert.deepEqual(await at({ timestampMs: 3_000_001 }), [1, 2]);
    assert.deepEqual(await at({ timestampMs: 4_000_000 }), [3]);
    assert.deepEqual(await at({ timestampMs: 9_000_000 }), [3]);
    assert.match(
      await messageOf(at({ timestampMs: 999_999 })),
      /oldest commit is of 1970-01-01T00:16/,
    );
    assert.match(await messageOf(at({ version: 4 })), /its newest version is 3/);
  }));

Deno.test("History tells what each commit was, the newest first", () =>
  withDisk(async ({ create }) => {
    const table = await create({ nowMs: () => 5 });
    await table.append(numbers(1));
    await table.append(numbers(2), { txn: { appId: "a", version: 1 }, info: { why: "test" } });
    await table.compact({ minFiles: 2 });
    const history = await table.history();
    assert.deepEqual(
      history.map(({ version, operation, timestampMs }) => [version, operation, timestampMs]),
      [[3, "OPTIMIZE", 5], [2, "STREAMING UPDATE", 5], [1, "WRITE", 5], [0, "CREATE TABLE", 5]],
    );
    assert.equal(history[1]?.info["why"], "test");
    assert.deepEqual((await table.history(1)).map(({ version }) => version), [3]);
  }));

Deno.test("The newest commit of a series is found, in memory, in the log and behind a checkpoint", () =>
  withDisk(async ({ create, open, storage }) => {
    const table = await create({ checkpointEvery: 0 });
    for (const version of [1, 2]) {
      await table.append(numbers(version), {
        txn: { appId: "a", version },
        info: { positions: version },
      });
    }
    await table.append(numbers(3), { txn: { appId: "b", version: 1 } });
    await table.checkpoint();
    for (const opened of [table, await open()]) {
      const newest = await opened.newestInfo("a");
      assert.deepEqual([newest?.version, newest?.info["positions"]], [2, 2]);
      assert.equal(opened.txnVersion("a"), 2);
      assert.equal(await opened.newestInfo("c"), null);
      assert.equal(opened.txnVersion("c"), null);
    }
    await storage.delete(log(2));
    const opened = await open();
    assert.equal(opened.txnVersion("a"), 2);
    assert.equal(await opened.newestInfo("a"), null);
  }));

Deno.test("An added column is null in the rows that were there", () =>
  withDisk(async ({ create, open, db }) => {
    const table = await create();
    await table.append(numbers(1));
    await table.addColumns([{ name: "places", type: arrayOf("double") }]);
    await table.append("SELECT 2 AS n, 'b' AS text, [1.5::DOUBLE] AS places");
    await table.addColumns([{ name: "seen", type: "timestamp" }]);
    await table.append("SELECT 3 AS n, 'c' AS text, now() AS seen");
    const opened = await open();
    assert.deepEqual(opened.columns.map(({ type }) => type), [
      "integer",
      "string",
      arrayOf("double"),
      "timestamp",
    ]);
    const since = opened.columns.map(({ metadata }) => metadata?.["pipeline.since"]);
    assert.deepEqual(since, [undefined, undefined, 2, 4]);
    const rows = await db.rows(
      `SELECT n, places, seen IS NULL AS unseen FROM ${await opened.scan()} ORDER BY n`,
    );
    assert.deepEqual(rows, [
      { n: 1, places: null, unseen: true },
      { n: 2, places: [1.5], unseen: true },
      { n: 3, places: null, unseen: false },
    ]);
  }));

Deno.test("A query that does not fit is refused with the cast to write, and nothing is committed", () =>
  withDisk(async ({ create, storage }) => {
    const table = await create();
    const message = await messageOf(
      table.append(`SELECT sum(1) AS n, TIMESTAMP '2020-01-01' AS text, 1 AS nn`),
    );
    assert.ok(message.includes(`column n is integer, but the query gives HUGEINT`), message);
    assert.ok(message.includes(`write CAST("n" AS INTEGER) AS "n"`), message);
    assert.ok(message.includes(`column text is string, but the query gives TIMESTAMP`), message);
    assert.ok(message.includes(`it has no column nn (it has n, text)`), message);
    assert.equal(table.version, 0);
    assert.deepEqual(await storage.list("part-"), []);
  }));

Deno.test("A query that fails in its middle leaves neither commit nor file", () =>
  withDisk(async ({ create, storage, workDir }) => {
    const table = await create();
    const failing = "SELECT n::INTEGER AS n, error('row ' || n) AS text FROM range(9) r(n)";
    await messageOf(table.append(failing));
    assert.equal(await table.refresh(), 0);
    assert.deepEqual(await storage.list("part-"), []);
    assert.deepEqual([...Deno.readDirSync(workDir)], []);
    await table.append(numbers(1));
    assert.equal(table.version, 1);
  }));

Deno.test("Appends that are called at once on one table all land, in the order of the calls", () =>
  withDisk(async ({ create, db }) => {
    const table = await create();
    const versions = await Promise.all(
      [1, 2, 3, 4, 5].map(async (n) => (await table.append(numbers(n))).version),
    );
    assert.deepEqual(versions, [1, 2, 3, 4, 5]);
    assert.deepEqual(await numbersIn(db, table), [1, 2, 3, 4, 5]);
  }));

Deno.test("A writer that slept while the log was cleaned reads the table anew", () =>
  withDisk(async ({ create, open, storage, db }) => {
    let nowMs = 1_000;
    const sleeper = await create({ nowMs: () => nowMs });
    const other = await open({ checkpointEvery: 0 });
    for (const n of [1, 2, 3]) await other.append(numbers(n));
    await other.checkpoint();
    for (const version of [0, 1, 2]) await storage.delete(log(version));
    nowMs += 3_600_000;
    assert.equal((await sleeper.append(numbers(4))).version, 4);
    assert.deepEqual(await numbersIn(db, sleeper), [1, 2, 3, 4]);
  }));

Deno.test("Files go on lacking a column that was added after them, compacted or not", () =>
  withDisk(async ({ create, open, db }) => {
    const table = await create();
    for (const n of [1, 2]) await table.append(numbers(n));
    await table.addColumns([{ name: "More", type: "string" }]);
    for (const n of [3, 4]) {
      await table.append(`SELECT ${n} AS n, 'x' AS text, NULL::VARCHAR AS more`);
    }
    const parts = async () => {
      const found = [];
      for (const { relation, lacks } of await (await open()).scanByColumns()) {
        const rows = await db.rows(`SELECT n, More FROM ${relation} ORDER BY n`);
        found.push({ lacks, n: rows.map(({ n }) => n) });
        assert.ok(rows.every(({ More }) => More === null));
      }
      return found;
    };
    const expected = [{ lacks: ["More"], n: [1, 2] }, { lacks: [], n: [3, 4] }];
    assert.deepEqual(await parts(), expected);
    await table.compact({ minFiles: 2 });
    assert.equal(table.fileCount, 2);
    assert.deepEqual(await parts(), expected);
    await table.compact({ minFiles: 2 });
    assert.equal(table.fileCount, 2);
    await table.checkpoint();
    assert.deepEqual(await parts(), expected);
  }));
