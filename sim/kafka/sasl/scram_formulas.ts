/**
 * The formulas of SCRAM: password and salt -> keys; keys and messages -> proofs.
 *
 * Source: RFC 5802, section 3.
 */
import { createHash, createHmac, pbkdf2Sync } from "node:crypto";

export type ScramHash = "sha256" | "sha512";

const sizes: Record<ScramHash, number> = { sha256: 32, sha512: 64 };

/** What a server keeps of a password. */
export interface ScramKeys {
  salt: Uint8Array;
  iterations: number;
  storedKey: Uint8Array;
  serverKey: Uint8Array;
}

export function sha256(text: string): Uint8Array {
  return createHash("sha256").update(text).digest();
}

function hmac(hash: ScramHash, key: Uint8Array, text: string): Uint8Array {
  return createHmac(hash, key).update(text).digest();
}

function digest(hash: ScramHash, bytes: Uint8Array): Uint8Array {
  return createHash(hash).update(bytes).digest();
}

function xor(one: Uint8Array, other: Uint8Array): Uint8Array {
  return one.map((byte, at) => byte ^ (other[at] ?? 0));
}

export function scramKeys(
  hash: ScramHash,
  password: string,
  { salt, iterations }: { salt: Uint8Array; iterations: number },
): ScramKeys {
  const salted = pbkdf2Sync(password, salt, iterations, sizes[hash], hash);
  return {
    salt,
    iterations,
    storedKey: digest(hash, hmac(hash, salted, "Client Key")),
    serverKey: hmac(hash, salted, "Server Key"),
  };
}

/** The stored key that a client's proof comes from, if it is a proof. */
export function storedKeyOf(
  hash: ScramHash,
  { storedKey }: ScramKeys,
  authMessage: string,
  proof: Uint8Array,
): Uint8Array {
  return digest(hash, xor(proof, hmac(hash, storedKey, authMessage)));
}

export function serverSignature(hash: ScramHash, keys: ScramKeys, authMessage: string): Uint8Array {
  return hmac(hash, keys.serverKey, authMessage);
}
