/**
 * DeleteObjectTagging: no tags from here on.
 *
 * Source: S3 API reference, DeleteObjectTagging.
 */
import { onTagged } from "../access.ts";
import type { Action, Reply, S3Context, S3Request } from "../http.ts";
import { needObject } from "./get_object.ts";

export const deleteObjectTagging: Action = {
  name: "DeleteObjectTagging",
  needs: onTagged("s3:DeleteObjectTagging"),
  run,
};

function run(request: S3Request, s3: S3Context): Reply {
  const { bucket } = request;
  const object = needObject(request, s3);
  s3.objects.annotate(bucket, object, { ...object.note, tags: {} });
  return { status: 204 };
}
