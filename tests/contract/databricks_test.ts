import assert from "node:assert/strict";
import { type Databricks, openDatabricks } from "../../pipelines/clients/databricks.ts";
import { defaultRetryLimits, sleep } from "../../pipelines/clients/retry.ts";
import { readDatabricksTarget } from "../../pipelines/target.ts";
import { faultsWithOdds } from "../../sim/faults/plan.ts";
import { worldFromSeed } from "../../sim/world.ts";
import {
  client,
  openWorkspace,
  token,
  warehouseId,
  type Workspace,
} from "../sim/databricks/helper.ts";

const limits = { ...defaultRetryLimits, baseMs: 5, capMs: 20 };

function connect(
  workspace: Workspace,
  more: { oauth?: boolean; signal?: AbortSignal } = {},
): Databricks {
  const target = readDatabricksTarget({
    DATABRICKS_HOST: workspace.url,
    ...(more.oauth
      ? { DATABRICKS_CLIENT_ID: client.id, DATABRICKS_CLIENT_SECRET: client.secret }
      : { DATABRICKS_TOKEN: token }),
    DATABRICKS_WAREHOUSE_ID: warehouseId,
  });
  const timing = { nowMs: Date.now, random: () => 0.5, sleep };
  return openDatabricks(target, { timing, limits, signal: more.signal });
}

Deno.test("run() gives typed rows, and a 64-bit number and a decimal whole", async () => {
  await using workspace = await openWorkspace();
  using databricks = connect(workspace, { oauth: true });
  const { rows, columns, rowCount } = await databricks.run(
    `select cast(9007199254740993 as bigint) as big, :n as n, cast(1.50 as decimal(10, 2)) as d,
      array(cast(1.5 as double)) as l, cast('2020-08-28 03:52:47' as timestamp) as t, :none as none`,
    { parameters: { n: 7, none: null } },
  );
  assert.deepEqual(rows, [{
    big: 9007199254740993n,
    n: 7,
    d: "1.50",
    l: [1.5],
    t: "2020-08-28T03:52:47Z",
    none: null,
  }]);
  assert.equal(rowCount, 1);
  assert.deepEqual(columns.map(({ type }) => type), [
    "BIGINT",
    "INT",
    "DECIMAL(10,2)",
    "ARRAY<DOUBLE>",
    "TIMESTAMP",
    "STRING",
  ]);
});

Deno.test("stream() reads every chunk behind its link, in order", async () => {
  await using workspace = await openWorkspace({ chunkBytes: 20_000 });
  using databricks = connect(workspace);
  const { batches, rowCount } = await databricks.stream(
    "select pos, col from (select repeat('text,', 9999) as x) as t, " +
      "lateral posexplode(split(x, ',')) as p(pos, col) order by pos",
  );
  const found: unknown[] = [];
  let batchCount = 0;
  for await (const rows of batches) {
    found.push(...rows.map((row) => row["pos"]));
    batchCount++;
  }
  assert.ok(batchCount > 5);
  assert.equal(rowCount, 10_000);
  assert.deepEqual(found, Array.from({ length: 10_000 }, (_, at) => at));
});

Deno.test("runFile() stops at the first failure and names its line in the file", async () => {
  await using workspace = await openWorkspace();
  using databricks = connect(workspace);
  const text = "-- a file\ncreate or replace table t as select 1 as a;\n\nselect a from t;\n\n" +
    "select\n    a,\n    nope\nfrom t;\ncreate or replace table u as select 1 as a;\n";
  await assert.rejects(databricks.runFile(text, { file: "sql/x.sql" }), {
    name: "OutsideError",
    state: "FAILED",
    sqlState: "42703",
    index: 3,
    file: "sql/x.sql",
    line: 8,
    message: /^Cannot run statement 3 of sql\/x\.sql:8: \[UNRESOLVED_COLUMN\] /,
  });
  const [made, selected] = await databricks.runFile(text.slice(0, text.indexOf("select\n")));
  assert.deepEqual([made?.line, selected?.line, selected?.rows], [2, 4, [{ a: 1 }]]);
  assert.deepEqual(await workspace.rows("show tables"), [["default", "t", "false"]]);
});

Deno.test("an abort cancels the statement", async () => {
  await using workspace = await openWorkspace();
  const controller = new AbortController();
  using databricks = connect(workspace, { signal: controller.signal });
  await databricks.run(
    "create or replace table big as select pos from " +
      "(select repeat(',', 60000) as x) as t, lateral posexplode(split(x, ',')) as p(pos, col)",
  );
  const reason = new Error("Ctrl-C");
  const running = databricks.run(
    "create or replace table never as select count(*) as n from big as a, big as b, big as c " +
      "where a.pos + b.pos = c.pos + 1",
  );
  setTimeout(() => controller.abort(reason), 150);
  await assert.rejects(running, reason);
  assert.deepEqual(await workspace.rows("show tables"), [["default", "big", "false"]]);
});

Deno.test("throttled, unavailable and with links that run out, all is read once", async () => {
  const world = worldFromSeed(5);
  const faults = faultsWithOdds(world, {
    "databricks.throttled": 0.15,
    "databricks.unavailable": 0.1,
    "databricks.link_expired": 0.3,
  });
  await using workspace = await openWorkspace({ world, faults, chunkBytes: 5_000 });
  const target = readDatabricksTarget({
    DATABRICKS_HOST: workspace.url,
    DATABRICKS_TOKEN: token,
    DATABRICKS_WAREHOUSE_ID: warehouseId,
  });
  // A second that the server asks for is over at once.
  const timing = {
    nowMs: () => 0,
    random: () => 0.5,
    sleep: (ms: number) => sleep(Math.min(ms, 5)),
  };
  using databricks = openDatabricks(target, { timing, limits });
  const { batches } = await databricks.stream(
    "select pos from (select repeat(',', 4999) as x) as t, " +
      "lateral posexplode(split(x, ',')) as p(pos, col) order by pos",
  );
  const found: unknown[] = [];
  for await (const rows of batches) found.push(...rows.map((row) => row["pos"]));
  assert.deepEqual(found, Array.from({ length: 5_000 }, (_, at) => at));
});
