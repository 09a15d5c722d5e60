/**
 * CopyObject: an object under a second name, with the metadata of the first or with new.
 *
 * Source: S3 API reference, CopyObject.
 * Left out: versions, copies between accounts.
 */
import { type Checksum, startChecksum } from "../checksums.ts";
import { refusal } from "../errors.ts";
import type { Reply, S3Context, S3Request } from "../http.ts";
import { describe, isoDate, quoted, wantedChecksum } from "../metadata.ts";
import { checkCopySource, writePrecondition } from "../preconditions.ts";
import { copySlice, copySource } from "../copying.ts";
import type { ObjectNote, StoredObject } from "../store/objects.ts";
import { element, result } from "../xml.ts";

export async function copyObject(request: S3Request, s3: S3Context): Promise<Reply> {
  const { objects } = s3;
  objects.needBucket(request.bucket);
  const source = copySource(request, objects);
  checkCopySource(request.headers, source.object);
  const described = describeCopy(request, source);
  const precondition = writePrecondition(request);
  const wanted = wantedChecksum(request) ?? source.object.note.checksum?.name ?? null;
  const running = wanted === null ? null : startChecksum(wanted);
  const whole = { start: 0, length: source.object.size };
  const { path, md5 } = await copySlice(source.object, whole, objects.disk, running);
  const checksum: Checksum | null = wanted === null || running === null
    ? null
    : { name: wanted, type: "FULL_OBJECT", value: running.digest().toBase64() };
  const note: ObjectNote = {
    etag: md5,
    modifiedMs: objects.nowMs(),
    ...described,
    checksum,
    parts: null,
  };
  objects.put(request.bucket, request.key, path, note, precondition);
  return { status: 200, body: result("CopyObjectResult", resultOf(note)) };
}

function resultOf({ etag, modifiedMs, checksum }: ObjectNote): string {
  const sum = checksum === null
    ? ""
    : element(`Checksum${checksum.name}`, checksum.value) + element("ChecksumType", checksum.type);
  return element("LastModified", isoDate(modifiedMs)) + element("ETag", quoted(etag)) + sum;
}

interface Source {
  bucket: string;
  object: StoredObject;
}

/** Metadata and tags are taken over unless the request says to replace them. */
function describeCopy(request: S3Request, { bucket, object }: Source) {
  const { headers } = request;
  const given = describe(request);
  const replaces = directive(headers, "x-amz-metadata-directive");
  const replacesTags = directive(headers, "x-amz-tagging-directive");
  const isItself = bucket === request.bucket && object.key === request.key;
  if (isItself && !replaces && !replacesTags && !headers.has("x-amz-storage-class")) {
    const text = "This copy request is illegal because it is trying to copy an object to itself " +
      "without changing the object's metadata, storage class, website redirect location or " +
      "encryption attributes.";
    throw refusal("InvalidRequest", {}, text);
  }
  const { note } = object;
  return {
    headers: replaces ? given.headers : note.headers,
    user: replaces ? given.user : note.user,
    tags: replacesTags ? given.tags : note.tags,
  };
}

function directive(headers: ReadonlyMap<string, string>, name: string): boolean {
  const value = headers.get(name) ?? "COPY";
  if (value === "COPY" || value === "REPLACE") return value === "REPLACE";
  throw refusal("InvalidArgument", { ArgumentName: name, ArgumentValue: value });
}
