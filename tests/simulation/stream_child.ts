/**
 * A run of the stream in a process of its own, the simulator with it, that ends itself as kill -9
 * would at a step that it is told: no destructor runs, nothing is flushed.
 *
 *   in    ChildPlan as JSON, the one argument
 *   out   ChildReport as JSON on standard output, if it lives to the end
 */
import { shellLines } from "../../pipelines/cli/settings_file.ts";
import { sourceFiles } from "../../pipelines/cli/source_folder.ts";
import type { Step } from "../../pipelines/steps.ts";
import { runStream } from "../../pipelines/stream/mod.ts";
import type { StreamProof } from "../../pipelines/stream/prove.ts";
import { readTarget } from "../../pipelines/target.ts";
import { startSim } from "../start_sim.ts";

export interface ChildPlan {
  data: string;
  /** Folder of the three tables. */
  source: string;
  /** Folder of the Delta tables; null: the bucket. */
  deltaDir: string | null;
  /** Ends the process when this step comes for the nth time; null: never. */
  kill: { step: Step; nth: number } | null;
}

export interface ChildReport {
  id: string;
  proof: StreamProof;
  /** How often each step came. */
  steps: Partial<Record<Step, number>>;
}

if (import.meta.main) {
  const report = await live(JSON.parse(Deno.args[0] ?? ""));
  console.log(JSON.stringify(report));
}

async function live(plan: ChildPlan): Promise<ChildReport> {
  const { data, source, deltaDir } = plan;
  await using sim = await startSim({
    dir: data,
    seed: 1,
    sources: [source],
  });
  await Deno.writeTextFile(`${data}/endpoints.env`, shellLines(sim.settings));
  await sim.loadSource(await sourceFiles(source));
  const target = readTarget("sim", sim.settings, "stream");
  const steps: Partial<Record<Step, number>> = {};
  // Pages that wait go into one commit. These are so small that there are eight files to compact
  // all the same, however many wait.
  const compacts = plan.kill?.step === "compaction-staged";
  const { proof } = await runStream(target, {
    source,
    stateDir: `${data}/stream`,
    outDir: `${data}/out`,
    rows: null,
    postsExpected: null,
    postForMs: null,
    recordsPerSecond: null,
    onward: null,
    answers: false,
    // Small, so that every step comes many times.
    batchSize: 15,
    pageRecords: compacts ? 4 : 12,
    flush: { records: compacts ? 3 : 12, bytes: 1e6, ageMs: 200 },
    maintenance: { checkpointEvery: 3, filesMax: 3 },
    deltaDir,
    bucketDir: null,
    acceptGap: false,
    giveUpAfterMs: 10_000,
    random: Math.random,
    stopPosting: new AbortController().signal,
    onStep(step) {
      const count = (steps[step] ?? 0) + 1;
      steps[step] = count;
      if (plan.kill?.step === step && plan.kill.nth === count) Deno.kill(Deno.pid, "SIGKILL");
    },
  });
  return { id: target.id, proof, steps };
}
