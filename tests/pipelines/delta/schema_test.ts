import assert from "node:assert/strict";
import { conform, queryColumns } from "../../../pipelines/delta/schema.ts";
import { arrayOf, type DeltaColumn } from "../../../pipelines/delta/mod.ts";
import { RunError } from "../../../pipelines/errors.ts";
import { type DuckDbWarehouse, openDuckDb } from "../../../pipelines/warehouse/duckdb.ts";

const columns: DeltaColumn[] = [
  { name: "id", type: "long" },
  { name: "Ratio", type: "double" },
  { name: "places", type: arrayOf("double") },
  { name: "seen", type: "timestamp" },
];

async function written(db: DuckDbWarehouse, query: string) {
  const conformed = conform(query, await queryColumns(db, query), columns, "t");
  return {
    rows: await db.rows(conformed),
    types: (await queryColumns(db, conformed)).map(({ type }) => type),
  };
}

Deno.test("Columns go by name whatever their case and order, and widen without losing", async () => {
  await using db = await openDuckDb();
  const { rows, types } = await written(
    db,
    "SELECT 1.5::FLOAT AS ratio, 7::SMALLINT AS ID -- a comment at the end",
  );
  assert.deepEqual(rows, [{ id: 7, Ratio: 1.5, places: null, seen: null }]);
  assert.deepEqual(types, ["BIGINT", "DOUBLE", "DOUBLE[]", "TIMESTAMP WITH TIME ZONE"]);
});

Deno.test("What would lose or has to be guessed at is refused, each with its cast", async () => {
  await using db = await openDuckDb();
  const refused: Record<string, RegExp> = {
    "SELECT 1::HUGEINT AS id": /column id is long, .* HUGEINT: write CAST\("id" AS BIGINT\)/,
    "SELECT 1.5::DOUBLE AS id": /column id is long, but the query gives DOUBLE/,
    "SELECT '1' AS id": /VARCHAR: write CAST\("id" AS BIGINT\) AS "id"/,
    "SELECT 1::BIGINT AS ratio": /column Ratio is double, but the query gives BIGINT/,
    "SELECT now()::TIMESTAMP AS seen": /column seen is timestamp, .*AS TIMESTAMP WITH TIME ZONE\)/,
    "SELECT [1.5] AS places": /places is array<double>, .*DECIMAL\(2,1\)\[\]: .*AS DOUBLE\[\]\)/,
    'SELECT 1 AS id, 2 AS "ID" ': /column ID(_1)? |selected twice/,
    "SELECT 1 AS other": /it has no column other \(it has id, Ratio, places, seen\)/,
  };
  for (const [query, message] of Object.entries(refused)) {
    await assert.rejects(written(db, query), (error) => {
      assert.ok(error instanceof RunError, query);
      assert.match(error.message, message);
      return true;
    });
  }
});
