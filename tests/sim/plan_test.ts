import assert from "node:assert/strict";
import { expectedSettings, idOf, planOf, settingsOf } from "../../sim/plan.ts";
import { drawSecrets } from "../../sim/secrets.ts";

const options = { dir: "/data", seed: 7 };

Deno.test("the expected settings have the names of the real ones, and nobody's secrets", () => {
  const real = settingsOf(planOf(options, drawSecrets()), {});
  const expected = expectedSettings(options);
  assert.deepEqual(Object.keys(expected), Object.keys(real));
  for (const name of ["PIPELINE_ID", "S3_BUCKET", "AWS_REGION", "DATABRICKS_WAREHOUSE_ID"]) {
    assert.equal(expected[name], real[name], name);
  }
  assert.notEqual(expected["AWS_SECRET_ACCESS_KEY"], real["AWS_SECRET_ACCESS_KEY"]);
  for (const value of Object.values(expected)) assert.doesNotMatch(value, /undefined/);
});

Deno.test("topics and streams are named by the id that was given, or the seed's", () => {
  const names = { topics: (id: string) => [`${id}.pin`], streams: (id: string) => [`s-${id}`] };
  const given = planOf({ ...options, ...names, id: "0a1b2c3d4e5f" }, drawSecrets());
  assert.deepEqual([given.topics, given.streams], [["0a1b2c3d4e5f.pin"], ["s-0a1b2c3d4e5f"]]);
  const seeded = planOf({ ...options, ...names }, drawSecrets());
  assert.deepEqual(seeded.topics, [`${idOf(options)}.pin`]);
  assert.deepEqual(planOf(options, drawSecrets()).topics, []);
});
