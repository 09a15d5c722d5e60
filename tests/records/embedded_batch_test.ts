/** The list of cases through the embedded engine of `batch`. */
import assert from "node:assert/strict";
import { transform } from "../../pipelines/batch/transform.ts";
import { tableNames } from "../../pipelines/tables.ts";
import { id, MemoryObjects } from "../pipelines/batch/landed_objects.ts";
import { outcomesOf } from "./batch_outcome.ts";
import { cases } from "./cases.ts";
import { assertJudged, landCases } from "./placing.ts";

Deno.test("the embedded batch judges every record as the list of cases has it", async () => {
  assert.ok(cases.length >= 250, `${cases.length} cases`);
  const objects = new MemoryObjects();
  const places = tableNames.map((table) => landCases(objects, table));
  const outDir = await Deno.makeTempDir();
  try {
    await using batch = await transform(objects, { id, outDir });
    const outcomes = await outcomesOf(batch);
    assertJudged("embedded batch", places.map((found, at) => [found, outcomes[at]!]));
  } finally {
    await Deno.remove(outDir, { recursive: true });
  }
});
