/**
 * Wrong usage of the batch command, and sources that are not as they should be: a sentence that
 * says what was found and what to do, exit code 2, and no stack trace.
 */
import assert from "node:assert/strict";
import { startSim } from "../start_sim.ts";
import { each, inFolder, json, postsIn, run, type Summary } from "./harness.ts";

async function refused(words: string[], said: RegExp, code = 2): Promise<void> {
  const found = await run(...words);
  assert.equal(found.code, code, found.stdout + found.stderr);
  assert.match(found.stderr, said);
  assert.doesNotMatch(found.stderr, /^\s+at /m);
}

/** A small source as CSV, with text that CSV has to quote. */
async function writeSource(dir: string, changed: Record<string, string | null> = {}) {
  const files: Record<string, string | null> = {
    "pinterest_data.csv":
      "index,unique_id,title,description,poster_name,follower_count,tag_list,is_image_or_video," +
      "image_src,downloaded,save_location,category\n" +
      '0,a,"one, two","a\nnew line",😀,2k,"x,y",image,i,1,Local save in /data/art,art\n' +
      "1,b,t,d,p,1M,z,image,i,1,Local save in /data/art,art\n",
    "geolocation_data.csv": "ind,timestamp,latitude,longitude,country\n" +
      '0,2020-01-01 00:00:00,1.5,-2.5,"Cote d\'Ivoire"\n1,2020-01-02 00:00:00,1,2,Albania\n',
    "user_data.csv": "ind,first_name,last_name,age,date_joined\n" +
      "0,A,B,20,2016-01-01 00:00:00\n1,C,D,30,2016-01-01 00:00:00\n",
    ...changed,
  };
  await Deno.mkdir(dir, { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    if (text !== null) await Deno.writeTextFile(`${dir}/${name}`, text);
  }
}

Deno.test("a wrong flag is refused before anything is started", () =>
  inFolder(async (folder) => {
    const out = ["--out", `${folder}/out`];
    await refused(["batch", ...out, "--rows", "many"], /^Error: --rows is 'many'/);
    await refused(["batch", ...out, "--sink", "rotate=1"], /rotate=1: is not a property/);
    const twice = ["--flush-size", "7", "--sink", "flush.size=3"];
    await refused(["batch", ...out, ...twice], /--flush-size and --sink flush.size are the same/);
    await assert.rejects(Deno.stat(`${folder}/out`), Deno.errors.NotFound);
  }));

Deno.test("--target aws without settings names all of them at once", async () => {
  const env = { PATH: Deno.env.get("PATH") ?? "", HOME: Deno.env.get("HOME") ?? "" };
  const main = new URL("../../main.ts", import.meta.url).pathname;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--allow-env", "--allow-read", "--allow-sys", main].concat(
      "batch",
      "--target",
      "aws",
    ),
    env,
    clearEnv: true,
    stderr: "piped",
  });
  const { code, stderr } = await child.output();
  assert.equal(code, 2);
  const said = new TextDecoder().decode(stderr);
  for (const name of ["PIPELINE_ID", "MYSQL_URL", "GATEWAY_URL", "KAFKA_BROKERS"]) {
    assert.ok(said.includes(`${name} is not set`), said);
  }
});

Deno.test("a host that the task may not reach is wrong usage, and the other task is named", () =>
  inFolder(async (folder) => {
    const words = ["batch", "--out", `${folder}/out`, "--gateway-url", "https://api.example.com/x"];
    await refused(words, /api\.example\.com:443.*deno task batch:aws/);
  }));

Deno.test("a source folder that is not there, or empty, is refused", () =>
  inFolder(async (folder) => {
    const out = ["--out", `${folder}/out`];
    await refused(["batch", ...out, "--source", `${folder}/nowhere`], /Cannot read the source/);
    await refused(
      ["batch", ...out, "--source", folder],
      /No pinterest_data\.\*, geolocation_data\.\*, user_data\.\* in/,
    );
  }));

Deno.test("a malformed source file is named with line and column", () =>
  inFolder(async (folder) => {
    const dir = `${folder}/source`;
    await writeSource(dir, {
      "user_data.csv": "ind,first_name,last_name,age,date_joined\n" +
        "0,A,B,20,2016-01-01 00:00:00\nxyz,C,D,30,2016-01-01 00:00:00\n",
    });
    const words = ["batch", "--out", `${folder}/out`, "--source", dir];
    await refused(words, /user_data\.csv.*line 3.*ind/s);
  }));

Deno.test("a source without one column is refused by the name of the column", () =>
  inFolder(async (folder) => {
    const dir = `${folder}/source`;
    await writeSource(dir, { "user_data.csv": "ind,first_name,last_name,age\n0,A,B,20\n" });
    await refused(["batch", "--out", `${folder}/out`, "--source", dir], /date_joined/);
  }));

Deno.test("a source of one's own with quotes, new lines and emoji arrives whole", () =>
  inFolder(async (folder) => {
    await writeSource(`${folder}/source`);
    const out = `${folder}/out`;
    const summary = await json("batch", "--out", out, "--source", `${folder}/source`);
    assert.deepEqual(summary.hops["cleaned"], each(2));
    const { stdout } = await run(
      ...["sql", "select title, description, poster_name, follower_count from pin where ind = 0"],
      ...["--json", "--out", out],
    );
    assert.deepEqual(JSON.parse(stdout), [
      { title: "one, two", description: "a\nnew line", poster_name: "😀", follower_count: 2000 },
    ]);
  }));

Deno.test("a table that is missing is refused before anything is written, unless it is left out", () =>
  inFolder(async (folder) => {
    await writeSource(`${folder}/source`, { "geolocation_data.csv": null });
    const flags = ["--out", `${folder}/out`, "--source", `${folder}/source`];
    await refused(["batch", ...flags], /No geolocation_data\.\* in .*--without geo/);
    await assert.rejects(Deno.stat(`${folder}/out`), Deno.errors.NotFound);
    const summary = await json<Summary & { without: string[] }>("batch", ...flags, "--without=geo");
    assert.deepEqual([summary.reconciled, summary.without], [true, ["geo"]]);
    assert.deepEqual(summary.hops["cleaned"], { pin: 2, geo: 0, user: 2 });
    const { most_followed_country: country, users_joined_by_year: joined } = summary.answers;
    assert.deepEqual(country && { ...country, file: "" }, { rows: 0, file: "", without: ["geo"] });
    assert.ok(joined !== undefined && joined.rows > 0 && !("without" in joined));
    const report = await Deno.readTextFile(`${folder}/out/batch/report.html`);
    assert.match(report, /Empty: geo was left out [(]--without geo[)]/);
    assert.match(report, /Left out of the source [(]--without[)]: geo/);
  }));

Deno.test("with --bad-cells reject a row that cannot be read is a reject, also when going on", () =>
  inFolder(async (folder) => {
    const dir = `${folder}/source`;
    const bad = "xyz,C,D,30,2016-01-01 00:00:00";
    await writeSource(dir, {
      "user_data.csv": `ind,first_name,last_name,age,date_joined,mood\n` +
        `0,A,B,20,2016-01-01 00:00:00,good\n${bad},good\n`,
    });
    const flags = ["--out", `${folder}/out`, "--source", dir, "--data", `${folder}/data`];
    await refused(["batch", ...flags], /user_data\.csv, line 3, column 'ind'/);
    for (let start = 0; start < 2; start++) {
      const { code, stdout, stderr } = await run("batch", ...flags, "--bad-cells", "reject");
      assert.equal(code, 0, stderr);
      assert.match(stderr, /^Note: .*user_data\.csv: these columns are not taken: 'mood'$/m);
      assert.match(stdout, /unreadable +0 +0 +1 *$/m);
      assert.match(stdout, /source +2 +2 +2 *$/m);
      const rejects = `${folder}/out/batch/rejects.csv`;
      assert.ok(stdout.includes(`exactly once; 1 was unreadable: ${rejects}.`), stdout);
      const [, row = ""] = (await Deno.readTextFile(rejects)).split("\n");
      assert.match(row, /^user,"unreadable: user_data.csv, line 3, column 'ind': .*'xyz'",,,,/);
      assert.equal(atob(row.slice(row.lastIndexOf(",") + 1)), `${bad},good`);
    }
  }));

Deno.test("a MySQL server without a table is refused before anything is written, unless it is left out", () =>
  inFolder(async (folder) => {
    await writeSource(`${folder}/source`);
    const dir = `${folder}/theirs`;
    await using sim = await startSim({ dir, seed: 1, sources: [`${folder}/source`] });
    const [pin, user] = ["pinterest_data", "user_data"].map((name) =>
      `${folder}/source/${name}.csv`
    );
    await sim.loadSource({ pinterest_data: pin!, user_data: user! });
    const url = sim.settings["MYSQL_URL"]!.replace("mysql://", "mysql+pymysql://")
      .replace("127.0.0.1", "localhost");
    const password = sim.settings["MYSQL_PWD"]!;
    const words = ["batch", "--out", `${folder}/out`, "--source", url];
    const { code, stderr } = await run(...words, "--debug");
    assert.equal(code, 2, stderr);
    assert.match(stderr, /No table geolocation_data in the database pinterest_data.*--without geo/);
    assert.ok(!stderr.includes(password));
    await assert.rejects(Deno.stat(`${folder}/out`), Deno.errors.NotFound);
    const summary = await json(...words, "--without", "geo");
    assert.deepEqual(summary.hops["cleaned"], { pin: 2, geo: 0, user: 2 });
    assert.ok(!JSON.stringify(summary).includes(password));
  }));

Deno.test("addresses of other systems are refused with what to do, and without a password", () =>
  inFolder(async (folder) => {
    const out = ["--out", `${folder}/out`];
    const refusals: [string[], RegExp][] = [
      [["--source", "postgres://me:hush-hush@h/db"], /PostgreSQL/],
      [["--source", "mysql:/me:hush-hush@h/db"], /malformed/],
      [["--source", "me:hush-hush@h/db"], /of a kind [(]me:[)].*mysql:\/\/user:password@host/],
      [["--gateway-url", "http://me:hush-hush@127.0.0.1/x"], /--gateway-url holds a user/],
      [["--gateway-url", "me:hush-hush@127.0.0.1/x"], /must begin with http/],
      [["--sorce=mysql://me:hush-hush@h/db"], /unknown option/],
    ];
    for (const [words, said] of refusals) {
      const { code, stdout, stderr } = await run("batch", ...out, ...words, "--debug");
      assert.equal(code, 2, stderr);
      assert.match(stderr, said);
      assert.doesNotMatch(stdout + stderr, /hush/);
    }
  }));

Deno.test("a folder that cannot be written to is refused", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/file`, "");
    await refused(["batch", "--rows", "5", "--out", `${folder}/file/out`], /Cannot write/);
  }));

Deno.test("a folder with other people's files is not taken for the simulator's", () =>
  inFolder(async (folder) => {
    await Deno.mkdir(`${folder}/out/sim`, { recursive: true });
    await Deno.writeTextFile(`${folder}/out/sim/thesis.txt`, "keep me");
    await refused(["batch", "--rows", "5", "--out", `${folder}/out`], /holds other files/);
    assert.equal(await Deno.readTextFile(`${folder}/out/sim/thesis.txt`), "keep me");
  }));

Deno.test("other flags on the same --data are refused", () =>
  inFolder(async (folder) => {
    const source = await postsIn(folder, 20);
    const flags = [...source, "--out", `${folder}/out`, "--data", `${folder}/data`];
    await json("batch", ...flags);
    await refused(["batch", ...flags, "--partitions", "2"], /partitions '1'.*'2'.*--data/s);
    await refused(["batch", ...flags, "--course", "--no-pauses"], /order 'by index'/);
    await refused(["batch", ...flags, "--sink", "topics.dir=other"], /topics\.dir 'topics'/);
  }));

Deno.test("a record that cannot be replayed is named, and what was posted still adds up", () =>
  inFolder(async (folder) => {
    const file = `${folder}/rejects.csv`;
    await Deno.writeTextFile(file, "table,reason,topic,partition,offset,bytes\npin,x,t,0,0,e30x\n");
    const flags = [...await postsIn(folder, 5), "--out", `${folder}/out`, "--quiet"];
    const { code, stdout, stderr } = await run("batch", ...flags, "--replay", file);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^Reconciled/);
    assert.match(stderr, /^Not posted: pin at line 2: is still no JSON object$/m);
    assert.doesNotMatch(stderr, /Does not add up/);
  }));

Deno.test("a password in --source is not printed when the server is not there", () =>
  inFolder(async (folder) => {
    const source = "mysql://me:hush-hush@127.0.0.1:1/pinterest_data";
    const flags = ["--out", `${folder}/out`, "--source", source, "--give-up-after", "1"];
    const { code, stdout, stderr } = await run("batch", ...flags);
    assert.equal(code, 1);
    assert.match(stderr, /127\.0\.0\.1:1/);
    assert.doesNotMatch(stdout + stderr, /hush/);
  }));
