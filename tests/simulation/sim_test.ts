/**
 * `task sim`: the simulated cloud alone, run as people run it.
 */
import assert from "node:assert/strict";
import { readSettingsFile } from "../../pipelines/cli/settings_file.ts";
import { ended, freePorts, inFolder, json, postsIn, run, start, until } from "./harness.ts";

const samples = new URL("../../fixtures/samples/ties", import.meta.url).pathname;

/** A started `task sim`, once its endpoints are there. */
async function startedSim(data: string, ...words: string[]) {
  const file = `${data}/endpoints.env`;
  await Deno.remove(file).catch(() => {});
  const child = start("sim", ...words, ...freePorts);
  await until(
    "the endpoints are written",
    async () => await Deno.stat(file).then(() => true, () => false),
    60_000,
  );
  return { child, file, settings: await readSettingsFile(file) };
}

Deno.test("task sim says where everything is, serves both pipelines, and ends with Ctrl-C", () =>
  inFolder(async (folder) => {
    const out = ["--out", `${folder}/out`];
    const { child, file, settings } = await startedSim(`${folder}/out/sim`, ...out);
    const id = settings["PIPELINE_ID"];
    const topics = await (await fetch(`${settings["KAFKA_REST_URL"]}/topics`)).json();
    assert.deepEqual(topics.toSorted(), [`${id}.geo`, `${id}.pin`, `${id}.user`]);
    const streams = Array.from(Deno.readDirSync(`${folder}/out/sim/kinesis`), ({ name }) => name);
    for (const table of ["pin", "geo", "user"]) {
      assert.ok(streams.includes(`streaming-${id}-${table}.stream`), streams.join());
    }
    for (const command of ["batch", "stream"]) {
      const summary = await json(command, "--endpoints", file, "--rows", "40", ...out);
      assert.equal(summary.reconciled, true, command);
    }
    child.kill("SIGINT");
    const { code, stdout, stderr } = await ended(child);
    assert.equal(code, 0);
    assert.equal(stdout, "");
    const secrets: string[] = Object.values(
      JSON.parse(await Deno.readTextFile(`${folder}/out/sim/secrets.json`)),
    );
    for (const secret of secrets) assert.ok(!stderr.includes(secret));
    const said = [
      file,
      settings["DATABRICKS_HOST"],
      `kafka-topics.sh --bootstrap-server ${settings["KAFKA_BROKERS"]} --create --topic`,
      "aws kinesis create-stream --stream-name",
    ];
    for (const words of said) assert.ok(stderr.includes(words ?? "?"), `${words}\n${stderr}`);
  }));

Deno.test("task sim prints its settings on request, and starts without topics on request", () =>
  inFolder(async (folder) => {
    const words = ["--data", `${folder}/data`, "--source", samples, "--print-env", "--empty"];
    const { child, settings } = await startedSim(`${folder}/data`, ...words);
    const topics = await fetch(`${settings["KAFKA_REST_URL"]}/topics`);
    assert.deepEqual(await topics.json(), []);
    const streams = Array.from(Deno.readDirSync(`${folder}/data/kinesis`), ({ name }) => name);
    assert.deepEqual(streams.filter((name) => name.endsWith(".stream")), []);
    child.kill("SIGINT");
    const { code, stdout } = await ended(child);
    assert.equal(code, 0);
    const printed = Object.entries(settings).map(([name, value]) => `export ${name}='${value}'\n`);
    assert.equal(stdout, printed.join(""));
  }));

Deno.test("a port that is taken, or no port at all, is refused in a sentence", () =>
  inFolder(async (folder) => {
    using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const out = ["--out", `${folder}/out`];
    const busy = await run("sim", ...out, ...freePorts, "--port", `s3=${taken.addr.port}`);
    assert.equal(busy.code, 2, busy.stderr);
    assert.match(busy.stderr, new RegExp(`s3.*${taken.addr.port}.*in use`, "i"));
    const wrong = await run("sim", ...out, "--port", "postgres=1");
    assert.equal(wrong.code, 2);
    assert.match(wrong.stderr, /services: mysql, kafka, kafkaRest, kinesis, gateway, s3/);
  }));

Deno.test("what a simulator holds is there again when it starts on the same --data", () =>
  inFolder(async (folder) => {
    const source = await postsIn(folder, 40);
    const flags = [...source, "--data", `${folder}/kept`, "--out", `${folder}/out`];
    const first = await json("batch", ...flags);
    const child = start("sim", ...flags, ...freePorts);
    const file = `${folder}/kept/endpoints.env`;
    const before = await Deno.readTextFile(file);
    await until("the endpoints are new", async () => await Deno.readTextFile(file) !== before);
    const settings = await readSettingsFile(file);
    const answer = await fetch(`${settings["KAFKA_REST_URL"]}/topics`);
    const topics = ["geo", "pin", "user"].map((table) => `${first.id}.${table}`);
    assert.deepEqual((await answer.json()).toSorted(), topics);
    const offsets = await fetch(
      `${settings["KAFKA_REST_URL"]}/topics/${topics[1]}/partitions/0/offsets`,
    );
    assert.deepEqual(await offsets.json(), { beginning_offset: 0, end_offset: 40 });
    child.kill("SIGINT");
    await ended(child);
  }));
