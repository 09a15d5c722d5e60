/**
 * HeadObject: what GetObject would say, without the bytes.
 *
 * Source: S3 API reference, HeadObject.
 */
import type { Reply, S3Context, S3Request } from "../http.ts";
import { needObject, replyFor } from "./get_object.ts";

export function headObject(request: S3Request, { objects }: S3Context): Reply {
  const object = needObject(objects, request.bucket, request.key);
  const { status, headers, slice } = replyFor(request, object);
  if (slice === null) return { status, headers };
  return { status, headers: { ...headers, "Content-Length": String(slice.length) } };
}
