/**
 * The proof, seen from outside: when something is missing, altered or too large, the run says
 * where and what, and ends with 1.
 */
import assert from "node:assert/strict";
import { inFolder, json, postsIn, run, type Summary } from "./harness.ts";

/** The path of the first landed object of a table. */
function firstObject(folder: string, id: string, table: string): string {
  const topic = `${id}.${table}`;
  const key = `topics/${topic}/partition=0/${topic}+0+0000000000.json`;
  return `${folder}/data/s3/user-${id}-bucket/${key}`;
}

/** A finished run, something done to what it landed, and the run after that. */
async function spoiled(
  folder: string,
  spoil: (path: string) => Promise<void>,
): Promise<{ code: number; stderr: string; summary: Summary }> {
  const flags = [...await postsIn(folder, 90), "--flush-size", "30"];
  const folders = ["--out", `${folder}/out`, "--data", `${folder}/data`];
  const { id } = await json("batch", ...flags, ...folders);
  await spoil(firstObject(folder, id, "geo"));
  const { code, stdout, stderr } = await run("batch", ...flags, ...folders, "--json");
  return { code, stderr, summary: JSON.parse(stdout) };
}

Deno.test("a landed object that is gone is missed: exit 1, the hop, and its first rows", () =>
  inFolder(async (folder) => {
    const { code, stderr, summary } = await spoiled(folder, (path) => Deno.remove(path));
    assert.equal(code, 1);
    assert.equal(summary.reconciled, false);
    assert.equal(summary.hops["landed"]!.geo, 60);
    assert.match(stderr, /Does not add up: landed, geo: .*30/);
    assert.match(stderr, /"key":"0"/);
  }));

Deno.test("a landed value that was altered is found by its content", () =>
  inFolder(async (folder) => {
    const { code, stderr, summary } = await spoiled(folder, async (path) => {
      const lines = (await Deno.readTextFile(path)).split("\n");
      const row = JSON.parse(lines[4] ?? "");
      lines[4] = JSON.stringify({ ...row, country: "Atlantis" });
      await Deno.writeTextFile(path, lines.join("\n"));
    });
    assert.equal(code, 1);
    assert.equal(summary.reconciled, false);
    assert.deepEqual(summary.hops["landed"]!.geo, 90);
    assert.match(stderr, /Does not add up: landed, geo: /);
    assert.match(stderr, /"key":"4"/);
  }));

Deno.test("a record over 1 MiB is refused by the topic, named, and the rest arrives", () =>
  inFolder(async (folder) => {
    const source = await postsIn(folder, 20);
    const path = `${folder}/posts/pinterest_data.jsonl`;
    const lines = (await Deno.readTextFile(path)).split("\n");
    const row = JSON.parse(lines[3] ?? "");
    lines[3] = JSON.stringify({ ...row, description: "x".repeat(1_100_000) });
    await Deno.writeTextFile(path, lines.join("\n"));
    const { code, stdout, stderr } = await run(
      ...["batch", ...source, "--out", `${folder}/out`, "--json"],
    );
    assert.equal(code, 1);
    assert.match(stderr, /^Not posted: pin at 3: .*(large|max)/im);
    const { hops } = JSON.parse(stdout);
    assert.deepEqual(hops.source, { pin: 20, geo: 20, user: 20 });
    assert.deepEqual(hops.cleaned, { pin: 19, geo: 20, user: 20 });
  }));
