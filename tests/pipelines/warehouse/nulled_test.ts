import assert from "node:assert/strict";
import { openDuckDb } from "../../../pipelines/warehouse/duckdb.ts";
import type { Model } from "../../../pipelines/warehouse/models.ts";
import {
  addNulled,
  buildAndCount,
  createNulledTable,
  nulledColumns,
  nulledQuery,
  tellingText,
} from "../../../pipelines/warehouse/nulled.ts";
import { lint, readHeader } from "../../../sql/dialect/mod.ts";

const text = `-- sql/clean/small.sql: one row per row.
-- input    raw_small: id string, size string, left_side string, right_side string
-- grain    id
-- output   id int, size int, middle double
-- parts    middle: left_side, right_side

with posted as ( -- select is a word in a comment, too
    select
        id,
        nullif(size, 'none') as size,
        left_side,
        right_side,
        (select 1) as one
    from raw_small
)

select
    try_cast(id as int) as id,
    try_cast(size as int) as size,
    try_cast(left_side as double) + try_cast(right_side as double) as middle
from posted
where id <> (select '9' as nine)
`;

function small(): Model {
  const header = readHeader(text);
  return {
    name: "small",
    group: "clean",
    file: "sql/clean/small.sql",
    text,
    header,
    audit: null,
    caption: null,
  };
}

const raw = "(id varchar, size varchar, left_side varchar, right_side varchar)";

Deno.test("a table is built as its model says, and what it nulled is counted by column", async () => {
  await using db = await openDuckDb({ threads: 1 });
  const long = "🌿".repeat(80);
  await db.run(`create table raw_small ${raw}`);
  await db.run(`insert into raw_small values
    ('1', '7', '1', '2'), ('2', 'none', null, null), ('3', 'big', 'x', null),
    ('4', 'a=b', '1', null), ('5', 'big', '1', '1'), ('6', '${long}', null, null),
    ('7', 'C', null, null), ('9', 'never', null, null)`);
  assert.deepEqual(await buildAndCount(db, small()), [
    { table: "small", column: "middle", cells: 2, examples: ["1, null", "x, null"] },
    { table: "small", column: "size", cells: 5, examples: ["C", "a=b", "big"] },
  ]);
  assert.deepEqual((await db.columns("small")).map(({ name }) => name), ["id", "size", "middle"]);
  assert.deepEqual(await db.rows("select count(*) as count from small"), [{ count: 7 }]);
  await db.run("delete from raw_small where size <> '" + long + "' or size is null");
  const [only] = await buildAndCount(db, small());
  assert.deepEqual(only?.examples, ["🌿".repeat(60)]);
});

Deno.test("what is run is of the dialect, and its lines are those of the model", () => {
  const model = small();
  const told = tellingText(model);
  assert.deepEqual(lint(told), []);
  assert.deepEqual(lint(nulledQuery(model, `(${told})`)), []);
  const lineOf = (of: string, what: string) => of.split("\n").findIndex((at) => at.includes(what));
  for (const what of ["with posted", "from raw_small", "+ try_cast", "where id"]) {
    assert.equal(lineOf(told, what), lineOf(text, what), what);
  }
});

Deno.test("only what the final select makes something else of can become null in it", () => {
  const model = { ...small(), text: text.replace("try_cast(size as int) as size", "size") };
  assert.deepEqual(nulledColumns(small()), ["nulled_size", "nulled_middle"]);
  assert.deepEqual(nulledColumns(model), ["nulled_middle"]);
  const renamed = {
    ...small(),
    text: text.replace("try_cast(size as int) as size", "one as size"),
  };
  assert.deepEqual(nulledColumns(renamed), ["nulled_size", "nulled_middle"]);
});

Deno.test("a model whose final select does not read a column as it was posted is refused", async () => {
  await using db = await openDuckDb({ threads: 1 });
  await db.run(`create table raw_small ${raw}`);
  const renamed = {
    ...small(),
    text: text.replace("as size,\n        left", "as extent,\n        left"),
  };
  await assert.rejects(buildAndCount(db, renamed), /sql[/]clean[/]small[.]sql.*size/s);
});

Deno.test("parts are put together in any order", () => {
  const of = (column: string, cells: number, ...examples: string[]) => ({
    table: "pin",
    column,
    cells,
    examples,
  });
  const parts = [
    [of("title", 2, "b", "d")],
    [of("category", 1, "x"), of("title", 3, "a", "b", "c")],
    [],
  ];
  const all = [of("category", 1, "x"), of("title", 5, "a", "b", "c")];
  assert.deepEqual(parts.reduce((sum, part) => [...addNulled(sum, part)], []), all);
  assert.deepEqual(parts.toReversed().reduce((sum, part) => [...addNulled(sum, part)], []), all);
});

Deno.test("the table has every example as it is", async () => {
  await using db = await openDuckDb({ threads: 1 });
  const nulled = [
    { table: "pin", column: "title", cells: 3, examples: ["it's", '"\\', "a\0b👍\n"] },
    { table: "geo", column: "country", cells: 1, examples: [] },
  ];
  await createNulledTable(db, nulled);
  assert.deepEqual(await db.rows("from nulled"), nulled);
  await createNulledTable(db, []);
  assert.deepEqual(await db.rows("from nulled"), []);
});
