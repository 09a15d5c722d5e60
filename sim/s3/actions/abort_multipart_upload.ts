/**
 * AbortMultipartUpload: an upload and its parts go.
 *
 * Source: S3 API reference, AbortMultipartUpload.
 */
import type { Reply, S3Context, S3Request } from "../http.ts";

export function abortMultipartUpload(request: S3Request, { uploads }: S3Context): Reply {
  const { bucket, key, parameters } = request;
  uploads.remove(uploads.need(bucket, key, parameters.get("uploadId") ?? "").id);
  return { status: 204 };
}
