/**
 * DeleteObject: an object goes; one that is not there is gone already, which is a success.
 *
 * Source: S3 API reference, DeleteObject.
 * Left out: versions and delete markers.
 */
import { onCondition, onObject } from "../access.ts";
import type { Action, Reply, S3Context, S3Request } from "../http.ts";
import { writePrecondition } from "../preconditions.ts";

export const deleteObject: Action = {
  name: "DeleteObject",
  needs: (request) => [...onObject("s3:DeleteObject")(request), ...onCondition(request)],
  run,
};

function run(request: S3Request, { objects }: S3Context): Reply {
  objects.needBucket(request.bucket);
  const object = objects.find(request.bucket, request.key);
  writePrecondition(request)(object);
  if (object !== null) objects.delete(request.bucket, object);
  return { status: 204 };
}
