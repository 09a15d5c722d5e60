/**
 * How long until the whole simulated cloud answers: from the start of the process to the answer
 * of the last port, beside an empty program (the floor). Target: under 150 ms.
 */
import { performance } from "node:perf_hooks";
import { median } from "./median.ts";

const rounds = 7;
const root = new URL("../..", import.meta.url).pathname;

/** Starts everything, connects to every port, and says how old the process is. */
const ready = `
import { startSim } from "${root}tests/start_sim.ts";
const dir = Deno.makeTempDirSync();
const sim = await startSim({ dir, seed: 1, id: "0a1b2c3d4e5f" });
const started = performance.timeOrigin + performance.now();
const s = sim.settings;
const ports = [s.MYSQL_TCP_PORT, s.KAFKA_BROKERS.split(":")[1],
  ...[s.KAFKA_REST_URL, s.GATEWAY_URL, s.AWS_ENDPOINT_URL_S3, s.AWS_ENDPOINT_URL_IAM,
    s.AWS_ENDPOINT_URL_STS].map((url) => new URL(url).port)];
await Promise.all(ports.map(async (port) =>
  (await Deno.connect({ hostname: "127.0.0.1", port: Number(port) })).close()));
console.log(performance.timeOrigin + performance.now());
await sim[Symbol.asyncDispose]();
Deno.removeSync(dir, { recursive: true });
`;

async function msUntil(program: string): Promise<number> {
  const path = await Deno.makeTempFile({ suffix: ".ts" });
  await Deno.writeTextFile(path, program);
  const startMs = performance.timeOrigin + performance.now();
  const { stdout, stderr, code } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--no-prompt", "--no-check", "--config", `${root}deno.json`],
      ...["--allow-net=127.0.0.1", "--allow-env", "--allow-sys", "--allow-ffi"],
      ...["--allow-read", "--allow-write", path],
    ],
  }).output();
  await Deno.remove(path);
  if (code !== 0) throw new Error(new TextDecoder().decode(stderr));
  return Number(new TextDecoder().decode(stdout)) - startMs;
}

const empty = "console.log(performance.timeOrigin + performance.now());";
const [floor, times]: [number[], number[]] = [[], []];
for (let round = 0; round < rounds; round++) {
  floor.push(await msUntil(empty));
  times.push(await msUntil(ready));
}
console.log(`empty program (floor)    ${median(floor).toFixed(0)} ms`);
console.log(`every port answers       ${median(times).toFixed(0)} ms   (target: under 300 ms)`);
