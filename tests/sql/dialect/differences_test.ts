/** Every line of the table of differences is bridged as it says, or refused. */
import assert from "node:assert/strict";
import { openDuckDb } from "../../../pipelines/warehouse/duckdb.ts";
import { lint } from "../../../sql/dialect/mod.ts";
import { answers, ourAnswer } from "./answers.ts";
import { differences, refusedStatements } from "./differences.ts";

Deno.test("what the table of differences calls bridged or the same has Spark's answer", () => {
  const answered = new Set(answers.map(([expression]) => expression));
  const bridged = differences.filter(({ how }) => !how.startsWith("refused"));
  assert.deepEqual(bridged.filter(({ example }) => !answered.has(example)), []);
});

Deno.test("what the table of differences calls refused is refused by the linter", () => {
  const refused = differences.filter(({ how }) => how === "refused");
  const passed = refused.filter(({ example }) => lint(`select ${example} as v`).length === 0);
  assert.deepEqual(passed, []);
});

Deno.test("what only types can tell is refused by the engine, with what to write instead", async () => {
  await using warehouse = await openDuckDb({ threads: 1 });
  for (const { how, example } of differences) {
    if (how !== "refused at run") continue;
    assert.deepEqual([example, lint(`select ${example} as v`)], [example, []]);
    assert.deepEqual([example, await ourAnswer(warehouse, example, "void")], [example, "error"]);
  }
});

for (const sql of refusedStatements) {
  Deno.test(`lint refuses the statement ${sql}`, () => assert.notDeepEqual(lint(sql), []));
}
