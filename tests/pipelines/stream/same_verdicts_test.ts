/** The stream's transform beside the batch's: equal records, equal tables, equal verdicts. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { landedEdgeRows } from "../../../fixtures/edges.ts";
import { columns, generatePosts } from "../../../fixtures/posts.ts";
import { oddRecords } from "../../../fixtures/records.ts";
import { transform } from "../../../pipelines/batch/transform.ts";
import { jsonLine } from "../../../pipelines/record/json_line.ts";
import { type TableName, tableNames } from "../../../pipelines/tables.ts";
import type { Row } from "../../../pipelines/warehouse/duckdb.ts";
import { geo, id, MemoryObjects, pin, user } from "../batch/landed_objects.ts";
import { bytesOf, Cleaner, type Given, pageOf } from "./streaming.ts";

/** What became of the records of one table, by `shard:number`; and the clean rows, by key. */
interface Outcome {
  verdicts: Record<string, string>;
  rows: Row[];
  rejects: string[];
}

/** Shards (or partitions) of records, each numbered from 0. */
type Shards = readonly (readonly Given[])[];

async function inBatch(table: TableName, shards: Shards): Promise<Outcome> {
  const objects = new MemoryObjects();
  for (const [partition, records] of shards.entries()) land(objects, table, partition, records);
  const folder = await Deno.makeTempDir();
  try {
    await using batch = await transform(objects, { id, outDir: folder });
    const { db } = batch.work;
    const places = await db.rows(`
      select object.partition || ':' || (object.start_offset + landed.rowid - first_line) as place,
        coalesce(aside.reason, aside.verdict, 'kept') as verdict
      from landed_${table} as landed
      asof join object_${table} as object on landed.rowid >= object.first_line
      left join aside_${table} as aside on aside.n = landed.rowid
      union all
      select partition || ':' || "offset", reason from undecodable_${table}`);
    const rejects = await db.rows(`select partition, "offset", reason, bytes from rejects
      where "table" = '${table}' order by partition, "offset"`);
    return {
      verdicts: Object.fromEntries(
        places.map(({ place, verdict }) => [place, withoutPlace(String(verdict))]),
      ),
      rows: await db.rows(`from "${table}" order by ind`),
      rejects: rejects.map(({ partition, offset, reason }) =>
        `${partition}:${offset} ${withoutPlace(String(reason))}`
      ),
    };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Only the batch's reasons say where the first one landed: its table forgets no place. */
const withoutPlace = (reason: string) => reason.replace(/, first landed at .*/, "");

/** As the sink lands them: lines in objects, what is no line beside them. */
function land(
  objects: MemoryObjects,
  table: TableName,
  partition: number,
  records: readonly Given[],
) {
  let open: Uint8Array<ArrayBuffer>[] = [];
  const store = (end: number) => {
    if (open.length > 0) objects.land(table, partition, end - open.length, open);
    open = [];
  };
  for (const [offset, record] of records.entries()) {
    const line = jsonLine(bytesOf(record));
    if ("bytes" in line) open.push(new Uint8Array(line.bytes));
    else {
      store(offset);
      objects.reject(table, partition, offset, line.reason, String(offset));
    }
  }
  store(records.length);
}

/** @param size records of a batch; they come shard by shard */
async function inStream(table: TableName, shards: Shards, size: number): Promise<Outcome> {
  await using cleaner = await Cleaner.open(table);
  const verdicts: Outcome["verdicts"] = {};
  const rejects: string[] = [];
  const all = shards.flatMap((records, shard) =>
    records.map((record, n) => ({ shard, n, record }))
  );
  for (let start = 0; start < all.length; start += size) {
    const batch = all.slice(start, start + size);
    const judged = await cleaner.take(
      ...batch.map(({ shard, n, record }) => pageOf(shard, n, [record])),
    );
    const places = batch.map(({ shard, n }) => `${shard}:${n}`);
    const found = await cleaner.db.rows(`
      select landed.rowid as n, coalesce(aside.verdict, 'kept') as verdict
      from landed_${table} as landed left join aside_${table} as aside on aside.n = landed.rowid`);
    for (const { n, verdict } of found) verdicts[places[Number(n)] ?? ""] = String(verdict);
    for (const { shard, sequenceNumber, reason, bytes } of judged.rejects) {
      const at = `${Number(shard.slice(-12))}:${Number(BigInt(sequenceNumber) % 1_000_000n)}`;
      const record = batch[places.indexOf(at)]?.record ?? "";
      assert.equal(bytes, bytesOf(record).toBase64());
      verdicts[at] = reason;
      rejects.push(`${at} ${reason}`);
    }
  }
  const rows = cleaner.kept.toSorted((a, b) => Number(a["ind"]) - Number(b["ind"]));
  return { verdicts, rows, rejects };
}

async function assertSame(table: TableName, shards: Shards, batch = 7): Promise<Outcome> {
  const expected = await inBatch(table, shards);
  const count = shards.flat().length;
  assert.equal(Object.keys(expected.verdicts).length, count);
  for (const size of [count, batch]) {
    const found = await inStream(table, shards, size);
    assert.deepEqual(found.verdicts, expected.verdicts, `${table} in batches of ${size}`);
    assert.deepEqual(found.rows, expected.rows, `${table} in batches of ${size}`);
    assert.deepEqual(found.rejects, expected.rejects, `${table} in batches of ${size}`);
  }
  return expected;
}

function objectsOf(table: TableName, rows: readonly (readonly unknown[])[]) {
  return rows.map((row) => Object.fromEntries(columns[table].map((name, at) => [name, row[at]])));
}

Deno.test("edges and odd records have the batch's verdicts and values", async () => {
  for (const table of tableNames) {
    const odd = oddRecords().filter((record) => record.table === table)
      .map(({ value }) => value).filter((value) => value !== null);
    const edges = objectsOf(table, landedEdgeRows(table));
    assert.ok(edges.length > 90);
    const { verdicts } = await assertSame(table, [edges, odd], 50);
    assert.ok(Object.values(verdicts).includes("kept"));
  }
});

Deno.test("repeats have the batch's verdicts, within a batch and across batches", async () => {
  const again = [
    pin(1),
    pin(1, { title: " Post 1\n" }),
    pin("1.0"),
    pin(1, { title: "Other" }),
    pin(2, { follower_count: "2k" }),
    pin(2, { follower_count: "2000" }),
    pin(2, { follower_count: "2kk" }),
    geo(3),
    pin(3),
    pin(3, { downloaded: 0 }),
  ];
  const { verdicts } = await assertSame("pin", [again, [...again.toReversed(), pin(4)]]);
  assert.equal(verdicts["0:3"], "ind was seen before with other content: 1");
  assert.equal(verdicts["0:5"], "duplicate");
  const places = [
    geo(1, { latitude: 0, longitude: 0 }),
    geo(1, { latitude: "-0.0", longitude: 0 }),
  ];
  assert.equal((await assertSame("geo", [places, []])).verdicts["0:1"], "duplicate");
});

const tricky = [
  '{"index":1,"title":"\\ud83d half a pair"}',
  '{"index":1,"title":"\ufffd half a pair"}',
  '{"index":2,"title":"a nought \\u0000 within"}',
  '{"index":3,"title":"first","title":"second"}',
  '{"index":4,"index":5,"title":"two keys"}',
  '{"index":6,"title":{"a" : [1, 2.50, 1e3]}}',
  '{"index":7,"title":{"a":[1,2.50,1e3]}}',
  '{"index":8,"title":12345678901234567890123}',
  '{"index":9,"follower_count":1e999}',
  '{"index":10,"title":true,"category":null}',
  ' {"index":11, "title":"spaces around"} \r\n',
  '\ufeff{"index":12,"title":"a mark before"}',
  '{"index":13,"Title":"not a column"}',
  '{"INDEX":14,"title":"not the key"}',
  '{"index":15}',
  '{"index":16,"latitude":1}',
  '{"index":17,"title":"\\u007f\\u0001\\u0002 control"}',
  '{"index":18,"title":"a | b \\u001f c"}',
  "[]",
  '"text"',
  "12",
  "null",
  "NaN",
  '{"index":NaN}',
  '{"index":19,"title":"comma",}',
  "",
  "{}",
  '{"index":2147483648,"title":"too large"}',
  '{"index":-2147483648,"title":"smallest"}',
  '{"index":" 20 ","title":"spaces in the key"}',
  '{"index":21.0,"title":"a point"}',
  '{"index":2.2e1,"title":"a power"}',
  `{"index":22,"title":${'{"a":'.repeat(200)}1${"}".repeat(200)}}`,
  '{"index":23,"title":"\\ud800","index":24}',
];

Deno.test("spellings of JSON that parsers disagree on have the batch's verdicts", async () => {
  const bytes = [Uint8Array.of(0xff, 0xfe), Uint8Array.of(0x7b, 0xc3, 0x7d)];
  const { verdicts } = await assertSame("pin", [tricky, bytes]);
  assert.equal(verdicts["0:1"], "duplicate");
  assert.equal(verdicts["1:0"], "not UTF-8");
});

Deno.test("the generated source has the batch's rows", async () => {
  const posts = [...generatePosts({ posts: 400, seed: 3 })];
  for (const table of tableNames) {
    const rows = objectsOf(table, posts.map((post) => post[table]));
    const { verdicts } = await assertSame(table, [rows.slice(0, 250), rows.slice(200)], 97);
    const counts = Object.groupBy(Object.values(verdicts), (verdict) => verdict);
    assert.equal(counts["kept"]?.length, 400);
    assert.equal(counts["duplicate"]?.length, 50);
  }
});

Deno.test("records made at random have the batch's verdicts", async () => {
  const cell = fc.oneof(
    fc.constantFrom(null, "", " ", "2k", "1.0", 7, 7.5, true, "User Info Error", "\ud83d", "ü"),
    fc.string({ unit: "binary", maxLength: 6 }),
    fc.jsonValue({ maxDepth: 1 }),
  );
  const key = fc.oneof(
    fc.integer({ min: 0, max: 5 }),
    fc.constantFrom("1", "1.0", " 2", null, 1.5),
  );
  const one = fc.record(
    { index: key, ind: key, title: cell, follower_count: cell, category: cell, country: cell },
    { requiredKeys: ["index"] },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(one, { minLength: 12, maxLength: 60 }), async (records) => {
      const half = records.length >> 1;
      await assertSame("pin", [records.slice(0, half), records.slice(half)]);
    }),
    { seed: 11, numRuns: 4 },
  );
});

for (const [table, make] of [["pin", pin], ["geo", geo], ["user", user]] as const) {
  Deno.test(`what was seen is known again from the ${table} table's own files`, async () => {
    const folder = await Deno.makeTempDir();
    try {
      await using first = await Cleaner.open(table);
      await using second = await Cleaner.open(table);
      const rows = [...Array(50).keys()].map((index) => make(index)) as Given[];
      const edges = objectsOf(table, landedEdgeRows(table)).slice(50);
      await first.take(pageOf(0, 0, [...rows, ...edges]));
      await first.db.run(`copy kept_${table} to '${folder}/rows.parquet'`);
      await second.transform.remember([{
        relation: `read_parquet('${folder}/rows.parquet')`,
        lacks: [],
      }]);
      const again = await second.take(pageOf(0, 900, [...rows, ...edges]));
      assert.equal(again.committed, 0);
      assert.equal(again.duplicates, first.kept.length);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}
