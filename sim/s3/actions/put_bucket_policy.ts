/**
 * PutBucketPolicy: who may do what with a bucket and its objects, in place of what was said before.
 *
 * In force with the next request.
 *
 * Source: S3 API reference, PutBucketPolicy.
 * Left out: `x-amz-confirm-remove-self-bucket-access`: nobody is kept from shutting himself out.
 */
import { onBucket } from "../access.ts";
import { receiveDocument } from "../body.ts";
import { checkedPolicy } from "../bucket_policy.ts";
import { refusal } from "../errors.ts";
import type { Action, Reply, S3Context, S3Request } from "../http.ts";

export const putBucketPolicy: Action = {
  name: "PutBucketPolicy",
  needs: onBucket("s3:PutBucketPolicy"),
  run,
};

async function run(request: S3Request, { objects, policies }: S3Context): Promise<Reply> {
  const { bucket } = request;
  mustBeOwners(request);
  objects.needBucket(bucket);
  const text = checkedPolicy(await receiveDocument(request), bucket);
  // It may have gone while the body came.
  objects.needBucket(bucket);
  policies.put(bucket, text);
  return { status: 204 };
}

/**
 * Documented: whom the policy allows it, but who is not of the bucket's account, is told that there
 * is no such method.
 * @throws {S3Error} MethodNotAllowed
 */
export function mustBeOwners({ principal, method }: S3Request): void {
  if (principal.kind === "aws") return;
  throw refusal("MethodNotAllowed", { Method: method, ResourceType: "BUCKETPOLICY" });
}
