import assert from "node:assert/strict";
import fc from "fast-check";
import { lastPlace, parseSequence, sequenceText } from "../../../sim/kinesis/sequence.ts";

const parts = fc.record({
  createdSecond: fc.integer({ min: 1_300_000_000, max: 4_000_000_000 }),
  shardIndex: fc.integer({ min: 0, max: 0x7fffffff }),
  place: fc.bigInt({ min: 0n, max: lastPlace }),
  arrivalSecond: fc.integer({ min: 1_300_000_000, max: 4_000_000_000 }),
}, { noNullPrototype: true });

Deno.test("a sequence number has the digits that AWS gives out", () => {
  // The hexadecimal form written out by hand: 2, creation, shard, place, 00, arrival, shard, 2.
  const hex = "2" + "0543a8a64" + "1" + "0000000000000007" + "00" + "0543a8a65" + "00000001" + "2";
  const text = sequenceText({
    createdSecond: 0x543a8a64,
    shardIndex: 1,
    place: 7n,
    arrivalSecond: 0x543a8a65,
  });
  assert.equal(text, BigInt(`0x${hex}`).toString());
  assert.equal(text.length, 56);
});

Deno.test("a sequence number tells what it was made of", () => {
  fc.assert(fc.property(parts, (given) => {
    assert.deepEqual(parseSequence(sequenceText(given)), given);
  }));
});

Deno.test("sequence numbers of a shard grow with the place, whatever the clock did", () => {
  fc.assert(fc.property(parts, parts, (one, two) => {
    const shard = { createdSecond: one.createdSecond, shardIndex: one.shardIndex };
    const [a, b] = [one, two].map(({ place, arrivalSecond }) =>
      BigInt(sequenceText({ ...shard, place, arrivalSecond }))
    );
    if (one.place !== two.place) assert.equal(a! < b!, one.place < two.place);
  }));
});

Deno.test("numbers that no shard gave out are not parsed", () => {
  for (const text of ["0", "5", "425352958651173072921826052383309826", "9".repeat(60)]) {
    assert.equal(parseSequence(text), null, text);
  }
  // An 8 where the place, and where the shard number begins.
  for (
    const hex of [
      "20000000000800000000000000000000000000000000002",
      "20000000000000000000000000000000000000800000002",
    ]
  ) assert.equal(parseSequence(BigInt(`0x${hex}`).toString()), null, hex);
});
