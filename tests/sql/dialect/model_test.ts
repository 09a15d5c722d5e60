import assert from "node:assert/strict";
import { duckDbType, readHeader } from "../../../sql/dialect/model.ts";

Deno.test("readHeader reads inputs with columns, inputs that are models, grain and output", () => {
  const header = readHeader(`-- sql/x.sql: one sentence, which
-- goes on.
-- input    raw: a string, b array<decimal(3, 1)>,
--          c string
-- input    pin, geo
-- grain    a, c
-- output   a int, b decimal(18, 3),
--          c array<double>
-- parts    c: left, right; b: middle
-- units    a: people
--
-- output   not any more: the header has ended
select 1`);
  assert.deepEqual(header, {
    inputs: [
      {
        table: "raw",
        columns: [
          { name: "a", type: "string" },
          { name: "b", type: "array<decimal(3, 1)>" },
          { name: "c", type: "string" },
        ],
      },
      { table: "pin", columns: null },
      { table: "geo", columns: null },
    ],
    grain: ["a", "c"],
    output: [
      { name: "a", type: "int" },
      { name: "b", type: "decimal(18, 3)" },
      { name: "c", type: "array<double>" },
    ],
    parts: { c: ["left", "right"], b: ["middle"] },
    told: { units: { value: "a: people", line: 10 } },
  });
});

Deno.test("readHeader of a text without header is empty", () => {
  const empty = { inputs: [], grain: [], output: [], parts: {}, told: {} };
  assert.deepEqual(readHeader("select 1"), empty);
});

Deno.test("readHeader reads what is told to people, also behind audits, and no sentence for it", () => {
  const { told, grain } = readHeader(`-- order lines of a shop
-- title page and all
-- input    raw
-- title    Lines: how many?
-- audit unique(a)
-- picture  pie of a
-- order    7
-- grain    a`);
  assert.deepEqual(told, {
    title: { value: "Lines: how many?", line: 4 },
    picture: { value: "pie of a", line: 6 },
    order: { value: "7", line: 7 },
  });
  assert.deepEqual(grain, ["a"]);
});

Deno.test("readHeader names the line of a column without type, or of a type on one engine only", () => {
  assert.throws(() => readHeader("-- x\n-- output   a"), /'a' at line 2/);
  assert.throws(() => readHeader("-- output   a varchar"), /'varchar' at line 1/);
  assert.throws(() => readHeader("-- x\n-- parts    a, b"), /the parts 'a, b' at line 2/);
});

Deno.test("duckDbType spells each type, and takes a timestamp for an instant", () => {
  const spelled = ["int", "STRING", "timestamp", "array<array<double>>", "decimal(18, 3)"];
  assert.deepEqual(spelled.map((type) => duckDbType(type)), [
    "INTEGER",
    "VARCHAR",
    "TIMESTAMP WITH TIME ZONE",
    "DOUBLE[][]",
    "DECIMAL(18,3)",
  ]);
});
