/** Mutate: what survives, what an excuse is worth. */
import assert from "node:assert/strict";
import { openChecker } from "../../../pipelines/check/checker.ts";
import { mutate } from "../../../pipelines/check/mutate.ts";
import { readProject } from "../../../pipelines/check/project.ts";
import { inFolderOf, twoModels } from "./folder.ts";

async function mutated(dir: string, ...models: string[]) {
  await using checker = await openChecker();
  const project = await readProject({ folder: `${dir}/sql` });
  assert.deepEqual(project.problems, []);
  const { results, ...counts } = await mutate(checker.sessions, project, models);
  return { ...counts, told: results.map(({ line, message }) => `${line}: ${message}`) };
}

Deno.test("a mutant that a test notices is counted, one that none notices is told", () =>
  inFolderOf(twoModels, async (dir) => {
    const { told, ...counts } = await mutated(dir, "doubled", "large");
    // `n * 2`: division, 3 and 1. `twice > 10`: >=, <=, 11 and 9.
    assert.deepEqual(counts, { mutants: 7, noticed: 7, excused: 0 });
    assert.deepEqual(told, []);
    await Deno.writeTextFile(
      `${dir}/tests/sql/large.test`,
      "test is vague\n  given doubled\n    | n | twice |\n    | 6 | 12    |\n" +
        "  expect\n    | n |\n    | 6 |\n",
    );
    const vague = await mutated(dir, "large");
    assert.deepEqual(vague, {
      mutants: 4,
      noticed: 1,
      excused: 0,
      told: [
        "8: No test notices > -> >=\n  where twice >= 10",
        "8: No test notices 10 -> 11\n  where twice > 11",
        "8: No test notices 10 -> 9\n  where twice > 9",
      ],
    });
  }));

Deno.test("an excuse covers its mutant, and is itself refuted, out of date, or without reason", () =>
  inFolderOf({
    ...twoModels,
    "tests/sql/large.test":
      "test is vague\n  given doubled\n    | n | twice |\n    | 6 | 12    |\n" +
      "  expect\n    | n |\n    | 6 |\n",
    "sql/large.mutants": `# Excuses.

where twice >= 10
    because nobody is ten
where twice > 11
where twice <= 10
    because it is said
where thrice > 10
    because it was there once
`,
  }, async (dir) => {
    const { told, ...counts } = await mutated(dir, "large");
    assert.deepEqual(counts, { mutants: 4, noticed: 1, excused: 2 });
    assert.deepEqual(told, [
      "8: No test notices 10 -> 9\n  where twice > 9",
      "5: 'where twice > 11' gives no reason: write because … below",
      "6: A test notices 'where twice <= 10': take the entry out",
      "8: No mutant reads 'where thrice > 10' any more: take the entry out",
    ]);
  }));
