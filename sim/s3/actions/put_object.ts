/**
 * PutObject: a body becomes an object, whole or not at all.
 *
 * Source: S3 API reference, PutObject.
 * Left out: versions, encryption keys, object lock, storage classes (kept as a word).
 */
import { onDescribedWrite } from "../access.ts";
import { receive } from "../body.ts";
import type { Action, Reply, S3Context, S3Request } from "../http.ts";
import { checksumHeaders, describe, quoted, wantedChecksum } from "../metadata.ts";
import { writePrecondition } from "../preconditions.ts";
import type { ObjectNote } from "../store/objects.ts";

export const putObject: Action = {
  name: "PutObject",
  needs: onDescribedWrite,
  run,
};

async function run(request: S3Request, { objects }: S3Context): Promise<Reply> {
  objects.needBucket(request.bucket);
  const described = describe(request);
  const precondition = writePrecondition(request);
  const { path, md5, checksum } = await receive(request, objects.disk, wantedChecksum(request));
  const note: ObjectNote = {
    etag: md5,
    modifiedMs: objects.nowMs(),
    ...described,
    checksum: checksum === null ? null : { ...checksum, type: "FULL_OBJECT" },
    parts: null,
  };
  objects.put(request.bucket, request.key, path, note, precondition);
  const headers = {
    ETag: quoted(md5),
    "x-amz-server-side-encryption": "AES256",
    ...checksumHeaders(note),
  };
  return { status: 200, headers };
}
