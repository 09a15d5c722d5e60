/**
 * HeadBucket: whether there is such a bucket, and in which region.
 *
 * Source: S3 API reference, HeadBucket.
 */
import { onBucket } from "../access.ts";
import type { Action, Reply, S3Context, S3Request } from "../http.ts";

export const headBucket: Action = {
  name: "HeadBucket",
  needs: onBucket("s3:ListBucket"),
  run,
};

function run({ bucket }: S3Request, { objects, region }: S3Context): Reply {
  objects.needBucket(bucket);
  const headers = { "x-amz-bucket-region": region, "x-amz-access-point-alias": "false" };
  return { status: 200, headers: { ...headers, "Content-Type": "application/xml" } };
}
