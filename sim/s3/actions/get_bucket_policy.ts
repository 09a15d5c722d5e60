/**
 * GetBucketPolicy: the policy of a bucket, as it was put.
 *
 * Source: S3 API reference, GetBucketPolicy.
 */
import { onBucket } from "../access.ts";
import { refusal } from "../errors.ts";
import type { Action, Reply, S3Context, S3Request } from "../http.ts";
import { mustBeOwners } from "./put_bucket_policy.ts";

export const getBucketPolicy: Action = {
  name: "GetBucketPolicy",
  needs: onBucket("s3:GetBucketPolicy"),
  run,
};

function run(request: S3Request, s3: S3Context): Reply {
  mustBeOwners(request);
  const body = new TextEncoder().encode(needPolicy(request, s3));
  return { status: 200, headers: { "Content-Type": "application/json" }, body };
}

/** @throws {S3Error} NoSuchBucket, NoSuchBucketPolicy */
export function needPolicy({ bucket }: S3Request, { objects, policies }: S3Context): string {
  objects.needBucket(bucket);
  const text = policies.text(bucket);
  if (text !== null) return text;
  throw refusal("NoSuchBucketPolicy", { BucketName: bucket });
}
