/**
 * Authority: a folder -> the certificate of a server of 127.0.0.1, and the authority that signed it.
 *
 *   ca.key  ca.pem          the authority; clients are told to trust ca.pem
 *   server.key  server.pem  the server
 *
 * Keys are made once, readable for the owner alone, and never written again: clients that trust the
 * authority keep their trust over every start. Certificates are made again from the same keys when
 * they are about to end, are damaged, or are somebody else's.
 *
 * Source: RFC 5280.
 * Left out: certificates of clients, revocation.
 */
import { createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from "node:crypto";
import { readFileIfAny } from "./append_file.ts";
import { DamagedFileError } from "./kept_text.ts";
import { SafeFolder } from "./safe_path.ts";
import { certified, keyPem, newKey, type Wanted } from "../net/certificate.ts";

export interface ServerIdentity {
  /** PEM, private. */
  key: string;
  /** PEM. */
  certificate: string;
  /** Path of the certificate that clients must trust. */
  caFile: string;
}

const dayMs = 86_400_000;
/** One that began a day ago also holds for clients whose clock is behind. */
const earlyMs = dayMs;
const authorityDays = 3650;
/** Documented: some clients refuse a server's certificate of more than 398 days. */
const serverDays = 397;
const renewedDays = 30;
const names = { authority: "Simulated cloud, certificate authority", server: "127.0.0.1" };

/**
 * @throws {DamagedFileError} if a key is no key, or the authority's is gone.
 * @throws {StorageError} if a link is in the way.
 */
export function serverIdentity(dir: string, nowMs: number): ServerIdentity {
  const folder = new SafeFolder(dir);
  const [caFile, caKeyFile] = [folder.at("ca.pem"), folder.at("ca.key")];
  if (readFileIfAny(caKeyFile) === null && readFileIfAny(caFile) !== null) {
    throw new DamagedFileError(
      `${caKeyFile} is missing: put it back, or delete ${caFile} as well, and clients will have ` +
        "to trust a new authority",
    );
  }
  const issuer = { name: names.authority, key: keptKey(caKeyFile) };
  const term = (days: number) => ({ fromMs: nowMs - earlyMs, untilMs: nowMs + days * dayMs });
  const kept = (path: string, wanted: Wanted) => keptCertificate(path, wanted, nowMs);
  kept(caFile, { ...issuer, ...term(authorityDays), use: "authority" });
  const key = keptKey(folder.at("server.key"));
  const server = { name: names.server, key, issuer, ...term(serverDays), use: "server" } as const;
  return { key: keyPem(key), certificate: kept(folder.at("server.pem"), server), caFile };
}

function keptKey(path: string): KeyObject {
  const kept = readFileIfAny(path);
  if (kept === null) {
    const key = newKey();
    writeWhole(path, keyPem(key), 0o600);
    return key;
  }
  try {
    return createPrivateKey(new TextDecoder().decode(kept));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new DamagedFileError(`Cannot read the key in ${path}: ${reason}; put back the file`);
  }
}

/** That of the file, or a new one in its place. */
function keptCertificate(path: string, wanted: Wanted, nowMs: number): string {
  const kept = readFileIfAny(path);
  const text = kept === null ? "" : new TextDecoder().decode(kept);
  if (isGood(text, wanted, nowMs)) return text;
  const { certificate } = certified(wanted);
  writeWhole(path, certificate, 0o644);
  return certificate;
}

function isGood(text: string, { key, issuer }: Wanted, nowMs: number): boolean {
  try {
    const certificate = new X509Certificate(text);
    return certificate.checkPrivateKey(key) &&
      certificate.verify(createPublicKey(issuer?.key ?? key)) &&
      Date.parse(certificate.validFrom) <= nowMs &&
      Date.parse(certificate.validTo) >= nowMs + renewedDays * dayMs;
  } catch {
    return false; // Which is what a text that is no certificate throws, in several ways.
  }
}

/** A crash leaves the old text or the new one, and nobody else could ever read a draft. */
function writeWhole(path: string, text: string, mode: number): void {
  const draft = `${path}.new`;
  try {
    Deno.removeSync(draft);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  Deno.writeTextFileSync(draft, text, { createNew: true, mode });
  Deno.renameSync(draft, path);
}
