/**
 * Condition keys: a request -> what the conditions of policies can look at, names in lower case.
 *
 * Made when a door asks for them. The keys of the principal and of the moment are the door's own.
 *
 * Source: service authorization reference, "Condition keys for Amazon S3"; S3 user guide, "Amazon S3
 * condition key examples".
 * Left out: object lock, access points, replication, inventory, `s3:TlsVersion`.
 */
import type { Context } from "../iam/policy/types.ts";
import { algorithm } from "../net/sigv4.ts";
import { decodeUri, parseQuery } from "../net/uri.ts";
import type { Need, S3Context, S3Request } from "./http.ts";

type Keys = Record<string, string | readonly string[]>;

/** All keys of one need of a request. */
export function conditionKeys(request: S3Request, s3: S3Context, need: Need): Context {
  const keys = signatureKeys(request, s3);
  const version = request.parameters.get("versionId");
  if (version !== undefined) keys["s3:versionid"] = version;
  return need.keys === undefined ? keys : Object.assign(keys, need.keys(request, s3, need));
}

function signatureKeys({ claim, headers, parameters }: S3Request, s3: S3Context): Keys {
  const keys: Keys = { "s3:resourceaccount": s3.world.accountId };
  const hash = headers.get("x-amz-content-sha256") ?? parameters.get("X-Amz-Content-Sha256");
  if (hash !== undefined) keys["s3:x-amz-content-sha256"] = hash;
  if (claim === null) return keys;
  const { form, timestampMs } = claim;
  keys["s3:authtype"] = form === "header" ? "REST-HEADER" : "REST-QUERY-STRING";
  keys["s3:signatureversion"] = algorithm;
  if (form === "header") return keys;
  // Documented: in milliseconds, and of presigned addresses only.
  keys["s3:signatureage"] = String(s3.world.nowMs() - timestampMs);
  keys["s3:x-amz-content-sha256"] ??= "UNSIGNED-PAYLOAD";
  return keys;
}

/** Headers whose values are keys under their own names. */
const writeHeaders = [
  "if-match",
  "if-none-match",
  "x-amz-acl",
  "x-amz-grant-full-control",
  "x-amz-grant-read",
  "x-amz-grant-read-acp",
  "x-amz-grant-write",
  "x-amz-grant-write-acp",
  "x-amz-metadata-directive",
  "x-amz-object-ownership",
  "x-amz-server-side-encryption",
  "x-amz-server-side-encryption-aws-kms-key-id",
  "x-amz-server-side-encryption-customer-algorithm",
  "x-amz-storage-class",
  "x-amz-website-redirect-location",
].map((name) => [name, `s3:${name}`] as const);

/** What the headers of a write say. */
export function writeKeys(request: S3Request): Context {
  const { headers } = request;
  const keys: Keys = {};
  if (request.key !== "") keys["s3:objectcreationoperation"] = String(makesObject(request));
  for (const [name, key] of writeHeaders) {
    const value = headers.get(name);
    if (value !== undefined) keys[key] = value;
  }
  const source = headers.get("x-amz-copy-source");
  // Documented: `bucket/key`. Assumed: however it is written.
  if (source !== undefined) {
    keys["s3:x-amz-copy-source"] = (decodeUri(source) ?? source).replace(/^\//, "");
  }
  const tags = headers.get("x-amz-tagging");
  return tags === undefined ? keys : Object.assign(keys, requestTags(parseQuery(tags) ?? []));
}

/** Documented: the beginning of an upload and its parts are writes that make no object yet. */
function makesObject({ method, parameters }: S3Request): boolean {
  return !parameters.has(method === "PUT" ? "uploadId" : "uploads");
}

/** Tags that a request brings. */
export function requestTags(tags: readonly (readonly [string, string])[]): Context {
  const keys: Keys = { "s3:requestobjecttagkeys": tags.map(([name]) => name) };
  for (const [name, value] of tags) keys[`s3:requestobjecttag/${name.toLowerCase()}`] = value;
  return keys;
}

/** Tags of the object that is there. */
export function existingTags(request: S3Request, s3: S3Context, { bucket, key }: Need): Context {
  const keys: Keys = {};
  const tags = request.find(s3.objects, bucket, key)?.note.tags ?? {};
  for (const [name, value] of Object.entries(tags)) {
    keys[`s3:existingobjecttag/${name.toLowerCase()}`] = value;
  }
  return keys;
}

/** What a list is asked for; what is not said is no key, and what is empty is an empty one. */
export function listKeys({ parameters }: S3Request): Context {
  const keys: Keys = {};
  for (const name of ["prefix", "delimiter", "max-keys"]) {
    const value = parameters.get(name);
    if (value !== undefined) keys[`s3:${name}`] = value;
  }
  return keys;
}
