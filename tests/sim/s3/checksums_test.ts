import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import fc from "fast-check";
import {
  checksumNamed,
  checksumNames,
  checksumOf,
  compositeOf,
  isChecksum,
  startChecksum,
} from "../../../sim/s3/checksums.ts";

const digits = new TextEncoder().encode("123456789");

Deno.test("the check values of the CRC catalogue come out", () => {
  const hex = (name: "CRC32" | "CRC32C" | "CRC64NVME") => {
    const sum = startChecksum(name);
    sum.update(digits);
    return sum.digest().toHex();
  };
  assert.equal(hex("CRC32"), "cbf43926");
  assert.equal(hex("CRC32C"), "e3069283");
  assert.equal(hex("CRC64NVME"), "ae8b14860a799888");
});

Deno.test("SHA and CRC32 agree with node's own", () => {
  assert.equal(checksumOf("SHA1", digits), createHash("sha1").update(digits).digest("base64"));
  assert.equal(checksumOf("SHA256", digits), createHash("sha256").update(digits).digest("base64"));
  const out = new Uint8Array(4);
  new DataView(out.buffer).setUint32(0, crc32(digits));
  assert.equal(checksumOf("CRC32", digits), out.toBase64());
});

/** Bit by bit, from the definition. */
function crc32cByBits(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return ~crc >>> 0;
}

Deno.test("CRC32C in pieces of any size is that of the definition", () => {
  const bytes = fc.array(fc.uint8Array({ maxLength: 9 }), { maxLength: 12 });
  fc.assert(fc.property(bytes, (pieces) => {
    const sum = startChecksum("CRC32C");
    for (const piece of pieces) sum.update(piece);
    const whole = Uint8Array.from(pieces.flatMap((piece) => [...piece]));
    assert.equal(new DataView(sum.digest().buffer).getUint32(0), crc32cByBits(whole));
  }));
});

Deno.test("every checksum is the same in one piece and in many", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...checksumNames),
      fc.uint8Array({ maxLength: 60 }),
      (name, bytes) => {
        const sum = startChecksum(name);
        for (let at = 0; at < bytes.length; at += 7) sum.update(bytes.subarray(at, at + 7));
        assert.equal(sum.digest().toBase64(), checksumOf(name, bytes));
      },
    ),
  );
});

Deno.test("a composite is the checksum of the checksums, with their number", () => {
  const parts = [
    createHash("sha256").update("a").digest(),
    createHash("sha256").update("b").digest(),
  ];
  const expected = createHash("sha256").update(parts[0]!).update(parts[1]!).digest("base64");
  assert.equal(
    compositeOf("SHA256", parts.map((part) => part.toString("base64"))),
    `${expected}-2`,
  );
});

Deno.test("a text of the wrong size or alphabet is no checksum", () => {
  assert.ok(isChecksum("CRC32", "y/Q5Jg=="));
  for (const text of ["", "y/Q5", "!!!!!!==", "y/Q5Jg==y/Q5Jg=="]) {
    assert.ok(!isChecksum("CRC32", text), text);
  }
  assert.equal(checksumNamed("crc64nvme"), "CRC64NVME");
  assert.equal(checksumNamed("md5"), null);
});
