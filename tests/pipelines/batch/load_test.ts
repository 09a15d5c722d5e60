import assert from "node:assert/strict";
import { loadTable } from "../../../pipelines/batch/load.ts";
import { type Spool, spoolTopic } from "../../../pipelines/batch/spool.ts";
import { readRecordSql } from "../../../pipelines/record/record_sql.ts";
import { contentHash } from "../../../pipelines/record/content.ts";
import { sourceTables, type TableName, tableNames } from "../../../pipelines/tables.ts";
import { type DuckDbWarehouse, openDuckDb } from "../../../pipelines/warehouse/duckdb.ts";
import { geo, type Given, id, MemoryObjects, pin, user } from "./landed_objects.ts";

/** Loads records as one object, and asks. */
async function loaded<T>(
  table: TableName,
  records: readonly Given[],
  ask: (db: DuckDbWarehouse, spool: Spool) => Promise<T>,
): Promise<T> {
  const folder = await Deno.makeTempDir();
  try {
    const objects = new MemoryObjects().land(table, 0, 0, records);
    const spool = await spoolTopic(objects, `${id}.${table}`, {
      folder: "topics",
      directoryDelimiter: "/",
      fileDelimiter: "+",
      path: `${folder}/lines`,
    });
    await using db = await openDuckDb({ path: `${folder}/db`, threads: 4 });
    await loadTable(db, await readRecordSql("duckdb"), table, spool);
    return await ask(db, spool);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("the number of a row is the number of its line, in 500,000 lines with four threads", async () => {
  const count = 500_000;
  const rows = Array.from({ length: count }, (_, at) => {
    const size = at % 97 === 0 ? 3_000 : at % 50; // Lines of all lengths: buffers end anywhere.
    return `{"ind":${at},"age":"${"x".repeat(size)}"}`;
  });
  const [row] = await loaded(
    "user",
    rows,
    (db) =>
      db.rows(
        "select count(*) as lines, count(*) filter (rowid <> landed_key) as wrong from landed_user",
      ),
  );
  assert.deepEqual(row, { lines: count, wrong: 0 });
});

Deno.test("a file numbered by a window keeps its order too", async () => {
  const { scanLines } = await import("../../../pipelines/record/duckdb_reading.ts");
  const rows = Array.from(
    { length: 200_000 },
    (_, at) => `{"ind":${at},"x":"${"y".repeat(at % 200)}"}`,
  );
  const [row] = await loaded(
    "user",
    rows,
    (db, { path }) =>
      db.rows(`select count(*) as wrong from (
      select row_number() over () - 1 as n, line from ${scanLines(path, 300)}
    ) where not starts_with(line, '{"ind":' || n || ',')`),
  );
  assert.deepEqual(row, { wrong: 0 });
});

Deno.test("columns are text as posted, and what is missing is null", async () => {
  const record = '{"downloaded":0.50,"index":12345678901234567890,"title":{"a":[1, null]},' +
    '"category":true,"description":null,"tag_list":"","poster_name":"ü\\u0000\\n🎨"}';
  const [row] = await loaded(
    "pin",
    [record],
    (db) => db.rows("select * exclude (landed_key, content_hash, flaw, line) from landed_pin"),
  );
  assert.deepEqual(row, {
    index: "12345678901234567890",
    unique_id: null,
    title: '{"a":[1,null]}',
    description: null,
    poster_name: "ü\u0000\n🎨",
    follower_count: null,
    tag_list: "",
    is_image_or_video: null,
    image_src: null,
    downloaded: "0.5",
    save_location: null,
    category: "true",
  });
});

/** Values that may differ at the two ends: as texts, as numbers, of every size. */
const values = [
  ...["", " ", 'text, "quoted"', "\u001e", "7", "7.0", " 7", "+7", "1e3", "1_000", "inf", "nan"],
  ...[0, -0, 7528, -89.9787, 0.1, 1e-7, 1e16, 1e21, 123456789012345680000, 2 ** 53],
  ...[null, true, false, [1, "a"], { a: { b: null } }, "🎨ü\u0000\n", "\ud83d"],
];

for (const table of tableNames) {
  Deno.test(`the content hash of landed ${table} records is that of the posted rows`, async () => {
    const rows: Record<string, unknown>[] = values.map((value) =>
      Object.fromEntries(
        sourceTables[table].columns.map(({ name, kind }) => // A number in a column of text has the spelling of whoever parsed it: only plain ones agree.
        [name, value === 1e-7 && kind !== "number" ? String(value) : value]),
      )
    );
    rows.push({}, pin(1), geo(2), user(3));
    const landed = await loaded(
      table,
      rows,
      (db) => db.rows(`select content_hash from landed_${table} order by rowid`),
    );
    assert.deepEqual(
      landed.map((row, at) => [at, row.content_hash]),
      rows.map((row, at) => [at, contentHash(table, row)]),
    );
  });
}

Deno.test("half a surrogate pair, written as an escape, does not cost the record", async () => {
  const rows = await loaded(
    "user",
    [user(1), '{"ind":2,"first_name":"\\ud83d"}', '{"ind":'],
    (db) => db.rows("select landed_key, first_name, flaw, line from landed_user order by rowid"),
  );
  assert.deepEqual(rows.slice(1), [
    { landed_key: 2, first_name: "\ufffd", flaw: null, line: null },
    { landed_key: null, first_name: null, flaw: "no JSON object", line: '{"ind":' },
  ]);
});

Deno.test("a line of more than 1 MiB is loaded whole", async () => {
  const title = "ü🎨".repeat(500_000);
  const [row] = await loaded(
    "pin",
    [pin(1), pin(2, { title }), pin(3)],
    (db) => db.rows("select title from landed_pin where landed_key = 2"),
  );
  assert.ok(row?.title === title);
});

const keys: [unknown, number | null][] = [
  [0, 0],
  [-5, -5],
  [2147483647, 2147483647],
  [-2147483648, -2147483648],
  [2147483648, null],
  [-2147483649, null],
  [1e300, null],
  [1.5, null],
  [null, null],
  [true, null],
  [[1], null],
  ["7528", 7528],
  ["007", 7],
  ["7528.0", 7528],
  ["7528.00", 7528],
  ["7528.", null],
  ["1e3", 1000],
  ["1_000", null],
  ["0x10", null],
  ["", null],
  [" 12 ", 12],
  ["\u00a0\t12\r\n", 12],
  ["1 2", null],
  ["+1", null],
  ["--1", null],
  ["٣", null],
];

Deno.test("a key is a 32-bit integer as cleaning reads it, or the reason names it", async () => {
  const rows = await loaded(
    "user",
    keys.map(([ind]) => user(ind)),
    (db) => db.rows("select landed_key, flaw from landed_user order by rowid"),
  );
  for (const [at, [given, key]] of keys.entries()) {
    assert.equal(rows[at]?.landed_key, key, JSON.stringify(given));
    assert.equal(rows[at]?.flaw === null, key !== null, JSON.stringify(given));
  }
  assert.equal(rows[7]?.flaw, "key is no 32-bit integer: '1.5'");
  assert.equal(rows[8]?.flaw, "key is no 32-bit integer: none");
});

const topics: [TableName, Given, string | null][] = [
  ["user", pin(1), "columns of another table: pin"],
  ["user", geo(1), "columns of another table: geo"],
  ["geo", user(1), "columns of another table: user"],
  ["pin", user(1), "columns of another table: user"],
  ["pin", { ...pin(1), index: "x" }, "key is no 32-bit integer: 'x'"],
  ["user", { ind: 1, country: null }, "columns of another table: geo"],
  // Whatever else it carries, what has columns of its own table is of this table.
  ["user", { ...user(1), ...geo(1) }, null],
  ["user", { ind: 1, age: null }, null],
  ["user", { ind: 1, age: null, country: "Albania" }, null],
  ["user", { ind: 1 }, null],
  ["user", { ind: 1, more: "x" }, null],
  ["pin", { ind: 1 }, "key is no 32-bit integer: none"],
  ["user", {}, "key is no 32-bit integer: none"],
];

for (const table of tableNames) {
  Deno.test(`a record of another table in the ${table} topic is known by its columns`, async () => {
    const given = topics.filter(([topic]) => topic === table);
    const rows = await loaded(
      table,
      given.map(([, record]) => record),
      (db) => db.rows(`select flaw from landed_${table} order by rowid`),
    );
    assert.deepEqual(rows.map(({ flaw }) => flaw), given.map(([, , flaw]) => flaw));
  });
}
