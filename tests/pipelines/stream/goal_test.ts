import assert from "node:assert/strict";
import { ReadingGoal } from "../../../pipelines/stream/goal.ts";
import { shardEnd } from "../../../pipelines/stream/positions.ts";

const shard = ["shardId-000000000000", "shardId-000000000001", "shardId-000000000012"] as const;
/** Apart by one, and equal as doubles. */
const [low, high] = [
  49_590_338_271_490_256_608_559_692_538_361_571_095_921_575_989_136_588_898n,
  49_590_338_271_490_256_608_559_692_538_361_571_095_921_575_989_136_588_899n,
];

Deno.test("A goal is reached when every shard has passed the highest number acknowledged there", () => {
  const goal = new ReadingGoal();
  goal.raise("pin", 0, high);
  goal.raise("pin", 0, low);
  goal.raise("pin", 12, 7n);
  goal.finish();
  const isReached = (zero: bigint, twelve: string) =>
    goal.isReached("pin", { [shard[0]]: String(zero), [shard[2]]: twelve });
  assert.equal(isReached(low, "7"), false);
  assert.equal(isReached(high, "7"), true);
  assert.equal(isReached(high + 1n, "10"), true);
  assert.equal(isReached(high, "6"), false);
});

Deno.test("A goal is not reached while posting goes on", () => {
  const goal = new ReadingGoal();
  assert.equal(goal.isReached("geo", {}), false);
  goal.finish();
  assert.equal(goal.finished, true);
  assert.equal(goal.isReached("geo", {}), true);
});

Deno.test("A shard without a position was not begun, one at its end is past everything", () => {
  const goal = new ReadingGoal();
  goal.raise("user", 1, high);
  goal.finish();
  assert.equal(goal.isReached("user", { [shard[0]]: String(high) }), false);
  assert.equal(goal.isReached("user", { [shard[0]]: shardEnd }), false);
  assert.equal(goal.isReached("user", { [shard[1]]: shardEnd }), true);
});

Deno.test("Each table has its own goal", () => {
  const goal = new ReadingGoal();
  goal.raise("pin", 0, 5n);
  goal.finish();
  assert.equal(goal.isReached("pin", {}), false);
  assert.equal(goal.isReached("geo", {}), true);
});
