/**
 * DeleteBucketPolicy: a bucket without a policy from here on, which is a success too if it had none.
 *
 * Source: S3 API reference, DeleteBucketPolicy.
 */
import { onBucket } from "../access.ts";
import type { Action, Reply, S3Context, S3Request } from "../http.ts";
import { mustBeOwners } from "./put_bucket_policy.ts";

export const deleteBucketPolicy: Action = {
  name: "DeleteBucketPolicy",
  needs: onBucket("s3:DeleteBucketPolicy"),
  run,
};

function run(request: S3Request, { objects, policies }: S3Context): Reply {
  mustBeOwners(request);
  objects.needBucket(request.bucket);
  policies.remove(request.bucket);
  return { status: 204 };
}
