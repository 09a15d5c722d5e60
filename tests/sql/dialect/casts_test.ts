import assert from "node:assert/strict";
import { openDuckDb } from "../../../pipelines/warehouse/duckdb.ts";
import { duckDbCast, macros } from "../../../sql/dialect/mod.ts";

Deno.test("duckDbCast makes the declared type as Spark does, whatever type comes in", async () => {
  await using warehouse = await openDuckDb({ threads: 1 });
  const cases: [value: string, type: string, cast: unknown][] = [
    ["2.9::DOUBLE", "int", 2],
    ["sum(3::INTEGER)", "bigint", 3],
    ["1.005::DOUBLE", "decimal(10, 2)", "1.01"],
    ["TIMESTAMPTZ '2020-02-29 01:02:03+00'", "string", "2020-02-29 01:02:03"],
    ["TIMESTAMPTZ '2020-02-29 23:02:03+00'", "date", "2020-02-29"],
    ["[1, NULL]", "array<double>", [1, null]],
    ["true", "boolean", true],
    ["NULL", "timestamp", null],
  ];
  for (const [value, type, cast] of cases) {
    const rows = await warehouse.rows(
      `SELECT ${duckDbCast("v", type)} AS v FROM (SELECT ${value} AS v)`,
    );
    assert.deepEqual([value, rows], [value, [{ v: cast }]]);
  }
});

Deno.test("a double as text, and an integer out of its range, are errors and no other value", async () => {
  await using warehouse = await openDuckDb({ threads: 1 });
  for (const [value, type] of [["1e7::DOUBLE", "string"], ["3e9::DOUBLE", "int"]] as const) {
    await assert.rejects(warehouse.rows(`SELECT ${duckDbCast(value, type)} AS v`));
  }
});

Deno.test("every macro may be defined again", async () => {
  await using warehouse = await openDuckDb({ threads: 1 });
  for (const macro of macros) await warehouse.run(macro);
});
