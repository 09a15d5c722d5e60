import assert from "node:assert/strict";
import { faultsWithOdds } from "../../../sim/faults/plan.ts";
import { worldFromSeed } from "../../../sim/world.ts";
import { bucket, client, openWorkspace, token, warehouseId } from "./helper.ts";

const path = "/api/2.0/sql/statements";
const thousand = "select pos, col from (select repeat('a,', 1000) as x) as t, " +
  "lateral posexplode(split(x, ',')) as p(pos, col) order by pos";

Deno.test("executing waits, and answers with the manifest and the first chunk", async () => {
  await using workspace = await openWorkspace();
  const { status, body } = await workspace.execute(
    "select 1 as a, 'x' as b union all select 2, null",
  );
  assert.equal(status, 200);
  assert.match(body.statement_id, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  assert.deepEqual(body.status, { state: "SUCCEEDED" });
  assert.deepEqual(body.manifest, {
    format: "JSON_ARRAY",
    schema: {
      column_count: 2,
      columns: [
        { name: "a", type_text: "INT", type_name: "INT", position: 0 },
        { name: "b", type_text: "STRING", type_name: "STRING", position: 1 },
      ],
    },
    total_chunk_count: 1,
    chunks: [{ chunk_index: 0, row_offset: 0, row_count: 2 }],
    total_row_count: 2,
    truncated: false,
  });
  const { data_array, ...place } = body.result;
  assert.deepEqual(place, { chunk_index: 0, row_offset: 0, row_count: 2 });
  assert.deepEqual(data_array?.toSorted(), [["1", "x"], ["2", null]]);
});

Deno.test("without waiting the answer is a state, and asking again tells the end", async () => {
  await using workspace = await openWorkspace();
  const first = await workspace.execute("select 1", { wait_timeout: "0s" });
  assert.ok(["PENDING", "RUNNING"].includes(first.body.status.state));
  assert.equal(first.body.manifest, undefined);
  for (;;) {
    const { body } = await workspace.call("GET", `${path}/${first.body.statement_id}`);
    if (body.status.state === "SUCCEEDED") return assert.deepEqual(body.result.data_array, [["1"]]);
    assert.ok(["PENDING", "RUNNING"].includes(body.status.state));
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
});

Deno.test("a statement that fails is an HTTP 200 that says so", async () => {
  await using workspace = await openWorkspace();
  const { status, body } = await workspace.execute("select *\nfrom nowhere");
  assert.equal(status, 200);
  assert.equal(body.status.state, "FAILED");
  assert.equal(body.status.sql_state, "42P01");
  assert.equal(body.status.error?.error_code, "BAD_REQUEST");
  assert.match(
    body.status.error?.message ?? "",
    /^\[TABLE_OR_VIEW_NOT_FOUND\] .*`nowhere`.* SQLSTATE: 42P01; line 2 pos 5$/,
  );
});

Deno.test("chunks follow each other inline, and all rows are in them once", async () => {
  await using workspace = await openWorkspace({ chunkBytes: 4_000 });
  const { body } = await workspace.execute(thousand);
  assert.ok(body.manifest.total_chunk_count > 2);
  const rows = [...body.result.data_array ?? []];
  let next = body.result.next_chunk_internal_link;
  while (next !== undefined) {
    const chunk = (await workspace.call("GET", next)).body as typeof body.result & typeof body;
    assert.equal(chunk.row_offset, rows.length);
    rows.push(...chunk.data_array ?? []);
    next = chunk.next_chunk_internal_link;
  }
  assert.equal(rows.length, body.manifest.total_row_count);
  assert.deepEqual(rows.map(([at]) => Number(at)), Array.from({ length: 1001 }, (_, at) => at));
});

Deno.test("a link leads to its chunk without a token, and refuses one", async () => {
  await using workspace = await openWorkspace();
  const { body } = await workspace.execute("select 7 as a", { disposition: "EXTERNAL_LINKS" });
  const link = body.result.external_links?.[0]?.external_link ?? "";
  assert.equal(body.result.data_array, undefined);
  assert.deepEqual(await (await fetch(link)).json(), [["7"]]);
  const signed = await fetch(link, { headers: { authorization: `Bearer ${token}` } });
  assert.equal(signed.status, 400);
  assert.match(await signed.text(), /Only one auth mechanism allowed/);
  const forged = await fetch(link.replace(/key=./, "key=z"));
  assert.equal(forged.status, 403);
  await forged.body?.cancel();
});

Deno.test("links and tokens of one seed are not those of another start", async () => {
  const seen = new Set<string>();
  for (let start = 0; start < 2; start++) {
    await using workspace = await openWorkspace();
    const { body } = await workspace.execute("SELECT 7", { disposition: "EXTERNAL_LINKS" });
    const link = new URL(body.result.external_links?.[0]?.external_link ?? "");
    seen.add(link.searchParams.get("key") ?? "");
    const form = `grant_type=client_credentials&scope=all-apis&client_id=${client.id}` +
      `&client_secret=${client.secret}`;
    const type = { "content-type": "application/x-www-form-urlencoded" };
    const { text } = await workspace.call("POST", "/oidc/v1/token", form, type);
    seen.add(JSON.parse(text).access_token);
  }
  assert.equal(seen.size, 4);
  for (const secret of seen) assert.ok(secret.length >= 32, secret);
});

Deno.test("a link ends after fifteen minutes, a result after an hour", async () => {
  let nowMs = Date.now();
  await using workspace = await openWorkspace({ world: worldFromSeed(1, () => nowMs) });
  const { body } = await workspace.execute("select 7 as a", { disposition: "EXTERNAL_LINKS" });
  const link = body.result.external_links?.[0]?.external_link ?? "";
  nowMs += 15 * 60_000;
  const late = await fetch(link);
  assert.equal(late.status, 403);
  assert.match(await late.text(), /Request has expired/);
  const chunk = await workspace.call("GET", `${path}/${body.statement_id}/result/chunks/0`);
  assert.equal(chunk.status, 200);
  nowMs += 45 * 60_000;
  const closed = await workspace.call("GET", `${path}/${body.statement_id}`);
  assert.deepEqual(closed.body.status, { state: "CLOSED" });
});

Deno.test("a cancelled statement ends as CANCELED, also one that works", async () => {
  await using workspace = await openWorkspace();
  await workspace.execute(
    "create or replace table big as select pos from " +
      "(select repeat(',', 60000) as x) as t, lateral posexplode(split(x, ',')) as p(pos, col)",
  );
  const { body } = await workspace.execute(
    "select count(*) from big as a, big as b, big as c where a.pos + b.pos = c.pos + 1",
    { wait_timeout: "0s" },
  );
  await new Promise((resolve) => setTimeout(resolve, 100));
  const answer = await workspace.call("POST", `${path}/${body.statement_id}/cancel`);
  assert.deepEqual([answer.status, answer.text], [200, "{}"]);
  const after = await workspace.call("GET", `${path}/${body.statement_id}`);
  assert.deepEqual(after.body.status, { state: "CANCELED" });
});

Deno.test("more than 25 MiB inline is refused, and goes by links", async () => {
  await using workspace = await openWorkspace();
  const wide = "select repeat('x', 1000000) as x from (select repeat(',', 26) as l) as t, " +
    "lateral posexplode(split(l, ',')) as p(pos, col)";
  const inline = await workspace.execute(wide);
  assert.equal(inline.body.status.state, "FAILED");
  assert.match(inline.body.status.error?.message ?? "", /at most 26214400 bytes/);
  const linked = await workspace.execute(wide, { disposition: "EXTERNAL_LINKS" });
  assert.equal(linked.body.manifest.total_row_count, 27);
});

Deno.test("row_limit cuts a result and says so", async () => {
  await using workspace = await openWorkspace();
  const { body } = await workspace.execute(thousand, { row_limit: 3 });
  assert.equal(body.manifest.truncated, true);
  assert.deepEqual(body.result.data_array, [["0", "a"], ["1", "a"], ["2", "a"]]);
});

Deno.test("who has no token is refused, and so is a wrong one", async () => {
  await using workspace = await openWorkspace();
  const none = await workspace.call("POST", path, {}, {});
  assert.deepEqual([none.status, none.body.error_code], [401, "401"]);
  const wrong = await workspace.call("POST", path, {}, { authorization: "Bearer dapi-no" });
  assert.deepEqual(wrong.status, 403);
  assert.deepEqual(wrong.body.message, "Invalid access token.");
});

Deno.test("a service principal gets a token for its secret, good for an hour", async () => {
  let nowMs = Date.now();
  await using workspace = await openWorkspace({ world: worldFromSeed(1, () => nowMs) });
  const ask = (secret: string, body = "grant_type=client_credentials&scope=all-apis") =>
    fetch(`${workspace.url}/oidc/v1/token`, {
      method: "POST",
      headers: {
        authorization: `Basic ${btoa(`${client.id}:${secret}`)}`,
        "content-type": "application/x-www-form-urlencoded",
      },
      body,
    });
  const refused = await ask("no");
  assert.equal(refused.status, 401);
  assert.equal((await refused.json()).error, "invalid_client");
  const scope = await ask(client.secret, "grant_type=client_credentials&scope=sql");
  assert.equal((await scope.json()).error, "invalid_scope");
  const given = await (await ask(client.secret)).json();
  assert.deepEqual([given.token_type, given.expires_in, given.scope], ["Bearer", 3600, "all-apis"]);
  const authorization = `Bearer ${given.access_token}`;
  const body = { statement: "select 1", warehouse_id: warehouseId };
  assert.equal((await workspace.call("POST", path, body, { authorization })).status, 200);
  nowMs += 3_600_000;
  assert.equal((await workspace.call("POST", path, body, { authorization })).status, 401);
});

Deno.test("requests that say too little or something else are refused by name", async () => {
  await using workspace = await openWorkspace();
  const refusals: [Record<string, unknown> | string, number, string, RegExp][] = [
    ["{", 400, "MALFORMED_REQUEST", /parse/],
    [{ warehouse_id: warehouseId }, 400, "INVALID_PARAMETER_VALUE", /statement is required/],
    [{ statement: "select 1" }, 400, "INVALID_PARAMETER_VALUE", /warehouse_id is required/],
    [{ wait_timeout: "3s" }, 400, "INVALID_PARAMETER_VALUE", /between 5s and 50s/],
    [{ wait_timeout: "51s" }, 400, "INVALID_PARAMETER_VALUE", /between 5s and 50s/],
    [{ disposition: "BOTH" }, 400, "INVALID_PARAMETER_VALUE", /EXTERNAL_LINKS/],
    [{ format: "CSV" }, 400, "INVALID_PARAMETER_VALUE", /INLINE/],
    [{ parameters: [{ value: "1" }] }, 400, "INVALID_PARAMETER_VALUE", /name is required/],
    [{ parameters: [{ name: "a", value: 1 }] }, 400, "INVALID_PARAMETER_VALUE", /no text/],
    [{ warehouse_id: "x" }, 400, "INVALID_PARAMETER_VALUE", /not a valid endpoint id/],
    [{ warehouse_id: "ffffffffffffffff" }, 404, "RESOURCE_DOES_NOT_EXIST", /does not exist/],
  ];
  const whole = { statement: "select 1", warehouse_id: warehouseId };
  for (const [given, status, code, words] of refusals) {
    const isPart = typeof given === "object" && !("statement" in given) &&
        Object.keys(given).join() !== "warehouse_id" || typeof given === "object" &&
        given["warehouse_id"] !== warehouseId && "warehouse_id" in given;
    const answer = await workspace.call("POST", path, isPart ? { ...whole, ...given } : given);
    assert.deepEqual(
      [answer.status, answer.body.error_code],
      [status, code],
      JSON.stringify(given),
    );
    assert.match(answer.body.message ?? "", words);
  }
  const unknown = await workspace.call("GET", `${path}/00000000-0000-0000-0000-000000000000`);
  assert.deepEqual([unknown.status, unknown.body.error_code], [404, "RESOURCE_DOES_NOT_EXIST"]);
  const nowhere = await workspace.call("GET", "/api/2.0/clusters/list");
  assert.equal(nowhere.status, 404);
});

Deno.test("a throttled request is a 429 that says when to come again", async () => {
  const world = worldFromSeed(1);
  const faults = faultsWithOdds(world, { "databricks.throttled": 1 });
  await using workspace = await openWorkspace({ world, faults });
  const { status, headers, body } = await workspace.execute("select 1");
  assert.deepEqual([status, headers.get("retry-after")], [429, "1"]);
  assert.equal(body.error_code, "REQUEST_LIMIT_EXCEEDED");
});

Deno.test("no statement knows what another one set", async () => {
  await using workspace = await openWorkspace();
  await workspace.rows("create schema other");
  await workspace.rows("use other");
  await workspace.rows("create or replace table here as select 1 as a");
  assert.deepEqual(await workspace.rows("select a from main.default.here"), [["1"]]);
  const temp = await workspace.execute("create or replace temp view v as select 1 as a");
  assert.equal(temp.body.status.state, "FAILED");
});

Deno.test("catalog and schema of the request are where names are looked for", async () => {
  await using workspace = await openWorkspace();
  await workspace.rows("create schema if not exists other");
  await workspace.rows("create table t as select 'other' as place", { schema: "other" });
  await workspace.rows("create table t as select 'default' as place");
  assert.deepEqual(await workspace.rows("select place from t", { schema: "other" }), [["other"]]);
  assert.deepEqual(await workspace.rows("select place from t", { catalog: "main" }), [["default"]]);
  const { body } = await workspace.execute("select 1", { catalog: "nowhere" });
  assert.equal(body.status.sql_state, "42704");
});

Deno.test("a folder of S3 is read again each time", async () => {
  await using workspace = await openWorkspace();
  await workspace.put("in/a.txt", "one\n");
  const query =
    `select value from read_files('s3://${bucket}/in/', format => 'text') order by value`;
  assert.deepEqual(await workspace.rows(query), [["one"]]);
  await workspace.put("in/b.txt", "two");
  assert.deepEqual(await workspace.rows(query), [["one"], ["two"]]);
});
