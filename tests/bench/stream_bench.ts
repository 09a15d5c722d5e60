/**
 * `stream` as people run it, everything of it and of the simulated cloud in one process:
 *
 *   sustained   5,000 records/s for 60 s: p95 from post to visible commit (target: under 2 s), and
 *               memory by the second (target: no growth once it is warm)
 *   flat out    as fast as it goes (target: 20,000 records/s over the three streams)
 *
 * The peer beside it is the batch pipeline over the same posts: its ingest and landing take the
 * same rows through the same gateway into Kafka and S3.
 */
import type { BatchSummary } from "../../pipelines/batch/summary.ts";
import type { StreamSummary } from "../../pipelines/stream/summary.ts";

const main = new URL("../../main.ts", import.meta.url).pathname;
/** As in the tasks of deno.json. */
const flags = [
  ...["--v8-flags=--max-semi-space-size=16", "--no-prompt", "--allow-net=127.0.0.1"],
  ...["--allow-env", "--allow-sys", "--allow-ffi", "--allow-read", "--allow-write"],
];
const folder = await Deno.makeTempDir({ prefix: "bench-" });

interface Ran<Summary> {
  summary: Summary;
  /** Resident memory in MiB, once a second. */
  residentMib: number[];
}

async function pipeline<Summary>(...words: string[]): Promise<Ran<Summary>> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", ...flags, main, ...words, "--out", folder, "--json"],
    env: { MALLOC_ARENA_MAX: "2" },
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const residentMib: number[] = [];
  const timer = setInterval(() => residentMib.push(...residentOf(child.pid)), 1000);
  const { code, stdout, stderr } = await child.output();
  clearInterval(timer);
  if (code !== 0) throw new Error(new TextDecoder().decode(stderr));
  return { summary: JSON.parse(new TextDecoder().decode(stdout)), residentMib };
}

/** In MiB; nothing of a process that has gone, or where there is no such file system. */
function residentOf(pid: number): number[] {
  try {
    const pages = Deno.readTextFileSync(`/proc/${pid}/statm`).split(" ")[1];
    return [Math.round(Number(pages) * 4096 / 2 ** 20)];
  } catch {
    return [];
  }
}

function print(what: string, { recordsPerSecond, latencyMs, commits, ...of }: StreamSummary): void {
  const latencies = Object.entries(latencyMs ?? {}).map(([name, ms]) =>
    `${name} ${ms.toFixed(0)} ms`
  );
  console.log(
    `${what.padEnd(12)} ${recordsPerSecond.toLocaleString("en-GB")} records/s, post to commit ` +
      `${latencies.join(", ") || "not measured"}, ${commits} commits, peak ${
        (of.peakRssBytes / 2 ** 20).toFixed(0)
      } MiB, ` +
      `reconciled ${of.reconciled}`,
  );
}

try {
  for (const limits of ["off", "off", "on"] as const) {
    const { summary } = await pipeline<StreamSummary>(
      ...["stream", "--rows", "60000", "--limits", limits],
    );
    print(`flat out${limits === "on" ? ", limits" : ""}`, summary);
    if (limits === "on") break;
  }
  const { summary: batch } = await pipeline<BatchSummary>("batch", "--rows", "60000");
  const moving = Math.max(batch.seconds.ingest ?? 0, batch.seconds.land ?? 0);
  const rows = 60_000 * 3;
  console.log(
    `peer         batch, ingest and land alone: ${
      Math.round(rows / moving).toLocaleString("en-GB")
    } records/s`,
  );
  const { summary, residentMib } = await pipeline<StreamSummary>(
    ...["stream", "--for", "60s", "--rate", "5000"],
  );
  print("sustained", summary);
  const resident = [10, 20, 30, 40, 50, 60].filter((second) => second in residentMib)
    .map((second) => `${residentMib[second]} MiB at ${second} s`);
  console.log(`             resident: ${resident.join(", ") || "not measured"}`);
} finally {
  await Deno.remove(folder, { recursive: true });
}
