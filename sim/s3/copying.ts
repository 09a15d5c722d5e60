/**
 * Copies inside S3: the source that a request names, and its bytes again, summed up on the way.
 *
 * Source: S3 API reference, CopyObject and UploadPartCopy.
 */
import { createHash } from "node:crypto";
import { decodeUri } from "../net/uri.ts";
import { forVersion } from "./access.ts";
import { needObject } from "./actions/get_object.ts";
import type { Running } from "./checksums.ts";
import { existingTags } from "./condition_keys.ts";
import { refusal } from "./errors.ts";
import type { Need, S3Context, S3Request } from "./http.ts";
import { checkBucket, checkKey } from "./names.ts";
import type { Disk, TemporaryFile } from "./store/disk.ts";
import type { StoredObject } from "./store/objects.ts";

const pieceBytes = 1_048_576;

export interface CopySource {
  bucket: string;
  key: string;
  version: string | undefined;
}

/**
 * Reads `x-amz-copy-source`: `bucket/key`, encoded, perhaps with a slash before.
 * @throws {S3Error} InvalidArgument, InvalidBucketName, KeyTooLongError
 */
export function readCopySource(request: S3Request): CopySource {
  const [path = "", version] = (request.headers.get("x-amz-copy-source") ?? "").split(
    "?versionId=",
  );
  const decoded = decodeUri(path)?.replace(/^\//, "") ?? "";
  const slash = decoded.indexOf("/");
  if (slash <= 0 || slash === decoded.length - 1) {
    const details = { ArgumentName: "x-amz-copy-source", ArgumentValue: path };
    throw refusal("InvalidArgument", details, "Invalid copy source object key");
  }
  const [bucket, key] = [decoded.slice(0, slash), decoded.slice(slash + 1)];
  checkBucket(bucket);
  checkKey(key);
  return { bucket, key, version };
}

/** Documented: who copies must be allowed to read the source, by its own bucket's policy too. */
export function needOfSource(action: string, { bucket, key, version }: CopySource): Need {
  return { action: forVersion(action, version !== undefined), bucket, key, keys: existingTags };
}

/** @throws {S3Error} NoSuchVersion, NoSuchBucket, NoSuchKey, AccessDenied */
export function copySource(
  request: S3Request,
  s3: S3Context,
): { bucket: string; object: StoredObject } {
  const source = readCopySource(request);
  const { bucket, version } = source;
  if (version !== undefined && version !== "null") throw refusal("NoSuchVersion");
  return { bucket, object: needObject(request, s3, source) };
}

export interface Copied {
  /** A temporary file, which is the caller's. */
  path: string;
  /** Hex. */
  md5: string;
}

/** Copies a slice of an object. */
export async function copySlice(
  object: StoredObject,
  { start, length }: { start: number; length: number },
  disk: Disk,
  running: Running | null,
): Promise<Copied> {
  const md5 = createHash("md5");
  using source = Deno.openSync(object.path);
  if (start > 0) source.seekSync(start, Deno.SeekMode.Start);
  using copy = disk.create();
  for await (const bytes of pieces(source, length)) {
    copy.write(bytes);
    md5.update(bytes);
    running?.update(bytes);
  }
  return { path: copy.keep(), md5: md5.digest("hex") };
}

/** Appends whole files to one, in order; each piece goes through `running` too. */
export async function joinFiles(
  paths: readonly { path: string; size: number }[],
  target: TemporaryFile,
  running: Running | null,
): Promise<void> {
  for (const { path, size } of paths) {
    using source = Deno.openSync(path);
    for await (const bytes of pieces(source, size)) {
      target.write(bytes);
      running?.update(bytes);
    }
  }
}

async function* pieces(source: Deno.FsFile, length: number): AsyncGenerator<Uint8Array> {
  for (let left = length; left > 0;) {
    const bytes = await readPiece(source, Math.min(left, pieceBytes));
    left -= bytes.length;
    yield bytes;
  }
}

async function readPiece(source: Deno.FsFile, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length;) {
    const count = await source.read(bytes.subarray(at));
    // Cut short by hand while we read.
    if (count === null) throw refusal("InternalError");
    at += count;
  }
  return bytes;
}
