import assert from "node:assert/strict";
import { isRepeatable, openDatabricks } from "../../../pipelines/clients/databricks.ts";
import { readerOf } from "../../../pipelines/clients/databricks_values.ts";
import { defaultRetryLimits } from "../../../pipelines/clients/retry.ts";
import { readDatabricksTarget, type Settings } from "../../../pipelines/target.ts";
import { testTiming } from "./testing.ts";

interface Asked {
  method: string;
  path: string;
  authorization: string | null;
  body: string;
}

type Reply = (asked: Asked, url: string) => Response | "break";

/** A workspace that answers what a test says, and writes down what it was asked. */
function scripted(replies: Reply[]) {
  const asked: Asked[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const { pathname, search, origin } = new URL(request.url);
    const one = {
      method: request.method,
      path: pathname + search,
      authorization: request.headers.get("authorization"),
      body: await request.text(),
    };
    asked.push(one);
    const reply = replies.shift()?.(one, origin);
    if (reply === undefined) return new Response("no reply was written", { status: 418 });
    if (reply !== "break") return reply;
    const broken = new ReadableStream({ pull: (to) => to.close() });
    return new Response(broken, { headers: { "content-length": "100" } });
  });
  const url = `http://127.0.0.1:${server.addr.port}`;
  return { asked, url, [Symbol.asyncDispose]: () => server.shutdown() };
}

function connect(url: string, more: Settings = {}, signal?: AbortSignal) {
  const timing = testTiming();
  const target = readDatabricksTarget({
    DATABRICKS_HOST: url,
    DATABRICKS_TOKEN: "dapi-secret",
    DATABRICKS_WAREHOUSE_ID: "0123456789abcdef",
    ...more,
  });
  return {
    timing,
    databricks: openDatabricks(target, { timing, limits: defaultRetryLimits, signal }),
  };
}

const json = (body: unknown, status = 200, headers = {}) => () =>
  Response.json(body, { status, headers });
const running = json({ statement_id: "s1", status: { state: "RUNNING" } });
const succeeded = (rows: unknown[][], more = {}) =>
  json({
    statement_id: "s1",
    status: { state: "SUCCEEDED" },
    manifest: {
      schema: { columns: [{ name: "a", type_text: "INT" }] },
      total_row_count: rows.length,
      truncated: false,
      ...more,
    },
    result: rows.length === 0 ? {} : { data_array: rows },
  });

Deno.test("run() submits without waiting, asks until the end, and sends catalog and schema", async () => {
  await using workspace = scripted([running, running, succeeded([["1"], ["2"]])]);
  const { databricks, timing } = connect(workspace.url, {
    DATABRICKS_CATALOG: "course",
    DATABRICKS_SCHEMA: "pins",
  });
  const { rows } = await databricks.run("select a from t where a < :n", { parameters: { n: 3 } });
  assert.deepEqual(rows, [{ a: 1 }, { a: 2 }]);
  assert.deepEqual(JSON.parse(workspace.asked[0]?.body ?? ""), {
    statement: "select a from t where a < :n",
    warehouse_id: "0123456789abcdef",
    catalog: "course",
    schema: "pins",
    parameters: [{ name: "n", value: "3", type: "INT" }],
    wait_timeout: "0s",
    disposition: "INLINE",
    format: "JSON_ARRAY",
  });
  assert.deepEqual(workspace.asked.slice(1).map(({ method, path }) => `${method} ${path}`), [
    "GET /api/2.0/sql/statements/s1",
    "GET /api/2.0/sql/statements/s1",
  ]);
  assert.deepEqual(timing.sleptMs, [20, 30]);
});

Deno.test("429 and 503 are tried again after Retry-After, whatever the statement", async () => {
  const later = (status: number, seconds: string) =>
    json({ error_code: "X", message: "later" }, status, { "retry-after": seconds });
  await using workspace = scripted([later(429, "7"), later(503, "2"), succeeded([])]);
  const { databricks, timing } = connect(workspace.url);
  await databricks.run("insert into t select 1");
  assert.deepEqual(timing.sleptMs, [7_000, 2_000]);
});

Deno.test("a lost answer is submitted again only if the statement may run twice", async () => {
  await using workspace = scripted([
    () => "break",
    succeeded([]),
    () => "break",
    json({ error_code: "INTERNAL_ERROR", message: "lost" }, 502),
  ]);
  const { databricks } = connect(workspace.url);
  await databricks.run("create or replace table t as select 1 as a");
  assert.equal(workspace.asked.length, 2);
  await assert.rejects(databricks.run("insert into t select 1"), {
    name: "OutsideError",
    retryable: false,
    message: /^Cannot run a statement: .*; it may have run: see the warehouse's query history$/,
  });
  await assert.rejects(
    databricks.run("insert into t select 1"),
    /INTERNAL_ERROR: lost; it may have run/,
  );
  assert.equal(workspace.asked.length, 4);
});

Deno.test("isRepeatable() looks at the shape of a statement, below its comments", () => {
  const repeatable = [
    "select 1",
    "-- why\n(select 1)",
    "with t as (select 1 as a) select a from t",
    "create or replace view v as select 1 as a",
    "create table if not exists t as select 1 as a",
    "drop table if exists t",
    "describe t",
  ];
  const not = [
    "insert into t select 1",
    "create table t as select 1 as a",
    "drop table t",
    "with t as (select 1 as a) insert into u select a from t",
    "delete from t",
    "merge into t using u on t.a = u.a when matched then delete",
    "",
  ];
  for (const statement of repeatable) assert.equal(isRepeatable(statement), true, statement);
  for (const statement of not) assert.equal(isRepeatable(statement), false, statement);
});

Deno.test("links are followed without our token, and asked for anew when they have run out", async () => {
  const link = (url: string, at: number) =>
    Response.json({
      external_links: [{
        external_link: `${url}/file${at}?secret`,
        http_headers: { "x-key": "k" },
        ...(at === 0 && { next_chunk_index: 1 }),
      }],
    });
  await using workspace = scripted([
    (_, url) =>
      Response.json({
        statement_id: "s1",
        status: { state: "SUCCEEDED" },
        manifest: { schema: { columns: [{ name: "a", type_text: "INT" }] }, total_row_count: 2 },
        result: {
          external_links: [{ external_link: `${url}/old?secret`, next_chunk_index: 1 }],
        },
      }),
    () => new Response("<Error/>", { status: 403 }),
    (_, url) => link(url, 0),
    json([["1"]]),
    (_, url) => link(url, 1),
    json([["2"]]),
  ]);
  const { databricks } = connect(workspace.url);
  const { batches } = await databricks.stream("select a from t");
  assert.deepEqual(await Array.fromAsync(batches), [[{ a: 1 }], [{ a: 2 }]]);
  assert.deepEqual(
    workspace.asked.map(({ path, authorization }) => [path, authorization !== null]),
    [
      ["/api/2.0/sql/statements", true],
      ["/old?secret", false],
      ["/api/2.0/sql/statements/s1/result/chunks/0", true],
      ["/file0?secret", false],
      ["/api/2.0/sql/statements/s1/result/chunks/1", true],
      ["/file1?secret", false],
    ],
  );
});

Deno.test("no message names a link", async () => {
  await using workspace = scripted([(_, url) =>
    Response.json({
      statement_id: "s1",
      status: { state: "SUCCEEDED" },
      manifest: { schema: { columns: [{ name: "a", type_text: "INT" }] }, total_row_count: 1 },
      result: { external_links: [{ external_link: `${url}/file?secret` }] },
    }), () => new Response("gone", { status: 404 })]);
  const { databricks } = connect(workspace.url);
  const { batches } = await databricks.stream("select a from t");
  await assert.rejects(Array.fromAsync(batches), (error: Error) => {
    assert.equal(error.message, "Cannot read the result of a statement: its file is answered 404");
    assert.ok(!String(error.stack).includes("secret"));
    return true;
  });
});

Deno.test("a result that is cut short is an error, not fewer rows", async () => {
  await using workspace = scripted([
    succeeded([["1"]], { truncated: true }),
    succeeded([["1"]], { total_row_count: 2 }),
  ]);
  const { databricks } = connect(workspace.url);
  await assert.rejects(databricks.run("select 1"), /Databricks cut it short/);
  await assert.rejects(databricks.run("select 1"), /it has 2 rows, and 1 arrived/);
});

Deno.test("an abort while a statement is submitted cancels it as soon as its id is known", async () => {
  const controller = new AbortController();
  const reason = new Error("Ctrl-C");
  await using workspace = scripted([() => {
    controller.abort(reason);
    return running();
  }, json({})]);
  const { databricks } = connect(workspace.url, {}, controller.signal);
  await assert.rejects(databricks.run("select 1"), reason);
  assert.equal(workspace.asked[1]?.path, "/api/2.0/sql/statements/s1/cancel");
});

Deno.test("an OAuth token is kept, renewed before its end, and dropped when it is refused", async () => {
  const given = (token: string) => json({ access_token: token, expires_in: 3600 });
  await using workspace = scripted([
    given("one"),
    succeeded([]),
    succeeded([]),
    json({ error_code: "401", message: "Token is expired." }, 401),
    given("two"),
    succeeded([]),
  ]);
  const { databricks } = connect(workspace.url, {
    DATABRICKS_TOKEN: "",
    DATABRICKS_CLIENT_ID: "id",
    DATABRICKS_CLIENT_SECRET: "secret",
  });
  for (let time = 0; time < 3; time++) await databricks.run("select 1");
  assert.deepEqual(workspace.asked.map(({ authorization }) => authorization), [
    `Basic ${btoa("id:secret")}`,
    "Bearer one",
    "Bearer one",
    "Bearer one",
    `Basic ${btoa("id:secret")}`,
    "Bearer two",
  ]);
  assert.equal(workspace.asked[0]?.body, "grant_type=client_credentials&scope=all-apis");
});

Deno.test("a wrong token ends at once and says what to check", async () => {
  await using workspace = scripted([
    json({ error_code: "403", message: "Invalid access token." }, 403),
  ]);
  const { databricks } = connect(workspace.url);
  await assert.rejects(databricks.run("select 1"), {
    message:
      "Cannot run a statement: 403: Invalid access token.; check DATABRICKS_TOKEN and what " +
      "its owner may do with the warehouse",
  });
});

Deno.test("values are read by their types, and nothing is rounded", () => {
  const cases: [type: string, text: string | null, value: unknown][] = [
    ["INT", "-7", -7],
    ["BIGINT", "9007199254740993", 9007199254740993n],
    ["BIGINT", "42", 42],
    ["DECIMAL(38,2)", "12345678901234567890.10", "12345678901234567890.10"],
    ["DOUBLE", "1.0E-5", 0.00001],
    ["DOUBLE", "NaN", NaN],
    ["BOOLEAN", "false", false],
    ["STRING", "", ""],
    ["STRING", null, null],
    ["DATE", "2020-02-29", "2020-02-29"],
    ["TIMESTAMP", "2020-08-28T03:52:47.000Z", "2020-08-28T03:52:47Z"],
    ["TIMESTAMP", "2020-08-28T03:52:47.120500Z", "2020-08-28T03:52:47.1205Z"],
    ["TIMESTAMP_NTZ", "2020-08-28T03:52:47.500", "2020-08-28T03:52:47.5"],
    ["BINARY", "AP8=", new Uint8Array([0, 255])],
    ["ARRAY<DOUBLE>", '["1.5",null]', [1.5, null]],
    ["ARRAY<DOUBLE>", "[1.5, -2e3]", [1.5, -2000]],
    ["ARRAY<BIGINT>", "[9007199254740993]", [9007199254740993n]],
    ["STRUCT<a: INT, b: ARRAY<STRING>>", '{"a":"1","b":["x, 2"]}', { a: 1, b: ["x, 2"] }],
    ["MAP<STRING, INT>", '{"k":"1"}', { k: 1 }],
  ];
  for (const [type, text, value] of cases) {
    assert.deepEqual(readerOf(type)(text), value, `${type} ${text}`);
  }
});

Deno.test("settings of Databricks are checked together, and no secret is told", () => {
  assert.throws(() => readDatabricksTarget({ DATABRICKS_CLIENT_SECRET: "s3cr3t" }), {
    name: "UsageError",
    message: "DATABRICKS_HOST is not set: workspace, https://<workspace>.cloud.databricks.com " +
      "(--engine databricks)\n" +
      "DATABRICKS_CLIENT_ID and DATABRICKS_CLIENT_SECRET go together: only one is set\n" +
      "DATABRICKS_WAREHOUSE_ID is not set: SQL warehouse that runs the statements, " +
      "e.g. 0123456789abcdef; it must be able to read the bucket",
  });
  const target = readDatabricksTarget({
    DATABRICKS_HOST: "dbc-1.cloud.databricks.com/",
    DATABRICKS_TOKEN: "dapi",
    DATABRICKS_WAREHOUSE_ID: "0123456789abcdef",
  });
  assert.equal(target.host, "https://dbc-1.cloud.databricks.com");
  assert.ok(!JSON.stringify(target).includes("dapi"));
});
