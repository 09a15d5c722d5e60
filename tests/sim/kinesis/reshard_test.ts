import assert from "node:assert/strict";
import fc from "fast-check";
import { hashKeyMax, uniformStarts } from "../../../sim/kinesis/hash_keys.ts";
import { applyStep, firstShards, type Step, stepsToUniform } from "../../../sim/kinesis/reshard.ts";
import type { ShardState } from "../../../sim/kinesis/shard.ts";

function applied(shards: ShardState[], steps: readonly Step[], nowMs: number): void {
  for (const step of steps) shards.push(...applyStep(shards, step, shards.length, nowMs));
}

function openOf(shards: readonly ShardState[]): ShardState[] {
  return shards.filter(({ closedMs }) => closedMs === null)
    .sort((a, b) => (a.startingHashKey < b.startingHashKey ? -1 : 1));
}

/** Open shards cover all keys, each once. */
function assertWhole(shards: readonly ShardState[]): void {
  let next = 0n;
  for (const { startingHashKey, endingHashKey } of openOf(shards)) {
    assert.equal(startingHashKey, next);
    assert.ok(endingHashKey >= startingHashKey);
    next = endingHashKey + 1n;
  }
  assert.equal(next, hashKeyMax + 1n);
}

/** Every child has the range of its parents, or half of it, and is younger than they are. */
function assertLineage(shards: readonly ShardState[]): void {
  for (const child of shards) {
    const parents = child.parents.map((index) => shards[index]!);
    assert.ok(parents.length <= 2);
    for (const parent of parents) {
      assert.notEqual(parent.closedMs, null);
      assert.ok(parent.createdSecond < child.createdSecond);
    }
    const siblings = shards.filter(({ parents }) =>
      parents.length > 0 && parents.join() === child.parents.join()
    );
    if (parents.length === 2) {
      assert.equal(parents[0]!.endingHashKey + 1n, parents[1]!.startingHashKey);
      assert.equal(siblings.length, 1);
      assert.equal(child.startingHashKey, parents[0]!.startingHashKey);
      assert.equal(child.endingHashKey, parents[1]!.endingHashKey);
    } else if (parents.length === 1) {
      assert.equal(siblings.length, 2);
    }
  }
}

Deno.test("a stream that is scaled again and again is uniform, whole and of clear descent", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 12 }),
      fc.array(fc.integer({ min: 1, max: 24 }), { maxLength: 6 }),
      (first, counts) => {
        const shards = firstShards(first, 1_700_000_000, hashKeyMax);
        let nowMs = 1_700_000_000_500;
        for (const count of counts) {
          const steps = stepsToUniform(openOf(shards), count, shards.length);
          applied(shards, steps, nowMs += 10);
          assert.deepEqual(
            openOf(shards).map(({ startingHashKey }) => startingHashKey),
            uniformStarts(count),
          );
          assertWhole(shards);
        }
        assertLineage(shards);
      },
    ),
    { numRuns: 60 },
  );
});

Deno.test("doubling only splits, and halving only merges", () => {
  const shards = firstShards(2, 1_700_000_000, hashKeyMax);
  const up = stepsToUniform(openOf(shards), 4, shards.length);
  assert.deepEqual(up.map(({ kind }) => kind), ["split", "split"]);
  applied(shards, up, 1_700_000_001_000);
  const down = stepsToUniform(openOf(shards), 2, shards.length);
  assert.deepEqual(down.map(({ kind }) => kind), ["merge", "merge"]);
});

Deno.test("scaling to what there is changes nothing", () => {
  assert.deepEqual(stepsToUniform(firstShards(5, 0, hashKeyMax), 5, 5), []);
});
