/**
 * Generating the source: seconds and peak memory. In the same run: the bytes alone, as the floor.
 *
 *   deno run … tests/bench/generate_bench.ts [posts, default 1000000] [format, default jsonl]
 */
import { join } from "node:path";
import process from "node:process";
import { generateSource } from "../../fixtures/generate.ts";

if (import.meta.main) {
  const posts = Number(Deno.args[0] ?? 1_000_000);
  const format = Deno.args[1] === "csv" ? "csv" : "jsonl";
  const dir = await Deno.makeTempDir();
  try {
    const seconds = await time(async () =>
      void await generateSource({ posts, seed: 1, dir, format })
    );
    const peak = process.resourceUsage().maxRSS * 1024;
    const files = [...Deno.readDirSync(dir)].map(({ name }) => join(dir, name));
    const bytes = files.reduce((sum, file) => sum + Deno.statSync(file).size, 0);
    const floor = await time(async () => {
      for (const file of files) await Deno.copyFile(file, `${file}.copy`);
    });
    const perSecond = Math.round(posts / seconds);
    console.log(`${posts} posts as ${format}: ${seconds.toFixed(2)} s, ${perSecond} posts/s`);
    console.log(`${(bytes / 2 ** 20).toFixed(0)} MiB; copying them: ${floor.toFixed(2)} s`);
    console.log(`peak memory ${(peak / 2 ** 20).toFixed(0)} MiB`);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

async function time(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}
