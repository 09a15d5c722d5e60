/**
 * `task check` as people wait for it: 50 unit tests, the first failure, and one model in watch
 * mode; beside an empty program and a DuckDB that opens and answers once (the floors).
 * Targets: 3 s, 1 s after the start of the process, 300 ms after a file is saved.
 */
import { cp } from "node:fs/promises";
import { median } from "./median.ts";

const root = new URL("../..", import.meta.url).pathname;
const permissions = [
  ...["--no-prompt", "--allow-env", "--allow-sys", "--allow-ffi", "--allow-read", "--allow-write"],
];
const rounds = 5;

function line(name: string, ms: number, target = ""): void {
  console.log(`${name.padEnd(44)} ${ms.toFixed(0).padStart(6)} ms  ${target}`.trimEnd());
}

function start(...words: string[]): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", ...permissions, ...words],
    cwd: root,
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** Milliseconds until a program has ended, and what it wrote. */
async function whole(...words: string[]): Promise<{ ms: number; text: string }> {
  const startMs = performance.now();
  const { stdout } = await start(...words).output();
  return { ms: performance.now() - startMs, text: new TextDecoder().decode(stdout) };
}

/** Milliseconds until a program has written this. */
async function until(wanted: string, ...words: string[]): Promise<number> {
  const startMs = performance.now();
  const child = start(...words);
  const errors = child.stderr.cancel();
  let text = "";
  for await (const piece of child.stdout.pipeThrough(new TextDecoderStream())) {
    text += piece;
    if (text.includes(wanted)) break;
  }
  const ms = performance.now() - startMs;
  await Promise.all([errors, child.status]);
  return ms;
}

async function repeated(work: () => Promise<number>): Promise<number> {
  const values: number[] = [];
  for (let round = 0; round < rounds; round++) values.push(await work());
  return median(values);
}

/** A copy of sql/ with its tests, for a person to break. */
async function copyInto(dir: string): Promise<void> {
  for (const folder of ["sql/clean", "sql/questions", "tests/sql"]) {
    await cp(`${root}${folder}`, `${dir}/${folder}`, {
      recursive: true,
      filter: (path) => !path.endsWith(".ts"),
    });
  }
}

/** From a saved file to the line of counts, for a few changes that all make one test fail or not. */
async function watched(dir: string): Promise<number[]> {
  const file = `${dir}/sql/questions/users_joined_by_year.sql`;
  const text = await Deno.readTextFile(file);
  const child = start("main.ts", "check", `${dir}/sql`, "--watch");
  const errors = child.stderr.cancel();
  const output = child.stdout.pipeThrough(new TextDecoderStream())[Symbol.asyncIterator]();
  const ended = async () => {
    for (let seen = ""; !/audits?: .*[.] .* s\n/.test(seen);) {
      const { value, done } = await output.next();
      if (done) throw new Error(`The watch ended: ${seen}`);
      seen += value;
    }
  };
  await ended();
  await new Promise((resolve) => setTimeout(resolve, 500));
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const startMs = performance.now();
    await Deno.writeTextFile(file, round % 2 === 0 ? text.replace("2015", "2016") : text);
    await ended();
    times.push(performance.now() - startMs);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  child.kill("SIGINT");
  while (!(await output.next()).done);
  await Promise.all([errors, child.status]);
  return times;
}

const dir = await Deno.makeTempDir();
try {
  const empty = `${dir}/empty.ts`;
  await Deno.writeTextFile(empty, "console.log(1);");
  const engine = `${dir}/engine.ts`;
  await Deno.writeTextFile(
    engine,
    `import { DuckDBInstance } from "@duckdb/node-api";
     const db = await (await DuckDBInstance.create()).connect();
     console.log((await db.runAndReadAll("select 1")).getRows().length);
     Deno.exit(0);`,
  );
  const inProject = ["--config", `${root}deno.json`];
  line("empty program (floor)", await repeated(async () => (await whole(...inProject, empty)).ms));
  const floor = await repeated(async () => (await whole(...inProject, engine)).ms);
  line("DuckDB opens and answers (floor)", floor);

  const { text } = await whole("main.ts", "check", "--json");
  const { tests, models, audits } = JSON.parse(text).totals;
  const all = await repeated(async () => (await whole("main.ts", "check")).ms);
  line(`${models} models, ${tests} tests, ${audits} audits`, all, "(target: 50 tests in 3000)");

  await copyInto(dir);
  const broken = `${dir}/sql/questions/users_joined_by_year.sql`;
  const right = await Deno.readTextFile(broken);
  await Deno.writeTextFile(broken, right.replace("2020", "2021"));
  const first = await repeated(() => until("FAILED", "main.ts", "check", `${dir}/sql`));
  line("first failure, of the last model's tests", first, "(target: 1000)");
  await Deno.writeTextFile(broken, right);

  const times = await watched(dir);
  line("saved to checked, one model watched", median(times), "(target: 300)");
} finally {
  await Deno.remove(dir, { recursive: true });
}
