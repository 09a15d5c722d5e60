import assert from "node:assert/strict";
import { messageOf, numbers, numbersIn, withDisk } from "./helper.ts";

Deno.test("A compaction makes one file of many and changes no data", () =>
  withDisk(async ({ create, open, db, storage }) => {
    const table = await create();
    for (let n = 1; n <= 9; n++) await table.append(numbers(n, n + 100));
    const before = await numbersIn(db, table);
    const committed = await table.compact();
    assert.deepEqual([committed?.version, committed?.rows, committed?.files.length], [10, 18, 1]);
    const opened = await open();
    assert.equal(opened.fileCount, 1);
    assert.deepEqual(await numbersIn(db, opened), before);
    const lines = new TextDecoder().decode(
      (await storage.read(`_delta_log/${"10".padStart(20, "0")}.json`))!,
    ).trimEnd().split("\n").map((line) => JSON.parse(line));
    const changes = lines.flatMap(({ add, remove }) => add ?? remove ?? []);
    assert.equal(changes.length, 10);
    for (const { dataChange } of changes) assert.equal(dataChange, false);
    assert.deepEqual(await numbersIn(db, await opened.at({ version: 9 })), before);
  }));

Deno.test("Nothing is compacted where there is nothing to win", () =>
  withDisk(async ({ create }) => {
    const table = await create();
    assert.equal(await table.compact(), null);
    for (let n = 1; n <= 7; n++) await table.append(numbers(n));
    assert.equal(await table.compact(), null, "fewer than eight");
    assert.equal((await table.compact({ minFiles: 2 }))?.version, 8);
    assert.equal(await table.compact({ minFiles: 2 }), null);
  }));

Deno.test("A compaction fills files up to the target, and leaves large ones alone", () =>
  withDisk(async ({ create, db }) => {
    const table = await create();
    for (let n = 1; n <= 9; n++) await table.append(numbers(n));
    const [{ size } = { size: 0 }] = table.files;
    await table.compact({ minFiles: 2, targetBytes: size * 3 + 10 });
    assert.deepEqual(table.files.map(({ rows }) => rows), [3, 3, 3]);
    assert.equal(await table.compact({ minFiles: 2, targetBytes: size }), null);
    assert.deepEqual(await numbersIn(db, table), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
  }));

Deno.test("In a long run the live files stay few, and no row is rewritten with every compaction", () =>
  withDisk(async ({ create, db }) => {
    const table = await create({ checkpointEvery: 0 });
    let [rewritten, filesMax] = [0, 0];
    const rows = (n: number) =>
      `SELECT (${n} * 1000 + r)::INTEGER AS n, md5('${n}' || r) AS text FROM range(700) q(r)`;
    for (let n = 0; n < 40; n++) {
      await table.append(rows(n));
      rewritten += (await table.compact({ minFiles: 4, targetBytes: 1 << 20 }))?.rows ?? 0;
      filesMax = Math.max(filesMax, table.fileCount);
    }
    assert.ok(filesMax <= 8, `${filesMax} files`);
    assert.ok(rewritten <= 3 * 28_000, `${rewritten} rows were rewritten`);
    const [count] = await db.rows(
      `SELECT count(*) AS rows, count(DISTINCT n) AS once FROM ${await table.scan()}`,
    );
    assert.deepEqual(count, { rows: 28_000, once: 28_000 });
  }));

Deno.test("Appends go on beside a compaction, and both land", () =>
  withDisk(async ({ create, open, db }) => {
    const table = await create();
    for (let n = 1; n <= 8; n++) await table.append(numbers(n));
    await Promise.all([table.compact(), table.append(numbers(9)), table.append(numbers(10))]);
    assert.equal(table.version, 11);
    assert.deepEqual(await numbersIn(db, await open()), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    assert.equal((await open()).fileCount, 3);
  }));

Deno.test("A file whose rows are fewer than the log says is not compacted away", () =>
  withDisk(async ({ create, db }) => {
    const table = await create();
    await table.append(numbers(1, 2));
    await table.append(numbers(3));
    const [first] = table.files;
    await db.run(
      `COPY (SELECT 1::INTEGER AS n, 'x' AS text) TO '${table.uri}/${first?.path}' (FORMAT parquet)`,
    );
    const message = await messageOf(table.compact({ minFiles: 2 }));
    assert.match(message, /should have 3 rows, but 2 were read/);
    assert.equal(await table.refresh(), 2);
  }));
