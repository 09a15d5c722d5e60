/**
 * Conditional requests: headers and the object as it stands -> on, or no.
 *
 * Source: RFC 9110 section 13; S3 user guide, "Conditional requests".
 */
import { refusal, type S3Error } from "./errors.ts";
import type { S3Request } from "./http.ts";
import type { Precondition, StoredObject } from "./store/objects.ts";
import type { Standing, Upload } from "./store/uploads.ts";

type Headers = ReadonlyMap<string, string>;

function failed(condition: string): S3Error {
  return refusal("PreconditionFailed", { Condition: condition });
}

function matches(list: string, etag: string): boolean {
  return list.split(",").some((item) => {
    const one = item.trim().replace(/^W\//, "").replace(/^"(.*)"$/, "$1");
    return one === "*" || one === etag;
  });
}

/** Whole seconds, because that is what a date in a header can say. */
function isModifiedSince(modifiedMs: number, date: string): boolean | null {
  const ms = Date.parse(date);
  return Number.isNaN(ms) ? null : Math.floor(modifiedMs / 1000) * 1000 > ms;
}

/**
 * Judges a read. An ETag that matches outweighs a date that does not.
 * @throws {S3Error} PreconditionFailed
 * @returns "not modified" for 304
 */
export function checkRead(headers: Headers, object: StoredObject): "go" | "not modified" {
  const { etag, modifiedMs } = object.note;
  const ifMatch = headers.get("if-match");
  if (ifMatch !== undefined) {
    if (!matches(ifMatch, etag)) throw failed("If-Match");
  } else if (isModifiedSince(modifiedMs, headers.get("if-unmodified-since") ?? "")) {
    throw failed("If-Unmodified-Since");
  }
  const ifNoneMatch = headers.get("if-none-match");
  if (ifNoneMatch !== undefined) return matches(ifNoneMatch, etag) ? "not modified" : "go";
  const since = isModifiedSince(modifiedMs, headers.get("if-modified-since") ?? "");
  return since === false ? "not modified" : "go";
}

/** The same for the source of a copy, where S3 knows no 304. */
export function checkCopySource(headers: Headers, object: StoredObject): void {
  const names = ["if-match", "if-none-match", "if-modified-since", "if-unmodified-since"];
  const own = new Map<string, string>();
  for (const name of names) {
    const value = headers.get(`x-amz-copy-source-${name}`);
    if (value !== undefined) own.set(name, value);
  }
  if (checkRead(own, object) === "not modified") throw failed("x-amz-copy-source-If-None-Match");
}

/**
 * What a write asks of the object that stands there now; judged at the moment of the change.
 * @throws {S3Error} NotImplemented for conditions that S3 knows for reads only
 */
export function writePrecondition({ headers, key }: S3Request): Precondition {
  const ifMatch = headers.get("if-match");
  const ifNoneMatch = headers.get("if-none-match");
  if (ifNoneMatch !== undefined && ifNoneMatch.trim() !== "*") {
    throw refusal("NotImplemented", { Header: "If-None-Match" });
  }
  return (current) => {
    if (ifNoneMatch !== undefined && current !== null) throw failed("If-None-Match");
    if (ifMatch === undefined) return;
    if (current === null) throw refusal("NoSuchKey", { Key: key });
    if (!matches(ifMatch, current.note.etag)) throw failed("If-Match");
  };
}

/** What stands under a key, in so far as a later write asks whether it is still that. */
export function standingOf(object: StoredObject | null): Standing | null {
  return object && { etag: object.note.etag, modifiedMs: object.note.modifiedMs };
}

/**
 * The same for the end of an upload. Observed (recorded by a public test suite): a condition that
 * holds is still a conflict if the object was put, replaced or deleted since the upload began.
 * Left out: an object that was both put and deleted in between.
 */
export function completePrecondition(request: S3Request, { stood }: Upload): Precondition {
  const precondition = writePrecondition(request);
  const { headers, key } = request;
  const condition = headers.has("if-none-match") ? "If-None-Match" : "If-Match";
  const isConditional = headers.has(condition.toLowerCase());
  return (current) => {
    precondition(current);
    if (!isConditional || stood === undefined || isSame(stood, standingOf(current))) return;
    throw refusal("ConditionalRequestConflict", { Condition: condition, Key: key });
  };
}

function isSame(one: Standing | null, other: Standing | null): boolean {
  return one?.etag === other?.etag && one?.modifiedMs === other?.modifiedMs;
}
