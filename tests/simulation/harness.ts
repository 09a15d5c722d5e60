/**
 * A whole program as people run it: `main.ts` in a process of its own, with the permissions of
 * its task, and a folder of its own.
 */
import { generateSource } from "../../fixtures/generate.ts";

const main = new URL("../../main.ts", import.meta.url).pathname;

/** The permissions that deno.json gives to `task batch`. */
export const permissions = [
  ...["--no-prompt", "--allow-net=127.0.0.1", "--allow-env", "--allow-sys"],
  ...["--allow-ffi", "--allow-read", "--allow-write"],
];

export interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

/** Flags of `sim` for a free port of every service, in place of those that it has by default. */
export const freePorts: readonly string[] = [
  "mysql",
  "kafka",
  "kafkaRest",
  "kinesis",
  "gateway",
  "s3",
  "databricks",
  "iam",
  "sts",
  "kafkaTls",
  "kafkaScram",
  "kafkaIam",
]
  .flatMap((service) => ["--port", `${service}=0`]);

/** Arguments of `deno` for one command of the program. */
export function commandLine(...words: string[]): string[] {
  return ["run", ...permissions, main, ...words];
}

/** Starts one command; its output is piped. */
export function start(...words: string[]): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: commandLine(...words),
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** Waits for the end of a started command. */
export async function ended(child: Deno.ChildProcess): Promise<Ended> {
  const { code, stdout, stderr } = await child.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

/** Runs one command to its end. */
export async function run(...words: string[]): Promise<Ended> {
  return await ended(start(...words));
}

/** Runs a command that must end with 0, and gives its JSON. */
export async function json<T = Summary>(...words: string[]): Promise<T> {
  const { code, stdout, stderr } = await run(...words, "--json");
  if (code !== 0) throw new Error(`${words.join(" ")} ended with ${code}\n${stderr}\n${stdout}`);
  return JSON.parse(stdout);
}

/** What the tests look at in the JSON of `batch`. */
export interface Summary {
  ok: boolean;
  reconciled: boolean;
  id: string;
  hops: Record<string, Record<"pin" | "geo" | "user", number>>;
  thisRun: Record<string, Record<"pin" | "geo" | "user", number>>;
  answers: Record<string, { rows: number; file: string }>;
  rejects: { table: string; reason: string; count: number }[];
  problems: unknown[];
  seconds: Record<string, number>;
  files: Record<string, string>;
}

/** A folder that is gone afterwards. */
export async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await Deno.makeTempDir({ prefix: "pipeline-" });
  try {
    return await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/**
 * Flags for a source of so many posts, made in that folder: what a run generates itself is the
 * whole source, and most tests use a few rows of it.
 */
export async function postsIn(folder: string, posts: number): Promise<string[]> {
  const dir = `${folder}/posts`;
  await generateSource({ posts, seed: 1, dir });
  return ["--source", dir];
}

/** The ten answers of a run, as the text of their files. */
export async function answersOf(out: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for await (const { name } of Deno.readDir(`${out}/batch/answers`)) {
    if (name.endsWith(".csv")) {
      found[name] = await Deno.readTextFile(`${out}/batch/answers/${name}`);
    }
  }
  return found;
}

const undisturbed = new Map<number, Promise<Record<string, string>>>();

/** The answers of a run over so many posts (`postsIn`) that nothing disturbs; run once. */
export function answersOver(posts: number): Promise<Record<string, string>> {
  const answers = undisturbed.get(posts) ?? inFolder(async (folder) => {
    await json("batch", ...await postsIn(folder, posts), "--out", folder);
    return await answersOf(folder);
  });
  undisturbed.set(posts, answers);
  return answers;
}

/** The same count for each table. */
export function each(count: number): Record<"pin" | "geo" | "user", number> {
  return { pin: count, geo: count, user: count };
}

/** Waits until something is true, at most `limitMs`. */
export async function until(
  what: string,
  isTrue: () => boolean | Promise<boolean>,
  limitMs = 60_000,
): Promise<void> {
  const endMs = Date.now() + limitMs;
  while (!await isTrue()) {
    if (Date.now() > endMs) throw new Error(`${what}: not within ${limitMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
