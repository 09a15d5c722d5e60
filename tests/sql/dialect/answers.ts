/** Spark's answers to single expressions, and ours in the same form. */
import { duckDbCast, rewriteForDuckDb } from "../../../sql/dialect/mod.ts";
import { RunError } from "../../../pipelines/errors.ts";
import type { DuckDbWarehouse, Value } from "../../../pipelines/warehouse/duckdb.ts";

/** Type and value are Spark's; `error` and null where it refuses. */
export type Answer = [expression: string, type: string, value: Value];

export const answersFile = new URL("spark_answers.jsonl", import.meta.url);

export const answers: readonly Answer[] = (await Deno.readTextFile(answersFile))
  .split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));

/** What DuckDB says, as the type that Spark has; an error is no value. */
export async function ourAnswer(
  warehouse: DuckDbWarehouse,
  expression: string,
  type: string,
): Promise<{ value: Value } | "error"> {
  const sql = rewriteForDuckDb(`select ${expression} as v`);
  const cast = type === "void" || type === "error" ? "v" : duckDbCast("v", type);
  try {
    const [row] = await warehouse.rows(`select ${cast} as v from (${sql})`);
    return { value: plain(row?.["v"] ?? null) };
  } catch (error) {
    if (error instanceof RunError) return "error";
    throw error;
  }
}

/** As it stands in a file of JSON: 64-bit numbers and those that are none as text. */
function plain(value: Value): Value {
  if (Array.isArray(value)) return value.map(plain);
  const beyond = typeof value === "number" && !Number.isFinite(value);
  return typeof value === "bigint" || beyond ? String(value) : value;
}
