/** What the models of sql/clean/ count as nulled: everything that was something, and nothing else. */
import assert from "node:assert/strict";
import { sourceTables, tableNames } from "../../../pipelines/tables.ts";
import { openDuckDb, type Value } from "../../../pipelines/warehouse/duckdb.ts";
import { modelOf, modelsByName } from "../../../pipelines/warehouse/models.ts";
import { buildAndCount } from "../../../pipelines/warehouse/nulled.ts";
import { fill } from "../checkmodel.ts";

/** Column, cells and examples, after cleaning these rows. */
async function nulledOf(table: string, raw: Record<string, Value>[]) {
  await using warehouse = await openDuckDb({ threads: 1 });
  const model = modelOf(await modelsByName(), table);
  await fill(warehouse, `raw_${table}`, model.header.inputs[0]?.columns ?? [], raw);
  const nulled = await buildAndCount(warehouse, model);
  assert.deepEqual(
    (await warehouse.columns(table)).map(({ name }) => name),
    model.header.output.map(({ name }) => name),
  );
  return nulled.map(({ column, cells, examples }) => [column, cells, ...examples]);
}

Deno.test("empty cells and the source's own texts for nothing are not nulled", async () => {
  const blanks = [null, "", " ", " \t\r\n\u00a0"];
  for (const table of tableNames) {
    const { key, columns } = sourceTables[table];
    const rows = blanks.map((blank, at) => ({
      ...Object.fromEntries(columns.map(({ name }) => [name, blank])),
      [key]: `${at}`,
    }));
    assert.deepEqual(await nulledOf(table, rows), [], table);
  }
  const said = {
    title: "No Title Data Available",
    poster_name: "User Info Error",
    follower_count: " User Info Error\n",
    tag_list: "N,o, ,T,a,g,s, ,A,v,a,i,l,a,b,l,e",
    image_src: "Image src error.",
  };
  assert.deepEqual(
    await nulledOf("pin", [
      {
        index: "1",
        ...said,
        description: "No description available",
        save_location: "Local save in",
      },
      {
        index: "2",
        ...said,
        description: "No description available Story format",
        save_location: "Local save in \u00a0",
      },
    ]),
    [],
  );
});

Deno.test("a follower count that is read is not nulled, and every other one is", async () => {
  const read = ["2.5K", "1.05m", "1,234", "0", "2B", "12", "1.5"];
  const unread = ["about 7", "NaN", "12,34", "1,234k", "3B", "-5", "User Info Error!"];
  const rows = [...read, ...unread].map((follower_count, at) => ({
    index: `${at}`,
    follower_count,
  }));
  assert.deepEqual(await nulledOf("pin", rows), [
    ["follower_count", unread.length, "-5", "1,234k", "12,34"],
  ]);
});

Deno.test("a year 0202, a day that is none and a date alone are nulled times", async () => {
  const times = ["0202-01-01 00:00:00", "2020-02-30 00:00:00", "2020-01-01", "2020-01-01 00:00:00"];
  const examples = ["0202-01-01 00:00:00", "2020-01-01", "2020-02-30 00:00:00"];
  assert.deepEqual(
    await nulledOf("geo", times.map((timestamp, at) => ({ ind: `${at}`, timestamp }))),
    [["timestamp", 3, ...examples]],
  );
  assert.deepEqual(
    await nulledOf("user", times.map((date_joined, at) => ({ ind: `${at}`, date_joined }))),
    [["date_joined", 3, ...examples]],
  );
});

Deno.test("coordinates are nulled where either half held something", async () => {
  const nulled = await nulledOf("geo", [
    { ind: "1", latitude: "1", longitude: "2" },
    { ind: "2", latitude: "x", longitude: "2" },
    { ind: "3", latitude: "1", longitude: " " },
    { ind: "4", latitude: null, longitude: "2" },
    { ind: "5" },
  ]);
  assert.deepEqual(nulled, [["coordinates", 3, "1, null", "null, 2", "x, 2"]]);
});

Deno.test("one name of two is a user name, and an age out of its type is nulled", async () => {
  const nulled = await nulledOf("user", [
    { ind: "1", first_name: "Ann", last_name: "", age: "old" },
    { ind: "2", first_name: null, last_name: "Lee", age: "2147483648" },
    { ind: "3", first_name: " ", age: "36.5" },
    { ind: "4", age: "-3" },
  ]);
  assert.deepEqual(nulled, [["age", 3, "2147483648", "36.5", "old"]]);
});
