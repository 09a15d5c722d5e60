import assert from "node:assert/strict";
import { transform } from "../../../pipelines/batch/transform.ts";
import { UsageError } from "../../../pipelines/errors.ts";
import { openRun, type QueryFlags, type Run, runQuery } from "../../../pipelines/report/query.ts";
import { modelsByName, questionsOf } from "../../../pipelines/warehouse/models.ts";
import { geo, id, MemoryObjects, pin, user } from "../batch/landed_objects.ts";

/** A folder with a run of a few posts and one reject; `batch` is in it. */
async function inRun<T>(work: (out: string) => Promise<T>): Promise<T> {
  const out = await Deno.makeTempDir();
  try {
    const posts = [0, 1, 2, 3, 4, 5];
    const objects = new MemoryObjects()
      .land("pin", 0, 0, [
        ...posts.map((ind) => pin(ind)),
        pin(6, { title: 'A "quoted", long\ntitle', follower_count: "about 7" }),
      ])
      .land("geo", 0, 0, posts.map((ind) => geo(ind)))
      .land("user", 0, 0, [...posts.map((ind) => user(ind)), pin(3)]);
    {
      await using _ = await transform(objects, { id, outDir: `${out}/batch` });
    }
    return await work(out);
  } finally {
    await Deno.remove(out, { recursive: true });
  }
}

async function all(run: Run, sql: string) {
  const { columns, rows } = await run.query(sql);
  return { columns, rows: (await Array.fromAsync(rows)).flat() };
}

async function printed(flags: QueryFlags): Promise<string> {
  let text = "";
  await runQuery(flags, (part) => {
    text += part;
  });
  return text;
}

Deno.test("clean tables, rejects and every answer are tables of their own names", () =>
  inRun(async (out) => {
    await using run = await openRun(`${out}/batch`);
    assert.deepEqual(run.tables, [
      ...["geo", "pin", "user", "nulled", "rejects"],
      ...questionsOf(await modelsByName()).map(({ name }) => name).sort(),
    ]);
    assert.deepEqual(
      await all(run, "select count(*) as posts, max(follower_count) as most from pin"),
      {
        columns: ["posts", "most"],
        rows: [[7, 6000]],
      },
    );
    assert.deepEqual(await all(run, 'select "table", reason, "offset" from rejects;'), {
      columns: ["table", "reason", "offset"],
      rows: [["user", "columns of another table: pin", 6]],
    });
    assert.deepEqual((await all(run, "from most_followed_country")).rows.length, 1);
    assert.deepEqual(
      await all(run, "select * from geo where ind = 1 -- a remark at the end"),
      {
        columns: ["ind", "country", "coordinates", "timestamp"],
        rows: [[1, "Cote d'Ivoire", [-88.5, 12.25], "2019-03-04T05:06:07Z"]],
      },
    );
    assert.deepEqual(
      (await all(run, "select a.ind, b.ind from pin a join geo b using (ind) limit 0")).rows,
      [],
    );
  }));

Deno.test("what became null is a table, its examples a list", () =>
  inRun(async (out) => {
    const query = "select * from nulled";
    assert.deepEqual(JSON.parse(await printed({ query, out, json: true })), [
      { table: "pin", column: "follower_count", cells: 1, examples: ["about 7"] },
    ]);
  }));

Deno.test("rows come in the order that the query asks for, however many there are", () =>
  inRun(async (out) => {
    await using run = await openRun(`${out}/batch`);
    const { rows } = await all(run, "select i from range(10000) t(i) order by i desc");
    assert.equal(rows.length, 10_000);
    assert.ok(rows.every(([value], at) => value === 9_999 - at));
  }));

Deno.test("a query can neither write nor read outside the run", () =>
  inRun(async (out) => {
    await Deno.writeTextFile(`${out}/secret.csv`, "a\n1\n");
    await using run = await openRun(`${out}/batch`);
    for (
      const sql of [
        "drop view pin",
        "create table x as select 1",
        "insert into pin from pin",
        `copy pin to '${out}/batch/stolen.csv'`,
        `select 1; select 2`,
        `select 1) as a; copy pin to '${out}/batch/stolen.csv'; from (select 2`,
        `from read_csv('${out}/secret.csv')`,
        `from read_text('/etc/hostname')`,
        "attach '/tmp/other.db'",
        "set enable_external_access = true",
        "install httpfs",
        "",
        " ; ",
      ]
    ) {
      await assert.rejects(all(run, sql), UsageError, sql);
    }
    await assert.rejects(Deno.stat(`${out}/batch/stolen.csv`), Deno.errors.NotFound);
    assert.equal((await all(run, "from pin")).rows.length, 7);
  }));

Deno.test("a mistake in a query is told with what was found and what is there", () =>
  inRun(async (out) => {
    await using run = await openRun(`${out}/batch`);
    await assert.rejects(
      all(run, "select * from pins"),
      /pins.*does not exist[\s\S]*Tables: geo, pin, user/,
    );
    await assert.rejects(all(run, "select nothing from pin"), /nothing/);
    await assert.rejects(all(run, "drop view pin"), /expected one SELECT/);
    await assert.rejects(all(run, "selec 1"), /syntax error/i);
    await assert.rejects(
      all(run, "select error('found while running') from pin"),
      /found while running/,
    );
  }));

Deno.test("a folder without a run says which task makes one", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await assert.rejects(
      openRun(`${folder}/batch`),
      (error) =>
        error instanceof UsageError && error.message.includes(`${folder}/batch`) &&
        error.message.includes("--out"),
    );
  } finally {
    await Deno.remove(folder);
  }
});

Deno.test("CSV quotes what must be quoted, and tells null from empty", () =>
  inRun(async (out) => {
    const query =
      "select ind, title, null as nothing, '' as empty, [1.5::double, 2] as list from pin where ind > 4";
    assert.equal(
      await printed({ query, out, csv: true }),
      "ind,title,nothing,empty,list\n" +
        '5,Post 5,,"","[1.5,2]"\n' +
        '6,"A ""quoted"", long\ntitle",,"","[1.5,2]"\n',
    );
    assert.equal(
      await printed({ query: `${query} limit 0`, out, csv: true }),
      "ind,title,nothing,empty,list\n",
    );
  }));

Deno.test("JSON is one array of objects with every digit", () =>
  inRun(async (out) => {
    const query =
      "select ind, 9007199254740993 as big, {'a': [null, true]} as nested from pin order by ind limit 2";
    assert.deepEqual(JSON.parse(await printed({ query, out, json: true })), [
      { ind: 0, big: "9007199254740993", nested: { a: [null, true] } },
      { ind: 1, big: "9007199254740993", nested: { a: [null, true] } },
    ]);
    assert.deepEqual(
      JSON.parse(await printed({ query: `${query} offset 9`, out, json: true })),
      [],
    );
    const many = await printed({ query: "select i from range(5000) t(i)", out, json: true });
    assert.equal(JSON.parse(many).length, 5_000);
  }));

Deno.test("a table shows the first rows and says how many more there are", () =>
  inRun(async (out) => {
    const text = await printed({
      query: "select ind, country, coordinates from geo order by ind",
      out,
      rowsMax: 2,
    });
    assert.match(text, /ind.*country.*coordinates/);
    assert.match(text, /0.*Albania.*\[-89[.]5,12[.]25\]/);
    assert.doesNotMatch(text, /Svalbard/);
    assert.match(text, /… and 4 more/);
  }));

Deno.test("a long text is cut in a table, and whole in CSV and JSON", () =>
  inRun(async (out) => {
    const query = "select repeat('🌿', 61) as long, repeat('x', 60) as fits";
    assert.match(await printed({ query, out }), / (🌿){59}… +x{60} /u);
    for (const as of [{ csv: true }, { json: true }]) {
      assert.match(await printed({ query, out, ...as }), /(🌿){61}/u);
    }
  }));
