import assert from "node:assert/strict";
import { LandingGoal } from "../../../pipelines/batch/goal.ts";
import { ingest, type Ingested } from "../../../pipelines/batch/ingest.ts";
import { land, type Landed } from "../../../pipelines/batch/land.ts";
import { readSinkConfig } from "../../../pipelines/batch/sink_config.ts";
import { openGateway } from "../../../pipelines/clients/gateway.ts";
import { openKafka } from "../../../pipelines/clients/kafka.ts";
import { openSource } from "../../../pipelines/clients/mysql.ts";
import { sleep } from "../../../pipelines/clients/retry.ts";
import { openObjects, type S3Objects } from "../../../pipelines/clients/s3.ts";
import { contentHash } from "../../../pipelines/record/content.ts";
import { ledgerPaths } from "../../../pipelines/record/ledger.ts";
import { postsInOrder, type Row } from "../../../pipelines/posts.ts";
import { sourceTables, type TableName, tableNames, topicOf } from "../../../pipelines/tables.ts";
import { readTarget, type Target } from "../../../pipelines/target.ts";
import type { Sim } from "../../../sim/mod.ts";
import { type GivenOptions, startSim } from "../../start_sim.ts";

const rowCount = 1_234;
const rows: Record<TableName, (n: number) => Row> = {
  pin: (index) => ({
    index,
    unique_id: `id ${index}`,
    title: `Crème brûlée 👩‍🔬 "${index}"\n`,
    description: null,
    poster_name: " Ann ",
    follower_count: "2k",
    tag_list: "a,b",
    is_image_or_video: "image",
    image_src: "https://i.example/1.jpg",
    downloaded: 1,
    save_location: "Local save in /data/art",
    category: "art",
  }),
  geo: (ind) => ({
    ind,
    timestamp: "2020-08-28 03:52:47",
    latitude: ind / 8,
    longitude: -173.293,
    country: "Cote d'Ivoire",
  }),
  user: (ind) => ({
    ind,
    first_name: "Abigail",
    last_name: "Ali",
    age: 20,
    date_joined: "2015-10-24 11:23:51",
  }),
};
const allRows = (table: TableName) => Array.from({ length: rowCount }, (_, n) => rows[table](n));

interface Given {
  sim: Sim;
  target: Target;
  folder: string;
}

async function withSim(
  options: Partial<GivenOptions>,
  run: (given: Given) => Promise<void>,
  rowsOf = allRows,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await using sim = await startSim({
      dir: `${folder}/sim`,
      seed: 3,
      sources: [folder],
      ...options,
    });
    const files: Record<string, string> = {};
    for (const table of tableNames) {
      const { source } = sourceTables[table];
      files[source] = `${folder}/${source}.jsonl`;
      const lines = rowsOf(table).map((row) => `${JSON.stringify(row)}\n`);
      await Deno.writeTextFile(files[source], lines.join(""));
    }
    await sim.loadSource(files);
    await run({ sim, folder, target: readTarget("sim", sim.settings) });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Both stages at once, as `task batch` runs them. */
async function run(
  { target, folder }: Given,
  { signal, batchSize = 100, flushSize = "300", partitions = 1 }: {
    signal?: AbortSignal;
    batchSize?: number;
    flushSize?: string;
    partitions?: number;
  } = {},
): Promise<{ ingested: Ingested; landed: Landed }> {
  const failed = new AbortController();
  const options = {
    timing: { nowMs: () => performance.now(), random: () => 0.5, sleep },
    limits: { limitMs: 20_000, baseMs: 5, capMs: 50 },
    signal: signal === undefined ? failed.signal : AbortSignal.any([signal, failed.signal]),
  };
  await using kafka = await openKafka(target.kafka, options);
  await using source = openSource(target.mysql);
  using objects = openObjects(target.s3, options);
  const topics = tableNames.map((table) => topicOf(target.id, table));
  await kafka.ensureTopics(topics, partitions);
  await using consumer = await kafka.consume(topics, `connect-${target.id}-connector`);
  const goal = new LandingGoal();
  const gateway = openGateway(target.gatewayUrl, options);
  const failing = (error: unknown): never => {
    failed.abort(error);
    throw error;
  };
  const [ingested, landed] = await Promise.all([
    ingest(postsInOrder(source), { gateway, ledgerFolder: folder, goal }, {
      id: target.id,
      batchSize,
      keyed: partitions > 1,
      signal: options.signal,
    }).catch(failing),
    land(
      { consumer, objects, goal, endOffsets: (topic) => kafka.endOffsets(topic) },
      readSinkConfig({ "flush.size": flushSize }),
      { signal: options.signal },
    ).catch(failing),
  ]);
  return { ingested, landed };
}

/** All lines of a table's topic in order of offset; start + line must be the offset. */
async function landedLines({ target }: Given, table: TableName): Promise<Map<string, string>> {
  const timing = { nowMs: () => performance.now(), random: () => 0.5, sleep };
  const limits = { limitMs: 20_000, baseMs: 5, capMs: 50 };
  using objects: S3Objects = openObjects(target.s3, { timing, limits });
  const lines = new Map<string, string>();
  const topic = topicOf(target.id, table);
  for await (const { key } of objects.list(`topics/${topic}/`)) {
    const [, partition, start] = /\/partition=(\d+)\/.+\+\d+\+(\d{10})\.json$/.exec(key) ?? [];
    const text = await new Response(await objects.get(key)).text();
    for (const [at, line] of text.split("\n").slice(0, -1).entries()) {
      const name = `${partition},${Number(start) + at}`;
      assert.ok(!lines.has(name), `${key}: ${name} landed twice`);
      lines.set(name, line);
    }
  }
  return lines;
}

/** What the ledger says of each row is so: there it is, with that content. */
async function checkLedger(given: Given, table: TableName): Promise<void> {
  const lines = await landedLines(given, table);
  const ledger = (await Deno.readTextFile(ledgerPaths(given.folder)[table])).split("\n");
  assert.equal(ledger.pop(), "");
  assert.equal(ledger.length, rowCount);
  for (const [n, entry] of ledger.entries()) {
    const [key, hash, ...place] = entry.split(",");
    assert.equal(key, String(n));
    const line = lines.get(place.join(","));
    assert.equal(line, JSON.stringify(rows[table](n)));
    assert.equal(hash, contentHash(table, JSON.parse(line)));
  }
}

Deno.test("ingest and land at once carry every row, byte for byte and in order", () =>
  withSim({}, async (given) => {
    const { ingested, landed } = await run(given);
    assert.deepEqual(landed, { objectCount: 15, recordCount: 3 * rowCount, rejectCount: 0 });
    for (const table of tableNames) {
      assert.equal(ingested.tables[table].posted, rowCount);
      const lines = await landedLines(given, table);
      assert.deepEqual([...lines.values()], allRows(table).map((row) => JSON.stringify(row)));
      await checkLedger(given, table);
    }
    const again = await run(given);
    assert.equal(again.ingested.tables.pin.postedThisRun, 0);
    assert.deepEqual(again.landed, { objectCount: 3, recordCount: 3 * 34, rejectCount: 0 });
  }));

Deno.test("a run that is stopped again and again ends with the same rows, each once in the ledger", () =>
  withSim({}, async (given) => {
    for (const delayMs of [150, 250, 400]) {
      const signal = AbortSignal.timeout(delayMs);
      await run(given, { signal, batchSize: 20, flushSize: "50" }).catch((error) => {
        if (error !== signal.reason) throw error;
      });
    }
    await run(given, { flushSize: "50" });
    for (const table of tableNames) await checkLedger(given, table);
  }));

for (const seed of [1, 2, 3, 10]) {
  Deno.test(`with the faults of seed ${seed} every row lands where the ledger says`, () =>
    withSim({ faults: "seeded", seed }, async (given) => {
      await run(given, { batchSize: 25, flushSize: "100" });
      for (const table of tableNames) await checkLedger(given, table);
    }));
}

Deno.test("with more partitions the rows of one index have the same partition number", () =>
  withSim({}, async (given) => {
    await run(given, { partitions: 3 });
    const partitionsOf = async (table: TableName) => {
      const ledger = await Deno.readTextFile(ledgerPaths(given.folder)[table]);
      return ledger.split("\n").slice(0, -1).map((line) => line.split(",")[2]);
    };
    const pins = await partitionsOf("pin");
    assert.deepEqual([...new Set(pins)].sort(), ["0", "1", "2"]);
    assert.deepEqual(await partitionsOf("geo"), pins);
    assert.deepEqual(await partitionsOf("user"), pins);
    for (const table of tableNames) await checkLedger(given, table);
  }));

Deno.test("a record over 1 MiB is refused and named, and the others land", () =>
  withSim({}, async (given) => {
    const { ingested, landed } = await run(given);
    assert.equal(ingested.tables.pin.posted, 2);
    assert.equal(ingested.tables.pin.refused, 1);
    assert.equal(ingested.refusals[0]?.table, "pin");
    assert.equal(ingested.refusals[0]?.key, "1");
    assert.match(ingested.refusals[0]?.reason ?? "", /^50002: /);
    assert.equal(landed.recordCount, 8);
  }, (table) =>
    [0, 1, 2].map((n) => {
      const row = rows[table](n);
      return table === "pin" && n === 1 ? { ...row, description: "x".repeat(1_100_000) } : row;
    })));
