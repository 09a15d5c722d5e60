/** The two engines over the same landed objects: what one says of a record, the other says. */
import assert from "node:assert/strict";
import { transformThere } from "../../../../pipelines/batch/databricks/transform.ts";
import { transform, type Transformed } from "../../../../pipelines/batch/transform.ts";
import { contentHash } from "../../../../pipelines/record/content.ts";
import { reconcile } from "../../../../pipelines/batch/reconcile.ts";
import { perTable, tableNames } from "../../../../pipelines/tables.ts";
import { geo, type Given, id, landedKey, MemoryObjects, pin, user } from "../landed_objects.ts";
import { warehouseOver } from "./engine.ts";

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await Deno.makeTempDir();
  try {
    return await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Everything that a transform says, in words that can be compared. */
async function saidBy(batch: Transformed): Promise<unknown> {
  const { db } = batch.work;
  const tables = await Promise.all(tableNames.map(async (table) => ({
    clean: await db.rows(`from "${table}" order by ind`),
    verdicts: await db.rows(`select n, verdict, reason from aside_${table} order by n`),
    places: await db.rows(`from object_${table} order by first_line`),
    hashes: await db.rows(`select rowid as n, landed_key, content_hash from landed_${table}
      order by rowid`),
  })));
  const { counts, rejects, nulled, answers, audits, ignoredKeys } = batch;
  return {
    tables,
    counts,
    rejects,
    nulled,
    nulledRows: await db.rows("from nulled"),
    audits,
    ignoredKeys,
    rejectRows: await db.rows("from rejects"),
    answers: [...answers].map(([name, { columns, rows }]) => ({ name, columns, rows })),
  };
}

async function both(objects: MemoryObjects): Promise<{ here: unknown; there: unknown }> {
  return await inFolder(async (folder) => {
    await using here = await transform(objects, { id, outDir: `${folder}/here` });
    await using warehouse = await warehouseOver(objects);
    await using there = await transformThere(warehouse.bucket, warehouse.databricks, {
      id,
      outDir: `${folder}/there`,
    });
    return { here: await saidBy(here), there: await saidBy(there) };
  });
}

const make = { pin, geo, user };

/** Posts 0 to `count` - 1 in objects of `perObject`. */
function posts(count: number, perObject: number): MemoryObjects {
  const objects = new MemoryObjects();
  for (const table of tableNames) {
    for (let start = 0; start < count; start += perObject) {
      const size = Math.min(perObject, count - start);
      objects.land(
        table,
        0,
        start,
        Array.from({ length: size }, (_, at) => make[table](start + at)),
      );
    }
  }
  return objects;
}

Deno.test("clean tables, answers and hashes are the same on both engines", async () => {
  const { here, there } = await both(posts(250, 60));
  assert.deepEqual(there, here);
});

const dirty: Given[] = [
  user(1),
  user(1, { age: 21.0 }),
  user(1, { age: 59 }),
  user(" 1 ", { first_name: " First1" }),
  user(2, { age: null }),
  user(2, { age: "22" }),
  user("none"),
  user(2 ** 31),
  geo(7),
  pin(8),
  { ind: 9, timestamp: null },
  { ind: null },
  {},
  "[1]",
  "7",
  "",
  `{"ind":10`,
  `{"ind":10, "age" : 30.50, "first_name":"quote ' and \\u00e9 and \\\\ and \\"","more":[1,{"a":2}]}`,
  user(2, { age: null, last_name: "Last\u00a0" }),
];

Deno.test("every verdict and every place of dirty records is the same on both engines", async () => {
  const objects = posts(5, 5)
    .land("pin", 1, 0, [
      pin(50, { follower_count: "2.5K" }),
      pin(51, { follower_count: "about 7" }),
      pin("52.0", { follower_count: "NaN" }),
      pin(53, { follower_count: "1,234" }),
    ])
    .land("geo", 1, 0, [geo(50, { timestamp: "0202-03-04 05:06:07", latitude: "north" })])
    .land("user", 1, 40, dirty)
    .land("user", 0, 300, dirty.toReversed())
    .land("pin", 0, 30, [pin(3), pin(3, { follower_count: "4000" }), pin(4, { title: "other" })])
    .reject("geo", 0, 77, "not JSON", "{oops")
    .reject("pin", 2, 8, "no value", null);
  objects.bodies.set(`topics/${id}.geo/notes.txt`, new TextEncoder().encode("mine"));
  const { here, there } = await both(objects);
  assert.deepEqual(there, here);
  assert.deepEqual((there as { nulled: unknown }).nulled, [
    { table: "pin", column: "follower_count", cells: 2, examples: ["NaN", "about 7"] },
    { table: "geo", column: "coordinates", cells: 1, examples: ["north, 12.25"] },
    { table: "geo", column: "timestamp", cells: 1, examples: ["0202-03-04 05:06:07"] },
    { table: "user", column: "age", cells: 1, examples: ["30.5"] },
  ]);
});

/** Numbers as JSON spells them. */
const numbers = [
  ...["0", "7", "-7", "7.0", "7.50", "30", "100", "1e2", "1E2", "1.5e3", "15e-1"],
  ...["0.1", "-89.9787", "0.0001", "0.00012", "0.00001", "1e-7", "123456.789"],
  ...["1e15", "1e16", "1.5e21", "1e308", "12345678901234568"],
];

Deno.test("a number has the content hash of its double, however it is spelt", async () => {
  const records = numbers.map((number, at) => `{"ind":${at},"age":${number}}`);
  await inFolder(async (folder) => {
    await using warehouse = await warehouseOver(new MemoryObjects().land("user", 0, 0, records));
    await using batch = await transformThere(warehouse.bucket, warehouse.databricks, {
      id,
      outDir: folder,
    });
    const rows = await batch.work.db.rows("select content_hash from landed_user order by rowid");
    assert.deepEqual(
      rows.map((row, at) => [numbers[at], row.content_hash]),
      numbers.map((number, ind) => [number, contentHash("user", { ind, age: Number(number) })]),
    );
  });
});

Deno.test("topics without objects give empty tables", async () => {
  const { here, there } = await both(new MemoryObjects());
  assert.deepEqual(there, here);
});

const changedTitle = [
  ...["ind", "unique_id"],
  "case when ind = 3 then 'changed' else title end as title",
  ...["description", "follower_count", "poster_name", "tag_list", "is_image_or_video"],
  ...["image_src", "save_location", "category"],
].join(", ");

Deno.test("a table that was changed behind our back does not pass the proof", async () => {
  await inFolder(async (folder) => {
    await using warehouse = await warehouseOver(posts(20, 20));
    await using batch = await transformThere(warehouse.bucket, warehouse.databricks, {
      id,
      outDir: folder,
    });
    const none = { source: perTable(() => 0), ledgers: perTable(() => `${folder}/none`) };
    assert.deepEqual((await reconcile(batch, none)).problems, []);
    await warehouse.databricks.run(
      `create or replace table pin as select ${changedTitle} from pin`,
    );
    const { problems } = await reconcile(batch, none);
    assert.deepEqual(problems.map(({ what }) => what), [
      "1 clean rows that cleaning does not give",
      "1 rows that cleaning gives, not there",
      "1 rows of the table there and of its copy differ in number or content",
    ]);
  });
});

Deno.test("an object that the engine does not read stops the run, by its key", async () => {
  await inFolder(async (folder) => {
    await using warehouse = await warehouseOver(posts(20, 10), landedKey("pin", 0, 10));
    await assert.rejects(
      async () =>
        await transformThere(warehouse.bucket, warehouse.databricks, { id, outDir: folder }),
      /Databricks read 1 of 2 objects; the first that is missing is .*0000000010[.]json/,
    );
  });
});

Deno.test("the work there is dropped in the end, clean tables and answers stay", async () => {
  await inFolder(async (folder) => {
    await using warehouse = await warehouseOver(posts(5, 5));
    await (await transformThere(warehouse.bucket, warehouse.databricks, { id, outDir: folder }))
      [Symbol.asyncDispose]();
    const { rows } = await warehouse.databricks.run("show tables");
    const left = rows.map(({ tableName }) => tableName);
    for (const table of tableNames) assert.ok(left.includes(table), table);
    assert.deepEqual(
      left.filter((name) => /^(landed|object|repeat|aside|raw|again)_/.test(`${name}`)),
      [],
    );
    assert.equal(left.length, 13);
  });
});
