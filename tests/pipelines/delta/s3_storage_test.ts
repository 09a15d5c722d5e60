/** Tables on the simulated S3, through the vendor's client. */
import assert from "node:assert/strict";
import { sleep } from "../../../pipelines/clients/retry.ts";
import { openObjects } from "../../../pipelines/clients/s3.ts";
import { type DeltaStorage, openTable, s3Storage } from "../../../pipelines/delta/mod.ts";
import { OutsideError, RunError } from "../../../pipelines/errors.ts";
import { Secret } from "../../../pipelines/target.ts";
import { openDuckDb } from "../../../pipelines/warehouse/duckdb.ts";
import { type Faults, noFaults } from "../../../sim/faults/plan.ts";
import { bucket, credentials, region, startTestS3 } from "../../sim/s3/helper.ts";
import { type Given, given, messageOf, numbers, numbersIn, withFolder } from "./helper.ts";

interface GivenS3 extends Given {
  /** Where the simulator keeps the table's files. */
  files: string;
}

async function withS3(run: (given: GivenS3) => Promise<void>, faults: Faults = noFaults) {
  await using s3 = await startTestS3({ faults });
  const options = {
    timing: { nowMs: () => performance.now(), random: () => 0.5, sleep },
    limits: { limitMs: 2_000, baseMs: 5, capMs: 20 },
  };
  const target = {
    ...{ endpoint: s3.endpoint, region, bucket },
    credentials: {
      accessKeyId: credentials.accessKeyId,
      secretAccessKey: new Secret(credentials.secretAccessKey),
      sessionToken: null,
    },
  };
  using objects = openObjects(target, options);
  await withFolder(async (dir) => {
    await using db = await openDuckDb({ threads: 1 });
    const storage = s3Storage(objects, "delta/a_table/", `${dir}/copies`);
    await run({ ...given(db, dir, storage), files: `${s3.dir}/${bucket}/delta/a_table` });
  });
}

/** Loses the answer to every nth call, but never twice in a row. */
function losing(every: number): Faults & { lost: number } {
  let calls = 0;
  const faults = {
    lost: 0,
    strikes(point: string) {
      if (point !== "net.answer_lost" || ++calls % every !== 0) return false;
      faults.lost++;
      return true;
    },
  };
  return faults;
}

Deno.test("A table on S3 is created, appended to, compacted, checkpointed and read back", () =>
  withS3(async ({ create, open, db, storage }) => {
    assert.equal(storage.uri, `s3://${bucket}/delta/a_table`);
    const table = await create({ checkpointEvery: 4 });
    for (let n = 1; n <= 8; n++) {
      await table.append(numbers(n), { txn: { appId: "a", version: n }, info: { at: n } });
    }
    await table.compact();
    const opened = await open();
    assert.deepEqual([opened.version, opened.fileCount, opened.txnVersion("a")], [9, 1, 8]);
    assert.equal((await opened.newestInfo("a"))?.info["at"], 8);
    assert.deepEqual(await numbersIn(db, opened), [1, 2, 3, 4, 5, 6, 7, 8]);
    assert.deepEqual(await numbersIn(db, await opened.at({ version: 3 })), [1, 2, 3]);
    const names = (await storage.list("_delta_log/")).map(({ name }) => name);
    assert.ok(names.some((name) => name.endsWith("007.checkpoint.parquet")), names.join());
    assert.deepEqual(await numbersIn(db, await opened.at({ timestampMs: Date.now() + 5_000 })), [
      ...[1, 2, 3, 4, 5, 6, 7, 8],
    ]);
  }));

Deno.test("The simulator's folder is a table that opens from disk", () =>
  withS3(async ({ create, db, dir, files }) => {
    const table = await create({ checkpointEvery: 2 });
    for (let n = 1; n <= 3; n++) await table.append(numbers(n));
    const { diskStorage } = await import("../../../pipelines/delta/mod.ts");
    const fromDisk = await openTable(diskStorage(files), db, { workDir: `${dir}/work` });
    assert.equal(fromDisk?.version, 3);
    assert.deepEqual(await numbersIn(db, fromDisk!), [1, 2, 3]);
  }));

Deno.test("Answers that are lost again and again cost no row and double none", async () => {
  const faults = losing(3);
  await withS3(async ({ create, open, db }) => {
    const table = await create({ checkpointEvery: 5 });
    for (let n = 1; n <= 12; n++) {
      const committed = await table.append(numbers(n), { txn: { appId: "a", version: n } });
      assert.deepEqual([committed.version, committed.rivals], [n, []]);
    }
    assert.deepEqual(
      await numbersIn(db, await open()),
      Array.from({ length: 12 }, (_, at) => at + 1),
    );
    assert.ok(faults.lost > 10, `only ${faults.lost} answers were lost`);
  }, faults);
});

Deno.test("Two writers on S3 leave no gap and lose nothing, also when answers are lost", () =>
  withS3(async ({ create, open, db }) => {
    await create();
    const writers = [await open(), await open()];
    await Promise.all(writers.map(async (table, writer) => {
      for (let at = 1; at <= 5; at++) {
        await table.append(numbers(writer * 10 + at), {
          txn: { appId: `w${writer}`, version: at },
        });
      }
    }));
    const table = await open();
    assert.equal(table.version, 10);
    assert.deepEqual(await numbersIn(db, table), [1, 2, 3, 4, 5, 11, 12, 13, 14, 15]);
  }, losing(5)));

Deno.test("A storage that stores and then gives up is read back", () =>
  withS3(async ({ create, db, dir, storage, open }) => {
    await create();
    const failing: DeltaStorage = {
      ...storage,
      uri: storage.uri,
      async putIfAbsent(name, bytes) {
        await storage.putIfAbsent(name, bytes);
        throw new OutsideError("Cannot write: tried 9 times", { retryable: false });
      },
    };
    const table = await given(db, dir, failing).open();
    assert.equal((await table.append(numbers(1))).version, 1);
    assert.deepEqual(await numbersIn(db, await open()), [1]);
  }));

Deno.test("A data file is fetched once, and its copy goes when it is told to", () =>
  withS3(async ({ create, open, dir, storage, db }) => {
    const table = await create({ checkpointEvery: 2 });
    for (let n = 1; n <= 3; n++) await table.append(numbers(n));
    await open();
    const copies = () => [...Deno.readDirSync(`${dir}/copies`)].length;
    assert.equal(copies(), 0, "a checkpoint's copy is not kept");
    await table.scan();
    await Promise.all([table.scan(), table.scan()]);
    assert.equal(copies(), 3);
    const [first] = table.files;
    assert.equal(await storage.local(first!.path), await storage.local(first!.path));
    await table.compact({ minFiles: 2 });
    await table.scan();
    assert.equal(copies(), 4);
    await table.dropCopies();
    assert.equal(copies(), 1);
    assert.deepEqual(await numbersIn(db, table), [1, 2, 3]);
  }));

Deno.test("A data file that is gone is an error that names it", () =>
  withS3(async ({ create, storage }) => {
    const table = await create();
    const { files: [name] } = await table.append(numbers(1));
    await storage.delete(name!);
    const message = await messageOf(table.scan(), RunError);
    assert.match(message, new RegExp(`delta/a_table/${name}: there is no such file`));
  }));
