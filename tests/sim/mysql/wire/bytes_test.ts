import assert from "node:assert/strict";
import { PayloadReader, PayloadWriter } from "../../../../sim/mysql/wire/bytes.ts";
import { hex, toHex } from "../support.ts";

// The limits are those of the protocol's reference: 251, 2^16, 2^24.
const sizes: [number, string][] = [
  [0, "00"],
  [250, "fa"],
  [251, "fcfb00"],
  [65_535, "fcffff"],
  [65_536, "fd000001"],
  [16_777_215, "fdffffff"],
  [16_777_216, "fe0000000100000000"],
];

for (const [value, bytes] of sizes) {
  Deno.test(`the length ${value} is written ${bytes}, and read back`, () => {
    assert.equal(toHex(new PayloadWriter().lenenc(value).finish()), bytes);
    const reader = new PayloadReader(hex(bytes));
    assert.equal(reader.lenenc(), value);
    assert.equal(reader.remaining, 0);
  });
}

Deno.test("FB is NULL, and FF is no length", () => {
  assert.equal(new PayloadReader(hex("fb")).lenencBytes(), null);
  assert.throws(() => new PayloadReader(hex("ff")).lenenc(), RangeError);
});

Deno.test("every value cut short throws, and none is guessed", () => {
  const whole = hex("fc0200 6162");
  for (let size = 0; size < whole.length; size++) {
    const reader = new PayloadReader(whole.subarray(0, size));
    assert.throws(() => reader.lenencText(), RangeError);
  }
  assert.throws(() => new PayloadReader(hex("6162")).zeroText(), RangeError);
});
