/**
 * DeleteBucket: an empty bucket goes, with the uploads that were never completed.
 *
 * Source: S3 API reference, DeleteBucket.
 */
import type { Reply, S3Context, S3Request } from "../http.ts";

export function deleteBucket({ bucket }: S3Request, { objects, uploads }: S3Context): Reply {
  objects.needBucket(bucket);
  objects.deleteBucket(bucket);
  for (const upload of uploads.list(bucket)) uploads.remove(upload.id);
  return { status: 204 };
}
