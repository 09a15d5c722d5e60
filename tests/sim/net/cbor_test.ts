import assert from "node:assert/strict";
import fc from "fast-check";
import { CborWriter, decodeCbor, encodeCbor } from "../../../sim/net/cbor.ts";

function hex(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.fromHex(text.replaceAll(/#.*|\s/g, ""));
}

/** Printed in RFC 8949, appendix A. */
const printed: [string, unknown][] = [
  ["00", 0],
  ["17", 23],
  ["1818", 24],
  ["1903e8", 1000],
  ["1a000f4240", 1_000_000],
  ["1b000000e8d4a51000", 1_000_000_000_000],
  ["20", -1],
  ["3903e7", -1000],
  ["fb3ff199999999999a", 1.1],
  ["f93c00", 1],
  ["fa47c35000", 100_000],
  ["f4", false],
  ["f5", true],
  ["f6", null],
  ["4401020304", new Uint8Array([1, 2, 3, 4])],
  ["62c3bc", "ü"],
  ["8301820203820405", [1, [2, 3], [4, 5]]],
  ["a26161016162820203", { a: 1, b: [2, 3] }],
  ["5f42010243030405ff", new Uint8Array([1, 2, 3, 4, 5])],
  ["7f657374726561646d696e67ff", "streaming"],
  ["9f018202039f0405ffff", [1, [2, 3], [4, 5]]],
  ["bf61610161629f0203ffff", { a: 1, b: [2, 3] }],
];

Deno.test("decodeCbor reads the examples of RFC 8949", () => {
  for (const [bytes, value] of printed) assert.deepEqual(decodeCbor(hex(bytes)), value, bytes);
});

Deno.test("decodeCbor reads a time as AWS's Java SDKs write it: milliseconds behind tag 1", () => {
  assert.deepEqual(decodeCbor(hex("c11b0000019b7cdc3480")), new Date(0x19b7cdc3480));
});

Deno.test("decodeCbor refuses what is cut short anywhere, and what follows", () => {
  for (const [text] of printed) {
    const bytes = hex(text);
    for (let size = 0; size < bytes.length; size++) {
      assert.throws(() => decodeCbor(bytes.subarray(0, size)), RangeError, `${text} ${size}`);
    }
    assert.throws(() => decodeCbor(new Uint8Array([...bytes, 0])), RangeError);
  }
});

Deno.test("decodeCbor refuses strange ends, keys that are no texts, and deep nests", () => {
  for (const text of ["ff", "82ff01", "a1ff01", "bf6161ff", "a10102", "1f", "c1ff", "5f01ff"]) {
    assert.throws(() => decodeCbor(hex(text)), RangeError, text);
  }
  assert.throws(() => decodeCbor(new Uint8Array(100).fill(0x81)), RangeError);
});

const values = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.string(),
    fc.maxSafeInteger(),
    fc.double({ noNaN: true }).filter((value) => !Object.is(value, -0)),
    fc.boolean(),
    fc.constant(null),
    fc.uint8Array(),
    fc.date({ noInvalidDate: true }),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(fc.string(), tie("value"), { maxKeys: 4, noNullPrototype: true }),
  ),
})).value;

Deno.test("what encodeCbor writes, decodeCbor reads", () => {
  fc.assert(fc.property(values, (value) => {
    assert.deepEqual(decodeCbor(encodeCbor(value)), value);
  }));
});

Deno.test("encodeCbor leaves out what is undefined and grows as needed", () => {
  assert.deepEqual(decodeCbor(encodeCbor({ a: undefined, b: 1 })), { b: 1 });
  const large = new Uint8Array(100_000).fill(7);
  assert.deepEqual(decodeCbor(new CborWriter().array(2).bytes(large).text("x").finish()), [
    large,
    "x",
  ]);
  assert.throws(() => encodeCbor(undefined), TypeError);
});
