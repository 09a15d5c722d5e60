/**
 * Judges: a real MariaDB as the source and a real Apache Kafka 4 broker in place of the simulated
 * ones. The same command, the same answers.
 *
 * Covers the claim that the pipeline has one code path: nothing in it knows who answers.
 */
import assert from "node:assert/strict";
import { generateSource } from "../../fixtures/generate.ts";
import { mustRun } from "./tools.ts";
import { type MariaDb, startKafkaBroker, startMariaDb } from "./real_servers.ts";

const main = new URL("../../main.ts", import.meta.url).pathname;

/** The permissions of `deno task batch`. */
const permissions = [
  ...["--no-prompt", "--allow-net=127.0.0.1", "--allow-env", "--allow-sys"],
  ...["--allow-ffi", "--allow-read", "--allow-write"],
];

async function batch(...flags: string[]) {
  const said = await mustRun(Deno.execPath(), [
    ...["run", ...permissions, main, "batch", "--json"],
    ...flags,
  ], { timeoutMs: 180_000 });
  return JSON.parse(said);
}

const schema = `
CREATE TABLE pinterest_data (\`index\` INT, unique_id TEXT, title TEXT, description TEXT,
  poster_name TEXT, follower_count TEXT, tag_list TEXT, is_image_or_video TEXT, image_src TEXT,
  downloaded INT, save_location TEXT, category TEXT);
CREATE TABLE geolocation_data (ind INT, timestamp DATETIME, latitude DOUBLE, longitude DOUBLE,
  country TEXT);
CREATE TABLE user_data (ind INT, first_name TEXT, last_name TEXT, age INT, date_joined DATETIME);
`;

/** Fills a table from JSON lines, a few hundred rows a statement. */
async function load(mariaDb: MariaDb, table: string, path: string): Promise<void> {
  const rows = (await Deno.readTextFile(path)).trim().split("\n").map((line) => JSON.parse(line));
  for (let at = 0; at < rows.length; at += 500) {
    const values = rows.slice(at, at + 500).map((row) => `(${Object.values(row).map(sqlText)})`);
    await mariaDb.run(`INSERT INTO ${table} VALUES ${values.join(",\n")};`);
  }
}

function sqlText(value: unknown): string {
  if (value === null) return "NULL";
  if (typeof value === "number") return String(value);
  return `'${String(value).replace(/[\\']/g, "\\$&")}'`;
}

async function answers(out: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for await (const entry of Deno.readDir(`${out}/batch/answers`)) {
    if (!entry.name.endsWith(".csv")) continue;
    found[entry.name] = await Deno.readTextFile(`${out}/batch/answers/${entry.name}`);
  }
  return found;
}

Deno.test("batch gives the same answers with a real MariaDB and a real Kafka 4", async () => {
  const folder = await Deno.makeTempDir({ prefix: "real-parts-" });
  try {
    const files = await generateSource({ posts: 3000, seed: 11, dir: `${folder}/source` });
    const simulated = await batch("--source", `${folder}/source`, "--out", `${folder}/simulated`);
    assert.equal(simulated.reconciled, true);

    await using mariaDb = await startMariaDb(`${folder}/mariadb`);
    await mariaDb.run(schema);
    await load(mariaDb, "pinterest_data", files.pin);
    await load(mariaDb, "geolocation_data", files.geo);
    await load(mariaDb, "user_data", files.user);
    await using kafka = await startKafkaBroker(`${folder}/kafka`);
    const real = await batch(
      ...["--source", `mysql://me:secret@127.0.0.1:${mariaDb.port}/pinterest_data`],
      ...["--kafka-brokers", kafka.broker, "--out", `${folder}/real`],
    );
    assert.equal(real.reconciled, true);
    assert.deepEqual(real.hops.landed, { pin: 3000, geo: 3000, user: 3000 });
    assert.deepEqual(await answers(`${folder}/real`), await answers(`${folder}/simulated`));
    assert.equal(Object.keys(await answers(`${folder}/real`)).length, 10);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
