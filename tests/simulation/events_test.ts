/**
 * What a run tells, and the log of a simulator's requests, asked as people ask.
 */
import { KinesisClient, ListStreamsCommand } from "@aws-sdk/client-kinesis";
import { Kafka, logLevel } from "kafkajs";
import assert from "node:assert/strict";
import { readSettingsFile } from "../../pipelines/cli/settings_file.ts";
import {
  commandLine,
  ended,
  freePorts,
  inFolder,
  json,
  run,
  start,
  type Summary,
  until,
} from "./harness.ts";

const samples = new URL("../../fixtures/samples/ties", import.meta.url).pathname;

interface Line extends Record<string, unknown> {
  event: string;
  atMs: number;
}

async function linesOf(path: string): Promise<Line[]> {
  const text = await Deno.readTextFile(path);
  assert.ok(text.endsWith("\n"), "the last line is whole");
  return text.trimEnd().split("\n").map((line) => JSON.parse(line));
}

function of(lines: readonly Line[], event: string): Line[] {
  return lines.filter((line) => line.event === event);
}

/** The last count of every hop and table, as a summary has them. */
function lastCounts(lines: readonly Line[]): Summary["hops"] {
  const hops: Summary["hops"] = {};
  for (const { hop, table, count } of of(lines, "counts")) {
    hops[String(hop)] = { ...hops[String(hop)], [String(table)]: count } as Summary["hops"][string];
  }
  return hops;
}

/** The hops at which a record of a table was seen, in the order in which that was told. */
function journeys(lines: readonly Line[]): Map<string, string[]> {
  const hops = new Map<string, string[]>();
  for (const { table, key, hop } of of(lines, "sample")) {
    const name = `${table} ${key}`;
    hops.set(name, [...hops.get(name) ?? [], String(hop)]);
  }
  return hops;
}

function checkLines(lines: readonly Line[]): void {
  const kinds = ["stage", "counts", "sample", "commit", "trouble", "request"];
  for (const { event, atMs } of lines) {
    assert.ok(kinds.includes(event), event);
    assert.ok(Number.isInteger(atMs) && Math.abs(atMs - Date.now()) < 600_000, String(atMs));
  }
}

Deno.test("batch tells its stages, its counts, a record's way, and every request, as JSON lines", () =>
  inFolder(async (folder) => {
    const path = `${folder}/events.jsonl`;
    const out = ["--out", `${folder}/out`, "--source", samples];
    const summary = await json("batch", ...out, "--events", path);
    const lines = await linesOf(path);
    checkLines(lines);
    assert.deepEqual(lastCounts(lines), summary.hops);
    const ends = new Map(of(lines, "stage").map((line) => [line.stage, line.done === line.total]));
    for (const stage of ["clean", "answer", "write", "prove"]) assert.equal(ends.get(stage), true);
    const [journey] = journeys(lines).values();
    assert.deepEqual(journey, ["posted", "landed", "cleaned"]);
    const cleaned = of(lines, "sample").find(({ hop, table }) =>
      hop === "cleaned" && table === "pin"
    );
    const row = JSON.parse(String(cleaned?.value));
    assert.equal(String(row.ind), cleaned?.key);
    const services = new Set(of(lines, "request").map(({ service }) => service));
    assert.deepEqual([...services].sort(), ["gateway", "kafka", "kafkaRest", "mysql", "s3", "sts"]);
  }));

Deno.test("stream tells its commits, and its last counts are those of its proof", () =>
  inFolder(async (folder) => {
    const path = `${folder}/events.jsonl`;
    const out = ["--out", `${folder}/out`, "--source", samples];
    const summary = await json("stream", ...out, "--events", path);
    const lines = await linesOf(path);
    checkLines(lines);
    assert.deepEqual(lastCounts(lines), summary.hops);
    const commits = of(lines, "commit");
    const rows = commits.filter(({ table }) => table === "pin")
      .reduce((sum, commit) => sum + Number(commit.rows), 0);
    assert.equal(rows, summary.hops["committed"]?.pin);
    for (const { version, tookMs, latencyMs } of commits) {
      assert.ok(Number(version) > 0 && Number(tookMs) >= 0);
      assert.ok(latencyMs === null || (latencyMs as { p50: number }).p50 > 0);
    }
    const [journey] = journeys(lines).values();
    assert.deepEqual([journey?.at(0), journey?.at(-1)], ["posted", "committed"]);
    const putRecords = of(lines, "request").find(({ action }) => action === "PutRecords");
    assert.match(String(putRecords?.who), /^arn:aws:sts::\d{12}:assumed-role\//);
  }));

Deno.test("events go into a pipe that the shell has opened; one that is closed ends no run", () =>
  inFolder(async (folder) => {
    const words = ["--source", samples, "--events", "3", "--json"];
    const shell = async (readers: string, out: string) => {
      const line = commandLine("batch", "--out", `${folder}/${out}`, ...words);
      const command = `"$@" 3> >(${readers}); code=$?; sleep 0.5; exit $code`;
      const args = ["-c", command, "bash", Deno.execPath(), ...line];
      return await new Deno.Command("bash", { args, stderr: "piped", stdout: "piped" }).output();
    };
    const told = await shell(`cat > '${folder}/told'`, "one");
    assert.equal(told.code, 0, new TextDecoder().decode(told.stderr));
    const { hops } = JSON.parse(new TextDecoder().decode(told.stdout));
    assert.deepEqual(lastCounts(await linesOf(`${folder}/told`)), hops);
    const left = await shell("head -n 1 > /dev/null", "two");
    const stderr = new TextDecoder().decode(left.stderr);
    assert.equal(left.code, 0, stderr);
    assert.equal(stderr.match(/Note: events are not written any more/g)?.length, 1, stderr);
  }));

Deno.test("events that cannot be written, and a log of nobody's requests, are wrong usage", () =>
  inFolder(async (folder) => {
    const out = ["--out", `${folder}/out`];
    for (const where of ["99", `${folder}/not/there`]) {
      const { code, stderr } = await run("batch", ...out, "--events", where);
      assert.equal(code, 2, stderr);
      assert.ok(stderr.includes(`--events ${where}`), stderr);
    }
    const words = ["--target", "aws", "--log", "requests"];
    const { code, stderr } = await run("batch", ...out, ...words);
    assert.equal(code, 2, stderr);
    assert.match(stderr, /--log requests needs a simulator of this run's own/);
    assert.equal((await run("sim", ...out, "--log", "errors")).code, 2);
    await assert.rejects(Deno.stat(`${folder}/out`), Deno.errors.NotFound);
  }));

Deno.test("sim --log requests says in a line who asked what of which service; without it nothing", () =>
  inFolder(async (folder) => {
    for (const log of [["--log", "requests"], []]) {
      const data = `${folder}/data${log.length}`;
      const child = start("sim", "--data", data, "--source", samples, ...freePorts, ...log);
      const file = `${data}/endpoints.env`;
      await until("sim is ready", () => Deno.stat(file).then(() => true, () => false));
      const settings = await readSettingsFile(file);
      await ask(settings);
      child.kill("SIGINT");
      const { code, stderr } = await ended(child);
      assert.equal(code, 0);
      const lines = stderr.split("\n").filter((line) => /^\d\d:\d\d:\d\d\.\d{3} /.test(line));
      if (log.length === 0) {
        assert.deepEqual(lines, []);
        continue;
      }
      const who = "arn:aws:iam::\\d{12}:user/administrator";
      const expected = [
        `kinesis +${who}  ListStreams  200  [\\d.]+ ms$`,
        `kafka +anonymous  Metadata nobodys\\.topic  OK UNKNOWN_TOPIC_OR_PARTITION  [\\d.]+ ms$`,
      ];
      for (const one of expected) {
        const pattern = new RegExp(one);
        assert.ok(lines.some((line) => pattern.test(line)), `${one}\n${lines.join("\n")}`);
      }
    }
  }));

async function ask(settings: Record<string, string>): Promise<void> {
  const kinesis = new KinesisClient({
    region: "us-east-1",
    endpoint: settings["AWS_ENDPOINT_URL_KINESIS"]!,
    credentials: {
      accessKeyId: settings["AWS_ACCESS_KEY_ID"]!,
      secretAccessKey: settings["AWS_SECRET_ACCESS_KEY"]!,
    },
  });
  await kinesis.send(new ListStreamsCommand({}));
  kinesis.destroy();
  const kafka = new Kafka({
    brokers: [settings["KAFKA_BROKERS"]!],
    logLevel: logLevel.NOTHING,
    retry: { retries: 0 },
  });
  const admin = kafka.admin();
  await admin.connect();
  await assert.rejects(admin.fetchTopicMetadata({ topics: ["nobodys.topic"] }));
  await admin.disconnect();
}
