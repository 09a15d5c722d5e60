/** A source as people have them, through both commands: what can be read is, the rest is told. */
import assert from "node:assert/strict";
import { inFolder, json, run } from "./harness.ts";
import { fileNames, type Table, tables } from "./stream_source.ts";

const rows: Record<Table, Record<string, unknown>[]> = {
  pin: [
    { index: 1, title: "a", follower_count: "2.5K", save_location: "Local save in /data/art" },
    { index: 2, title: "No Title Data Available", follower_count: "about 7" },
    { index: 3, title: "c", follower_count: "1,234", save_location: "Local save in " },
    { index: 4, title: "d", follower_count: "User Info Error", poster_name: "User Info Error" },
    { index: 5, title: "e", follower_count: "NaN" },
  ],
  geo: [1, 2, 3, 4, 5].map((ind) => ({
    ind,
    timestamp: ind === 2 ? "0202-03-04 05:06:07" : "2020-03-04 05:06:07",
    latitude: 1.5,
    longitude: 2.5,
    country: "Chad",
  })),
  user: [1, 2, 3, 4, 5].map((ind) => ({
    ind,
    first_name: "Ann",
    last_name: ind === 3 ? "" : "Lee",
    age: 30,
    date_joined: ind === 4 ? "0999-12-31 05:06:07" : "2016-03-04 05:06:07",
  })),
};

const pinColumns = [
  ...["index", "unique_id", "title", "description", "poster_name", "follower_count", "tag_list"],
  ...["is_image_or_video", "image_src", "downloaded", "save_location", "category"],
];

async function writeSource(folder: string): Promise<string> {
  await Deno.mkdir(`${folder}/source`);
  for (const table of tables) {
    const whole = rows[table].map((row) =>
      table === "pin"
        ? { ...Object.fromEntries(pinColumns.map((name) => [name, null])), ...row }
        : row
    );
    const text = whole.map((row) => `${JSON.stringify(row)}\n`).join("");
    await Deno.writeTextFile(`${folder}/source/${fileNames[table]}.jsonl`, text);
  }
  return `${folder}/source`;
}

const told = [
  { table: "pin", column: "follower_count", cells: 2, examples: ["NaN", "about 7"] },
  { table: "geo", column: "timestamp", cells: 1, examples: ["0202-03-04 05:06:07"] },
  { table: "user", column: "date_joined", cells: 1, examples: ["0999-12-31 05:06:07"] },
];

async function asked(out: string, query: string): Promise<unknown> {
  const { code, stdout, stderr } = await run("sql", "--out", out, "--json", query);
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout);
}

Deno.test("batch reads the counts that people write, and tells what it could not read", () =>
  inFolder(async (folder) => {
    const source = await writeSource(folder);
    const { code, stdout, stderr } = await run("batch", "--source", source, "--out", folder);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /Nulled[^]* pin +follower_count +2 +'NaN', 'about 7' [^]*The proof/);
    assert.match(stdout, / geo +timestamp +1 +'0202-03-04 05:06:07' /);
    const report = await Deno.readTextFile(`${folder}/batch/report.html`);
    assert.match(report, /<td>follower_count<[/]td><td class="number">2<[/]td>/);
    assert.deepEqual(await asked(folder, "select * from nulled"), told);
    assert.deepEqual(
      await asked(folder, "select ind, follower_count from pin where ind in (1, 3) order by ind"),
      [{ ind: 1, follower_count: 2500 }, { ind: 3, follower_count: 1234 }],
    );
  }));

Deno.test("stream tells the same, and a second run on its data tells it again", () =>
  inFolder(async (folder) => {
    const source = await writeSource(folder);
    const words = ["stream", "--source", source, "--out", folder, "--data", `${folder}/data`];
    const first = await json<{ nulled: unknown }>(...words);
    assert.deepEqual(first.nulled, told);
    const second = await json<{ nulled: unknown; files: { nulled: string } }>(...words);
    assert.deepEqual(second.nulled, told);
    assert.match(
      await Deno.readTextFile(second.files.nulled),
      /^table,column,cells,examples\npin,/,
    );
    assert.deepEqual(await asked(folder, "select * from stream.nulled"), told);
  }));
