/** The stream as people run it: what it prints, leaves behind, and goes on from. */
import assert from "node:assert/strict";
import { generateSource } from "../../fixtures/generate.ts";
import { diskStorage, openTable } from "../../pipelines/delta/mod.ts";
import { openDuckDb } from "../../pipelines/warehouse/duckdb.ts";
import { answersOf, each, ended, inFolder, json, postsIn, run, start, until } from "./harness.ts";
import { tableRows } from "./stream_checks.ts";
import { dirtySource } from "./stream_source.ts";
import type { StreamJson } from "./stream_world.ts";

Deno.test("stream posts every row, commits each exactly once, and proves it", () =>
  inFolder(async (folder) => {
    const summary = await json<StreamJson>("stream", "--rows", "400", "--out", folder);
    assert.equal(summary.ok, true);
    assert.equal(summary.reconciled, true);
    assert.deepEqual(summary.hops, {
      source: each(400),
      posted: each(400),
      read: each(400),
      committed: each(400),
      duplicates: each(0),
      rejected: each(0),
    });
    assert.equal(summary.limits, "off");
    assert.ok(summary.commits >= 3, `${summary.commits} commits`);
    assert.ok(summary.latencyMs !== null && summary.latencyMs.p50 <= summary.latencyMs.p95);
    for (const name of ["pin", "geo", "user"]) {
      const table = summary.tables[name];
      assert.ok(table !== undefined);
      assert.equal(table.rows, 400);
      assert.match(table.uri, new RegExp(`^s3://user-${summary.id}-bucket/delta/`));
      assert.ok((await Deno.stat(`${table.localPath}/_delta_log`)).isDirectory);
    }
    const rows = await tableRows(summary.tables.pin?.localPath ?? "");
    assert.equal(new Set(rows.map(({ ind }) => ind)).size, 400);
  }));

Deno.test("a second run on the same data posts and commits nothing more", () =>
  inFolder(async (folder) => {
    const source = await postsIn(folder, 250);
    const flags = [...source, "--out", folder, "--data", `${folder}/data`];
    const words = ["stream", ...flags, "--rows", "150"];
    await json<StreamJson>(...words);
    const again = await json<StreamJson>(...words);
    assert.equal(again.reconciled, true);
    assert.deepEqual(again.thisRun.posted, each(0));
    assert.deepEqual(again.thisRun.committed, each(0));
    assert.deepEqual(again.hops.committed, each(150));
    assert.equal(again.commits, 0);
    const more = await json<StreamJson>("stream", ...flags);
    assert.deepEqual(more.thisRun.committed, each(100));
    assert.deepEqual(more.hops.committed, each(250));
  }));

Deno.test("rows that cannot be read are rejects once, however often the stream goes on", () =>
  inFolder(async (folder) => {
    const source = `${folder}/source`;
    await generateSource({ posts: 60, seed: 1, dir: source, format: "csv" });
    const bad = 'no key,"2020-01-01 00:00:00",1,2,Nowhere';
    await Deno.writeTextFile(`${source}/geolocation_data.csv`, `${bad}\n`, { append: true });
    await Deno.remove(`${source}/user_data.csv`);
    const words = [
      ...["stream", "--source", source, "--out", folder, "--data", `${folder}/data`],
      ...["--without", "user_data", "--bad-cells", "reject", "--answers"],
    ];
    const first = await json<StreamJson>(...words);
    const again = await json<StreamJson>(...words);
    assert.equal(again.thisRun["committed"]?.geo, 0);
    for (const { reconciled, hops, tables, answers } of [first, again]) {
      assert.equal(reconciled, true);
      assert.deepEqual(hops["unreadable"], { pin: 0, geo: 1, user: 0 });
      assert.deepEqual(hops.source, { pin: 60, geo: 61, user: 0 });
      assert.deepEqual(hops.posted, { pin: 60, geo: 60, user: 0 });
      assert.deepEqual(hops.rejected, each(0));
      assert.deepEqual(answers["users_joined_by_year"]?.without, ["user"]);
      const [reject, ...others] = await tableRows(tables["rejects"]?.localPath ?? "");
      assert.deepEqual(others, []);
      assert.match(
        String(reject?.["reason"]),
        /^unreadable: geolocation_data[.]csv, line 62, column 'ind'/,
      );
      assert.deepEqual([reject?.["table"], reject?.["stream"]], ["geo", null]);
      assert.equal(atob(String(reject?.["bytes"])), bad);
    }
  }));

Deno.test("rows that are posted again, because nobody knows of them, are duplicates", () =>
  inFolder(async (folder) => {
    const source = `${folder}/source`;
    await generateSource({ posts: 90, seed: 1, dir: source });
    const words = ["stream", "--source", source, "--out", folder, "--data", `${folder}/data`];
    const before = await json<StreamJson>(...words);
    for (const table of ["pin", "geo", "user"]) {
      const ledger = `${folder}/data/stream/posted-${table}.csv`;
      const lines = (await Deno.readTextFile(ledger)).split("\n");
      await Deno.writeTextFile(ledger, lines.slice(0, 30).join("\n") + "\n");
    }
    const after = await json<StreamJson>(...words);
    assert.equal(after.reconciled, true, JSON.stringify(after.problems));
    assert.deepEqual(after.thisRun["posted"], each(60));
    assert.deepEqual(after.hops["read"], each(150));
    assert.deepEqual(after.hops["duplicates"], each(60));
    assert.deepEqual(after.hops["committed"], before.hops["committed"]);
    const rows = await tableRows(after.tables.user?.localPath ?? "");
    assert.equal(rows.length, 90);
  }));

Deno.test("--answers gives the answers of the batch, and the tables of the batch are equal", () =>
  inFolder(async (folder) => {
    await dirtySource({ posts: 1200, seed: 2, dir: `${folder}/source` });
    const words = ["--source", `${folder}/source`, "--out", folder, "--data", `${folder}/data`];
    const streamed = await json<StreamJson>("stream", ...words, "--answers");
    assert.equal(Object.keys(streamed.answers).length, 10);
    const batch = await json<{ compared: Compared }>("batch", ...words, "--compare-stream");
    assert.equal(batch.compared.equal, true);
    assert.equal(batch.compared.tables.pin.rows, 1200);
    const answers = await answersOf(folder);
    assert.equal(Object.keys(answers).length, 10);
    for (const [name, text] of Object.entries(answers)) {
      assert.equal(await Deno.readTextFile(`${folder}/stream/answers/${name}`), text, name);
    }
    await moveCountry(streamed.tables.geo?.localPath ?? "", 17, folder);
    const { code, stdout, stderr } = await run("batch", ...words, "--compare-stream", "--json");
    assert.equal(code, 1, stderr);
    const { equal, tables } = (JSON.parse(stdout) as { compared: Compared }).compared;
    assert.equal(equal, false);
    assert.deepEqual([tables.geo.onlyInBatch, tables.geo.onlyInStream], [1, 1]);
    assert.deepEqual([tables.pin.onlyInBatch, tables.pin.onlyInStream], [0, 0]);
    assert.match(stderr, /Does not add up: compared, geo: .*Atlantis/);
  }));

interface Compared {
  equal: boolean;
  tables: Record<
    "pin" | "geo" | "user",
    { rows: number; onlyInBatch: number; onlyInStream: number }
  >;
}

/** One row of a table gets another value, as another program may write it. */
async function moveCountry(dir: string, ind: number, folder: string): Promise<void> {
  await using db = await openDuckDb({ threads: 1 });
  const table = await openTable(diskStorage(dir), db, { workDir: `${folder}/rival` });
  assert.ok(table);
  await table.overwrite(`select * replace (
    case when ind = ${ind} then 'Atlantis' else country end as country) from ${await table
    .scan()}`);
}

Deno.test("--for posts for as long as it says, --rate no faster than it says", () =>
  inFolder(async (folder) => {
    const words = ["stream", "--for", "2s", "--rate", "900", "--out", folder];
    const { hops, reconciled, recordsPerSecond } = await json<StreamJson>(...words);
    assert.equal(reconciled, true);
    const posted = hops.posted?.pin ?? 0;
    assert.ok(posted > 0 && posted <= 700, `${posted} posts in 2 s at 300 posts a second`);
    assert.deepEqual(hops.committed, hops.posted);
    assert.ok(recordsPerSecond > 0);
  }));

/** `deno task` hands one Ctrl-C over up to three times; a terminal that is closed sends SIGHUP. */
const endings: Deno.Signal[][] = [["SIGINT", "SIGINT", "SIGINT"], ["SIGTERM"], [
  "SIGHUP",
  "SIGHUP",
]];

for (const signals of endings) {
  Deno.test(`${signals.join(", ")} ends the posting: what was posted is committed and proven`, () =>
    inFolder(async (folder) => {
      const child = start("stream", "--for", "10m", "--rate", "600", "--out", folder, "--json");
      // Not a commit's number: creating a table and claiming a stream are commits without rows.
      await until("rows in a table", async () => {
        return await hasFile(`${folder}/sim/s3`, /\/part-[^/]*\.parquet$/);
      }, 30_000);
      for (const signal of signals) {
        child.kill(signal);
        await new Promise((resolve) => setTimeout(resolve, 5)); // Not one for the kernel either.
      }
      const { code, stdout, stderr } = await ended(child);
      assert.equal(code, 0, stderr);
      assert.match(stderr, /^Stopping: finishing what is on the way\. Ctrl-C again to leave/m);
      assert.doesNotMatch(stderr, /Left at once/);
      const summary: StreamJson = JSON.parse(stdout);
      assert.equal(summary.reconciled, true);
      assert.ok((summary.hops.posted?.pin ?? 0) > 0);
      assert.deepEqual(summary.hops.committed, summary.hops.posted);
    }));
}

async function hasFile(dir: string, name: RegExp): Promise<boolean> {
  try {
    for await (const entry of Deno.readDir(dir)) {
      const path = `${dir}/${entry.name}`;
      if (entry.isDirectory ? await hasFile(path, name) : name.test(path)) return true;
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return false;
}

Deno.test("the tables can stand in a folder, and sql reads them", () =>
  inFolder(async (folder) => {
    const dir = `${folder}/tables`;
    const source = await postsIn(folder, 120);
    const words = ["stream", ...source, "--out", folder, "--delta-dir", dir];
    const { tables, id } = await json<StreamJson>(...words);
    assert.equal(tables.geo?.localPath, `${dir}/${id}_geo_table`);
    assert.match(tables.geo?.uri ?? "", /^file:\/\//);
    const { code, stdout, stderr } = await run(
      ...["sql", "--out", folder, "--json", "select count(*) as n from stream.geo"],
    );
    assert.equal(code, 0, stderr);
    assert.deepEqual(JSON.parse(stdout), [{ n: 120 }]);
  }));

Deno.test("sql reads the tables of the bucket, the rejects and the answers of a stream", () =>
  inFolder(async (folder) => {
    const lines = await dirtySource({ posts: 100, seed: 2, dir: `${folder}/source` });
    const words = ["stream", "--source", `${folder}/source`, "--out", folder, "--answers"];
    const { rejects } = await json<StreamJson>(...words);
    const unusable = lines.pin.filter((line) => Math.abs(JSON.parse(line).index) > 2 ** 31).length;
    const badKeys = rejects.find(({ table, reason }) =>
      table === "pin" && reason === "key is no 32-bit integer"
    );
    assert.equal(badKeys?.count, unusable);
    const asked = await run(
      ...["sql", "--out", folder, "--json"],
      `select (select count(*) from stream.pin) as pins,
        (select count(*) from stream.rejects where "table" = 'pin'
          and reason like 'key is no 32-bit integer%') as keys,
        (select count(*) > 0 from stream.users_joined_by_year) as answered`,
    );
    assert.equal(asked.code, 0, asked.stderr);
    assert.deepEqual(JSON.parse(asked.stdout), [{ pins: 100, keys: unusable, answered: true }]);
  }));

Deno.test("wrong usage of stream ends with 2 and one sentence", () =>
  inFolder(async (folder) => {
    const wrong: [string[], RegExp][] = [
      [["--limits", "maybe"], /--limits is 'maybe': must be on or off/],
      [["--for", "soon"], /--for is 'soon': must be a time such as 30s, 5m or 250ms/],
      [["--rate", "0"], /--rate is '0'/],
      [["--batch-size", "501"], /--batch-size is '501': must be a whole number from 1 to 500/],
      [["--rows", "-3"], /--rows/],
      [["--flush-records", "0"], /--flush-records is '0'/],
      [["--flush-age", "1"], /--flush-age is '1'/],
      [["--give-up-after", "0"], /--give-up-after is '0'/],
      [["--id", "xyz"], /--id/],
      [["--endpoints", `${folder}/none.env`], /none\.env/],
      [["--course"], /unknown option '--course'/],
      [["--source", `${folder}/nowhere`], /nowhere/],
    ];
    for (const [words, told] of wrong) {
      const { code, stderr, stdout } = await run("stream", ...words, "--out", `${folder}/out`);
      assert.equal(code, 2, `${words.join(" ")}: ${stderr}`);
      assert.match(stderr, told);
      assert.equal(stdout, "");
    }
  }));
