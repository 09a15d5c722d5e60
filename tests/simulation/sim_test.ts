/**
 * `task sim`: the simulated cloud alone, run as people run it.
 */
import assert from "node:assert/strict";
import { readSettingsFile } from "../../pipelines/cli/settings_file.ts";
import { ended, inFolder, json, run, start, until } from "./harness.ts";

/** Free ports, all different. */
function freePorts(count: number): number[] {
  const listeners = Array.from(
    { length: count },
    () => Deno.listen({ hostname: "127.0.0.1", port: 0 }),
  );
  const ports = listeners.map(({ addr }) => addr.port);
  for (const listener of listeners) listener.close();
  return ports;
}

const services = ["mysql", "kafka", "kafkaRest", "gateway", "s3", "kinesis", "databricks"];

function portFlags(ports: number[]): string[] {
  return services.flatMap((service, at) => ["--port", `${service}=${ports[at]}`]);
}

Deno.test("task sim says where everything is, serves a batch, and ends with Ctrl-C", () =>
  inFolder(async (folder) => {
    const ports = freePorts(services.length);
    const out = ["--out", `${folder}/out`];
    const child = start("sim", ...out, ...portFlags(ports));
    const file = `${folder}/out/sim/endpoints.env`;
    await until(
      "the endpoints are written",
      async () => await Deno.stat(file).then(() => true, () => false),
    );
    const settings = await readSettingsFile(file);
    assert.equal(settings["KAFKA_BROKERS"], `127.0.0.1:${ports[1]}`);
    assert.equal(settings["AWS_ENDPOINT_URL_S3"], `http://127.0.0.1:${ports[4]}`);
    const summary = await json("batch", "--endpoints", file, "--rows", "40", ...out);
    assert.equal(summary.reconciled, true);
    child.kill("SIGINT");
    const { code, stdout } = await ended(child);
    assert.equal(code, 0);
    assert.match(stdout, /^export PIPELINE_ID='[0-9a-f]{12}'$/m);
    for (const name of Object.keys(settings)) assert.ok(stdout.includes(`export ${name}=`), name);
  }));

Deno.test("a port that is taken, or no port at all, is refused in a sentence", () =>
  inFolder(async (folder) => {
    using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const out = ["--out", `${folder}/out`];
    const busy = await run("sim", ...out, "--port", `s3=${taken.addr.port}`, "--port", "kafka=0");
    assert.equal(busy.code, 2, busy.stderr);
    assert.match(busy.stderr, new RegExp(`s3.*${taken.addr.port}.*in use`, "i"));
    const wrong = await run("sim", ...out, "--port", "postgres=1");
    assert.equal(wrong.code, 2);
    assert.match(wrong.stderr, /services: mysql, kafka, kafkaRest, kinesis, gateway, s3/);
  }));

Deno.test("what a simulator holds is there again when it starts on the same --data", () =>
  inFolder(async (folder) => {
    const flags = ["--data", `${folder}/kept`, "--out", `${folder}/out`, "--rows", "40"];
    const first = await json("batch", ...flags);
    const child = start("sim", ...flags.slice(0, 4), ...portFlags(freePorts(services.length)));
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
