/**
 * The batch with Databricks in place of the embedded engine: the same files, the same proof, and
 * nothing left running there.
 */
import assert from "node:assert/strict";
import { openDuckDb } from "../../pipelines/warehouse/duckdb.ts";
import {
  answersOf,
  each,
  ended,
  freePorts,
  inFolder,
  json,
  postsIn,
  run,
  start,
  type Summary,
  until,
} from "./harness.ts";

type WithEngine = Summary & { engine: string; audits: unknown; nulled: unknown };

const edges = new URL("../../fixtures/samples/edges/jsonl", import.meta.url).pathname;

Deno.test("both engines leave the same files and the same proof, of clean posts", () =>
  inFolder(async (folder) => {
    const flags = [...await postsIn(folder, 400), "--flush-size", "70"];
    await assertSame(folder, flags, (summary) => {
      assert.deepEqual(summary.hops["landed"], each(400));
      assert.deepEqual(summary.hops["cleaned"], each(400));
    });
  }));

Deno.test("both engines leave the same files and the same proof, of odd posts", () =>
  inFolder(async (folder) => {
    await assertSame(folder, ["--source", edges, "--partitions", "3"], (summary) => {
      assert.ok((summary.hops["landed"]?.pin ?? 0) > 90);
    });
  }));

/** Runs both, and compares everything that does not name the engine or the time. */
async function assertSame(
  folder: string,
  flags: string[],
  check: (summary: WithEngine) => void,
): Promise<void> {
  const summaries: Record<string, WithEngine> = {};
  for (const engine of ["duckdb", "databricks"]) {
    const out = `${folder}/${engine}`;
    const summary = await json<WithEngine>("batch", ...flags, "--engine", engine, "--out", out);
    assert.equal(summary.engine, engine);
    assert.equal(summary.reconciled, true);
    check(summaries[engine] = summary);
  }
  const { duckdb, databricks } = summaries;
  for (const part of ["hops", "thisRun", "rejects", "nulled", "audits", "problems"] as const) {
    assert.deepEqual(databricks?.[part], duckdb?.[part], part);
  }
  assert.deepEqual(await answersOf(`${folder}/databricks`), await answersOf(`${folder}/duckdb`));
  const [there, here] = await Promise.all(
    ["databricks", "duckdb"].map((engine) => recordsOf(`${folder}/${engine}/batch`)),
  );
  assert.deepEqual(there, here);
}

/** Clean rows by their keys (their order is that of landing, or of keys), and the rejects. */
async function recordsOf(out: string): Promise<unknown> {
  await using db = await openDuckDb();
  const clean = ["pin", "geo", "user"].map((table) =>
    db.rows(`from read_parquet('${out}/clean/${table}.parquet') order by ind`)
  );
  const rejects = await Deno.readTextFile(`${out}/rejects.csv`);
  return { clean: await Promise.all(clean), rejects };
}

Deno.test("a second run on the same --data replaces what the first left in the warehouse", () =>
  inFolder(async (folder) => {
    const source = await postsIn(folder, 50);
    const folders = ["--out", `${folder}/out`, "--data", `${folder}/data`];
    const flags = [...source, ...folders, "--engine", "databricks"];
    await json("batch", ...flags, "--rows", "30");
    const more = await json("batch", ...flags, "--rows", "50");
    assert.equal(more.reconciled, true);
    assert.deepEqual(more.thisRun["posted"], each(20));
    assert.deepEqual(more.hops["cleaned"], each(50));
  }));

Deno.test("a wrong token ends the run before anything is posted", () =>
  inFolder(async (folder) => {
    await using sim = await simulator(folder);
    const words = ["batch", "--rows", "20", "--engine", "databricks", "--out", `${folder}/out`];
    const settings = (await Deno.readTextFile(sim.endpoints))
      .replace(/(DATABRICKS_TOKEN=).*/, "$1'dapi0000'");
    await Deno.writeTextFile(`${folder}/sim/wrong.env`, settings);
    const { code, stderr } = await run(...words, "--endpoints", `${folder}/sim/wrong.env`);
    assert.notEqual(code, 0);
    assert.match(stderr, /DATABRICKS_TOKEN|token/i);
    const topics = await Array.fromAsync(Deno.readDir(`${folder}/sim/s3`)).catch(() => []);
    assert.ok(!JSON.stringify(topics).includes("topics"));
  }));

Deno.test("Ctrl-C cancels the statement that is running there", () =>
  inFolder(async (folder) => {
    await using sim = await simulator(folder);
    await using warehouse = slowWarehouse(sim.host, /table landed_pin/);
    const words = ["batch", "--rows", "20", "--engine", "databricks", "--out", `${folder}/out`];
    const child = start(
      ...words,
      ...["--endpoints", sim.endpoints, "--databricks-host", warehouse.url],
    );
    await until("the statement runs", () => warehouse.running.size > 0);
    child.kill("SIGINT");
    const { code } = await ended(child);
    assert.equal(code, 130);
    for (const id of warehouse.running) assert.ok(warehouse.canceled.has(id), id);
  }));

/** The simulator alone, in a process of its own. */
async function simulator(folder: string) {
  const child = start("sim", ...freePorts, "--out", folder, ...await postsIn(folder, 20));
  const output = ended(child);
  const endpoints = `${folder}/sim/endpoints.env`;
  await until("the simulator starts", () => Deno.stat(endpoints).then(() => true, () => false));
  const host = /DATABRICKS_HOST='?([^'\s]+)/.exec(await Deno.readTextFile(endpoints))?.[1] ?? "";
  return {
    endpoints,
    host,
    async [Symbol.asyncDispose]() {
      child.kill("SIGINT");
      await output;
    },
  };
}

/** In front of a warehouse: a statement that this pattern finds runs until it is canceled. */
function slowWarehouse(host: string, endless: RegExp) {
  const running = new Set<string>();
  const canceled = new Set<string>();
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const { pathname, search } = new URL(request.url);
    const text = await request.text();
    const [, id = "", action] = /statements\/([^/]+)(\/cancel)?$/.exec(pathname) ?? [];
    if (action !== undefined) canceled.add(id);
    const answer = await fetch(`${host}${pathname}${search}`, {
      method: request.method,
      headers: request.headers,
      ...(request.method === "POST" ? { body: text } : {}),
    });
    const body = await answer.text();
    const found = body.startsWith("{") ? JSON.parse(body) : {};
    if (endless.test(text)) running.add(found.statement_id);
    if (!running.has(found.statement_id) || canceled.has(found.statement_id)) {
      return new Response(body, { status: answer.status, headers: answer.headers });
    }
    return Response.json({ statement_id: found.statement_id, status: { state: "RUNNING" } });
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    running,
    canceled,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}
