import assert from "node:assert/strict";
import { pressesOf } from "../../../pipelines/cli/run_command.ts";

/** What signals at these moments (in milliseconds) do. */
function happenings(moments: readonly number[]): string[] {
  const found: string[] = [];
  let nowMs = 0;
  const press = pressesOf(() => nowMs, {
    onFirst: () => found.push(`stop at ${nowMs}`),
    onLater: () => found.push(`leave at ${nowMs}`),
  });
  for (const moment of moments) {
    nowMs = moment;
    press();
  }
  return found;
}

Deno.test("one press that arrives three times within a millisecond is one", () => {
  assert.deepEqual(happenings([5000, 5000.06, 5000.5]), ["stop at 5000"]);
});

Deno.test("a second press counts once a second has passed since the first", () => {
  assert.deepEqual(happenings([0, 999]), ["stop at 0"]);
  assert.deepEqual(happenings([0, 1000]), ["stop at 0", "leave at 1000"]);
  assert.deepEqual(happenings([0, 999, 1500]), ["stop at 0", "leave at 1500"]);
});
