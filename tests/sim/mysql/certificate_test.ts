import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { makeCertificate } from "../../../sim/mysql/certificate.ts";
import { worldFromSeed } from "../../../sim/world.ts";
import { toHex } from "./support.ts";

Deno.test("the certificate is one that others can read, for 127.0.0.1 and localhost", () => {
  const made = makeCertificate(worldFromSeed(1).random("certificate"));
  const read = new X509Certificate(made.certificate);
  assert.equal(read.checkHost("localhost"), "localhost");
  assert.equal(read.checkIP("127.0.0.1"), "127.0.0.1");
  assert.equal(read.subject, read.issuer);
  assert.equal(read.ca, true);
  assert.equal(
    read.fingerprint256.replaceAll(":", "").toLowerCase(),
    toHex(made.fingerprint),
  );
  assert.ok(Date.parse(read.validTo) > Date.parse("2049-01-01"));
});
