/**
 * HeadObject: what GetObject would say, without the bytes.
 *
 * Source: S3 API reference, HeadObject.
 */
import { onTagged } from "../access.ts";
import type { Action, Reply, S3Context, S3Request } from "../http.ts";
import { needObject, replyFor } from "./get_object.ts";

export const headObject: Action = {
  name: "HeadObject",
  needs: onTagged("s3:GetObject"),
  run,
};

function run(request: S3Request, s3: S3Context): Reply {
  const object = needObject(request, s3);
  const { status, headers, slice } = replyFor(request, object);
  if (slice === null) return { status, headers };
  return { status, headers: { ...headers, "Content-Length": String(slice.length) } };
}
