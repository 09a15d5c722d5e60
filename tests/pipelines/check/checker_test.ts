/** Checker: the order of what is told, what is skipped, and what is kept between two checks. */
import assert from "node:assert/strict";
import { openChecker } from "../../../pipelines/check/checker.ts";
import { readProject } from "../../../pipelines/check/project.ts";
import { runChecks } from "../../../pipelines/check/mod.ts";
import type { Result } from "../../../pipelines/check/results.ts";
import { select } from "../../../pipelines/check/select.ts";
import { inFolderOf, twoModels, write } from "./folder.ts";

function shown(results: readonly Result[]): string[] {
  return results.map(({ kind, status, name }) => `${kind} ${status} ${name.replace(/.*\//, "")}`);
}

Deno.test("models are told first, then cases, then audits, and what passed is there too", () =>
  inFolderOf(twoModels, async (dir) => {
    const { ok, totals, results } = await runChecks({ folder: `${dir}/sql` });
    assert.equal(ok, true);
    assert.deepEqual(shown(results).slice(0, 4), [
      "model passed doubled.sql",
      "model passed large.sql",
      "test passed doubles",
      "test passed begins above ten",
    ]);
    assert.deepEqual([totals.models, totals.tests, totals.audits], [2, 2, 1]);
  }));

Deno.test("the cases of a model that the linter refuses are skipped, others are not", () =>
  inFolderOf(twoModels, async (dir) => {
    const file = `${dir}/sql/doubled.sql`;
    const text = await Deno.readTextFile(file);
    await Deno.writeTextFile(file, text.replace("n * 2", "n ** 2"));
    const { ok, results } = await runChecks({ folder: `${dir}/sql` });
    assert.equal(ok, false);
    const tests = shown(results.filter(({ kind }) => kind === "test"));
    assert.deepEqual(tests, ["test skipped doubles", "test passed begins above ten"]);
    const [refused] = results.filter(({ status }) => status === "failed");
    assert.match(refused?.file ?? "", /doubled[.]sql$/);
    assert.deepEqual([refused?.line, refused?.column], [9, 7]);
    assert.match(refused?.message ?? "", /; write a product/);
  }));

Deno.test("fail-fast begins nothing more after a failure", () =>
  inFolderOf(twoModels, async (dir) => {
    await write(dir, { "sql/none.sql": "select 1 as n\n" });
    const { isStopped, results } = await runChecks({ folder: `${dir}/sql`, failFast: true });
    assert.equal(isStopped, true);
    assert.deepEqual(shown(results), ["file failed none.sql"]);
  }));

Deno.test("a second check sees what has changed since the first, in models and in samples", () =>
  inFolderOf(twoModels, async (dir) => {
    const folder = `${dir}/sql`;
    await using checker = await openChecker({ sessions: 2 });
    const audited = async () => {
      const project = await readProject({ folder });
      const results = await checker.check(project, select(project, []));
      return results.filter(({ kind }) => kind === "audit").map(({ status }) => status);
    };
    assert.deepEqual(await audited(), ["passed"]);
    await write(dir, { "sql/samples/numbers.csv": "n\n1\n60\n" });
    assert.deepEqual(await audited(), ["failed"]);
    await write(dir, { "sql/samples/numbers.csv": "n\n1\n50\n" });
    assert.deepEqual(await audited(), ["passed"]);
    const text = await Deno.readTextFile(`${folder}/doubled.sql`);
    await write(dir, { "sql/doubled.sql": text.replace("n * 2", "n * 3") });
    assert.deepEqual(await audited(), ["failed"]);
  }));
