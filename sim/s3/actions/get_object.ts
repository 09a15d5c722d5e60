/**
 * GetObject: the bytes of an object, or a range of them, read from its file as they are sent.
 *
 * The file is opened before the answer begins: an object replaced meanwhile is still sent whole.
 *
 * Source: S3 API reference, GetObject; RFC 9110 section 14.
 * Left out: several ranges at once (answered with the whole object, as S3 does), versions.
 */
import { mustAllow, onTagged } from "../access.ts";
import { refusal } from "../errors.ts";
import type { Action, FileSlice, Reply, S3Context, S3Request } from "../http.ts";
import { checksumHeaders, httpDate, objectHeaders, quoted } from "../metadata.ts";
import { checkRead } from "../preconditions.ts";
import type { StoredObject } from "../store/objects.ts";

/** Query parameters that replace a header of the answer. */
const overrides: Readonly<Record<string, string>> = {
  "response-cache-control": "cache-control",
  "response-content-disposition": "content-disposition",
  "response-content-encoding": "content-encoding",
  "response-content-language": "content-language",
  "response-content-type": "content-type",
  "response-expires": "expires",
};

/** Up to here a file is read at once. */
const readBytesMax = 262_144;

export const getObject: Action = {
  name: "GetObject",
  needs: onTagged("s3:GetObject"),
  run,
};

function run(request: S3Request, s3: S3Context): Reply {
  const object = needObject(request, s3);
  const reply = replyFor(request, object);
  if (reply.slice === null) return { status: reply.status, headers: reply.headers };
  const { start, length } = reply.slice;
  return {
    status: reply.status,
    headers: { ...reply.headers, "Content-Length": String(length) },
    body: length === 0 ? new Uint8Array(0) : openSlice(object, start, length),
  };
}

/**
 * The object that a request is about, or another. Documented: that there is none is told only to
 * those who may list the bucket.
 * @throws {S3Error} NoSuchBucket, NoSuchKey, AccessDenied
 */
export function needObject(
  request: S3Request,
  s3: S3Context,
  { bucket, key }: { bucket: string; key: string } = request,
): StoredObject {
  const object = request.find(s3.objects, bucket, key);
  if (object !== null) return object;
  s3.objects.needBucket(bucket);
  mustAllow(request, s3, { action: "s3:ListBucket", bucket, key: "" });
  throw refusal("NoSuchKey", { Key: key });
}

export interface ReadReply {
  status: number;
  headers: Record<string, string>;
  /** Null: there is nothing to send (304). */
  slice: Slice | null;
}

export interface Slice {
  start: number;
  length: number;
}

/** Status, headers and slice, the same for GET and HEAD. */
export function replyFor({ headers, parameters }: S3Request, object: StoredObject): ReadReply {
  if (checkRead(headers, object) === "not modified") {
    const { etag, modifiedMs } = object.note;
    const brief = { ETag: quoted(etag), "Last-Modified": httpDate(modifiedMs) };
    return { status: 304, headers: brief, slice: null };
  }
  const all = objectHeaders(object);
  for (const [parameter, header] of Object.entries(overrides)) {
    const value = parameters.get(parameter);
    if (value !== undefined) all[header] = mustFitHeader(parameter, value);
  }
  const part = partSlice(parameters.get("partNumber"), object);
  const slice = part ?? rangeSlice(headers.get("range"), object.size);
  if (slice === null) {
    // A checksum is of the whole object: with a part of it, a client would find it wrong.
    if (isEnabled(headers)) Object.assign(all, checksumHeaders(object.note));
    return { status: 200, headers: all, slice: { start: 0, length: object.size } };
  }
  if (part !== null && object.note.parts !== null) {
    all["x-amz-mp-parts-count"] = String(object.note.parts.sizes.length);
  }
  const end = slice.start + slice.length - 1;
  all["Content-Range"] = `bytes ${slice.start}-${end}/${object.size}`;
  return { status: 206, headers: all, slice };
}

/** Documented: S3 refuses what no header can carry. */
function mustFitHeader(parameter: string, value: string): string {
  if (/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) return value;
  const details = { ArgumentName: parameter, ArgumentValue: value };
  const text = "Header value cannot be represented using ISO-8859-1.";
  throw refusal("InvalidArgument", details, text);
}

function isEnabled(headers: ReadonlyMap<string, string>): boolean {
  return headers.get("x-amz-checksum-mode")?.toUpperCase() === "ENABLED";
}

/**
 * One range of bytes; null where there is none, or one that HTTP says to ignore.
 * @throws {S3Error} InvalidRange
 */
export function rangeSlice(text: string | undefined, size: number): Slice | null {
  const parts = /^bytes=(\d*)-(\d*)$/.exec(text?.trim() ?? "");
  if (parts === null) return null;
  const [first = "", last = ""] = parts.slice(1);
  if (first === "" && last === "") return null;
  if (first !== "" && last !== "" && Number(last) < Number(first)) return null;
  const start = first === "" ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === "" || last === "" ? size - 1 : Math.min(Number(last), size - 1);
  if (start < size && start <= end) return { start, length: end - start + 1 };
  throw refusal("InvalidRange", { RangeRequested: text ?? "", ActualObjectSize: String(size) });
}

/** @throws {S3Error} InvalidPartNumber */
function partSlice(text: string | undefined, { size, note }: StoredObject): Slice | null {
  if (text === undefined) return null;
  const sizes = note.parts?.sizes ?? [size];
  const length = sizes[Number(text) - 1];
  if (length === undefined) throw refusal("InvalidPartNumber", { PartNumberRequested: text });
  // The whole of an object is no range of it.
  if (note.parts === null) return null;
  const start = sizes.slice(0, Number(text) - 1).reduce((sum, one) => sum + one, 0);
  return { start, length };
}

function openSlice(object: StoredObject, start: number, length: number): Uint8Array | FileSlice {
  const file = openFile(object);
  if (length > readBytesMax) return { file, start, length };
  try {
    return readExactly(file, start, length);
  } finally {
    file.close();
  }
}

function openFile({ path, key }: StoredObject): Deno.FsFile {
  try {
    return Deno.openSync(path);
  } catch (error) {
    // Removed by hand since we looked.
    if (error instanceof Deno.errors.NotFound) throw refusal("NoSuchKey", { Key: key });
    throw error;
  }
}

function readExactly(file: Deno.FsFile, start: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  if (start > 0) file.seekSync(start, Deno.SeekMode.Start);
  for (let at = 0; at < length;) {
    const count = file.readSync(bytes.subarray(at));
    if (count === null) throw refusal("InternalError");
    at += count;
  }
  return bytes;
}
