/** Two workers of one id, and other programs that write to the same table. */
import assert from "node:assert/strict";
import { openTable } from "../../../pipelines/delta/mod.ts";
import { RunError } from "../../../pipelines/errors.ts";
import { user } from "../batch/landed_objects.ts";
import { id, pageOf } from "./streaming.ts";
import { assertExact, Death, mixedStream, Tables } from "./writing.ts";

Deno.test("of two workers with the same id the older one is fenced off and says so", async () => {
  await using tables = await Tables.create();
  const stream = mixedStream();
  await using one = await tables.openWriter({ ownDb: true });
  await using two = await tables.openWriter({ ownDb: true });
  await one.writer.add(pageOf(0, 0, [user(1), user(2)]));
  const fenced = (error: unknown) => {
    assert.ok(error instanceof RunError);
    assert.match(error.message, new RegExp(`another worker with the id ${id} is writing there`));
    return true;
  };
  await assert.rejects(one.writer.flush(), fenced);
  await assert.rejects(one.writer.add(pageOf(0, 2, [user(3)])), fenced);
  await two.follow(stream, 4);
  await assertExact(tables, stream, two.writer.totals);
});

Deno.test("a second worker that was quicker with the rejects fences the first, and all adds up", async () => {
  await using tables = await Tables.create();
  const stream = mixedStream();
  await using one = await tables.openWriter({ ownDb: true, flush: { records: 5 } });
  {
    await using two = await tables.openWriter({
      ownDb: true,
      onStep: (step) => {
        if (step === "rejects-committed") throw new Death();
      },
    });
    await assert.rejects(two.follow(stream, 3), Death);
  }
  await assert.rejects(one.follow(stream, 2), /another worker with the id/);
  await using three = await tables.openWriter({ ownDb: true, flush: { records: 4 } });
  await three.follow(stream, 3);
  await assertExact(tables, stream, three.writer.totals);
});

async function rivalTable(tables: Tables) {
  const rival = await openTable(tables.storage(), tables.db, { workDir: `${tables.folder}/rival` });
  assert.ok(rival);
  return rival;
}

const rivalRow = (ind: number) =>
  `select ${ind}::int as ind, 'First${ind % 7} Last' as user_name, ${20 + ind % 7}::int as age,
    timestamptz '201${5 + ind % 3}-10-24 11:23:51+00' as date_joined`;

Deno.test("rows that others append stay, and count as seen", async () => {
  await using tables = await Tables.create();
  await using open = await tables.openWriter();
  const rival = await rivalTable(tables);
  await rival.append(rivalRow(50));
  await open.writer.add(pageOf(0, 0, [user(1)]));
  await open.writer.flush();
  await open.writer.add(pageOf(0, 1, [user(50), user(50, { age: 9 }), user(2)]));
  await open.writer.flush();
  assert.deepEqual((await tables.rows()).map(({ ind }) => ind), [1, 2, 50]);
  assert.deepEqual(open.writer.totals, { read: 4, committed: 2, duplicates: 1, rejected: 1 });
});

Deno.test("a change of the columns by others ends the run, and nothing of the batch is there", async () => {
  await using tables = await Tables.create();
  await using open = await tables.openWriter();
  await (await rivalTable(tables)).addColumns([{ name: "more", type: "string" }]);
  await open.writer.add(pageOf(0, 0, [user(1)]));
  await assert.rejects(open.writer.flush(), (error) => {
    assert.ok(error instanceof RunError);
    assert.match(error.message, /changed the schema.*run again with the same --data/s);
    return true;
  });
  assert.deepEqual(await tables.rows(), []);
  await assert.rejects(tables.openWriter(), /its column more is none that cleaning makes/);
});

Deno.test("an overwrite by others ends the run", async () => {
  await using tables = await Tables.create();
  await using open = await tables.openWriter();
  await open.writer.add(pageOf(0, 0, [user(1)]));
  await open.writer.flush();
  const rival = await rivalTable(tables);
  await rival.overwrite(rivalRow(50));
  await open.writer.add(pageOf(0, 1, [user(2)]));
  await assert.rejects(open.writer.flush(), /version 3, by another program, removed rows/);
});
