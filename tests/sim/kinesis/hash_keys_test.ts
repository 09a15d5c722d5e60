import assert from "node:assert/strict";
import { hash } from "node:crypto";
import fc from "fast-check";
import {
  explicitHashKey,
  hashKeyMax,
  hashKeyOf,
  Ranges,
  uniformStarts,
} from "../../../sim/kinesis/hash_keys.ts";

const utf8 = new TextEncoder();

/** The plain rule: the last range that begins at or below the key. */
function plainly(starts: readonly bigint[], key: bigint): bigint {
  return starts.filter((start) => start <= key).reduce((a, b) => (a > b ? a : b));
}

Deno.test("a partition key lies in the range that holds its MD5", () => {
  fc.assert(fc.property(
    fc.string({ minLength: 1, maxLength: 256, unit: "grapheme" }),
    fc.uniqueArray(fc.bigInt({ min: 1n, max: hashKeyMax }), { maxLength: 20 }),
    (text, borders) => {
      const starts = [0n, ...borders];
      const found = new Ranges(starts, (start) => start).find(hashKeyOf(utf8.encode(text)));
      const key = BigInt(`0x${hash("md5", utf8.encode(text), "hex")}`);
      assert.equal(found, plainly(starts, key));
    },
  ));
});

Deno.test("explicit hash keys at and around a border lie on their own side of it", () => {
  fc.assert(fc.property(fc.bigInt({ min: 1n, max: hashKeyMax - 1n }), (border) => {
    const ranges = new Ranges([border, 0n], (start) => start);
    const find = (key: bigint) => ranges.find(explicitHashKey(String(key)));
    assert.equal(find(border - 1n), 0n);
    assert.equal(find(border), border);
    assert.equal(find(border + 1n), border);
    assert.equal(find(hashKeyMax), border);
  }));
});

Deno.test("an explicit hash key of more than 128 bits is refused in AWS's words", () => {
  assert.throws(() => explicitHashKey(String(hashKeyMax + 1n)), {
    code: "InvalidArgumentException",
    message: "Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. " +
      "Specified value was 340282366920938463463374607431768211456",
  });
});

Deno.test("uniform ranges begin where AWS cuts them", () => {
  // Documented: StartingHashKey of the second half of two shards.
  assert.deepEqual(uniformStarts(2), [0n, 170141183460469231731687303715884105728n]);
  assert.equal(uniformStarts(3)[1], 113427455640312821154458202477256070485n);
});
