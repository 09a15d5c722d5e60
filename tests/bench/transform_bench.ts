/**
 * How fast landed objects become answers, and how much memory that takes.
 *
 *   deno run <permissions> tests/bench/transform_bench.ts [posts] [records per object]
 *
 * The objects are files, so that what is measured is the stage itself; the floor printed beside it
 * is reading the same files and doing nothing with them.
 */
import { geo, id, landedKey, lines, pin, user } from "../pipelines/batch/landed_objects.ts";
import { transform } from "../../pipelines/batch/transform.ts";
import type { Objects } from "../../pipelines/clients/s3.ts";
import { contentHash } from "../../pipelines/record/content.ts";
import { ledgerPaths } from "../../pipelines/record/ledger.ts";
import { reconcile } from "../../pipelines/batch/reconcile.ts";
import { tableNames } from "../../pipelines/tables.ts";

const row = {
  pin: (index: number) =>
    pin(index, {
      title: `A title of about the usual length, number ${index * 7919 % 1_000_003}`,
      description:
        `What post ${index} is about: words enough to fill a line or two of a page, as ` +
        "the posts of the course have it, and then some more of them…",
      tag_list: "alpha tag,beta tag,gamma tag,delta tag,epsilon tag,zeta tag,eta tag,theta,iota",
      image_src: `https://images.example/originals/aa/bb/cc/${index * 104729 % 1_000_003}.jpg`,
      category: ["art", "beauty", "travel", "vehicles"][index % 4],
    }),
  geo,
  user,
};

/** Writes the objects and ledgers of a run; in a process of its own, whose memory is not measured. */
async function generate(folder: string, postCount: number, perObject: number): Promise<void> {
  for (const table of tableNames) {
    const ledger = await Deno.create(`${folder}/posted-${table}.csv`);
    for (let start = 0; start < postCount; start += perObject) {
      const count = Math.min(perObject, postCount - start);
      const rows = Array.from({ length: count }, (_, at) => row[table](start + at));
      const path = `${folder}/${landedKey(table, 0, start)}`;
      if (start === 0) await Deno.mkdir(path.replace(/[/][^/]*$/, ""), { recursive: true });
      await Deno.writeFile(path, lines(rows));
      const entries = rows.map((row, at) =>
        `${start + at},${contentHash(table, row)},0,${start + at}\n`
      );
      await ledger.write(new TextEncoder().encode(entries.join("")));
    }
    ledger.close();
  }
}

/** Files as objects: what a store on this machine costs at least. */
function files(folder: string): Pick<Objects, "get" | "list"> {
  return {
    get: async (key) => (await Deno.open(`${folder}/${key}`)).readable,
    async *list(prefix) {
      const below = `${prefix}partition=0/`;
      try {
        for await (const { name } of Deno.readDir(`${folder}/${below}`)) {
          const { size } = await Deno.stat(`${folder}/${below}${name}`);
          yield { key: below + name, size };
        }
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      }
    },
  };
}

async function readAll(objects: Pick<Objects, "get" | "list">): Promise<number> {
  let bytes = 0;
  for (const table of tableNames) {
    for await (const { key } of objects.list(`topics/${id}.${table}/`)) {
      for await (const chunk of (await objects.get(key))!) bytes += chunk.length;
    }
  }
  return bytes;
}

async function timed<T>(work: () => Promise<T>): Promise<[T, number]> {
  const startMs = performance.now();
  const value = await work();
  return [value, (performance.now() - startMs) / 1000];
}

async function measure(folder: string, postCount: number): Promise<void> {
  const objects = files(folder);
  const [bytes, floor] = await timed(() => readAll(objects));
  const steps = new Map<string, number>();
  const startMs = performance.now();
  const [batch, seconds] = await timed(() =>
    transform(objects, {
      id,
      outDir: `${folder}/out`,
      tell: {
        stage({ stage, note = "" }) {
          steps.set(`${stage} ${note}`, (performance.now() - startMs) / 1000);
        },
      },
    })
  );
  const [proof, proving] = await timed(() =>
    reconcile(batch, {
      source: { pin: postCount, geo: postCount, user: postCount },
      ledgers: ledgerPaths(folder),
    })
  );
  await batch[Symbol.asyncDispose]();
  for (const [step, at] of steps) console.log(`  ${at.toFixed(2)} s  ${step}`);
  console.log(`${postCount} posts, ${(bytes / 1e6).toFixed(0)} MB, reconciled ${proof.reconciled}`);
  console.log(`  reading the objects  ${floor.toFixed(2)} s (the floor)`);
  console.log(`  transform            ${seconds.toFixed(2)} s`);
  console.log(`  records per second   ${(3 * postCount / seconds).toFixed(0)}`);
  console.log(`  proof                ${proving.toFixed(2)} s`);
  console.log(`  peak RSS             ${(process.resourceUsage().maxRSS / 1e3).toFixed(0)} MB`);
}

if (import.meta.main) {
  const [posts = "1000000", perObject = "10000", folder] = Deno.args;
  if (folder !== undefined) await generate(folder, Number(posts), Number(perObject));
  else {
    const made = await Deno.makeTempDir();
    try {
      const args = ["run", "--allow-read", "--allow-write", import.meta.filename ?? ""];
      const generating = new Deno.Command(Deno.execPath(), {
        args: [...args, posts, perObject, made],
      });
      await generating.output();
      await measure(made, Number(posts));
    } finally {
      await Deno.remove(made, { recursive: true });
    }
  }
}
