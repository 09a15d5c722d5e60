/**
 * CreateBucket: a new folder for objects.
 *
 * Source: S3 API reference, CreateBucket.
 * Left out: object lock, directory buckets.
 */
import { mustAllow, namesAcl } from "../access.ts";
import { receiveDocument } from "../body.ts";
import { writeKeys } from "../condition_keys.ts";
import { refusal } from "../errors.ts";
import type { Action, Need, Reply, S3Context, S3Request } from "../http.ts";
import { childText, parseXml } from "../xml_request.ts";

/** Documented: the one region that must not be named as a constraint, and where a repeat succeeds. */
const firstRegion = "us-east-1";

export const createBucket: Action = {
  name: "CreateBucket",
  // Its body says where: asked below.
  needs: () => [],
  run,
};

async function run(request: S3Request, s3: S3Context): Promise<Reply> {
  const { bucket } = request;
  const document = await receiveDocument(request);
  const constraint = document.length === 0
    ? null
    : childText(await parseXml(document, "CreateBucketConfiguration", []), "LocationConstraint");
  for (const need of needsOf(request, constraint)) mustAllow(request, s3, need);
  if (constraint !== null && constraint !== s3.region) {
    throw refusal("IllegalLocationConstraintException");
  }
  if (!s3.objects.hasBucket(bucket)) makeBucket(bucket, s3);
  else if (s3.region !== firstRegion) {
    throw refusal("BucketAlreadyOwnedByYou", { BucketName: bucket });
  }
  return { status: 200, headers: { Location: `/${bucket}` } };
}

/** Documented: what a bucket is given at its making needs the permission to give it. */
function needsOf(request: S3Request, constraint: string | null): Need[] {
  const { bucket, headers } = request;
  const where = constraint === null ? {} : { "s3:locationconstraint": constraint };
  const need = (action: string): Need => {
    return { action, bucket, key: "", keys: () => ({ ...writeKeys(request), ...where }) };
  };
  const needs = [need("s3:CreateBucket")];
  if (namesAcl(headers)) needs.push(need("s3:PutBucketAcl"));
  if (headers.has("x-amz-object-ownership")) needs.push(need("s3:PutBucketOwnershipControls"));
  return needs;
}

/** The policy of one that was removed by hand is not that of the next. */
export function makeBucket(bucket: string, { objects, policies }: MakesBuckets): void {
  policies.remove(bucket);
  objects.createBucket(bucket);
}

type MakesBuckets = Pick<S3Context, "objects" | "policies">;
