/**
 * AbortMultipartUpload: an upload and its parts go.
 *
 * Source: S3 API reference, AbortMultipartUpload.
 */
import { onObject } from "../access.ts";
import type { Action, Reply, S3Context, S3Request } from "../http.ts";

export const abortMultipartUpload: Action = {
  name: "AbortMultipartUpload",
  needs: onObject("s3:AbortMultipartUpload"),
  run,
};

function run(request: S3Request, { uploads }: S3Context): Reply {
  const { bucket, key, parameters } = request;
  uploads.remove(uploads.need(bucket, key, parameters.get("uploadId") ?? "").id);
  return { status: 204 };
}
