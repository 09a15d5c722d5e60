/** Every change to a model of sql/ is noticed by its tests, or excused beside it with a reason. */
import assert from "node:assert/strict";
import { openChecker } from "../../pipelines/check/checker.ts";
import { mutate } from "../../pipelines/check/mutate.ts";
import { readProject } from "../../pipelines/check/project.ts";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));

Deno.test("no mutant of sql/ survives its tests, and no excuse is out of date", async () => {
  await using checker = await openChecker();
  const project = await readProject({ folder: `${root}sql` });
  const { mutants, results } = await mutate(checker.sessions, project, [...project.models.keys()]);
  assert.ok(mutants > 800, `${mutants} mutants`);
  const told = results.map(({ file, line, message }) =>
    `${file.slice(root.length)}:${line} ${message}`
  );
  assert.deepEqual(told, []);
});
