import assert from "node:assert/strict";
import {
  countUnreadable,
  missingUnreadable,
  unreadableRows,
  withUnreadable,
} from "../../../pipelines/record/unreadable.ts";
import { type DuckDbWarehouse, openDuckDb } from "../../../pipelines/warehouse/duckdb.ts";

const list = [
  { table: "user_data", reason: "unreadable: a.csv, line 3: no", bytes: "eA==" },
  { table: "pinterest_data", reason: "unreadable: b.csv, line 2: no", bytes: "" },
  { table: "user_data", reason: "unreadable: a.csv, line 9: no", bytes: "/w==" },
];

async function withList(work: (db: DuckDbWarehouse, path: string) => Promise<void>): Promise<void> {
  const path = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(path, list.map((row) => `${JSON.stringify(row)}\n`).join(""));
    await using db = await openDuckDb();
    await work(db, path);
  } finally {
    await Deno.remove(path);
  }
}

Deno.test("what was unreadable is listed and counted by the tables' own names", () =>
  withList(async (db, path) => {
    assert.deepEqual(await countUnreadable(db, path), { pin: 1, geo: 0, user: 2 });
    const rows = await db.rows(`from ${unreadableRows(path)}`);
    assert.deepEqual(
      rows,
      list.map((row, at) => ({ ...row, table: at === 1 ? "pin" : "user" })),
    );
    assert.deepEqual(await db.rows(`from ${unreadableRows(null)}`), []);
  }));

Deno.test("an unreadable row that is not among the rejects is found, also one of two", () =>
  withList(async (db, path) => {
    await db.run(`create table rejects as select * from ${unreadableRows(path)}`);
    for (const table of ["pin", "geo", "user"] as const) {
      assert.deepEqual(await missingUnreadable(db, path, table, "rejects"), []);
    }
    await db.run("delete from rejects where bytes = '/w=='");
    assert.deepEqual(await missingUnreadable(db, path, "user", "rejects"), [
      { reason: "unreadable: a.csv, line 9: no" },
    ]);
    assert.deepEqual(await missingUnreadable(db, null, "user", "rejects"), []);
  }));

Deno.test("the hop stands behind the source, which grows by it; without rows there is none", () => {
  const hops = { source: { pin: 5, geo: 5, user: 5 }, posted: { pin: 5, geo: 5, user: 5 } };
  assert.equal(withUnreadable(hops, { pin: 0, geo: 0, user: 0 }), hops);
  const more = withUnreadable(hops, { pin: 0, geo: 2, user: 0 });
  assert.deepEqual(Object.entries(more), [
    ["source", { pin: 5, geo: 7, user: 5 }],
    ["unreadable", { pin: 0, geo: 2, user: 0 }],
    ["posted", { pin: 5, geo: 5, user: 5 }],
  ]);
});
