/**
 * The simulated Databricks over landed objects, as the pipeline's own client speaks to it: what is
 * in memory becomes files of the S3 that stands beside it.
 */
import type { Bucket } from "../../../../pipelines/batch/databricks/transform.ts";
import { type Databricks, openDatabricks } from "../../../../pipelines/clients/databricks.ts";
import { defaultRetryLimits } from "../../../../pipelines/clients/retry.ts";
import { readDatabricksTarget } from "../../../../pipelines/target.ts";
import { bucket, openWorkspace, token, warehouseId } from "../../../sim/databricks/helper.ts";
import { testTiming } from "../../clients/testing.ts";
import type { MemoryObjects } from "../landed_objects.ts";

export interface Warehouse extends AsyncDisposable {
  databricks: Databricks;
  bucket: Bucket;
}

/** @param hidden a key that is listed, and that the warehouse does not find */
export async function warehouseOver(objects: MemoryObjects, hidden = ""): Promise<Warehouse> {
  const workspace = await openWorkspace();
  for (const [key, body] of objects.bodies) {
    if (key !== hidden) await workspace.put(key, body);
  }
  const target = readDatabricksTarget({
    DATABRICKS_HOST: workspace.url,
    DATABRICKS_TOKEN: token,
    DATABRICKS_WAREHOUSE_ID: warehouseId,
  });
  const databricks = openDatabricks(target, { timing: testTiming(), limits: defaultRetryLimits });
  return {
    databricks,
    bucket: {
      uri: `s3://${bucket}`,
      get: (key) => objects.get(key),
      list: (prefix) => objects.list(prefix),
    },
    async [Symbol.asyncDispose]() {
      databricks[Symbol.dispose]();
      await workspace[Symbol.asyncDispose]();
    },
  };
}
