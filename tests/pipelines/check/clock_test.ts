import assert from "node:assert/strict";
import { clockMacros, looksAtClock } from "../../../pipelines/check/clock.ts";
import { openDuckDb } from "../../../pipelines/warehouse/duckdb.ts";
import { rewriteForDuckDb } from "../../../sql/dialect/mod.ts";

Deno.test("a model looks at the clock where its code says so, not its comments and texts", () => {
  for (const sql of ["select now()", "select Current_Date", "select current_timestamp ()"]) {
    assert.equal(looksAtClock(sql), true, sql);
  }
  for (const sql of ["-- now\nselect 'now()' as x", "select `now` from t", "select nowhere"]) {
    assert.equal(looksAtClock(sql), false, sql);
  }
});

Deno.test("every way to ask for the time gives the same moment, in one session only", async () => {
  await using db = await openDuckDb({ threads: 1 });
  const other = await db.session();
  await db.run(clockMacros("2020-02-29T23:59:59.5Z"));
  const rows = async (from: typeof db, sql: string) =>
    (await from.table(rewriteForDuckDb(sql))).rows;
  const ways = ["now()", "current_timestamp", "current_timestamp()"];
  assert.deepEqual(await rows(db, `select ${ways.join(", ")}`), [
    ways.map(() => "2020-02-29T23:59:59.5Z"),
  ]);
  assert.deepEqual(await rows(db, "select current_date, current_date()"), [[
    "2020-02-29",
    "2020-02-29",
  ]]);
  assert.deepEqual(await rows(other, "select now() > cast('2021-01-01' as timestamp)"), [[true]]);
  other.close();
});
