/**
 * Passwords: what a client proves, checked against the password itself.
 *
 *   mysql_native_password    SHA1(p) xor SHA1(scramble + SHA1(SHA1(p)))
 *   caching_sha2_password    SHA256(p) xor SHA256(SHA256(SHA256(p)) + scramble)
 *
 * Source: MySQL client/server protocol, Authentication Methods; MariaDB Connector/C for the
 * proof that a self-signed certificate belongs to the server that knows the password.
 */
import { createHash, timingSafeEqual } from "node:crypto";

export const nativePlugin = "mysql_native_password";
export const cachingPlugin = "caching_sha2_password";
export const scrambleSize = 20;

const utf8 = new TextEncoder();

function hash(algorithm: "sha1" | "sha256", ...parts: Uint8Array[]): Uint8Array {
  const state = createHash(algorithm);
  for (const part of parts) state.update(part);
  return new Uint8Array(state.digest());
}

function xor(left: Uint8Array, right: Uint8Array): Uint8Array {
  return left.map((byte, at) => byte ^ (right[at] ?? 0));
}

export function nativeProof(password: string, scramble: Uint8Array): Uint8Array {
  const once = hash("sha1", utf8.encode(password));
  return xor(once, hash("sha1", scramble, hash("sha1", once)));
}

export function cachingProof(password: string, scramble: Uint8Array): Uint8Array {
  const once = hash("sha256", utf8.encode(password));
  return xor(once, hash("sha256", hash("sha256", once), scramble));
}

export function equalBytes(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && timingSafeEqual(left, right);
}

/**
 * What MariaDB's clients from 11.4 on want in the OK packet before they trust a certificate
 * that nobody signed: only who knows the password's hash can say it.
 */
export function certificateProof(
  password: string,
  scramble: Uint8Array,
  fingerprint: Uint8Array,
): string {
  const stored = hash("sha1", hash("sha1", utf8.encode(password)));
  const digest = hash("sha256", stored, scramble, fingerprint);
  const digits = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return `\x01${digits}`;
}

/** 20 printable characters; a zero byte would end it early, a dollar sign mean a hash. */
export function makeScramble(random: () => number): Uint8Array {
  return Uint8Array.from({ length: scrambleSize }, () => 0x30 + Math.floor(random() * 0x4b));
}
