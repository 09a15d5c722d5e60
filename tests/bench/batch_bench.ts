/**
 * `batch` as people run it: 11,154 posts (target: under 5 s of wall time), then 100,000 and
 * 1,000,000 posts from files (targets: a million under 120 s and under 1 GiB, memory flat).
 *
 * The floor beside it: the same rows read by DuckDB alone, straight from the source files.
 */
import { DuckDBInstance } from "@duckdb/node-api";
import type { BatchSummary } from "../../pipelines/batch/summary.ts";

const main = new URL("../../main.ts", import.meta.url).pathname;
const permissions = [
  ...["--no-prompt", "--allow-net=127.0.0.1", "--allow-env", "--allow-sys"],
  ...["--allow-ffi", "--allow-read", "--allow-write"],
];
const folder = await Deno.makeTempDir({ prefix: "bench-" });

async function pipeline(...words: string[]) {
  const startMs = performance.now();
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", ...permissions, main, ...words, "--json"],
  }).output();
  if (code !== 0) throw new Error(new TextDecoder().decode(stderr));
  const summary: BatchSummary = JSON.parse(new TextDecoder().decode(stdout));
  return { summary, wallSeconds: (performance.now() - startMs) / 1000 };
}

/** Seconds that DuckDB needs to read the three files and count them: nothing can be faster. */
async function floorSeconds(dir: string): Promise<number> {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  const startMs = performance.now();
  for (const table of ["pinterest_data", "geolocation_data", "user_data"]) {
    await connection.run(
      `select count(distinct json) from read_json_objects('${dir}/${table}.jsonl')`,
    );
  }
  return (performance.now() - startMs) / 1000;
}

function print(what: string, wallSeconds: number, summary: BatchSummary): void {
  const { seconds, peakRssBytes, postsPerSecond, reconciled } = summary;
  const stages = Object.entries(seconds).map(([name, value]) =>
    `${name} ${Number(value).toFixed(1)}`
  );
  console.log(
    `${what.padEnd(18)} ${wallSeconds.toFixed(1)} s wall, ${postsPerSecond} posts/s, ` +
      `peak ${(peakRssBytes / 2 ** 20).toFixed(0)} MiB, reconciled ${reconciled}`,
  );
  console.log(`${" ".repeat(18)} ${stages.join(", ")}`);
}

try {
  const small = await pipeline("batch", "--out", `${folder}/small`);
  print("11,154 posts", small.wallSeconds, small.summary);
  for (const posts of [100_000, 1_000_000]) {
    const dir = `${folder}/source-${posts}`;
    await pipeline("generate", "--rows", String(posts), "--out", dir);
    const floor = await floorSeconds(dir);
    const large = await pipeline("batch", "--source", dir, "--out", `${folder}/large`);
    print(`${posts.toLocaleString("en-GB")} posts`, large.wallSeconds, large.summary);
    console.log(`${" ".repeat(18)} floor: DuckDB reads the source alone in ${floor.toFixed(1)} s`);
    await Deno.remove(dir, { recursive: true });
    await Deno.remove(`${folder}/large`, { recursive: true });
  }
} finally {
  await Deno.remove(folder, { recursive: true });
}
