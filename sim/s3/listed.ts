/**
 * What the lists of S3 have in common: limits, encoding, entries.
 *
 * Source: S3 API reference, ListObjectsV2 and ListObjects.
 */
import { encodeUriPath } from "../net/uri.ts";
import { refusal } from "./errors.ts";
import { owner, type S3Context, type S3Request } from "./http.ts";
import { isoDate, quoted } from "./metadata.ts";
import { listPage, type Page } from "./store/listing.ts";
import { PackCache } from "./store/notes.ts";
import type { StoredObject } from "./store/objects.ts";
import { element, wrap } from "./xml.ts";

const pageSizeMax = 1000;

/** A limit as the client gave it, no more than S3 allows. @throws {S3Error} InvalidArgument */
export function countMax(text: string | undefined, name: string, most = pageSizeMax): number {
  if (text === undefined || text === "") return most;
  if (/^[0-9]{1,10}$/.test(text) && Number(text) <= 2_147_483_647) {
    return Math.min(Number(text), most);
  }
  const details = { ArgumentName: name, ArgumentValue: text };
  throw refusal(
    "InvalidArgument",
    details,
    `Provided ${name} not an integer or within integer range`,
  );
}

/** How names are written: as they are, or for `encoding-type=url` as in a form. */
export function encoder(parameters: ReadonlyMap<string, string>): (text: string) => string {
  const type = parameters.get("encoding-type");
  if (type === undefined) return (text) => text;
  if (type === "url") return (text) => encodeUriPath(text).replaceAll("%20", "+");
  const details = { ArgumentName: "encoding-type", ArgumentValue: type };
  throw refusal("InvalidArgument", details, "Invalid Encoding Method specified in Request");
}

export function ownerXml(): string {
  return element("ID", owner.id);
}

export interface ListQuery {
  prefix: string;
  delimiter: string;
  after: string;
  countMax: number;
}

/** One page of a bucket's keys. */
export function pageOf({ bucket }: S3Request, { objects }: S3Context, query: ListQuery): Page {
  objects.needBucket(bucket);
  return listPage((cursor) => objects.walk(bucket, query.prefix, cursor), query);
}

/** The `Contents` and `CommonPrefixes` of a page. */
export function pageXml(
  { bucket }: S3Request,
  { objects }: S3Context,
  page: Page,
  { encode, hasOwner }: { encode: (text: string) => string; hasOwner: boolean },
): string {
  let xml = "";
  const packs = new PackCache();
  for (const { key, path } of page.objects) {
    // Gone since the folder was read: as if it had gone before.
    const object = objects.open(bucket, key, path, packs);
    if (object !== null) xml += wrap("Contents", contentsOf(object, encode, hasOwner));
  }
  for (const prefix of page.prefixes) {
    xml += wrap("CommonPrefixes", element("Prefix", encode(prefix)));
  }
  return xml;
}

function contentsOf(
  { key, size, note }: StoredObject,
  encode: (text: string) => string,
  hasOwner: boolean,
): string {
  const sum = note.checksum === null ? "" : element("ChecksumAlgorithm", note.checksum.name) +
    element("ChecksumType", note.checksum.type);
  return element("Key", encode(key)) + element("LastModified", isoDate(note.modifiedMs)) +
    element("ETag", quoted(note.etag)) + sum + element("Size", size) +
    (hasOwner ? wrap("Owner", ownerXml()) : "") +
    element("StorageClass", note.headers["x-amz-storage-class"] ?? "STANDARD");
}
