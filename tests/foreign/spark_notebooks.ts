/** Runs generated notebooks on Apache Spark with Delta, in place of a Databricks workspace. */
import { deltaJars, deltaPython, java, mustRun } from "./tools.ts";

export const schema = "pinterest";

export interface Ran {
  cells: string[];
  /** Of SQL notebooks: by the title of the cell. */
  rows: Record<string, string[][]>;
}

export interface Run {
  notebook: string;
  [more: string]: unknown;
}

/** Runs notebooks one after the other in one Spark. */
export async function onSpark(folder: string, runs: readonly Run[]): Promise<Ran[]> {
  await java();
  const [python, jars] = [await deltaPython(), await deltaJars()];
  const cwd = await Deno.makeTempDir({ prefix: "spark-" });
  const plan = `${folder}/plan.json`;
  await Deno.writeTextFile(plan, JSON.stringify({ folder: `${folder}/warehouse`, schema, runs }));
  const script = new URL("./spark_notebook_judge.py", import.meta.url).pathname;
  try {
    const output = await mustRun(python, [script, jars, plan], {
      cwd,
      env: { TZ: "UTC", PYTHONDONTWRITEBYTECODE: "1", SPARK_LOCAL_IP: "127.0.0.1" },
      timeoutMs: 1_200_000,
    });
    const answer = output.split("\n").find((line) => line.startsWith("answer "));
    return JSON.parse((answer ?? "answer []").slice("answer ".length));
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
}
