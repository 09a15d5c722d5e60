/**
 * CopyObject: an object under a second name, with the metadata of the first or with new.
 *
 * Source: S3 API reference, CopyObject.
 * Left out: versions, copies between accounts.
 */
import { onDescribedWrite } from "../access.ts";
import { type Checksum, startChecksum } from "../checksums.ts";
import { writeKeys } from "../condition_keys.ts";
import { refusal } from "../errors.ts";
import type { Action, Need, Reply, S3Context, S3Request } from "../http.ts";
import { describe, isoDate, quoted, wantedChecksum } from "../metadata.ts";
import { checkCopySource, writePrecondition } from "../preconditions.ts";
import { copySlice, copySource, needOfSource, readCopySource } from "../copying.ts";
import type { ObjectNote, StoredObject } from "../store/objects.ts";
import { element, result } from "../xml.ts";

export const copyObject: Action = {
  name: "CopyObject",
  needs,
  run,
};

async function run(request: S3Request, s3: S3Context): Promise<Reply> {
  const { objects } = s3;
  objects.needBucket(request.bucket);
  const source = copySource(request, s3);
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

/**
 * Documented: tags that go along with a copy need to be read there and written here. Asked for after
 * the bytes, so that nobody hears of tags who may not read the object.
 */
function* needs(request: S3Request, s3: S3Context): Generator<Need> {
  const source = readCopySource(request);
  yield needOfSource("s3:GetObject", source);
  yield* onDescribedWrite(request);
  const { bucket, key } = request;
  if (replacesTags(request)) return;
  const tags = s3.objects.find(source.bucket, source.key)?.note.tags ?? {};
  if (Object.keys(tags).length === 0) return;
  yield needOfSource("s3:GetObjectTagging", source);
  yield { action: "s3:PutObjectTagging", bucket, key, keys: writeKeys };
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
  const hasNewTags = replacesTags(request);
  const isItself = bucket === request.bucket && object.key === request.key;
  if (isItself && !replaces && !hasNewTags && !headers.has("x-amz-storage-class")) {
    const text = "This copy request is illegal because it is trying to copy an object to itself " +
      "without changing the object's metadata, storage class, website redirect location or " +
      "encryption attributes.";
    throw refusal("InvalidRequest", {}, text);
  }
  const { note } = object;
  return {
    headers: replaces ? given.headers : note.headers,
    user: replaces ? given.user : note.user,
    tags: hasNewTags ? given.tags : note.tags,
  };
}

function replacesTags({ headers }: S3Request): boolean {
  return directive(headers, "x-amz-tagging-directive");
}

function directive(headers: ReadonlyMap<string, string>, name: string): boolean {
  const value = headers.get(name) ?? "COPY";
  if (value === "COPY" || value === "REPLACE") return value === "REPLACE";
  throw refusal("InvalidArgument", { ArgumentName: name, ArgumentValue: value });
}
