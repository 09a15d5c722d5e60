/** Our own sql/: every file passes its own linter, declares its output, and runs on nothing. */
import assert from "node:assert/strict";
import { describeProblem, lint } from "../../sql/dialect/mod.ts";
import { openDuckDb } from "../../pipelines/warehouse/duckdb.ts";
import { modelsByName, questionsOf, readModels } from "../../pipelines/warehouse/models.ts";
import { looksAtClock } from "../../pipelines/check/clock.ts";
import { readProject } from "../../pipelines/check/project.ts";
import { runCase } from "../../pipelines/check/run_case.ts";
import { fileURLToPath } from "node:url";
import { fill } from "./checkmodel.ts";

const folder = new URL("../../sql", import.meta.url);

/** In the order of the course's brief. */
const course = [
  "most_popular_category_by_country",
  "posts_by_category_and_year",
  "most_popular_category_by_year",
  "most_followed_user_by_country",
  "most_followed_country",
  "most_popular_category_by_age_group",
  "median_followers_by_age_group",
  "users_joined_by_year",
  "median_followers_by_join_year",
  "median_followers_by_join_year_and_age_group",
];

Deno.test("sql/ has the three clean models with audits, and the course's questions in their order", async () => {
  const models = await readModels(folder);
  const clean = models.filter(({ group }) => group === "clean");
  assert.deepEqual(clean.map(({ name }) => name).sort(), ["geo", "pin", "user"]);
  assert.ok(clean.every(({ audit }) => audit !== null));
  const questions = questionsOf(await modelsByName(folder)).map(({ name }) => name);
  assert.deepEqual(questions.slice(0, course.length), course);
});

Deno.test("the linter finds nothing in sql/", async () => {
  for (const { file, text, audit } of await readModels(folder)) {
    assert.deepEqual(lint(text).map((problem) => describeProblem(file, problem)), []);
    if (audit === null) continue;
    assert.deepEqual(lint(audit.text).map((problem) => describeProblem(audit.file, problem)), []);
  }
});

Deno.test("no model of sql/ looks at the clock: it gives the same rows tomorrow", async () => {
  const models = await readModels(folder);
  assert.deepEqual(models.filter(({ text }) => looksAtClock(text)).map(({ name }) => name), []);
});

Deno.test("every model and audit of sql/ runs over empty tables and finds nothing", async () => {
  await using warehouse = await openDuckDb({ threads: 1 });
  for (const { name, file, text, header, audit } of await readModels(folder)) {
    for (const { table, columns } of header.inputs) {
      if (columns !== null) await fill(warehouse, table, columns, []);
    }
    await warehouse.model(name, text, { as: "table", file });
    assert.deepEqual(await warehouse.rows(`SELECT * FROM "${name}"`), []);
    if (audit === null) continue;
    assert.deepEqual(await warehouse.audit(audit.text, audit.file), { broken: [], warnings: [] });
  }
});

Deno.test("every test file of tests/sql can be read, and every case in it holds", async () => {
  const project = await readProject({ folder: fileURLToPath(folder) });
  assert.deepEqual(project.problems, []);
  assert.ok(project.cases.length >= 50);
  const tested = new Set(project.cases.map(({ model }) => model));
  assert.deepEqual([...project.models.keys()].filter((name) => !tested.has(name)), []);
  await using warehouse = await openDuckDb({ threads: 1 });
  for (const test of project.cases) {
    const { ok, problems, differences } = await runCase(warehouse, project, test);
    assert.ok(ok, `${test.file}:${test.line} ${JSON.stringify([problems, differences])}`);
  }
});
