import assert from "node:assert/strict";
import { type GivenOptions, startSim } from "../start_sim.ts";

const source =
  new URL("../../fixtures/samples/ties/pinterest_data.jsonl", import.meta.url).pathname;

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The settings of one start. */
async function started(options: GivenOptions): Promise<Readonly<Record<string, string>>> {
  await using sim = await startSim(options);
  return sim.settings;
}

const secretSettings = [
  "AWS_ACCESS_KEY_ID",
  "AWS_SECRET_ACCESS_KEY",
  "MYSQL_PWD",
  "DATABRICKS_TOKEN",
];

Deno.test("a seed decides names and no secret; a folder keeps its secrets, also emptied", () =>
  inFolder(async (folder) => {
    const first = await started({ dir: `${folder}/a`, seed: 1 });
    const elsewhere = await started({ dir: `${folder}/b`, seed: 1 });
    assert.equal(first["PIPELINE_ID"], elsewhere["PIPELINE_ID"]);
    assert.equal(first["DATABRICKS_WAREHOUSE_ID"], elsewhere["DATABRICKS_WAREHOUSE_ID"]);
    const again = await started({ dir: `${folder}/a`, seed: 1 });
    const emptied = await started({ dir: `${folder}/a`, seed: 2, fresh: true });
    assert.notEqual(first["PIPELINE_ID"], emptied["PIPELINE_ID"]);
    for (const name of secretSettings) {
      assert.notEqual(elsewhere[name], first[name], name);
      assert.equal(again[name], first[name], name);
      assert.equal(emptied[name], first[name], name);
    }
  }));

Deno.test("folders that a start makes are the owner's alone", () =>
  inFolder(async (folder) => {
    const dir = `${folder}/data`;
    await started({ dir, seed: 1 });
    const folders = Array.from(Deno.readDirSync(dir)).filter((entry) => entry.isDirectory);
    assert.equal(folders.length, 9);
    for (const path of [dir, ...folders.map(({ name }) => `${dir}/${name}`)]) {
      assert.equal((Deno.statSync(path).mode ?? 0) & 0o777, 0o700, path);
    }
  }));

Deno.test("a port that is taken is refused before a folder is made or emptied", () =>
  inFolder(async (folder) => {
    await started({ dir: `${folder}/kept`, seed: 1 });
    using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const ports = { s3: taken.addr.port };
    const said = new RegExp(`port of s3, ${taken.addr.port}, is in use`);
    await assert.rejects(startSim({ dir: `${folder}/new`, seed: 1, ports }), said);
    await assert.rejects(startSim({ dir: `${folder}/kept`, seed: 1, fresh: true, ports }), said);
    assert.deepEqual(Array.from(Deno.readDirSync(folder), ({ name }) => name), ["kept"]);
    assert.ok((await Deno.stat(`${folder}/kept/kafka/topics.json`).catch(() => null)) === null);
    assert.ok((await Deno.stat(`${folder}/kept/kafka/cluster_id`)).isFile);
  }));

Deno.test("a source is loaded only from where the start was told of", () =>
  inFolder(async (folder) => {
    await Deno.mkdir(`${folder}/real`);
    await Deno.copyFile(source, `${folder}/real/pin.jsonl`);
    await Deno.symlink(`${folder}/real`, `${folder}/link`);
    const sources = [`${folder}/link/pin.jsonl`];
    await using sim = await startSim({ dir: `${folder}/data`, seed: 1, sources });
    await sim.loadSource({ pinterest_data: `${folder}/link/pin.jsonl` });
    await assert.rejects(sim.loadSource({ pinterest_data: source }), /was not told of it/);
    await Deno.mkdir(`${folder}/data/source`);
    await Deno.copyFile(source, `${folder}/data/source/pin.jsonl`);
    await sim.loadSource({ pinterest_data: `${folder}/data/source/pin.jsonl` });
  }));

Deno.test("a folder of a service that leads out is refused", () =>
  inFolder(async (folder) => {
    await started({ dir: `${folder}/data`, seed: 1 });
    await Deno.rename(`${folder}/data/kafka`, `${folder}/kafka`);
    await Deno.symlink(`${folder}/kafka`, `${folder}/data/kafka`);
    const again = startSim({ dir: `${folder}/data`, seed: 1 });
    await assert.rejects(again, /kafka: a link is in the way, which is not followed/);
  }));

Deno.test("topics and streams are made where they are not there yet; what is there stays", () =>
  inFolder(async (folder) => {
    const options = { dir: `${folder}/data`, seed: 1, prepared: true };
    const topicsOf = async ({ KAFKA_REST_URL }: Readonly<Record<string, string>>) =>
      await (await fetch(`${KAFKA_REST_URL}/topics`)).json();
    const topicsOfId = (id?: string) => ["geo", "pin", "user"].map((table) => `${id}.${table}`);
    {
      await using sim = await startSim(options);
      const id = sim.settings["PIPELINE_ID"];
      assert.deepEqual(await topicsOf(sim.settings), topicsOfId(id));
      const made = await fetch(`${sim.settings["KAFKA_REST_URL"]}/topics/${id}.pin`, {
        method: "POST",
        headers: { "content-type": "application/vnd.kafka.json.v2+json" },
        body: JSON.stringify({ records: [{ value: { index: 1 } }] }),
      });
      assert.equal(made.status, 200, await made.text());
    }
    const streams = Array.from(Deno.readDirSync(`${folder}/data/kinesis`), ({ name }) => name);
    assert.equal(streams.length, 3);
    for (const name of streams) {
      assert.match(name, /^streaming-[0-9a-f]{12}-(pin|geo|user)[.]stream$/);
    }
    await using sim = await startSim(options);
    const topic = `${sim.settings["PIPELINE_ID"]}.pin`;
    assert.deepEqual(await topicsOf(sim.settings), topicsOfId(sim.settings["PIPELINE_ID"]));
    const offsets = `${sim.settings["KAFKA_REST_URL"]}/topics/${topic}/partitions/0/offsets`;
    assert.deepEqual(await (await fetch(offsets)).json(), { beginning_offset: 0, end_offset: 1 });
  }));
