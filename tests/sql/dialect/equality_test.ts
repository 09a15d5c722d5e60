/**
 * Expressions over which Spark was asked: DuckDB, with the dialect, must say the same.
 *
 * The expected types and values are those of Spark 4.1.4 in ANSI mode; tests/foreign/
 * spark_sql_test.ts asks it again. Where Spark has an error, the type is `error`. A value is cast
 * to Spark's type first, as the runner casts the columns of a model.
 */
import assert from "node:assert/strict";
import { lint, tokenize } from "../../../sql/dialect/mod.ts";
import { allowed } from "../../../sql/dialect/functions.ts";
import { openDuckDb } from "../../../pipelines/warehouse/duckdb.ts";
import { answers, ourAnswer } from "./answers.ts";

Deno.test("DuckDB with the dialect gives Spark's answer to every expression", async () => {
  await using warehouse = await openDuckDb({ threads: 1 });
  for (const [expression, type, value] of answers) {
    const ours = await ourAnswer(warehouse, expression, type);
    assert.deepEqual([expression, ours], [expression, type === "error" ? "error" : { value }]);
  }
});

Deno.test("the linter lets every expression with Spark's answer pass", () => {
  for (const [expression] of answers) {
    assert.deepEqual([expression, lint(`select ${expression} as v`)], [expression, []]);
  }
});

Deno.test("the allow-list has no function that Spark was not asked about", () => {
  const asked = new Set(
    answers.flatMap(([expression]) => tokenize(expression)).map(({ text }) => text),
  );
  assert.deepEqual([...allowed].filter((name) => !asked.has(name)), []);
});
