/** The list of cases through statements on the simulated warehouse. */
import { transformThere } from "../../pipelines/batch/databricks/transform.ts";
import { tableNames } from "../../pipelines/tables.ts";
import { warehouseOver } from "../pipelines/batch/databricks/engine.ts";
import { id, MemoryObjects } from "../pipelines/batch/landed_objects.ts";
import { outcomesOf } from "./batch_outcome.ts";
import { assertJudged, landCases } from "./placing.ts";

Deno.test("statements judge every record as the list of cases has it", async () => {
  const objects = new MemoryObjects();
  const places = tableNames.map((table) => landCases(objects, table));
  const outDir = await Deno.makeTempDir();
  try {
    await using warehouse = await warehouseOver(objects);
    const { bucket, databricks } = warehouse;
    await using batch = await transformThere(bucket, databricks, { id, outDir });
    const outcomes = await outcomesOf(batch);
    assertJudged(
      "statements, simulated warehouse",
      places.map((found, at) => [found, outcomes[at]!]),
    );
  } finally {
    await Deno.remove(outDir, { recursive: true });
  }
});
