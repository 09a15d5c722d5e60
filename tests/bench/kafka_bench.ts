/**
 * Kafka through a C client: kcat (librdkafka) produces and fetches 200-byte messages, beside the
 * same client on librdkafka's own mock broker, which keeps little and checks nothing (the peer).
 * Target: at least 700,000 messages a second each way.
 */
import { debian, mustRun } from "../foreign/tools.ts";
import { startSim } from "../start_sim.ts";

const messages = 3_000_000;
const folder = await Deno.makeTempDir({ prefix: "bench-" });
const kcat = await debian("kcat");
const line = "m".repeat(199) + "\n";
const input = `${folder}/messages`;
const tuned = ["-X", "linger.ms=50", "-X", "batch.num.messages=10000", "-X", "batch.size=1000000"];
const queued = [
  "-X",
  "queue.buffering.max.messages=1000000",
  "-X",
  "queue.buffering.max.kbytes=1000000",
];

async function writeInput(): Promise<void> {
  const block = new TextEncoder().encode(line.repeat(10_000));
  using file = await Deno.open(input, { write: true, create: true });
  for (let at = 0; at < messages / 10_000; at++) {
    for (let left: Uint8Array = block; left.length > 0;) {
      left = left.subarray(await file.write(left));
    }
  }
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await work();
  return (performance.now() - startMs) / 1000;
}

function print(what: string, time: number): void {
  const rate = Math.round(messages / time);
  const mebibytes = Math.round(rate * 200 / 2 ** 20);
  console.log(
    `${what.padEnd(34)} ${rate.toLocaleString("en-GB").padStart(10)} msg/s  ${mebibytes} MiB/s`,
  );
}

function shell(command: string): Promise<string> {
  return mustRun("sh", ["-c", command], { timeoutMs: 300_000 });
}

function produce(brokers: string, topic: string): Promise<string> {
  return shell(
    `${kcat} -P -b ${brokers} -t ${topic} ${[...tuned, ...queued].join(" ")} -l ${input}`,
  );
}

function consume(brokers: string, topic: string): Promise<string> {
  // With the default queue librdkafka 2.0 pauses a whole second whenever 100,000 messages wait.
  const wide = "-X fetch.max.bytes=50000000 -X max.partition.fetch.bytes=10000000 " +
    "-X queued.min.messages=5000000 -X queued.max.messages.kbytes=2000000";
  return shell(`${kcat} -C -b ${brokers} -t ${topic} -e -q ${wide} > ${folder}/out`);
}

try {
  await writeInput();
  print("reading the file alone (floor)", await seconds(() => shell(`cat ${input} > /dev/null`)));
  const mock = "-X test.mock.num.brokers=1";
  const peer = `${kcat} -P -b ignored ${mock} -t peer ${
    [...tuned, ...queued].join(" ")
  } -l ${input}`;
  print("produce to librdkafka's mock (peer)", await seconds(() => shell(peer)));
  await using sim = await startSim({ dir: `${folder}/sim`, seed: 1, autoCreateTopics: true });
  const brokers = sim.settings["KAFKA_BROKERS"] ?? "";
  await mustRun(kcat, ["-P", "-b", brokers, "-t", "bench"], { stdin: "" });
  print("produce to the simulator", await seconds(() => produce(brokers, "bench")));
  print("fetch from the simulator", await seconds(() => consume(brokers, "bench")));
  const { size } = await Deno.stat(`${folder}/out`);
  if (size !== messages * 200) throw new Error(`Fetched ${size} bytes of ${messages * 200}`);
} finally {
  await Deno.remove(folder, { recursive: true });
}
