import assert from "node:assert/strict";
import { LandingGoal } from "../../../pipelines/batch/goal.ts";

Deno.test("A goal keeps the highest offset of every topic-partition, in whatever order it hears", () => {
  const goal = new LandingGoal();
  for (
    const [topic, partition, offset] of [
      ["a", 0, 5n],
      ["a", 1, 2n],
      ["a", 0, 3n],
      ["b", 0, 9_007_199_254_740_993n],
      ["a", 0, 7n],
    ] as const
  ) goal.raise(topic, partition, offset);
  assert.deepEqual([...goal.highest()], [
    { topic: "a", partition: 0, offset: 7n },
    { topic: "a", partition: 1, offset: 2n },
    { topic: "b", partition: 0, offset: 9_007_199_254_740_993n },
  ]);
  assert.equal(goal.finished, false);
  goal.finish();
  assert.equal(goal.finished, true);
});
