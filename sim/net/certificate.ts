/**
 * Certificate: a name, a key and who vouches for it -> an X.509 certificate for 127.0.0.1.
 *
 * Source: RFC 5280 (certificate), RFC 5480 and RFC 5758 (P-256 with SHA-256).
 */
import { createPublicKey, generateKeyPairSync, hash, type KeyObject, sign } from "node:crypto";
import { der, derText, derTime, pem, tag } from "./der.ts";

export interface Wanted {
  /** Common name. */
  name: string;
  fromMs: number;
  untilMs: number;
  /** May it sign others, prove a server, or both. */
  use: "authority" | "server" | "both";
  /** Private; its public half is what is certified. */
  key: KeyObject;
  /** Whose key signs. Default: its own. */
  issuer?: { name: string; key: KeyObject };
  /** Default: drawn from the system's randomness. */
  serial?: Uint8Array;
}

export interface Certificate {
  /** PEM. */
  certificate: string;
  /** SHA-256 over the DER certificate. */
  fingerprint: Uint8Array;
}

const utf8 = new TextEncoder();
const oid = {
  ecdsaWithSha256: [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02],
  commonName: [0x55, 0x04, 0x03],
  subjectKeyIdentifier: [0x55, 0x1d, 0x0e],
  keyUsage: [0x55, 0x1d, 0x0f],
  subjectAltName: [0x55, 0x1d, 0x11],
  basicConstraints: [0x55, 0x1d, 0x13],
  authorityKeyIdentifier: [0x55, 0x1d, 0x23],
  extendedKeyUsage: [0x55, 0x1d, 0x25],
  serverAuth: [0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01],
};
const context = { keyId: 0x80, dnsName: 0x82, ipAddress: 0x87, version: 0xa0, extensions: 0xa3 };

/** A new private key on P-256. */
export function newKey(): KeyObject {
  return generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
}

export function keyPem(key: KeyObject): string {
  return key.export({ type: "pkcs8", format: "pem" }).toString();
}

export function certified(wanted: Wanted): Certificate {
  const issuer = wanted.issuer ?? wanted;
  const body = toBeSigned(wanted, issuer);
  const signature = der(tag.bitString, [0], sign("sha256", body, issuer.key));
  const certificate = der(tag.sequence, body, algorithm(), signature);
  return {
    certificate: pem("CERTIFICATE", certificate),
    fingerprint: hash("sha256", certificate, "buffer"),
  };
}

function toBeSigned(wanted: Wanted, issuer: { name: string; key: KeyObject }): Uint8Array {
  return der(
    tag.sequence,
    der(context.version, der(tag.integer, [2])),
    der(tag.integer, wanted.serial ?? drawnSerial()),
    algorithm(),
    nameOf(issuer.name),
    der(tag.sequence, derTime(wanted.fromMs), derTime(wanted.untilMs)),
    nameOf(wanted.name),
    publicBytes(wanted.key),
    der(context.extensions, der(tag.sequence, ...extensionsOf(wanted, issuer.key))),
  );
}

/** 15 bytes, positive, without a leading zero. */
function drawnSerial(): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(15)).map((byte) => 1 + byte % 127);
}

function algorithm(): Uint8Array {
  return der(tag.sequence, der(tag.oid, oid.ecdsaWithSha256));
}

function nameOf(text: string): Uint8Array {
  const commonName = der(tag.sequence, der(tag.oid, oid.commonName), derText(text));
  return der(tag.sequence, der(tag.set, commonName));
}

function publicBytes(key: KeyObject): Uint8Array {
  return createPublicKey(key).export({ type: "spki", format: "der" });
}

/** RFC 7093: 160 bits of a SHA-256. */
function keyId(key: KeyObject): Uint8Array {
  return hash("sha256", publicBytes(key), "buffer").subarray(0, 20);
}

function extensionsOf({ use, key }: Wanted, issuerKey: KeyObject): Uint8Array[] {
  const [signs, serves] = [use !== "server", use !== "authority"];
  const critical = true;
  // digitalSignature is the first bit, keyCertSign the sixth.
  const usage = (serves ? 0x80 : 0) | (signs ? 0x04 : 0);
  const unusedBits = signs ? 2 : 7;
  const found = [
    extension(
      oid.basicConstraints,
      signs ? der(tag.sequence, der(tag.boolean, [0xff])) : der(tag.sequence),
      critical,
    ),
    extension(oid.keyUsage, der(tag.bitString, [unusedBits, usage]), critical),
    extension(oid.subjectKeyIdentifier, der(tag.octetString, keyId(key))),
    extension(
      oid.authorityKeyIdentifier,
      der(tag.sequence, der(context.keyId, keyId(issuerKey))),
    ),
  ];
  if (!serves) return found;
  return [
    ...found,
    extension(oid.extendedKeyUsage, der(tag.sequence, der(tag.oid, oid.serverAuth))),
    extension(oid.subjectAltName, ourNames()),
  ];
}

function extension(id: number[], value: Uint8Array, isCritical = false): Uint8Array {
  const critical = isCritical ? [der(tag.boolean, [0xff])] : [];
  return der(tag.sequence, der(tag.oid, id), ...critical, der(tag.octetString, value));
}

function ourNames(): Uint8Array {
  return der(
    tag.sequence,
    der(context.ipAddress, [127, 0, 0, 1]),
    der(context.dnsName, utf8.encode("localhost")),
  );
}
