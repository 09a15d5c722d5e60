/**
 * Asks Spark single expressions, one per line of the standard input, and adds its answers to
 * tests/sql/dialect/spark_answers.jsonl; those that stand there are asked again.
 *
 *     deno run <the permissions of the task foreign> tests/foreign/spark_answers.ts < expressions
 */
import { type Answer as Recorded, answers, answersFile } from "../sql/dialect/answers.ts";
import { SparkSql } from "./spark_sql.ts";

async function main(): Promise<void> {
  const given = (await new Response(Deno.stdin.readable).text()).split("\n");
  const asked = new Set([...answers.map(([expression]) => expression), ...given.filter(Boolean)]);
  await using spark = await SparkSql.start();
  const said = await spark.answers([...asked].map((expression) => `select ${expression} as v`));
  const lines = [...asked].map((expression, at): Recorded => {
    const answer = said[at];
    if (answer === undefined || "error" in answer) return [expression, "error", null];
    return [expression, answer.columns[0]?.[1] ?? "void", answer.rows[0]?.[0] ?? null];
  });
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
  await Deno.writeTextFile(answersFile, text);
}

if (import.meta.main) await main();
