/**
 * DeleteBucket: an empty bucket goes, with the uploads that were never completed.
 *
 * Source: S3 API reference, DeleteBucket.
 */
import { onBucket } from "../access.ts";
import type { Action, Reply, S3Context, S3Request } from "../http.ts";

export const deleteBucket: Action = {
  name: "DeleteBucket",
  needs: onBucket("s3:DeleteBucket"),
  run,
};

function run({ bucket }: S3Request, { objects, policies, uploads }: S3Context): Reply {
  objects.needBucket(bucket);
  objects.deleteBucket(bucket);
  policies.forget(bucket);
  for (const upload of uploads.list(bucket)) uploads.remove(upload.id);
  return { status: 204 };
}
