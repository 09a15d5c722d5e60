/**
 * Access: what a request must be allowed to do, and the question to the door, in S3's words.
 *
 * Each action names its needs (see `Action`), and they are asked before it does anything. What a
 * body tells, the action asks itself once it has read it, and before it stores anything.
 *
 * Documented: who may not is told `AccessDenied`; a bucket that does not exist is told to everybody;
 * a missing key only to those who may list the bucket.
 *
 * Source: S3 user guide, "Required permissions for Amazon S3 API operations"; service authorization
 * reference, "Actions, resources, and condition keys for Amazon S3".
 */
import { conditionKeys, existingTags, listKeys, writeKeys } from "./condition_keys.ts";
import { refusal, type S3Error } from "./errors.ts";
import type { KeysOf, Need, S3Context, S3Request } from "./http.ts";

/** Needs of an action that knows no bucket. */
export function onService(action: string): (request: S3Request) => Need[] {
  return () => [{ action, bucket: "", key: "" }];
}

export function onBucket(action: string, keys?: KeysOf): (request: S3Request) => Need[] {
  return ({ bucket }) => [{ action, bucket, key: "", keys }];
}

/** Documented: whoever lists says what, and policies can look at it. */
export function onList(action: string): (request: S3Request) => Need[] {
  return onBucket(action, listKeys);
}

/** A write of the object's bytes, or one that belongs to it. */
export function onWrite(request: S3Request): Need[] {
  const { bucket, key } = request;
  return [{ action: "s3:PutObject", bucket, key, keys: writeKeys }];
}

/** What stands under the key already, whose tags policies can look at. */
export function onObject(action: string, keys?: KeysOf): (request: S3Request) => Need[] {
  return ({ bucket, key, parameters }) => {
    return [{ action: forVersion(action, parameters.has("versionId")), bucket, key, keys }];
  };
}

export function onTagged(action: string): (request: S3Request) => Need[] {
  return onObject(action, existingTags);
}

/** Documented: a request that names a version needs the permission for versions. */
export function forVersion(action: string, hasVersion: boolean): string {
  return hasVersion ? action.replace(/^(s3:[A-Z][a-z]+Object)/, "$1Version") : action;
}

/**
 * A write that may say what the object carries beside its bytes. Documented: tags and an access
 * list need permissions of their own.
 */
export function onDescribedWrite(request: S3Request): Need[] {
  const { bucket, key, headers } = request;
  const needs = onWrite(request);
  const more = (action: string) => needs.push({ action, bucket, key, keys: writeKeys });
  if (headers.has("x-amz-tagging")) more("s3:PutObjectTagging");
  if (namesAcl(headers)) more("s3:PutObjectAcl");
  needs.push(...onCondition(request));
  return needs;
}

/** Documented: who asks whether an ETag is still that of the object must be allowed to read it. */
export function onCondition({ bucket, key, headers }: S3Request): Need[] {
  return comparesEtag(headers.get("if-match")) ? [{ action: "s3:GetObject", bucket, key }] : [];
}

export function comparesEtag(condition: string | undefined): boolean {
  return condition !== undefined && condition.trim() !== "*";
}

const aclHeaders = [
  "x-amz-acl",
  ...["full-control", "read", "read-acp", "write", "write-acp"].map((name) =>
    `x-amz-grant-${name}`
  ),
];

export function namesAcl(headers: ReadonlyMap<string, string>): boolean {
  return aclHeaders.some((name) => headers.has(name));
}

/** @throws {S3Error} AccessDenied, NoSuchBucket */
export function mustAllow(request: S3Request, s3: S3Context, need: Need): void {
  const denied = denialOf(request, s3, need);
  if (denied !== null) throw denied;
}

/**
 * Null: go on.
 * @throws {S3Error} NoSuchBucket
 */
export function denialOf(request: S3Request, s3: S3Context, need: Need): S3Error | null {
  const because = reasonOf(request, s3, need);
  if (because === null) return null;
  // Documented: names of buckets are no secret, so a missing one is told before who may what.
  const { action, bucket } = need;
  if (bucket !== "" && action !== "s3:CreateBucket") s3.objects.needBucket(bucket);
  const { principal } = request;
  // Observed (public reports): the others are told less than those of the bucket's own account.
  if (principal.kind !== "aws") return refusal("AccessDenied");
  const resource = bucket === "" ? "" : ` on resource: "${arnOf(need)}"`;
  const text =
    `User: ${principal.arn} is not authorized to perform: ${action}${resource} ${because}`;
  return refusal("AccessDenied", {}, text);
}

/** Why not, from `because` or `with` on. */
function reasonOf(request: S3Request, s3: S3Context, need: Need): string | null {
  const { principal } = request;
  const policy = policyFor(request, s3, need);
  // Nothing but the bucket's policy lets in who has proven nothing, whichever door this is.
  if (principal.kind === "anonymous" && policy === null) return "";
  const refused = s3.door.refusalOf({
    principal,
    action: need.action,
    resource: arnOf(need),
    // Made only if the door looks.
    get context() {
      return conditionKeys(request, s3, need);
    },
    resourcePolicy: policy,
  });
  return refused === null ? null : refused.because;
}

const ofPolicies = /^s3:(Get|Put|Delete)BucketPolicy$/;

/** Documented: no bucket's policy shuts out the account's root from the policy itself. */
function policyFor({ principal }: S3Request, s3: S3Context, need: Need): string | null {
  const { action, bucket } = need;
  if (bucket === "" || action === "s3:CreateBucket") return null;
  const isRoot = principal.kind === "aws" && principal.entity.type === "root";
  return isRoot && ofPolicies.test(action) ? null : s3.policies.text(bucket);
}

function arnOf({ bucket, key }: Need): string {
  if (bucket === "") return "arn:aws:s3:::*";
  return key === "" ? `arn:aws:s3:::${bucket}` : `arn:aws:s3:::${bucket}/${key}`;
}
