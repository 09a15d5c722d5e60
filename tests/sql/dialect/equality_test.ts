/**
 * Expressions over which Spark was asked: DuckDB, with the dialect, must say the same.
 *
 * The expected types and values are Spark's own (spark_answers.py says which and how); a value
 * is cast to Spark's type first, as the runner casts the columns of a model.
 */
import assert from "node:assert/strict";
import { duckDbType, lint, rewriteForDuckDb, tokenize } from "../../../sql/dialect/mod.ts";
import { allowed } from "../../../sql/dialect/functions.ts";
import { openDuckDb } from "../../../pipelines/warehouse/duckdb.ts";

type Answer = [expression: string, type: string, value: unknown];

const answers: Answer[] = (await Deno.readTextFile(new URL("spark_answers.jsonl", import.meta.url)))
  .split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));

Deno.test("DuckDB with the dialect gives Spark's answer to every expression", async () => {
  await using warehouse = await openDuckDb({ threads: 1 });
  for (const [expression, type, value] of answers) {
    const sql = rewriteForDuckDb(`select ${expression} as v`);
    const cast = type === "void" ? "v" : `cast(v as ${duckDbType(type)})`;
    const rows = await warehouse.rows(`select ${cast} as v from (${sql})`);
    assert.deepEqual([expression, rows], [expression, [{ v: value }]]);
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
