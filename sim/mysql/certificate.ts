/**
 * Certificate: nothing -> a new key and a self-signed certificate for 127.0.0.1.
 *
 * Made when the first client asks for TLS, and never stored: no key lies in the repository.
 *
 * Source: RFC 5280 (certificate), RFC 5480 and RFC 5758 (P-256 with SHA-256), X.690 (DER).
 */
export interface Certificate {
  /** PEM. */
  key: string;
  /** PEM. */
  certificate: string;
  /** SHA-256 over the DER certificate. */
  fingerprint: Uint8Array;
}

const utf8 = new TextEncoder();
const curve = { name: "ECDSA", namedCurve: "P-256" } as const;
const oid = {
  ecdsaWithSha256: [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02],
  commonName: [0x55, 0x04, 0x03],
  subjectAltName: [0x55, 0x1d, 0x11],
  basicConstraints: [0x55, 0x1d, 0x13],
};
const tag = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  utf8String: 0x0c,
  sequence: 0x30,
  set: 0x31,
  generalizedTime: 0x18,
  dnsName: 0x82,
  ipAddress: 0x87,
  version: 0xa0,
  extensions: 0xa3,
};

/** @param random numbers in [0, 1), for the serial number. */
export async function makeCertificate(random: () => number): Promise<Certificate> {
  const { privateKey, publicKey } = await crypto.subtle.generateKey(curve, true, [
    "sign",
    "verify",
  ]);
  const keyInfo = new Uint8Array(await crypto.subtle.exportKey("spki", publicKey));
  const body = toBeSigned(keyInfo, serialNumber(random));
  const raw = await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, privateKey, body);
  const signature = der(tag.bitString, [0], ecdsaSignature(new Uint8Array(raw)));
  const certificate = der(tag.sequence, body, algorithm(), signature);
  const key = new Uint8Array(await crypto.subtle.exportKey("pkcs8", privateKey));
  return {
    key: pem("PRIVATE KEY", key),
    certificate: pem("CERTIFICATE", certificate),
    fingerprint: new Uint8Array(await crypto.subtle.digest("SHA-256", certificate)),
  };
}

function toBeSigned(keyInfo: Uint8Array, serial: Uint8Array): Uint8Array<ArrayBuffer> {
  const name = der(
    tag.sequence,
    der(
      tag.set,
      der(tag.sequence, der(tag.oid, oid.commonName), text("MySQL_Server_Simulated_Certificate")),
    ),
  );
  const validity = der(tag.sequence, time("20240101000000Z"), time("20491231235959Z"));
  const names = der(
    tag.sequence,
    der(tag.ipAddress, [127, 0, 0, 1]),
    der(tag.dnsName, utf8.encode("localhost")),
  );
  const authority = der(tag.sequence, der(tag.boolean, [0xff]));
  const extensions = der(
    tag.sequence,
    der(tag.sequence, der(tag.oid, oid.basicConstraints), der(tag.octetString, authority)),
    der(tag.sequence, der(tag.oid, oid.subjectAltName), der(tag.octetString, names)),
  );
  return der(
    tag.sequence,
    der(tag.version, der(tag.integer, [2])),
    der(tag.integer, serial),
    algorithm(),
    name,
    validity,
    name,
    keyInfo,
    der(tag.extensions, extensions),
  );
}

/** 15 bytes, positive, without a leading zero. */
function serialNumber(random: () => number): Uint8Array {
  return Uint8Array.from({ length: 15 }, () => 1 + Math.floor(random() * 127));
}

function algorithm(): Uint8Array {
  return der(tag.sequence, der(tag.oid, oid.ecdsaWithSha256));
}

/** r and s side by side -> a sequence of two integers. */
function ecdsaSignature(raw: Uint8Array): Uint8Array {
  return der(tag.sequence, integer(raw.subarray(0, 32)), integer(raw.subarray(32)));
}

/** Shortest form; a zero byte in front keeps it positive. */
function integer(bytes: Uint8Array): Uint8Array {
  let from = 0;
  while (from < bytes.length - 1 && bytes[from] === 0) from++;
  const short = bytes.subarray(from);
  return (short[0] ?? 0) < 0x80 ? der(tag.integer, short) : der(tag.integer, [0], short);
}

function text(value: string): Uint8Array {
  return der(tag.utf8String, utf8.encode(value));
}

function time(value: string): Uint8Array {
  return der(tag.generalizedTime, utf8.encode(value));
}

/** Tag, length, contents. */
function der(kind: number, ...contents: ArrayLike<number>[]): Uint8Array<ArrayBuffer> {
  const size = contents.reduce((sum, part) => sum + part.length, 0);
  const head = [kind];
  if (size < 0x80) head.push(size);
  else if (size < 0x100) head.push(0x81, size);
  else head.push(0x82, size >>> 8, size & 0xff);
  const whole = new Uint8Array(head.length + size);
  whole.set(head);
  let at = head.length;
  for (const part of contents) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function pem(label: string, bytes: Uint8Array): string {
  const lines = btoa(String.fromCharCode(...bytes)).match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}
