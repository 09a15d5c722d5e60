/**
 * Checksums of S3: bytes in pieces -> CRC32, CRC32C, CRC64NVME, SHA1 or SHA256, in base64.
 *
 * Source: S3 user guide, "Checking object integrity"; NVM Express NVM command set
 * specification, "64b CRC" (polynomial), check value in the tests.
 */
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { crc32c } from "../net/crc32c.ts";

export const checksumNames = ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"] as const;
export type ChecksumName = typeof checksumNames[number];

/** How a multipart object is summed up: over its bytes, or over the checksums of its parts. */
export type ChecksumType = "FULL_OBJECT" | "COMPOSITE";

export interface Checksum {
  name: ChecksumName;
  type: ChecksumType;
  /** Base64; a composite one ends in `-<number of parts>`. */
  value: string;
}

/** `CRC32` -> `x-amz-checksum-crc32`. */
export function checksumHeader(name: ChecksumName): string {
  return `x-amz-checksum-${name.toLowerCase()}`;
}

export function checksumNamed(text: string): ChecksumName | null {
  return checksumNames.find((name) => name === text.toUpperCase()) ?? null;
}

/** Sums up what it is fed. */
export interface Running {
  update(bytes: Uint8Array): void;
  /** Ends it. */
  digest(): Uint8Array;
}

export function startChecksum(name: ChecksumName): Running {
  switch (name) {
    case "CRC32":
      return running32((bytes, crc) => crc32(bytes, crc));
    case "CRC32C":
      return running32(continueCrc32c);
    case "CRC64NVME":
      return new Crc64Nvme();
    case "SHA1":
    case "SHA256": {
      const hash = createHash(name);
      return { update: (bytes) => void hash.update(bytes), digest: () => hash.digest() };
    }
  }
}

function running32(step: (bytes: Uint8Array, crc: number) => number): Running {
  let crc = 0;
  return {
    update(bytes) {
      crc = step(bytes, crc);
    },
    digest() {
      const out = new Uint8Array(4);
      new DataView(out.buffer).setUint32(0, crc);
      return out;
    },
  };
}

/**
 * CRC-32C goes on where it stopped. A CRC is linear: what the bytes before left behind has the
 * same effect as if it were laid over the first four bytes of these.
 */
function continueCrc32c(bytes: Uint8Array, previous: number): number {
  if (previous === 0) return crc32c(bytes);
  const laidOver = bytes.slice();
  const count = Math.min(4, bytes.length);
  for (let at = 0; at < count; at++) laidOver[at]! ^= (previous >>> (8 * at)) & 0xff;
  // Of fewer than four bytes a rest is left that has met none yet.
  const rest = count < 4 ? previous >>> (8 * count) : 0;
  return (crc32c(laidOver) ^ rest) >>> 0;
}

export function base64(bytes: Uint8Array): string {
  return bytes.toBase64();
}

/** The checksum of one piece. */
export function checksumOf(name: ChecksumName, bytes: Uint8Array): string {
  const sum = startChecksum(name);
  sum.update(bytes);
  return base64(sum.digest());
}

/**
 * The checksum of the checksums of the parts.
 * @param parts base64
 */
export function compositeOf(name: ChecksumName, parts: readonly string[]): string {
  const sum = startChecksum(name);
  for (const part of parts) sum.update(Uint8Array.fromBase64(part));
  return `${base64(sum.digest())}-${parts.length}`;
}

/** Size in bytes of a checksum, to tell a wrong one from no checksum at all. */
const sizes: Readonly<Record<ChecksumName, number>> = {
  CRC32: 4,
  CRC32C: 4,
  CRC64NVME: 8,
  SHA1: 20,
  SHA256: 32,
};

export function isChecksum(name: ChecksumName, text: string): boolean {
  return decodedSize(text) === sizes[name];
}

/** Bytes that a base64 text holds, or null if it is none. */
export function decodedSize(text: string): number | null {
  try {
    return Uint8Array.fromBase64(text).length;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

const polynomialReversed = 0x9a6c9329_ac4bc9b5n;
let tables: { low: Uint32Array; high: Uint32Array } | null = null;

function makeTables(): { low: Uint32Array; high: Uint32Array } {
  const [low, high] = [new Uint32Array(256), new Uint32Array(256)];
  for (let byte = 0; byte < 256; byte++) {
    let crc = BigInt(byte);
    for (let bit = 0; bit < 8; bit++) {
      crc = crc & 1n ? (crc >> 1n) ^ polynomialReversed : crc >> 1n;
    }
    low[byte] = Number(crc & 0xffff_ffffn);
    high[byte] = Number(crc >> 32n);
  }
  return { low, high };
}

/** 64 bits as two halves, because a BigInt per byte would cost a hundred times as much. */
class Crc64Nvme implements Running {
  #low = -1;
  #high = -1;

  update(bytes: Uint8Array): void {
    const { low, high } = tables ??= makeTables();
    let [a, b] = [this.#low, this.#high];
    for (let at = 0; at < bytes.length; at++) {
      const index = (a ^ bytes[at]!) & 0xff;
      a = ((a >>> 8) | (b << 24)) ^ low[index]!;
      b = (b >>> 8) ^ high[index]!;
    }
    [this.#low, this.#high] = [a, b];
  }

  digest(): Uint8Array {
    const out = new Uint8Array(8);
    const view = new DataView(out.buffer);
    view.setUint32(0, ~this.#high >>> 0);
    view.setUint32(4, ~this.#low >>> 0);
    return out;
  }
}
