/** What the tests of the S3 contract share: the vendor's client, its errors, and known bytes. */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { S3Client, S3ServiceException } from "@aws-sdk/client-s3";
import { credentials, region, type TestS3 } from "../sim/s3/helper.ts";

/** The client with its usual settings, on the simulated endpoint. */
export function clientOf(
  s3: TestS3,
  changes: Partial<typeof credentials> = {},
): S3Client & Disposable {
  const client = new S3Client({
    endpoint: s3.endpoint,
    region,
    forcePathStyle: true,
    credentials: { ...credentials, ...changes },
  });
  return Object.assign(client, { [Symbol.dispose]: () => client.destroy() });
}

/** The error that a call must end with. */
export async function failure(
  call: Promise<unknown>,
): Promise<{ name: string; status: number | undefined }> {
  try {
    await call;
  } catch (error) {
    if (error instanceof S3ServiceException) {
      return { name: error.name, status: error.$metadata.httpStatusCode };
    }
    throw error;
  }
  throw new Error("Nothing was refused");
}

/** In hex. */
export const md5 = (bytes: Uint8Array | string) => createHash("md5").update(bytes).digest("hex");

/** As S3 writes checksums. */
export function crc32Base64(bytes: Uint8Array | string): string {
  const out = Buffer.alloc(4);
  out.writeUInt32BE(crc32(bytes));
  return out.toString("base64");
}

/** Bytes that repeat nowhere near. */
export function bytesOf(size: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(size);
  for (let at = 0, state = seed; at + 4 <= size; at += 4) {
    state = Math.imul(state, 1_664_525) + 1_013_904_223 | 0;
    bytes.writeInt32LE(state, at);
  }
  return bytes;
}
