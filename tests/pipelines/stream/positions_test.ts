import assert from "node:assert/strict";
import fc from "fast-check";
import { compareSequence, isPast, shardEnd } from "../../../pipelines/stream/positions.ts";

// Two neighbours as Kinesis gives them out, and one that is shorter.
const first = "49545115243490985018280067714973144582180062593244200961";
const second = "49545115243490985018280067714973144582180062593244200962";
const shorter = "9999999999999999999999999999999999999999999999999999999";

Deno.test("Sequence numbers are compared as numbers, to the last of 56 digits", () => {
  assert.ok(compareSequence(first, second) < 0);
  assert.ok(compareSequence(second, first) > 0);
  assert.equal(compareSequence(first, first), 0);
  assert.ok(compareSequence(shorter, first) < 0);
  assert.equal(compareSequence(`000${first}`, first), 0);
});

Deno.test("The end of a shard comes after every record of it", () => {
  assert.ok(compareSequence(first, shardEnd) < 0);
  assert.ok(compareSequence(shardEnd, second) > 0);
  assert.equal(compareSequence(shardEnd, shardEnd), 0);
});

Deno.test("Sequence numbers are ordered as whole numbers are", () =>
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 1n << 190n }), fc.bigInt({ min: 0n }), (a, b) => {
      const expected = a === b ? 0 : a < b ? -1 : 1;
      assert.equal(Math.sign(compareSequence(String(a), String(b))), expected);
    }),
  ));

Deno.test("A record is past at or below the position of its own shard, and nowhere else", () => {
  const positions = { "shardId-000000000000": first, "shardId-000000000001": shardEnd };
  assert.equal(isPast(positions, "shardId-000000000000", shorter), true);
  assert.equal(isPast(positions, "shardId-000000000000", first), true);
  assert.equal(isPast(positions, "shardId-000000000000", second), false);
  assert.equal(isPast(positions, "shardId-000000000001", second), true);
  assert.equal(isPast(positions, "shardId-000000000002", shorter), false);
});
