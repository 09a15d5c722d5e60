/**
 * Simulator and stream die together at each step in turn, as kill -9 ends them, and are started
 * again on the same folder: at the end every post is in its table once, every reject once.
 */
import assert from "node:assert/strict";
import { type Step, steps } from "../../pipelines/steps.ts";
import { type Ended, ended, inFolder, permissions } from "./harness.ts";
import { bucketTables, tally } from "./stream_checks.ts";
import type { ChildPlan, ChildReport } from "./stream_child.ts";
import { dirtySource, type Lines } from "./stream_source.ts";

const childProgram = new URL("stream_child.ts", import.meta.url).pathname;

const posts = 50;

/** The second death comes at this occurrence of the step, counted from the restart. */
const later: Record<Step, number> = {
  "put-unacknowledged": 3,
  "records-read": 5,
  "rejects-committed": 3,
  "parquet-written": 6,
  "commit-staged": 5,
  "commit-stored": 7,
  "before-mirror": 4,
  "mirror-staged": 5,
  "checkpoint-staged": 3,
  "checkpoint-stored": 4,
  "compaction-staged": 1,
};

/** Other code runs there when the tables stand in a folder. */
const stepsOfStorage = [
  "commit-staged",
  "commit-stored",
  "mirror-staged",
  "checkpoint-stored",
] as const satisfies Step[];

async function live(plan: ChildPlan): Promise<Ended & { signal: Deno.Signal | null }> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", ...permissions, "--allow-run", childProgram, JSON.stringify(plan)],
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const end = await ended(child);
  return { ...end, signal: (await child.status).signal };
}

interface World {
  plan: Omit<ChildPlan, "kill">;
  lines: Lines;
}

async function world(folder: string, deltaDir: string | null): Promise<World> {
  const source = `${folder}/source`;
  const lines = await dirtySource({ posts, seed: 5, dir: source });
  return { plan: { data: `${folder}/data`, source, deltaDir }, lines };
}

async function die({ plan }: World, step: Step, nth: number): Promise<void> {
  const { signal, stderr, stdout } = await live({ ...plan, kill: { step, nth } });
  assert.equal(signal, "SIGKILL", `never at ${step} no. ${nth}: ${stderr}${stdout}`);
}

async function liveOn({ plan, lines }: World): Promise<void> {
  const { code, stdout, stderr } = await live({ ...plan, kill: null });
  assert.equal(code, 0, stderr);
  const { id, proof }: ChildReport = JSON.parse(stdout);
  const delta = plan.deltaDir ?? bucketTables(plan.data, id);
  const found = await tally({ id, data: plan.data, delta }, lines);
  const [lost, doubled] = [0, 0];
  assert.deepEqual(found, { ...found, out: found.in, lost, doubled });
  assert.equal(proof.reconciled, true, JSON.stringify(proof.problems));
  for (const table of ["pin", "geo", "user"] as const) {
    const { posted, read, committed, duplicates, rejected } = proof.hops;
    assert.equal(posted[table], lines[table].length);
    assert.equal(read[table], found.records[table]);
    assert.equal(read[table], committed[table] + duplicates[table] + rejected[table]);
    assert.equal(committed[table], posts);
  }
}

for (const step of Object.keys(steps) as Step[]) {
  Deno.test(`killed twice at ${step}, a stream ends with every row once`, () =>
    inFolder(async (folder) => {
      const around = await world(folder, null);
      await die(around, step, 1);
      await die(around, step, later[step]);
      await liveOn(around);
    }));
}

for (const step of stepsOfStorage) {
  Deno.test(`killed at ${step} of tables in a folder, a stream ends with every row once`, () =>
    inFolder(async (folder) => {
      const around = await world(folder, `${folder}/tables`);
      await die(around, step, later[step]);
      await liveOn(around);
    }));
}
