/**
 * Judges: kcat, the `aws` command line and the `mysql` client, looking at the simulated cloud of
 * a batch while it runs, with nothing but the file that the batch wrote.
 */
import assert from "node:assert/strict";
import { readSettingsFile } from "../../pipelines/cli/settings_file.ts";
import { each, ended, inFolder, start, until } from "../simulation/harness.ts";
import { aws, debian, mustRun } from "./tools.ts";

Deno.test("other people's programs look on while a batch runs", () =>
  inFolder(async (folder) => {
    const [kcat, cli] = [await debian("kcat"), await aws()];
    const mysql = await debian("mariadb", "mariadb-client");
    // The course's pauses keep it running for about twenty seconds.
    const words = ["--course", "--rows", "40", "--kafka-plain", "on", "--json"];
    const child = start("batch", ...words, "--out", `${folder}/out`);
    const file = `${folder}/out/sim/endpoints.env`;
    const ledger = `${folder}/out/sim/run/posted-pin.csv`;
    await until("some posts are acknowledged", async () =>
      (await Deno.stat(ledger).catch(() => ({ size: 0 }))).size > 300);
    const settings = await readSettingsFile(file);
    const topic = `${settings["PIPELINE_ID"]}.pin`;
    const read = await mustRun(kcat, [
      ...["-b", settings["KAFKA_BROKERS"] ?? "", "-C", "-t", topic, "-e", "-q"],
    ]);
    assert.equal(JSON.parse(read.split("\n")[0] ?? "").index, 7528);
    const env = { ...settings, AWS_CONFIG_FILE: "/dev/null" };
    const key = `topics/${topic}/partition=0/${topic}+0+0000000000.json`;
    const bucket = settings["S3_BUCKET"];
    await until("the first object is landed", async () => {
      const listed = await mustRun(cli, ["s3", "ls", "--recursive", `s3://${bucket}/`], { env });
      return listed.includes(key);
    });
    const object = await mustRun(cli, ["s3", "cp", `s3://${bucket}/${key}`, "-"], { env });
    assert.equal(object, read.split("\n")[0] + "\n");
    const counted = await mustRun(mysql, [
      ...["-h", "127.0.0.1", "-P", settings["MYSQL_TCP_PORT"] ?? "", "-u", "project_user"],
      ...["--batch", "pinterest_data", "-e", "SELECT COUNT(*) AS n FROM pinterest_data"],
    ], { env: { MYSQL_PWD: settings["MYSQL_PWD"] ?? "" } });
    assert.equal(counted, "n\n11154\n");
    const { code, stdout, stderr } = await ended(child);
    assert.equal(code, 0, stderr);
    assert.deepEqual(JSON.parse(stdout).hops.posted, each(40));
  }));
