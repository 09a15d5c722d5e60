import assert from "node:assert/strict";
import { Growing } from "../../../sim/net/growing.ts";

Deno.test("Bytes come out as they went in, and the array is never twice as long as what has come", () => {
  const bytes = new Growing();
  const expected = Uint8Array.from({ length: 100_000 }, (_, index) => index % 251);
  for (let at = 0, size = 1; at < expected.length; at += size, size = size * 7 % 5000 + 1) {
    bytes.append(expected.subarray(at, at + size));
    const { length } = bytes.room(0, Infinity);
    assert.ok(bytes.size + length <= Math.max(4096, 2 * bytes.size), `${bytes.size}: ${length}`);
  }
  assert.deepEqual(bytes.finish(), expected);
});

Deno.test("Where the size is known no more room is made, and none of it before it is needed", () => {
  const bytes = new Growing(1000, 1_000_000);
  assert.equal(bytes.room(1, Infinity).length, 1000);
  bytes.append(new Uint8Array(999_999));
  assert.equal(bytes.room(1, Infinity).length, 1);
  bytes.append(Uint8Array.of(7));
  assert.equal(bytes.finish().length, 1_000_000);
  assert.equal(bytes.finish().at(-1), 7);
});
