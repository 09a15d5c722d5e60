/**
 * Ctrl-C as people press it: in a terminal, through `deno task` (which hands it on up to three
 * times) and through the README's own `npx` (which waits, and then always ends with 130), and a
 * terminal that is closed in the middle.
 */
import assert from "node:assert/strict";
import { freePorts, inFolder, json, until } from "../simulation/harness.ts";
import { codeIn, ctrlC, openTerminal, type Terminal } from "./terminal.ts";

const root = new URL("../../", import.meta.url).pathname;

const launchers = {
  "deno task": { command: "deno task", codeOf: (code: number) => code },
  npx: { command: "npx -y deno@2.9.6 task", codeOf: () => 130 },
};

const slowly = {
  batch: "--rows 3000 --batch-size 20",
  stream: "--for 10m --rate 600",
};

function commandOf(launcher: keyof typeof launchers, words: string): string {
  const { command } = launchers[launcher];
  const path = `PATH="${Deno.execPath().replace(/\/[^/]*$/, "")}:$PATH"`;
  return `${path} ${command} ${words}`;
}

async function begun(folder: string, state: "run" | "stream"): Promise<void> {
  const ledger = `${folder}/sim/${state}/posted-pin.csv`;
  await until(
    "records are posted",
    () => Deno.stat(ledger).then(({ size }) => size > 2000, () => false),
    60_000,
  );
}

async function codeAfter(terminal: Terminal): Promise<number | null> {
  await until("the command ends", () => codeIn(terminal.shown()) !== null, 60_000);
  return codeIn(terminal.shown());
}

for (const [launcher, { codeOf }] of Object.entries(launchers)) {
  const name = launcher as keyof typeof launchers;

  Deno.test(`Ctrl-C once through ${launcher} ends a stream with its proof`, () =>
    inFolder(async (folder) => {
      const words = `stream ${slowly.stream} --out ${folder}`;
      await using terminal = openTerminal(commandOf(name, words), root);
      await begun(folder, "stream");
      await terminal.press(ctrlC);
      assert.equal(await codeAfter(terminal), codeOf(0), terminal.shown());
      assert.match(terminal.shown(), /Stopping: finishing what is on the way/);
      assert.match(terminal.shown(), /Reconciled: every post is in its table.*ended with/s);
      assert.doesNotMatch(terminal.shown(), /Left at once/);
    }));

  Deno.test(`Ctrl-C once through ${launcher} stops a batch, and --data goes on from there`, () =>
    inFolder(async (folder) => {
      const words = `batch ${slowly.batch} --out ${folder}`;
      await using terminal = openTerminal(commandOf(name, words), root);
      await begun(folder, "run");
      await terminal.press(ctrlC);
      assert.equal(await codeAfter(terminal), 130, terminal.shown());
      assert.match(terminal.shown(), /Stopped\. .*--data \S+\/sim goes on.*ended with/s);
      const { reconciled } = await json(
        "batch",
        "--rows",
        "3000",
        "--out",
        folder,
        "--data",
        `${folder}/sim`,
      );
      assert.equal(reconciled, true);
    }));

  Deno.test(`Ctrl-C once through ${launcher} ends the simulator`, () =>
    inFolder(async (folder) => {
      const words = `sim ${freePorts.join(" ")} --out ${folder}`;
      await using terminal = openTerminal(commandOf(name, words), root);
      await until("it runs", () => terminal.shown().includes("runs until Ctrl-C"), 60_000);
      await terminal.press(ctrlC);
      assert.equal(await codeAfter(terminal), codeOf(0), terminal.shown());
      assert.doesNotMatch(terminal.shown(), /Error|Left at once/);
    }));
}

Deno.test("a stream whose terminal is closed commits and proves what it has posted", () =>
  inFolder(async (folder) => {
    const words = `stream ${slowly.stream} --out ${folder}`;
    await using terminal = openTerminal(commandOf("deno task", words), root);
    await begun(folder, "stream");
    await terminal.close();
    const summary = `${folder}/stream/summary.json`;
    await until(
      "the proof is written",
      () => Deno.stat(summary).then(() => true, () => false),
      60_000,
    );
    const { ok, reconciled, hops } = JSON.parse(await Deno.readTextFile(summary));
    assert.deepEqual({ ok, reconciled }, { ok: true, reconciled: true });
    assert.deepEqual(hops.committed, hops.posted);
    // The folder is let go of when the process has ended, by itself.
    await json("stream", "--out", folder, "--data", `${folder}/sim`, "--for", "1s");
  }));
