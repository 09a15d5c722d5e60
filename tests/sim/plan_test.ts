import assert from "node:assert/strict";
import { expectedSettings, idOfSeed, planOf, settingsOf } from "../../sim/plan.ts";
import { drawSecrets } from "../../sim/secrets.ts";

const resources = {
  id: "0a1b2c3d4e5f",
  region: "eu-west-2",
  bucket: "a-bucket",
  database: { name: "posts", user: "reader" },
  topics: { one: "first", two: "second" },
  streams: { one: "a-stream" },
  gateway: { stage: "live" },
  roles: { gateway: "a-role", rest: "b-role", sink: "c-role", reader: "d-role" },
};
const policy = { trust: "{}", permissions: "{}" };
const roles = { gateway: policy, rest: policy, sink: policy, reader: policy };
const options = { dir: "/data", seed: 7, resources, identities: { person: "{}", roles } };

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

Deno.test("every name is the given one; topics and streams are made where that was asked for", () => {
  const plan = planOf({ ...options, prepared: true }, drawSecrets());
  assert.deepEqual([plan.topics, plan.streams], [["first", "second"], ["a-stream"]]);
  const { topics, streams } = planOf(options, drawSecrets());
  assert.deepEqual([topics, streams], [[], []]);
  const settings = settingsOf(plan, { gateway: 80 });
  assert.deepEqual(
    ["PIPELINE_ID", "AWS_REGION", "S3_BUCKET", "GATEWAY_URL"].map((name) => settings[name]),
    ["0a1b2c3d4e5f", "eu-west-2", "a-bucket", "http://127.0.0.1:80/live"],
  );
  assert.match(settings["MYSQL_URL"] ?? "", /^mysql:\/\/reader:.*\/posts$/);
});

Deno.test("an id is made of the seed, the same each time", () => {
  assert.match(idOfSeed(7), /^[0-9a-f]{12}$/);
  assert.equal(idOfSeed(7), idOfSeed(7));
  assert.notEqual(idOfSeed(7), idOfSeed(8));
});
