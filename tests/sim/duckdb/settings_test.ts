import assert from "node:assert/strict";
import { locked } from "./support.ts";

Deno.test("Locked, DuckDB neither reads nor writes a file, and cannot be told to", async () => {
  await using engine = await locked();
  const planted = `${engine.dir}/planted.csv`;
  await Deno.writeTextFile(planted, "secret\n");
  for (
    const statement of [
      `FROM read_text('${planted}')`,
      `FROM '${planted}'`,
      `FROM glob('${engine.dir}/*')`,
      `COPY (SELECT 1) TO '${engine.dir}/written.csv'`,
      `ATTACH '${engine.dir}/other.duckdb' AS other`,
      "SET enable_external_access = true",
      "SET lock_configuration = false",
      "RESET threads",
      "PRAGMA threads = 1",
      "INSTALL httpfs",
      "LOAD httpfs",
    ]
  ) {
    await assert.rejects(engine.connection.run(statement), statement);
  }
  const names = Array.from(Deno.readDirSync(engine.dir), ({ name }) => name).sort();
  assert.deepEqual(names.filter((name) => !/^(own|spill)/.test(name)), ["planted.csv"]);
});

Deno.test("Locked, what does not fit into memory still spills into the database's own folder", async () => {
  await using engine = await locked();
  const text = "concat(md5(range::VARCHAR), sha256(range::VARCHAR), sha256((-range)::VARCHAR))";
  await engine.connection.run(`CREATE TEMP TABLE big AS SELECT ${text} AS a FROM range(250000)`);
  const counted = await engine.connection.runAndReadAll("SELECT count(*), sum(length(a)) FROM big");
  assert.deepEqual(counted.getRows(), [[250_000n, 250_000n * 160n]]);
  const spilled = [...Deno.readDirSync(`${engine.dir}/spill`)];
  assert.ok(spilled.length > 0);
});
