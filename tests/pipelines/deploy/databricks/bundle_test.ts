/** The bundle, read by a YAML parser: what is in it, and that all it names is there. */
import assert from "node:assert/strict";
import { parse } from "yaml";
import { file, generated, id } from "./support.ts";

interface Task {
  task_key: string;
  depends_on?: { task_key: string }[];
  notebook_task: { notebook_path: string; warehouse_id?: string };
  job_cluster_key?: string;
}

interface Job {
  tasks: Task[];
  parameters: { name: string; default: string }[];
  max_concurrent_runs: number;
  job_clusters?: { job_cluster_key: string }[];
}

interface Bundle {
  bundle: { name: string };
  variables: Record<string, { description: string; default?: string }>;
  resources: { jobs: Record<string, Job> };
  targets: Record<string, { mode: string; default?: boolean }>;
}

async function bundle(): Promise<Bundle> {
  return parse(await file("databricks.yml"));
}

async function job(name: string): Promise<Job> {
  const found = (await bundle()).resources.jobs[name];
  assert.ok(found !== undefined);
  return found;
}

Deno.test("the batch job cleans the three tables side by side, then asks the questions", async () => {
  const { tasks } = await job("pinterest_batch");
  const cleans = ["clean_pin", "clean_geo", "clean_user"];
  assert.deepEqual(tasks.map(({ task_key }) => task_key), [...cleans, "questions"]);
  for (const { task_key, depends_on } of tasks) {
    const before = (depends_on ?? []).map(({ task_key }) => task_key);
    assert.deepEqual(before, task_key === "questions" ? cleans : []);
  }
});

Deno.test("every notebook that a task names is generated beside the bundle", async () => {
  const files = await generated();
  for (const { tasks } of Object.values((await bundle()).resources.jobs)) {
    for (const { notebook_task: { notebook_path: path } } of tasks) {
      assert.ok(files.has(path.replace(/^[.]\//, "")), path);
    }
  }
});

Deno.test("a job gives every parameter that its notebooks ask for", async () => {
  const files = await generated();
  for (const { tasks, parameters } of Object.values((await bundle()).resources.jobs)) {
    const given = parameters.map(({ name }) => name);
    for (const { notebook_task: { notebook_path: path } } of tasks) {
      const text = files.get(path.replace(/^[.]\//, "")) ?? "";
      const sql = [...text.matchAll(/identifier\(:(\w+)\)/g)].map(([, name]) => name);
      const python = [...text.matchAll(/widgets[.]text\("(\w+)", "(.*)"\)/g)]
        // What has a default that holds anywhere may be left to the notebook.
        .filter(([, , value]) => !/^[0-9]+ seconds$/.test(value ?? "")).map(([, name]) => name);
      for (const name of [...sql, ...python]) {
        assert.ok(given.includes(name ?? ""), `${path}: ${name}`);
      }
    }
  }
});

Deno.test("every variable that is used is declared, and every declared one is used", async () => {
  const text = await file("databricks.yml");
  const used = new Set([...text.matchAll(/\$\{var[.](\w+)\}/g)].map(([, name]) => name));
  assert.deepEqual([...used].sort(), Object.keys((await bundle()).variables).sort());
});

Deno.test("the stream runs once at a time on a cluster that the job declares", async () => {
  const { tasks: [task], job_clusters: clusters = [], max_concurrent_runs } = await job(
    "pinterest_stream",
  );
  assert.equal(max_concurrent_runs, 1);
  assert.deepEqual(clusters.map((each) => each.job_cluster_key), [task?.job_cluster_key]);
});

Deno.test("a bundle holds no workspace and no secret, and goes to dev by default", async () => {
  const { targets, bundle: { name } } = await bundle();
  assert.equal(name, `pinterest-${id}`);
  assert.deepEqual(
    Object.entries(targets).map(([target, { mode, default: first }]) => [target, mode, first]),
    [["dev", "development", true], ["prod", "production", undefined]],
  );
  assert.doesNotMatch(await file("databricks.yml"), /host:|token|password/i);
});
