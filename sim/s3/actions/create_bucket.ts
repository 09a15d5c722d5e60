/**
 * CreateBucket: a new folder for objects.
 *
 * Source: S3 API reference, CreateBucket.
 * Left out: object lock, directory buckets.
 */
import { receiveDocument } from "../body.ts";
import { refusal } from "../errors.ts";
import type { Reply, S3Context, S3Request } from "../http.ts";
import { childText, parseXml } from "../xml_request.ts";

/** Documented: the one region that must not be named as a constraint, and where a repeat succeeds. */
const firstRegion = "us-east-1";

export async function createBucket(request: S3Request, s3: S3Context): Promise<Reply> {
  const { bucket } = request;
  const document = await receiveDocument(request);
  const constraint = document.length === 0
    ? null
    : childText(await parseXml(document, "CreateBucketConfiguration", []), "LocationConstraint");
  if (constraint !== null && constraint !== s3.region) {
    throw refusal("IllegalLocationConstraintException");
  }
  if (!s3.objects.hasBucket(bucket)) s3.objects.createBucket(bucket);
  else if (s3.region !== firstRegion) {
    throw refusal("BucketAlreadyOwnedByYou", { BucketName: bucket });
  }
  return { status: 200, headers: { Location: `/${bucket}` } };
}
