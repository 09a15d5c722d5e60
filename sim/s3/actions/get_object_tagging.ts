/**
 * GetObjectTagging: the tags of an object.
 *
 * Source: S3 API reference, GetObjectTagging.
 */
import { onTagged } from "../access.ts";
import type { Action, Reply, S3Context, S3Request } from "../http.ts";
import { element, result, wrap } from "../xml.ts";
import { needObject } from "./get_object.ts";

export const getObjectTagging: Action = {
  name: "GetObjectTagging",
  needs: onTagged("s3:GetObjectTagging"),
  run,
};

function run(request: S3Request, s3: S3Context): Reply {
  const { note } = needObject(request, s3);
  const tags = Object.entries(note.tags)
    .map(([name, value]) => wrap("Tag", element("Key", name) + element("Value", value)));
  return { status: 200, body: result("Tagging", wrap("TagSet", tags.join(""))) };
}
