import assert from "node:assert/strict";
import {
  cachingProof,
  certificateProof,
  makeScramble,
  nativeProof,
} from "../../../sim/mysql/passwords.ts";
import { worldFromSeed } from "../../../sim/world.ts";
import { hex, toHex } from "./support.ts";

const scramble = hex("3132333435363738393a3b3c3d3e3f4041424344");

// Both calculated by PyMySQL 1.2.4 (pymysql._auth) for the password s3cret.
Deno.test("the native proof is the one that PyMySQL calculates", () => {
  assert.equal(toHex(nativeProof("s3cret", scramble)), "f4c94fbe40d3ed772b5afa91db3080c1f41ebe89");
});

Deno.test("the SHA-256 proof is the one that PyMySQL calculates", () => {
  assert.equal(
    toHex(cachingProof("s3cret", scramble)),
    "c774111fd4114a5b706daf80d1e25942618ac9f552020a737e8fe620b44c8b0e",
  );
});

// Calculated with Python's hashlib from its definition.
Deno.test("the proof for a certificate hashes password hash, scramble and fingerprint", () => {
  assert.equal(
    certificateProof("s3cret", scramble, new Uint8Array(32).fill(9)),
    "\x0102e8ebf0cea5cf92afd517824a84da87fe6936f81ea36079d0623a23a35cb70d",
  );
});

Deno.test("a scramble has 20 bytes, none of them a zero or a dollar sign", () => {
  const random = worldFromSeed(3).random("scramble");
  for (let round = 0; round < 200; round++) {
    const bytes = makeScramble(random);
    assert.equal(bytes.length, 20);
    assert.ok(bytes.every((byte) => byte > 0x24 && byte < 0x7f));
  }
});
