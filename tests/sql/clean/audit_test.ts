/** The audits of sql/clean/: broken promises are rows, and odd values are counted. */
import assert from "node:assert/strict";
import { openDuckDb, type Value } from "../../../pipelines/warehouse/duckdb.ts";
import { modelOf, modelsByName } from "../../../pipelines/warehouse/models.ts";
import { fill, outputOf } from "../checkmodel.ts";

/** Cleans the raw rows unless clean ones are given, then runs the audit. */
async function auditOf(
  table: string,
  given: { raw?: Record<string, Value>[]; clean?: Record<string, Value>[] },
) {
  await using warehouse = await openDuckDb({ threads: 1 });
  const { text, file, header, audit } = modelOf(await modelsByName(), table);
  await fill(warehouse, `raw_${table}`, header.inputs[0]?.columns ?? [], given.raw ?? []);
  if (given.clean) await fill(warehouse, table, await outputOf(table), given.clean);
  else await warehouse.model(table, text, { as: "table", file });
  assert.ok(audit !== null);
  return await warehouse.audit(audit.text, audit.file);
}

Deno.test("pin.audit finds each broken promise and names its ind", async () => {
  const { broken, warnings } = await auditOf("pin", {
    clean: [
      { ind: 1 },
      { ind: 1, title: "" },
      { ind: null },
      { ind: 2, follower_count: -1 },
      { ind: 3, poster_name: "User Info Error" },
      { ind: 4, description: "No description available" },
      { ind: 5, save_location: "Local save in /data" },
    ],
  });
  assert.deepEqual(broken, [
    { promise: "ind is repeated", witness: "1" },
    { promise: "ind is missing", witness: null },
    { promise: "follower_count is not 0 or more", witness: "2" },
    { promise: "an empty text is left", witness: "1" },
    { promise: "an error text is left", witness: "3" },
    { promise: "an error text is left", witness: "4" },
    { promise: "save_location keeps its prefix", witness: "5" },
  ]);
  assert.deepEqual(warnings, []);
});

Deno.test("geo.audit finds broken promises and places off the globe, and counts nothing that became null", async () => {
  const clean = await auditOf("geo", {
    clean: [
      { ind: 1, coordinates: [1] },
      { ind: 2, coordinates: [1, null] },
      { ind: 3, coordinates: [1, 2], country: "" },
      { ind: 3 },
    ],
  });
  assert.deepEqual(clean.broken, [
    { promise: "ind is repeated", witness: "3" },
    { promise: "country is empty", witness: "3" },
    { promise: "coordinates are not two numbers", witness: "1" },
    { promise: "coordinates are not two numbers", witness: "2" },
  ]);
  const raw = await auditOf("geo", {
    raw: [
      { ind: "1", timestamp: "yesterday", latitude: "91", longitude: "0", country: "Korea" },
      { ind: "2", timestamp: "2020-02-30 00:00:00", latitude: "x", longitude: "0" },
      {
        ind: "3",
        timestamp: "2020-02-28 00:00:00",
        latitude: "0",
        longitude: "-180.5",
        country: "",
      },
    ],
  });
  assert.deepEqual(raw.broken, []);
  assert.deepEqual(raw.warnings, [
    { warning: "coordinates are off the globe", valueCount: 2 },
  ]);
});

Deno.test("user.audit finds broken promises and odd ages, and counts nothing that became null", async () => {
  const clean = await auditOf("user", { clean: [{ ind: 1, user_name: "" }, { ind: null }] });
  assert.deepEqual(clean.broken, [
    { promise: "ind is missing", witness: null },
    { promise: "user_name is empty", witness: "1" },
  ]);
  const raw = await auditOf("user", {
    raw: [
      { ind: "1", first_name: " ", age: "-1", date_joined: "2020" },
      { ind: "2", first_name: "A", age: "131", date_joined: "2020-01-01 00:00:00" },
      { ind: "3", last_name: "B", age: "old" },
    ],
  });
  assert.deepEqual(raw.broken, []);
  assert.deepEqual(raw.warnings, [
    { warning: "age is not 0 to 130", valueCount: 2 },
  ]);
});
