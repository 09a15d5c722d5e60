/**
 * The expressions over which Spark was asked (tests/sql/dialect/), through the statement API: each
 * has Spark's answer, or is refused in words that say who refuses.
 */
import assert from "node:assert/strict";
import { javaDouble } from "../../../sim/databricks/engine/values.ts";
import type { Value } from "../../../pipelines/warehouse/duckdb.ts";
import { answers } from "../../sql/dialect/answers.ts";
import { differences } from "../../sql/dialect/differences.ts";
import { openWorkspace } from "./helper.ts";

/** A value as the statement API tells it: a text. */
function asText(type: string, value: Value): string | null {
  if (value === null) return null;
  if (Array.isArray(value)) {
    const element = type.slice("array<".length, -1);
    return JSON.stringify(
      value.map((item) =>
        Array.isArray(item) ? JSON.parse(asText(element, item) ?? "null") : asText(element, item)
      ),
    );
  }
  if (type === "double" && typeof value === "number") return javaDouble(value);
  if (type !== "timestamp") return String(value);
  const [, seconds, fraction = ""] = /^(.*?)(?:[.](\d+))?Z$/.exec(String(value)) ?? [];
  return `${seconds}.${fraction.padEnd(fraction.length > 3 ? 6 : 3, "0")}Z`;
}

Deno.test("every expression has Spark's answer, or the simulator says that it cannot run it", async () => {
  await using workspace = await openWorkspace();
  for (const [expression, type, value] of answers) {
    const { body } = await workspace.execute(`select ${expression} as v`);
    const found = body.status.state === "SUCCEEDED"
      ? body.result.data_array
      : body.status.error?.message;
    if (/^\[SIMULATOR_CANNOT_RUN\]/.test(String(found))) continue;
    if (type === "error") assert.equal(typeof found, "string", expression);
    else assert.deepEqual([expression, found], [expression, [[asText(type, value)]]]);
  }
});

Deno.test("what the dialect refuses, the simulator refuses, and never in Databricks' words", async () => {
  await using workspace = await openWorkspace();
  const theirs = ["alias in WHERE", "list()", "* EXCLUDE"];
  for (const { topic, how, example } of differences) {
    if (!how.startsWith("refused") || theirs.includes(topic)) continue;
    const { body } = await workspace.execute(`select ${example} as v`);
    const words = body.status.error?.message ?? body.status.state;
    assert.match(words, /^\[SIMULATOR_CANNOT_RUN\] It is the simulator that refuses this/, example);
  }
});
