/** The list of cases through statements on the simulated warehouse. */
import { transformThere } from "../../pipelines/batch/databricks/transform.ts";
import { tableNames } from "../../pipelines/tables.ts";
import { warehouseOver } from "../pipelines/batch/databricks/engine.ts";
import { id, MemoryObjects } from "../pipelines/batch/landed_objects.ts";
import { outcomeOf } from "./batch_outcome.ts";
import { assertJudged, landCases } from "./placing.ts";

Deno.test("statements judge every record as the list of cases has it", async () => {
  const objects = new MemoryObjects();
  const places = tableNames.map((table) => landCases(objects, table));
  const outDir = await Deno.makeTempDir();
  try {
    await using warehouse = await warehouseOver(objects);
    const { bucket, databricks } = warehouse;
    await using batch = await transformThere(bucket, databricks, { id, outDir });
    for (const [at, table] of tableNames.entries()) {
      assertJudged(places[at] ?? new Map(), await outcomeOf(batch, table));
    }
  } finally {
    await Deno.remove(outDir, { recursive: true });
  }
});
