/**
 * What travels in headers beside the bytes of an object: from a request into notes, and back.
 *
 * Source: S3 API reference, PutObject and GetObject; S3 user guide, "Working with object metadata".
 */
import { checksumHeader, type ChecksumName, checksumNamed } from "./checksums.ts";
import { refusal } from "./errors.ts";
import type { S3Request } from "./http.ts";
import type { ObjectNote, StoredObject } from "./store/objects.ts";
import { parseQuery } from "../net/uri.ts";

/** Headers that are kept as they are given. */
const kept = [
  "cache-control",
  "content-disposition",
  "content-encoding",
  "content-language",
  "content-type",
  "expires",
  "x-amz-website-redirect-location",
];
const userPrefix = "x-amz-meta-";
const userBytesMax = 2048;
/** Headers that ask for something that is not here: better refused than forgotten. */
const notHere = [
  "x-amz-server-side-encryption-customer-algorithm",
  "x-amz-server-side-encryption-aws-kms-key-id",
  "x-amz-object-lock-mode",
  "x-amz-object-lock-legal-hold",
  "x-amz-object-lock-retain-until-date",
  "x-amz-write-offset-bytes",
  "x-amz-grant-full-control",
  "x-amz-grant-read",
  "x-amz-grant-read-acp",
  "x-amz-grant-write-acp",
];

export interface Described {
  headers: Record<string, string>;
  user: Record<string, string>;
  tags: Record<string, string>;
}

/** @throws {S3Error} NotImplemented, MetadataTooLarge, InvalidTag, AccessControlListNotSupported */
export function describe({ headers }: S3Request): Described {
  for (const name of notHere) {
    if (headers.has(name)) throw refusal("NotImplemented", { Header: name });
  }
  // Documented: a bucket with owner enforced, the default, takes only these.
  const acl = headers.get("x-amz-acl") ?? "private";
  if (acl !== "private" && acl !== "bucket-owner-full-control") {
    throw refusal("AccessControlListNotSupported");
  }
  const tagging = headers.get("x-amz-tagging") ?? "";
  const tags = parseQuery(tagging);
  if (tags === null) throw refusal("InvalidTag");
  return { headers: keptHeaders(headers), user: userMetadata(headers), tags: checkTags(tags) };
}

function keptHeaders(headers: ReadonlyMap<string, string>): Record<string, string> {
  const found: Record<string, string> = { "content-type": "binary/octet-stream" };
  for (const name of kept) {
    const value = headers.get(name);
    if (value !== undefined) found[name] = value;
  }
  const encoding = withoutAwsChunked(found["content-encoding"] ?? "");
  if (encoding === "") delete found["content-encoding"];
  else found["content-encoding"] = encoding;
  const storageClass = headers.get("x-amz-storage-class") ?? "STANDARD";
  if (storageClass !== "STANDARD") found["x-amz-storage-class"] = storageClass;
  return found;
}

/** `aws-chunked` says how the body travelled, not what it is. */
function withoutAwsChunked(encoding: string): string {
  return encoding.split(",").map((part) => part.trim())
    .filter((part) => part !== "aws-chunked" && part !== "").join(",");
}

function userMetadata(headers: ReadonlyMap<string, string>): Record<string, string> {
  const user: Record<string, string> = {};
  let size = 0;
  for (const [name, value] of headers) {
    if (!name.startsWith(userPrefix)) continue;
    user[name.slice(userPrefix.length)] = value;
    size += name.length - userPrefix.length + value.length;
  }
  if (size > userBytesMax) throw refusal("MetadataTooLarge");
  return user;
}

/** @throws {S3Error} InvalidTag */
export function checkTags(pairs: readonly (readonly [string, string])[]): Record<string, string> {
  const tags = new Map(pairs);
  const isGood = [...tags].every(([key, value]) =>
    key !== "" && key.length <= 128 && value.length <= 256
  );
  if (!isGood || tags.size < pairs.length) throw refusal("InvalidTag");
  if (tags.size > 10) throw refusal("InvalidTag", {}, "Object tags cannot be greater than 10");
  return Object.fromEntries(tags);
}

/** The checksum algorithm a request names without bringing the checksum. */
export function wantedChecksum({ headers }: S3Request): ChecksumName | null {
  const text = headers.get("x-amz-checksum-algorithm") ??
    headers.get("x-amz-sdk-checksum-algorithm");
  if (text === undefined) return null;
  const name = checksumNamed(text);
  if (name !== null) return name;
  throw refusal("InvalidRequest", {}, "Checksum algorithm provided is unsupported.");
}

export function quoted(etag: string): string {
  return `"${etag}"`;
}

export function httpDate(ms: number): string {
  return new Date(ms).toUTCString();
}

export function isoDate(ms: number): string {
  return new Date(ms).toISOString();
}

/** The headers that describe an object in the answer to a GET or HEAD. */
export function objectHeaders(object: StoredObject): Record<string, string> {
  const { note } = object;
  const headers: Record<string, string> = {
    "Last-Modified": httpDate(note.modifiedMs),
    ETag: quoted(note.etag),
    "Accept-Ranges": "bytes",
    "x-amz-server-side-encryption": "AES256",
    ...note.headers,
  };
  for (const [name, value] of Object.entries(note.user)) headers[userPrefix + name] = value;
  const tagCount = Object.keys(note.tags).length;
  if (tagCount > 0) headers["x-amz-tagging-count"] = String(tagCount);
  return headers;
}

export function checksumHeaders({ checksum }: ObjectNote): Record<string, string> {
  if (checksum === null) return {};
  return {
    [checksumHeader(checksum.name)]: checksum.value,
    "x-amz-checksum-type": checksum.type,
  };
}
