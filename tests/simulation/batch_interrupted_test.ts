/**
 * The batch pipeline stopped in the middle: Ctrl-C, kill -9 at moments that a seed decides, and a
 * disk that is full. Going on with the same folder must end with everything there exactly once.
 */
import assert from "node:assert/strict";
import { worldFromSeed } from "../../sim/world.ts";
import {
  answersOf,
  answersOver,
  commandLine,
  each,
  ended,
  inFolder,
  json,
  postsIn,
  run,
  start,
  type Summary,
  until,
} from "./harness.ts";

const posts = 3000;

/** Small requests and objects, so that there is much that can be cut in the middle. */
async function flagsIn(folder: string): Promise<string[]> {
  return [
    ...await postsIn(folder, posts),
    ...["--out", `${folder}/out`, "--data", `${folder}/data`],
    ...["--batch-size", "40", "--flush-size", "55"],
  ];
}

function assertComplete(summary: Summary): void {
  assert.equal(summary.reconciled, true, JSON.stringify(summary.problems));
  assert.deepEqual(summary.hops["posted"], each(posts));
  assert.deepEqual(summary.hops["cleaned"], each(posts));
  assert.deepEqual(summary.hops["rejected"], each(0));
}

/** How much a ledger holds: the sign that ingest is in the middle of its work. */
async function ledgerBytes(folder: string): Promise<number> {
  const ledger = await Deno.stat(`${folder}/data/run/posted-pin.csv`).catch(() => null);
  return ledger?.size ?? 0;
}

Deno.test("Ctrl-C ends with 130, and the next run goes on without loss or doubling", () =>
  inFolder(async (folder) => {
    const flags = await flagsIn(folder);
    const child = start("batch", ...flags);
    await until("ingest has begun", async () => await ledgerBytes(folder) > 2000);
    child.kill("SIGINT");
    const { code, stderr } = await ended(child);
    assert.equal(code, 130, stderr);
    assert.match(stderr, /Stopped\. .*the same command with --data \S+\/data goes on/);
    const summary = await json("batch", ...flags);
    assertComplete(summary);
    assert.ok(summary.thisRun["posted"]!.pin < posts, "nothing was kept of the first run");
    assert.deepEqual(await answersOf(`${folder}/out`), await answersOver(posts));
  }));

Deno.test("kill -9 at any moment, again and again, loses and doubles nothing", () =>
  inFolder(async (folder) => {
    const flags = await flagsIn(folder);
    const random = worldFromSeed(20).random("moment of the kill");
    for (let round = 0; round < 5; round++) {
      const child = start("batch", ...flags);
      const before = await ledgerBytes(folder);
      await until(
        "ingest goes on",
        async () => await ledgerBytes(folder) > before || await isOver(child),
      );
      await new Promise((resolve) => setTimeout(resolve, random() * 250));
      if (!await isOver(child)) child.kill("SIGKILL");
      await ended(child);
    }
    assertComplete(await json("batch", ...flags));
    assert.deepEqual(await answersOf(`${folder}/out`), await answersOver(posts));
  }));

/** Whether a process has ended by itself. */
async function isOver(child: Deno.ChildProcess): Promise<boolean> {
  const running = Symbol("running");
  const now = new Promise((resolve) => setTimeout(resolve, 0, running));
  return await Promise.race([child.status, now]) !== running;
}

Deno.test("a file that may not grow ends the run with 1 and a sentence; more room mends it", () =>
  inFolder(async (folder) => {
    const flags = await flagsIn(folder);
    // ulimit counts blocks of 512 bytes in sh: no file may pass 200 KiB. With SIGXFSZ ignored
    // the write fails with EFBIG, as a full disk fails with ENOSPC.
    const limited = `trap '' XFSZ; ulimit -f 400; exec "$0" "$@"`;
    const startMs = Date.now();
    const child = new Deno.Command("sh", {
      args: ["-c", limited, Deno.execPath(), ...commandLine("batch", ...flags)],
      env: { NO_COLOR: "1" },
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const { code, stderr } = await ended(child);
    assert.equal(code, 1, stderr);
    assert.match(stderr, /^Error: The disk takes no more: a limit on the size of files.*write/m);
    assert.match(stderr, /the same command with --data \S+\/data goes on/);
    assert.ok(Date.now() - startMs < 55_000, "it tried until it gave up");
    assert.doesNotMatch(stderr, /^\s+at /m);
    assertComplete(await json("batch", ...flags));
  }));

Deno.test("a folder in use by another run is refused, not shared", () =>
  inFolder(async (folder) => {
    const flags = await flagsIn(folder);
    const child = start("batch", ...flags);
    await until("the first run has begun", async () => await ledgerBytes(folder) > 0);
    const second = await run("batch", ...flags);
    child.kill("SIGKILL");
    await ended(child);
    assert.equal(second.code, 2);
    assert.match(second.stderr, /in use by another run/);
  }));
