/**
 * GetBucketPolicyStatus: whether the policy of a bucket makes it public.
 *
 * Source: S3 API reference, GetBucketPolicyStatus.
 */
import { onBucket } from "../access.ts";
import { isPublic } from "../bucket_policy.ts";
import type { Action, Reply, S3Context, S3Request } from "../http.ts";
import { element, result } from "../xml.ts";
import { needPolicy } from "./get_bucket_policy.ts";

export const getBucketPolicyStatus: Action = {
  name: "GetBucketPolicyStatus",
  needs: onBucket("s3:GetBucketPolicyStatus"),
  run,
};

function run(request: S3Request, s3: S3Context): Reply {
  const status = element("IsPublic", isPublic(needPolicy(request, s3)));
  return { status: 200, body: result("PolicyStatus", status) };
}
