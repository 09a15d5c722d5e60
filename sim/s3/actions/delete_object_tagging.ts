/**
 * DeleteObjectTagging: no tags from here on.
 *
 * Source: S3 API reference, DeleteObjectTagging.
 */
import type { Reply, S3Context, S3Request } from "../http.ts";
import { needObject } from "./get_object.ts";

export function deleteObjectTagging({ bucket, key }: S3Request, { objects }: S3Context): Reply {
  const object = needObject(objects, bucket, key);
  objects.annotate(bucket, object, { ...object.note, tags: {} });
  return { status: 204 };
}
