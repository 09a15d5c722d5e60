import assert from "node:assert/strict";
import type { Result, StatementOptions } from "../../../pipelines/clients/databricks.ts";
import { RunError } from "../../../pipelines/errors.ts";
import { DatabricksWarehouse } from "../../../pipelines/warehouse/databricks.ts";
import type { Row } from "../../../pipelines/values.ts";

const model = `-- sql/clean/pet.sql: one row per pet.
-- input    raw_pet: ind string
-- output   ind int, label string
select
    cast(ind as int) as ind,
    label
from (select ind, label from raw_pet order by label)
order by label desc, ind
limit 3`;

/** A client that remembers what it was given, and answers with these rows. */
function client(rows: Row[] = []) {
  const asked: { sql: string; options: StatementOptions | undefined }[] = [];
  return {
    asked,
    run(sql: string, options?: StatementOptions): Promise<Result> {
      asked.push({ sql, options });
      return Promise.resolve({ statementId: "", seconds: 0, columns: [], rowCount: 0, rows });
    },
    stream: () => Promise.reject(new TypeError("not here")),
    runFile: () => Promise.reject(new TypeError("not here")),
    [Symbol.dispose]() {},
  };
}

Deno.test("a model keeps the lines of its file, and gets the types of its header", async () => {
  const databricks = client();
  const warehouse = new DatabricksWarehouse(databricks);
  await warehouse.model("pet", model, { as: "table", file: "sql/clean/pet.sql" });
  const [{ sql, options } = { sql: "", options: {} }] = databricks.asked;
  assert.deepEqual(options, { file: "sql/clean/pet.sql" });
  const lines = sql.split("\n");
  assert.equal(
    lines[0],
    "create or replace table `pet` as select cast(`ind` as int) as `ind`, " +
      "cast(`label` as string) as `label` from (-- sql/clean/pet.sql: one row per pet.",
  );
  assert.deepEqual(lines.slice(1, -1), model.split("\n").slice(1));
  assert.equal(lines.at(-1), ")");
});

Deno.test("the rows of an answer are asked for in the order that its model ends with", async () => {
  const databricks = client([{ ind: 1 }]);
  assert.deepEqual(await new DatabricksWarehouse(databricks).answer(model, "f"), [{ ind: 1 }]);
  assert.ok(databricks.asked[0]?.sql.endsWith("\nlimit 3\n) order by label desc , ind"));
});

Deno.test("an order by what is not given out stays inside", async () => {
  const databricks = client();
  const other = model.replace("order by label desc, ind", "order by age");
  await new DatabricksWarehouse(databricks).answer(other, "f");
  assert.ok(databricks.asked[0]?.sql.endsWith("limit 3\n)"));
});

Deno.test("what the linter refuses is not sent, and the message names file and line", async () => {
  const databricks = client();
  const broken = model.replace("cast(ind as int) as ind", "strptime(ind) as ind");
  await assert.rejects(
    new DatabricksWarehouse(databricks).model("pet", broken, { as: "view", file: "my.sql" }),
    (error) => error instanceof RunError && error.message.startsWith("my.sql:5:5: "),
  );
  assert.deepEqual(databricks.asked, []);
});

Deno.test("each statement of an audit is sent by itself, with the line it begins on", async () => {
  const databricks = client([
    { promise: "ind is repeated", witness: "7" },
    { warning: "name made null", value_count: 2 },
  ]);
  const audit = "-- one\nselect 1 as promise;\n\nselect 2 as promise;\n";
  const found = await new DatabricksWarehouse(databricks).audit(audit, "pet.audit.sql");
  assert.equal(databricks.asked.length, 2);
  assert.deepEqual(databricks.asked.map(({ options }) => options?.file), [
    "pet.audit.sql",
    "pet.audit.sql",
  ]);
  assert.deepEqual(databricks.asked.map(({ options }) => options?.line), [1, 2]);
  assert.deepEqual(found.broken[0], { promise: "ind is repeated", witness: "7" });
  assert.deepEqual(found.warnings[1], { warning: "name made null", valueCount: 2 });
});
