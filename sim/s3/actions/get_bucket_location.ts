/**
 * GetBucketLocation: the region of a bucket; the oldest region has no name here.
 *
 * Source: S3 API reference, GetBucketLocation.
 */
import { onBucket } from "../access.ts";
import type { Action, Reply, S3Context, S3Request } from "../http.ts";
import { escapeXml, result } from "../xml.ts";

export const getBucketLocation: Action = {
  name: "GetBucketLocation",
  needs: onBucket("s3:GetBucketLocation"),
  run,
};

function run({ bucket }: S3Request, { objects, region }: S3Context): Reply {
  objects.needBucket(bucket);
  const name = region === "us-east-1" ? "" : escapeXml(region);
  return { status: 200, body: result("LocationConstraint", name) };
}
