/** Watch: what a change concerns, and that it is looked at when a file is saved. */
import assert from "node:assert/strict";
import { openChecker } from "../../../pipelines/check/checker.ts";
import { readProject } from "../../../pipelines/check/project.ts";
import type { CheckResult } from "../../../pipelines/check/results.ts";
import { touched, watch } from "../../../pipelines/check/watch.ts";
import { inFolderOf, twoModels } from "./folder.ts";

/** Names of the models and cases that an edit of one file touches. */
async function touchedBy(path: string, edit: (text: string) => string) {
  const found = { models: [] as readonly string[], cases: [] as string[] };
  await inFolderOf(twoModels, async (dir) => {
    const before = await readProject({ folder: `${dir}/sql` });
    await Deno.writeTextFile(`${dir}/${path}`, edit(await Deno.readTextFile(`${dir}/${path}`)));
    const { models, cases } = touched(before, await readProject({ folder: `${dir}/sql` }));
    found.models = models;
    found.cases = cases.map(({ name }) => name);
  });
  return found;
}

Deno.test("a changed model touches itself and what reads it, a changed test its case alone", async () => {
  assert.deepEqual(await touchedBy("sql/doubled.sql", (text) => text.replace("* 2", "* 3")), {
    models: ["doubled", "large"],
    cases: ["doubles", "begins above ten"],
  });
  assert.deepEqual(await touchedBy("sql/large.sql", (text) => text.replace("> 10", "> 9")), {
    models: ["large"],
    cases: ["begins above ten"],
  });
  assert.deepEqual(await touchedBy("tests/sql/large.test", (text) => text.replace("11", "12")), {
    models: [],
    cases: ["begins above ten"],
  });
});

Deno.test("changed samples touch what reads them; moved lines and saved files touch nothing", async () => {
  const sampled = await touchedBy("sql/samples/numbers.csv", (text) => `${text}3\n`);
  assert.deepEqual(sampled.models, ["doubled", "large"]);
  const moved = await touchedBy("tests/sql/large.test", (text) => `# A comment.\n\n${text}`);
  assert.deepEqual(moved, { models: [], cases: [] });
  assert.deepEqual(await touchedBy("sql/large.sql", (text) => text), { models: [], cases: [] });
});

Deno.test("each save is checked: broken, mended, broken again as a file that cannot be read", () =>
  inFolderOf(twoModels, async (dir) => {
    const folder = `${dir}/sql`;
    const file = `${folder}/large.sql`;
    const right = await Deno.readTextFile(file);
    await using checker = await openChecker({ sessions: 1 });
    const project = await readProject({ folder });
    const stop = new AbortController();
    const results: CheckResult[] = [];
    let told = Promise.withResolvers<CheckResult>();
    const watching = watch(checker, project, {
      folder,
      signal: stop.signal,
      onEnd: (result) => {
        results.push(result);
        told.resolve(result);
      },
    });
    const saved = async (text: string | Uint8Array) => {
      told = Promise.withResolvers();
      await Deno.writeFile(file, typeof text === "string" ? new TextEncoder().encode(text) : text);
      return await told.promise;
    };
    const broken = await saved(right.replace("> 10", "> 20"));
    assert.deepEqual([broken.ok, broken.totals.models, broken.totals.tests], [false, 1, 1]);
    assert.equal((await saved(right)).ok, true);
    const unreadable = await saved(Uint8Array.of(0xff, 0xfe, 0x00));
    assert.equal(unreadable.ok, false);
    assert.equal((await saved(right)).ok, true);
    stop.abort();
    await watching;
    assert.equal(results.length, 4);
  }));
