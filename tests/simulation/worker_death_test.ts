/** What nobody caught in the simulator's Worker ends the process, and frees its folder. */
import assert from "node:assert/strict";
import { commandLine, ended, freePorts, inFolder } from "./harness.ts";

const preload = new URL("./dying_preload.ts", import.meta.url).pathname;

function startDying(by: string, afterMs: number, ...words: string[]): Deno.ChildProcess {
  const [run = "", ...rest] = commandLine(...words);
  return new Deno.Command(Deno.execPath(), {
    args: [run, "--preload", preload, ...rest],
    env: { NO_COLOR: "1", DIES_BY: by, DIES_AFTER_MS: String(afterMs) },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

const cases: [by: string, afterMs: number, words: string[]][] = [
  ["throwing", 0, ["sim", ...freePorts]],
  ["rejecting", 1500, ["sim", ...freePorts]],
  ["throwing", 1500, ["batch", "--rows", "all"]],
  ["rejecting", 1500, ["stream"]],
];

for (const [by, afterMs, words] of cases) {
  Deno.test(`${words[0]}: an error of the Worker, by ${by} after ${afterMs} ms, ends all with exit 1`, () =>
    inFolder(async (folder) => {
      const child = startDying(by, afterMs, ...words, "--data", `${folder}/data`);
      const { code, stderr } = await ended(child);
      assert.equal(code, 1, stderr);
      assert.match(stderr, /^Error: The simulated cloud has ended .*Nobody catches this/m);
      using lock = await Deno.open(`${folder}/data/.lock`, { write: true });
      assert.ok(lock.tryLockSync(true));
    }));
}
