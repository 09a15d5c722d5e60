/**
 * GetObjectTagging: the tags of an object.
 *
 * Source: S3 API reference, GetObjectTagging.
 */
import type { Reply, S3Context, S3Request } from "../http.ts";
import { element, result, wrap } from "../xml.ts";
import { needObject } from "./get_object.ts";

export function getObjectTagging({ bucket, key }: S3Request, { objects }: S3Context): Reply {
  const { note } = needObject(objects, bucket, key);
  const tags = Object.entries(note.tags)
    .map(([name, value]) => wrap("Tag", element("Key", name) + element("Value", value)));
  return { status: 200, body: result("Tagging", wrap("TagSet", tags.join(""))) };
}
