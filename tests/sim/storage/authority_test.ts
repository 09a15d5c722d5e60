import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { serverIdentity } from "../../../sim/storage/authority.ts";
import { DamagedFileError } from "../../../sim/storage/kept_text.ts";

const dayMs = 86_400_000;
const nowMs = Date.UTC(2026, 0, 2);

async function withFolder(test: (dir: string) => void | Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir();
  try {
    await test(`${dir}/tls`);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

function read(dir: string): Record<string, string> {
  const names = ["ca.key", "ca.pem", "server.key", "server.pem"];
  return Object.fromEntries(names.map((name) => [name, Deno.readTextFileSync(`${dir}/${name}`)]));
}

Deno.test("a new folder gets an authority, and a server that it vouches for", () =>
  withFolder((dir) => {
    const made = serverIdentity(dir, nowMs);
    const authority = new X509Certificate(Deno.readTextFileSync(made.caFile));
    const server = new X509Certificate(made.certificate);
    assert.ok(authority.ca && !server.ca);
    assert.ok(server.verify(authority.publicKey) && server.checkIssued(authority));
    assert.equal(server.checkHost("localhost"), "localhost");
    assert.equal(server.checkIP("127.0.0.1"), "127.0.0.1");
    // Some clients refuse more than 398 days.
    const days = (Date.parse(server.validTo) - Date.parse(server.validFrom)) / dayMs;
    assert.ok(days > 300 && days <= 398, `${days} days`);
    assert.ok(Date.parse(server.validFrom) < nowMs);
  }));

Deno.test("keys are for their owner alone, and made once", () =>
  withFolder((dir) => {
    serverIdentity(dir, nowMs);
    const before = read(dir);
    if (Deno.build.os !== "windows") {
      for (const name of ["ca.key", "server.key"]) {
        assert.equal((Deno.statSync(`${dir}/${name}`).mode ?? 0) & 0o777, 0o600, name);
      }
    }
    assert.equal(serverIdentity(dir, nowMs + 300 * dayMs).key, before["server.key"]);
    assert.deepEqual(read(dir), before);
  }));

Deno.test("what is about to end is made again with the same keys, and clients keep their trust", () =>
  withFolder((dir) => {
    serverIdentity(dir, nowMs);
    const before = read(dir);
    const renewed = serverIdentity(dir, nowMs + 370 * dayMs);
    const after = read(dir);
    assert.deepEqual({ ...after, "server.pem": "" }, { ...before, "server.pem": "" });
    assert.notEqual(after["server.pem"], before["server.pem"]);
    const authority = new X509Certificate(before["ca.pem"] ?? "");
    assert.ok(new X509Certificate(renewed.certificate).verify(authority.publicKey));
    const late = serverIdentity(dir, nowMs + 3640 * dayMs);
    assert.notEqual(read(dir)["ca.pem"], before["ca.pem"]);
    assert.equal(read(dir)["ca.key"], before["ca.key"]);
    // The old authority had the same key, so what it signs is believed by who trusts the old one.
    assert.ok(new X509Certificate(late.certificate).verify(authority.publicKey));
  }));

Deno.test("a damaged or foreign certificate is made again; a lost or damaged key is told", () =>
  withFolder(async (dir) => {
    serverIdentity(dir, nowMs);
    const before = read(dir);
    await withFolder((other) => {
      serverIdentity(other, nowMs);
      for (const text of ["", "no certificate", read(other)["server.pem"] ?? ""]) {
        Deno.writeTextFileSync(`${dir}/server.pem`, text);
        const made = new X509Certificate(serverIdentity(dir, nowMs).certificate);
        assert.ok(made.verify(new X509Certificate(before["ca.pem"] ?? "").publicKey));
      }
    });
    Deno.writeTextFileSync(`${dir}/ca.key`, "no key");
    assert.throws(() => serverIdentity(dir, nowMs), DamagedFileError);
    Deno.removeSync(`${dir}/ca.key`);
    assert.throws(() => serverIdentity(dir, nowMs), /ca\.key is missing/);
    Deno.removeSync(`${dir}/ca.pem`);
    assert.ok(serverIdentity(dir, nowMs).key);
  }));

Deno.test("a link in the place of a key is not followed", () =>
  withFolder((dir) => {
    serverIdentity(dir, nowMs);
    Deno.renameSync(`${dir}/server.key`, `${dir}/elsewhere`);
    Deno.symlinkSync(`${dir}/elsewhere`, `${dir}/server.key`);
    assert.throws(() => serverIdentity(dir, nowMs), /link/);
  }));

Deno.test("what a crash left of a draft stands in nobody's way", () =>
  withFolder((dir) => {
    Deno.mkdirSync(dir);
    Deno.writeTextFileSync(`${dir}/ca.key.new`, "half a k");
    assert.ok(serverIdentity(dir, nowMs).key);
  }));
