/**
 * Apache Spark in ANSI mode judges the dialect: what `sql/` says, and what single expressions say,
 * has to be the same on DuckDB. One session for all, because Spark takes long to start.
 */
import assert from "node:assert/strict";
import { type DuckDbWarehouse, openDuckDb } from "../../pipelines/warehouse/duckdb.ts";
import { lint, rewriteForDuckDb } from "../../sql/dialect/mod.ts";
import { answers, ourAnswer } from "../sql/dialect/answers.ts";
import { differences } from "../sql/dialect/differences.ts";
import {
  type Answers,
  askOfEach,
  cleanOnDuckDb,
  cleanOnSpark,
  Files,
  onDuckDb,
  onSpark,
} from "./spark_models.ts";
import { type Answer, SparkSql } from "./spark_sql.ts";
import { edgeWorld, smallWorld, sourceWorld } from "./spark_worlds.ts";

const smallWorlds = 200;
/** So many are asked about in one query: more makes it slow to plan. */
const together = 8;

Deno.test("Spark gives the same answers to the SQL of this project", async (t) => {
  await using spark = await SparkSql.start();
  await using warehouse = await openDuckDb({ threads: 1 });
  const files = await Files.read();
  const small = Array.from({ length: smallWorlds }, (_, seed) => smallWorld(seed));
  const worlds = {
    "500 posts of the source": sourceWorld(500),
    "all edges": edgeWorld(),
    [`${smallWorlds} small inputs as one`]: {
      pin: small.flatMap(({ pin }) => pin),
      geo: small.flatMap(({ geo }) => geo),
      user: small.flatMap(({ user }) => user),
    },
  };
  for (const [name, world] of Object.entries(worlds)) {
    await t.step(`every model and audit over ${name}`, async () => {
      sameAll(await onDuckDb(warehouse, files, world), await onSpark(spark, files, world));
    });
  }
  await t.step(`every model over each of ${smallWorlds} small inputs`, async () => {
    const theirs = await cleanOnSpark(spark, files, small);
    sameAll(await cleanOnDuckDb(warehouse, files, small), theirs);
    for (const question of files.questions) {
      for (let from = 0; from < smallWorlds; from += together) {
        const asked = Array.from({ length: together }, (_, at) => from + at);
        const sql = askOfEach(files, question, asked);
        const answer = await spark.answer(sql);
        const ours = await ourRows(warehouse, sql);
        assert.deepEqual([question.name, ours], [question.name, rowsOf(answer)]);
      }
    }
  });
  await t.step(
    `${answers.length} expressions`,
    async () => await sameExpressions(spark, warehouse),
  );
  await t.step(`${differences.length} lines of the table of differences`, async () => {
    await sameDifferences(spark, warehouse);
  });
  await t.step("a parameter by its name", async () => {
    const sql = "select :word as word, :number + 1 as number";
    const { rows } = await spark.answer(sql, { word: "it's :number", number: 1 });
    assert.deepEqual(rows, [["it's :number", 2]]);
    assert.equal(rewriteForDuckDb(sql), "select $word as word, $number + 1 as number");
  });
});

/** What is recorded is still what Spark says, and it is what DuckDB says. */
async function sameExpressions(spark: SparkSql, warehouse: DuckDbWarehouse): Promise<void> {
  const said = await spark.answers(answers.map(([expression]) => `select ${expression} as v`));
  for (const [at, [expression, type, value]] of answers.entries()) {
    const answer = said[at];
    const theirs = answer === undefined || "error" in answer
      ? [expression, "error", null]
      : [expression, answer.columns[0]?.[1], answer.rows[0]?.[0]];
    assert.deepEqual(theirs, [expression, type, value]);
    const ours = await ourAnswer(warehouse, expression, type);
    assert.deepEqual([expression, ours], [expression, type === "error" ? "error" : { value }]);
  }
}

/** What is refused would mean something else, or runs on one engine only. */
async function sameDifferences(spark: SparkSql, warehouse: DuckDbWarehouse): Promise<void> {
  const refused = differences.filter(({ how }) => how === "refused" || how === "refused at run");
  const said = await spark.answers(refused.map(({ example }) => `select ${example} as v`));
  for (const [at, { topic, how, example }] of refused.entries()) {
    const problems = lint(`select ${example} as v`);
    assert.equal(problems.length > 0, how === "refused", `${topic}: ${example}`);
    if (how !== "refused at run") continue;
    const answer = said[at];
    assert.ok(answer !== undefined && !("error" in answer), `Spark refuses ${example} too`);
    assert.equal(await ourAnswer(warehouse, example, "void"), "error", example);
  }
}

function sameAll(ours: Answers, theirs: Answers): void {
  assert.deepEqual(Object.keys(ours).sort(), Object.keys(theirs).sort());
  for (const [name, answer] of Object.entries(theirs)) {
    assert.deepEqual([name, ours[name]?.columns], [name, answer.columns]);
    assert.deepEqual([name, ours[name] && rowsOf(ours[name])], [name, rowsOf(answer)]);
  }
}

async function ourRows(warehouse: DuckDbWarehouse, sql: string): Promise<string[]> {
  const rows = await warehouse.rows(rewriteForDuckDb(sql));
  return rows.map((row) => JSON.stringify(Object.values(row))).sort();
}

/** In an order that is the same for everybody. */
function rowsOf(answer: Answer): string[] {
  return answer.rows.map((row) => JSON.stringify(row)).sort();
}
