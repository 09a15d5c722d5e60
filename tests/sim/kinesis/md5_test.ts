import assert from "node:assert/strict";
import { hash } from "node:crypto";
import fc from "fast-check";
import { md5 } from "../../../sim/kinesis/md5.ts";

function hexOf(bytes: Uint8Array): string {
  const words = new Uint32Array(4);
  md5(bytes, words);
  return [...words].map((word) => word.toString(16).padStart(8, "0")).join("");
}

Deno.test("md5 gives the sums printed in RFC 1321", () => {
  const printed = {
    "": "d41d8cd98f00b204e9800998ecf8427e",
    "a": "0cc175b9c0f1b6a831c399e269772661",
    "message digest": "f96b697d7cb7938d525a2f31aaf161d0",
    "abcdefghijklmnopqrstuvwxyz": "c3fcd3d76192e4007dfb496cca67e13b",
  };
  for (const [text, sum] of Object.entries(printed)) {
    assert.equal(hexOf(new TextEncoder().encode(text)), sum, text);
  }
});

Deno.test("md5 agrees with the library for any bytes", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
    assert.equal(hexOf(bytes), hash("md5", bytes, "hex"));
  }));
});
