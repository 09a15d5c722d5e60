import assert from "node:assert/strict";
import { crc32c } from "../../../sim/net/crc32c.ts";

const ascending = Uint8Array.from({ length: 32 }, (_, index) => index);

Deno.test("CRC-32C gives the values of RFC 3720, appendix B.4", () => {
  assert.equal(crc32c(new Uint8Array(32)), 0x8a9136aa);
  assert.equal(crc32c(new Uint8Array(32).fill(0xff)), 0x62a8ab43);
  assert.equal(crc32c(ascending), 0x46dd794e);
  assert.equal(crc32c(ascending.toReversed()), 0x113fdb5c);
});

Deno.test("CRC-32C of '123456789' is the catalogue's check value", () => {
  assert.equal(crc32c(new TextEncoder().encode("123456789")), 0xe3069283);
});

Deno.test("CRC-32C of a part does not depend on where it stands", () => {
  const padded = new Uint8Array([9, 9, 9, ...ascending, 9, 9]);
  assert.equal(crc32c(padded, 3, 35), 0x46dd794e);
});

Deno.test("CRC-32C agrees with the bitwise definition at every length and alignment", () => {
  const source = Uint8Array.from({ length: 90 }, (_, index) => (index * 37 + 11) & 0xff);
  for (let length = 0; length < 320; length++) {
    const bytes = source.subarray(length & 3, (length & 3) + (length >> 2));
    let crc = 0xffffffff;
    for (const byte of bytes) {
      crc ^= byte;
      for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
    }
    assert.equal(crc32c(bytes), (crc ^ 0xffffffff) >>> 0);
  }
});
