import assert from "node:assert/strict";
import { openDuckDb } from "../../pipelines/warehouse/duckdb.ts";
import { isoTime } from "../../pipelines/values.ts";

Deno.test("isoTime has as many digits as the time, before and after 1970", () => {
  assert.equal(isoTime(0n, "Z"), "1970-01-01T00:00:00Z");
  assert.equal(isoTime(1n, "Z"), "1970-01-01T00:00:00.000001Z");
  assert.equal(isoTime(1_500_000n, ""), "1970-01-01T00:00:01.5");
  assert.equal(isoTime(-1n, "Z"), "1969-12-31T23:59:59.999999Z");
  assert.equal(isoTime(-1_000_000n, "Z"), "1969-12-31T23:59:59Z");
  assert.equal(isoTime(32_503_679_999_999_999n, "Z"), "2999-12-31T23:59:59.999999Z");
});

Deno.test("isoTime calls what no calendar has infinity", () => {
  assert.equal(isoTime(9_223_372_036_854_775_807n, "Z"), "infinity");
  assert.equal(isoTime(-9_223_372_036_854_775_807n, "Z"), "-infinity");
});

Deno.test("A map is an object by the text of its keys, a struct by its names", async () => {
  await using db = await openDuckDb({ threads: 1 });
  const [row] = await db.rows(
    "SELECT MAP {1: [1.5, NULL], 2: NULL} AS m, {a: MAP {'k': 'v'}} AS s",
  );
  assert.deepEqual(row, { m: { 1: ["1.5", null], 2: null }, s: { a: { k: "v" } } });
});
