/** Judge: Databricks' own Python package for bundles, on the generated one. */
import assert from "node:assert/strict";
import { parse } from "yaml";
import { bundleFile } from "../../pipelines/deploy/databricks/mod.ts";
import { bundlesPython, mustRun, run } from "./tools.ts";

const script = new URL("./bundle_judge.py", import.meta.url).pathname;

function jobs(): Record<string, Record<string, unknown>> {
  const options = { id: "0a1b2c3d4e5f", bucket: "user-0a1b2c3d4e5f-bucket", region: "us-east-1" };
  return parse(bundleFile(options)).resources.jobs;
}

Deno.test("Databricks' classes read every field of the jobs and write the same again", async () => {
  const stdin = JSON.stringify(jobs());
  const output = await mustRun(await bundlesPython(), [script], { stdin });
  assert.deepEqual(JSON.parse(output), jobs());
});

Deno.test("Databricks' classes refuse a job with a field that is none", async () => {
  const stdin = JSON.stringify({ job: { ...jobs()["pinterest_batch"], retries: 1 } });
  const { code, stderr } = await run(await bundlesPython(), [script], { stdin });
  assert.notEqual(code, 0);
  assert.match(stderr, /Unexpected field 'retries'/);
});
