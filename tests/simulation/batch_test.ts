/**
 * The batch pipeline as a whole, run as people run it, and judged by what it leaves behind.
 */
import assert from "node:assert/strict";
import { answersOf, answersOver, each, inFolder, json, postsIn, run } from "./harness.ts";

const answerNames = Array.from(Deno.readDirSync(new URL("../../sql/questions", import.meta.url)))
  .filter(({ name }) => /^\w+[.]sql$/.test(name))
  .map(({ name }) => name.replace(".sql", "")).sort();

Deno.test("a batch of 300 posts reconciles, hop by hop, and leaves all its files", () =>
  inFolder(async (folder) => {
    const out = `${folder}/out`;
    const summary = await json("batch", "--rows", "300", "--out", out);
    assert.equal(summary.reconciled, true);
    assert.equal(summary.ok, true);
    for (const hop of ["source", "posted", "landed", "cleaned"]) {
      assert.deepEqual(summary.hops[hop], each(300), hop);
    }
    assert.deepEqual(summary.hops["duplicates"], each(0));
    assert.deepEqual(summary.hops["rejected"], each(0));
    assert.deepEqual(Object.keys(summary.answers).sort(), answerNames);
    const files = Object.keys(await answersOf(out)).sort();
    assert.deepEqual(files, answerNames.map((name) => `${name}.csv`));
    const report = await Deno.readTextFile(`${out}/batch/report.html`);
    for (const name of answerNames) assert.ok(report.includes(`id="${name}"`), name);
    const key = `topics/${summary.id}.pin/partition=0/${summary.id}.pin+0+0000000000.json`;
    const object = await Deno.readTextFile(`${out}/sim/s3/user-${summary.id}-bucket/${key}`);
    assert.equal(object.trimEnd().split("\n").length, 300);
    assert.equal(object.at(-1), "\n");
  }));

Deno.test("the same seed gives the same answers, another seed others", () =>
  inFolder(async (folder) => {
    await json("batch", "--rows", "300", "--out", `${folder}/a`, "--seed", "5");
    await json("batch", "--rows", "300", "--out", `${folder}/b`, "--seed", "5");
    await json("batch", "--rows", "300", "--out", `${folder}/c`, "--seed", "6");
    const [a, b, c] = await Promise.all(
      ["a", "b", "c"].map((name) => answersOf(`${folder}/${name}`)),
    );
    assert.deepEqual(a, b);
    assert.notDeepEqual(a, c);
  }));

Deno.test("a second run on the same --data posts nothing and changes no answer", () =>
  inFolder(async (folder) => {
    const source = await postsIn(folder, 300);
    const flags = [...source, "--out", `${folder}/out`, "--data", `${folder}/data`];
    await json("batch", ...flags);
    const before = await answersOf(`${folder}/out`);
    const again = await json("batch", ...flags);
    assert.equal(again.reconciled, true);
    assert.deepEqual(again.thisRun["posted"], each(0));
    assert.deepEqual(again.hops["posted"], each(300));
    assert.deepEqual(again.hops["landed"], each(300));
    assert.deepEqual(await answersOf(`${folder}/out`), before);
  }));

Deno.test("--rows goes on where the same --data stopped", () =>
  inFolder(async (folder) => {
    const source = await postsIn(folder, 300);
    const flags = ["--data", `${folder}/data`, "--flush-size", "70", "--out", `${folder}/out`];
    await json("batch", ...source, ...flags, "--rows", "100");
    const more = await json("batch", ...source, ...flags, "--rows", "300");
    assert.deepEqual(more.thisRun["posted"], each(200));
    assert.deepEqual(more.hops["landed"], each(300));
    assert.equal(more.reconciled, true);
    assert.deepEqual(await answersOf(`${folder}/out`), await answersOver(300));
  }));

Deno.test("--course draws the course's rows first and lands one record per object", () =>
  inFolder(async (folder) => {
    const out = `${folder}/out`;
    const summary = await json("batch", "--course", "--no-pauses", "--rows", "30", "--out", out);
    assert.equal(summary.reconciled, true);
    assert.deepEqual(summary.hops["posted"], each(30));
    const bucket = `${out}/sim/s3/user-${summary.id}-bucket/topics`;
    for (const table of ["pin", "geo", "user"]) {
      const topic = `${summary.id}.${table}`;
      const folderOf = `${bucket}/${topic}/partition=0`;
      const names = (await Array.fromAsync(Deno.readDir(folderOf), ({ name }) => name)).sort();
      const wanted = Array.from(
        { length: 30 },
        (_, at) => `${topic}+0+${String(at).padStart(10, "0")}.json`,
      );
      assert.deepEqual(names, wanted);
      const rows = await Promise.all(
        names.slice(0, 6).map(async (name) => {
          const row = JSON.parse(await Deno.readTextFile(`${folderOf}/${name}`));
          return row.index ?? row.ind;
        }),
      );
      // Python's random, seeded with 100, as the course's emulator draws.
      assert.deepEqual(rows, [7528, 2863, 5730, 8304, 8731, 1313]);
    }
  }));

Deno.test("repeated draws of the course are duplicates, and are counted", () =>
  inFolder(async (folder) => {
    const out = `${folder}/out`;
    const flags = ["--course", "--no-pauses", "--rows", "500", "--batch-size", "50"];
    const summary = await json("batch", ...flags, "--flush-size", "100", "--out", out);
    // The course's first 500 draws hold 494 different rows.
    assert.deepEqual(summary.hops["landed"], each(500));
    assert.deepEqual(summary.hops["cleaned"], each(494));
    assert.deepEqual(summary.hops["duplicates"], each(6));
    assert.equal(summary.reconciled, true);
  }));

Deno.test("several partitions give the same answers as one", () =>
  inFolder(async (folder) => {
    const source = await postsIn(folder, 300);
    const many = await json("batch", ...source, "--out", `${folder}/many`, "--partitions", "4");
    assert.equal(many.reconciled, true);
    assert.deepEqual(await answersOf(`${folder}/many`), await answersOver(300));
    const topic = `${folder}/many/sim/s3/user-${many.id}-bucket/topics/${many.id}.pin`;
    const partitions = await Array.fromAsync(Deno.readDir(topic), ({ name }) => name);
    assert.deepEqual(partitions.sort(), [0, 1, 2, 3].map((n) => `partition=${n}`));
  }));

Deno.test("--quiet prints one line, and the tables are on standard output without it", () =>
  inFolder(async (folder) => {
    const flags = ["batch", ...await postsIn(folder, 50), "--out", `${folder}/out`];
    const quiet = await run(...flags, "--quiet");
    assert.equal(quiet.code, 0);
    assert.match(quiet.stdout, /^Reconciled: [^\n]*\n$/);
    const loud = await run(...flags);
    assert.match(loud.stdout, /Most popular category in each country[\s\S]*The proof/);
  }));

Deno.test("task sql looks into the clean tables, the answers and the rejects of a run", () =>
  inFolder(async (folder) => {
    const out = `${folder}/out`;
    await json("batch", ...await postsIn(folder, 120), "--out", out);
    const count = await run(
      "sql",
      "select count(*) as n from pin join geo using (ind)",
      "--csv",
      "--out",
      out,
    );
    assert.equal(count.stdout.trim(), "n\n120");
    const rejects = await run("sql", "select * from rejects", "--json", "--out", out);
    assert.deepEqual(JSON.parse(rejects.stdout), []);
    const answer = await run("sql", "from users_joined_by_year limit 1", "--out", out);
    assert.match(answer.stdout, /join_year/);
    const wrong = await run("sql", "select nothing from nowhere", "--out", out);
    assert.equal(wrong.code, 2);
    assert.match(wrong.stderr, /nowhere/);
  }));
