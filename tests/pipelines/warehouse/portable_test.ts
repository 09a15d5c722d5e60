import assert from "node:assert/strict";
import { UsageError } from "../../../pipelines/errors.ts";
import { openDuckDb } from "../../../pipelines/warehouse/duckdb.ts";
import { casts, sumOf } from "../../../pipelines/warehouse/portable.ts";
import { lint, rewriteForDuckDb } from "../../../sql/dialect/mod.ts";
import { text } from "../../../pipelines/warehouse/quoting.ts";

const columns = [
  { name: "ind", type: "int" },
  { name: "label", type: "string" },
  { name: "coordinates", type: "array<double>" },
  { name: "at", type: "timestamp" },
  { name: "share", type: "double" },
];

const row = (ind: number | null, label: string | null, latitude: number, second: number) =>
  `select ${ind}::int as ind, ${label === null ? "null" : `'${label}'`}::varchar as label,
    [${latitude}, 0.25]::double[] as coordinates,
    '2020-01-02 03:04:0${second}+00'::timestamptz as at, 1.5::double as share`;

async function sumsOf(...tables: string[]): Promise<string[]> {
  await using db = await openDuckDb();
  const sums: string[] = [];
  for (const table of tables) {
    await db.run(`create or replace table t as ${table}`);
    const [found] = await db.rows(rewriteForDuckDb(sumOf("t", columns)));
    sums.push(`${found?.row_count} ${found?.row_sum}`);
  }
  return sums;
}

Deno.test("the sum over a table is of the subset that means the same on both engines", () => {
  assert.deepEqual(lint(sumOf("t", columns)), []);
});

Deno.test("the sum does not depend on the order of rows, and knows how often each is there", async () => {
  const [a, b] = [row(1, "a", 1.5, 1), row(null, null, -89.9787, 2)];
  const [ab, ba, aab] = await sumsOf(
    `${a} union all ${b}`,
    `${b} union all ${a}`,
    `${a} union all ${a} union all ${b}`,
  );
  assert.equal(ab, ba);
  assert.notEqual(ab, aab);
});

Deno.test("the sum of other contents is another one, column by column", async () => {
  const sums = await sumsOf(
    row(1, "a", 1.5, 1),
    row(2, "a", 1.5, 1),
    row(1, "b", 1.5, 1),
    row(1, null, 1.5, 1),
    row(1, "a", 1.500001, 1),
    row(1, "a", 1.5, 2),
    `${row(1, "a", 1.5, 1)} where false`,
  );
  assert.equal(new Set(sums).size, sums.length);
  assert.equal(sums.at(-1), "0 0");
});

Deno.test("a text with a quote or a backslash is refused, not guessed", () => {
  assert.equal(text("s3://bucket/a b"), "'s3://bucket/a b'");
  assert.throws(() => text("it's"), UsageError);
  assert.throws(() => text("a\\b"), UsageError);
});

Deno.test("columns are cast to what was declared, lists stay as they were built", () => {
  assert.equal(
    casts(columns.slice(1, 3)),
    "cast(`label` as string) as `label`, `coordinates`",
  );
});
