/**
 * Crowds at the doors of a real process that has few file handles: whoever comes to work is served,
 * while the others are still there.
 */
import assert from "node:assert/strict";
import { readSettingsFile } from "../../pipelines/cli/settings_file.ts";
import { commandLine, ended, freePorts, inFolder, json, postsIn, until } from "./harness.ts";

/** `task sim` with so many file handles as its shell allows. */
function startWithHandles(count: number, ...words: string[]): Deno.ChildProcess {
  return new Deno.Command("sh", {
    args: [
      "-c",
      `ulimit -n ${count} && exec "$@"`,
      "sh",
      Deno.execPath(),
      ...commandLine(...words),
    ],
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** Connections that say nothing, opened in turn to each port. */
async function crowd(ports: readonly number[], count: number): Promise<Deno.Conn[]> {
  const opening = Array.from(
    { length: count },
    (_, index) => Deno.connect({ hostname: "127.0.0.1", port: ports[index % ports.length] ?? 0 }),
  );
  return await Promise.all(opening);
}

function portsIn(settings: Readonly<Record<string, string | undefined>>): number[] {
  const { AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL_KINESIS, GATEWAY_URL, KAFKA_REST_URL } = settings;
  const urls = [AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL_KINESIS, GATEWAY_URL, KAFKA_REST_URL];
  const kafka = (settings.KAFKA_BROKERS ?? "").split(":")[1];
  return [...urls.map((url) => new URL(url ?? "").port), kafka, settings.MYSQL_TCP_PORT].map(
    Number,
  );
}

for (const [handles, connections] of [[1024, 1000], [256, 1000]] as const) {
  Deno.test(`with ${handles} file handles and ${connections} idle connections a batch is served and proven`, () =>
    inFolder(async (folder) => {
      const out = ["--out", `${folder}/out`];
      const source = await postsIn(folder, 40);
      const child = startWithHandles(handles, "sim", ...source, ...out, ...freePorts);
      const file = `${folder}/out/sim/endpoints.env`;
      const isThere = () => Deno.stat(file).then(() => true, () => false);
      await until("the endpoints are written", isThere, 60_000);
      const idle = await crowd(portsIn(await readSettingsFile(file)), connections);
      const summary = await json("batch", "--endpoints", file, ...out);
      assert.equal(summary.reconciled, true);
      for (const conn of idle) conn.close();
      child.kill("SIGINT");
      const { code, stderr } = await ended(child);
      assert.equal(code, 0, stderr);
      const told = stderr.split("\n").filter((line) => /^Port \d+: \d+ connections/.test(line));
      assert.ok(told.length > 0 && told.length < 30, stderr);
    }));
}
