/**
 * Adding is one file: a copy of the whole project with a question more, and with a column more,
 * run as people run it.
 */
import assert from "node:assert/strict";
import { cp } from "node:fs/promises";
import { change, downloadedColumn } from "../sql/changes.ts";
import { type Ended, ended, inFolder, permissions } from "./harness.ts";

const root = new URL("../../", import.meta.url).pathname;

/** Copies what a run needs; gives the commands of the copy. */
async function copyOfProject(dir: string) {
  await Deno.mkdir(dir);
  for (const name of ["main.ts", "deno.json", "deno.lock", "pipelines", "sim", "sql", "fixtures"]) {
    await cp(`${root}${name}`, `${dir}/${name}`, { recursive: true });
  }
  await Deno.symlink(`${root}node_modules`, `${dir}/node_modules`);
  const run = (...words: string[]): Promise<Ended> =>
    ended(
      new Deno.Command(Deno.execPath(), {
        args: ["run", ...permissions, `${dir}/main.ts`, ...words],
        ...{ cwd: dir, env: { NO_COLOR: "1" } },
        ...{ stdin: "null", stdout: "piped", stderr: "piped" },
      }).spawn(),
    );
  return {
    run,
    /** Its standard output; it must end with 0. */
    async ok(...words: string[]): Promise<string> {
      const { code, stdout, stderr } = await run(...words);
      assert.equal(code, 0, `${words.join(" ")}\n${stderr}\n${stdout}`);
      return stdout;
    },
  };
}

const question = `-- sql/questions/posts_by_type.sql: how many posts are pictures, how many videos.
-- input    pin
-- grain    is_image_or_video
-- output   is_image_or_video string, post_count bigint
-- title    Posts of each type, and nothing else
-- picture  bars of post_count by is_image_or_video
-- units    post_count: posts & videos

select
    is_image_or_video,
    count(*) as post_count
from pin
where is_image_or_video is not null
group by is_image_or_video
order by is_image_or_video
`;

Deno.test("a question is one file: checked, answered, printed, charted, streamed, in the notebooks", () =>
  inFolder(async (folder) => {
    const dir = `${folder}/project`;
    const project = await copyOfProject(dir);
    const file = `${dir}/sql/questions/posts_by_type.sql`;

    await Deno.writeTextFile(file, question.replace(/-- picture .*\n/, ""));
    const refused = await project.run("check", `${dir}/sql`);
    assert.equal(refused.code, 1);
    assert.match(
      refused.stdout,
      /posts_by_type[.]sql:1\n.*no picture: write '-- picture {2}bars of/,
    );
    const unrun = await project.run("batch", "--rows", "20", "--out", `${folder}/none`);
    assert.equal(unrun.code, 2, unrun.stderr);
    assert.match(unrun.stderr, /posts_by_type[.]sql: There is no picture: write/);

    await Deno.writeTextFile(file, question);
    assert.match(await project.ok("check", `${dir}/sql`), /^14 models, /);
    const out = `${folder}/out`;
    const title = "Posts of each type, and nothing else";
    const printed = await project.ok("batch", "--rows", "60", "--out", out);
    assert.match(printed, new RegExp(`${title}\n[^]*post_count[^]*image +[0-9]+`));
    const report = await Deno.readTextFile(`${out}/batch/report.html`);
    const section = /<section id="posts_by_type">[^]*?<[/]section>/.exec(report)?.[0] ?? "";
    assert.ok(section.includes(title) && section.includes("<svg"), section.slice(0, 300));
    assert.ok(section.includes("post_count: posts &amp; videos"));
    const csv = await Deno.readTextFile(`${out}/batch/answers/posts_by_type.csv`);
    assert.match(csv, /^is_image_or_video,post_count\n(image|multi-video|video|story)/);
    const answer = JSON.parse(
      await project.ok(
        "sql",
        "select sum(post_count) as n from posts_by_type",
        "--out",
        out,
        "--json",
      ),
    );
    assert.ok(Number(answer[0].n) > 0);

    const streamed = await project.ok("stream", "--rows", "60", "--answers", "--out", out);
    assert.match(streamed, new RegExp(`${title}\n`));
    assert.equal(await Deno.readTextFile(`${out}/stream/answers/posts_by_type.csv`), csv);
    await Deno.stat(`${out}/stream/answers/posts_by_type.parquet`);

    await project.ok("notebooks", "--out", `${folder}/databricks`);
    for (const name of ["batch", "questions"]) {
      const notebook = await Deno.readTextFile(`${folder}/databricks/notebooks/${name}.sql`);
      assert.ok(notebook.includes("create or replace table posts_by_type as"), name);
      assert.ok(notebook.includes(`DBTITLE 1,${title}`), name);
    }
  }));

Deno.test("a column is one file: the stream and the batch go on with the tables they have", () =>
  inFolder(async (folder) => {
    const dir = `${folder}/project`;
    const project = await copyOfProject(dir);
    const [data, out] = [`${folder}/data`, `${folder}/out`];
    const stream = (rows: number) =>
      project.run("stream", "--rows", `${rows}`, "--data", data, "--out", out, "--json");
    const batch = (rows: number, ...words: string[]) =>
      project.ok("batch", "--rows", `${rows}`, "--data", data, "--out", out, ...words);
    assert.equal((await stream(40)).code, 0);
    await batch(40);

    const pin = `${dir}/sql/clean/pin.sql`;
    await change(pin, ...downloadedColumn);
    await project.ok("check", `${dir}/sql`);
    const { code, stdout, stderr } = await stream(90);
    assert.equal(code, 0, stderr);
    const summary = JSON.parse(stdout);
    assert.equal(summary.reconciled, true);
    assert.equal(summary.hops.committed.pin, 90);
    const count = async (table: string) =>
      JSON.parse(
        await project.ok(
          ...["sql", `select count(*) as rows, count(downloaded) as known from ${table}`],
          ...["--out", out, "--json"],
        ),
      );
    assert.deepEqual(await count("stream.pin"), [{ rows: 90, known: 50 }]);
    assert.match(await batch(90, "--compare-stream"), /Equal to the stream's tables, row by row/);
    assert.deepEqual(await count("pin"), [{ rows: 90, known: 90 }]);

    await change(pin, ["downloaded string\n-- units", "kept string\n-- units"], [
      "    downloaded\nfrom parsed",
      "    downloaded as kept\nfrom parsed",
    ]);
    const refused = await stream(90);
    assert.equal(refused.code, 1);
    assert.match(
      refused.stderr,
      /column downloaded is none that cleaning makes; new is kept[.] A table takes added columns/,
    );
  }));
