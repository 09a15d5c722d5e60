/** Names of buckets and keys: those that nothing may have are refused with S3's words. */
import { refusal } from "./errors.ts";
import { isBucketName } from "./store/paths.ts";

const keyBytesMax = 1024;

/**
 * Documented: the code belongs to every request that names a bucket. Observed (public reports): a
 * GET of an object answers so too; NoSuchBucket is for names that a bucket could have.
 * @throws {S3Error} InvalidBucketName
 */
export function checkBucket(bucket: string): void {
  if (!isBucketName(bucket)) throw refusal("InvalidBucketName", { BucketName: bucket });
}

/** @throws {S3Error} KeyTooLongError */
export function checkKey(key: string): void {
  // A name in XML can hold half a surrogate pair, which has no bytes.
  if (!key.isWellFormed()) throw refusal("InvalidURI");
  // A UTF-16 unit is three bytes of UTF-8 at most.
  if (key.length * 3 <= keyBytesMax) return;
  const size = new TextEncoder().encode(key).length;
  if (size <= keyBytesMax) return;
  throw refusal("KeyTooLongError", { Size: String(size), MaxSizeAllowed: String(keyBytesMax) });
}
