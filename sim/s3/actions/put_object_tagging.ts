/**
 * PutObjectTagging: new tags in place of all old ones; the object itself stays as it is.
 *
 * Source: S3 API reference, PutObjectTagging.
 */
import { forVersion, mustAllow } from "../access.ts";
import { receiveDocument } from "../body.ts";
import { existingTags, requestTags } from "../condition_keys.ts";
import { refusal } from "../errors.ts";
import type { Action, Reply, S3Context, S3Request } from "../http.ts";
import { checkTags } from "../metadata.ts";
import { childList, childNode, childText, parseXml, type XmlNode } from "../xml_request.ts";
import { needObject } from "./get_object.ts";

export const putObjectTagging: Action = {
  name: "PutObjectTagging",
  // Its body says which tags: asked below.
  needs: () => [],
  run,
};

async function run(request: S3Request, s3: S3Context): Promise<Reply> {
  const root = await parseXml(await receiveDocument(request), "Tagging", ["Tag"]);
  const set = childNode(root, "TagSet");
  if (set === null) throw refusal("MalformedXML");
  const tags = checkTags(childList(set, "Tag").map(readTag));
  const { bucket, key, parameters } = request;
  mustAllow(request, s3, {
    action: forVersion("s3:PutObjectTagging", parameters.has("versionId")),
    bucket,
    key,
    keys: (...asked) => ({ ...existingTags(...asked), ...requestTags(Object.entries(tags)) }),
  });
  const object = needObject(request, s3, { bucket, key });
  s3.objects.annotate(bucket, object, { ...object.note, tags });
  return { status: 200 };
}

function readTag(node: XmlNode): [string, string] {
  const [key, value] = [childText(node, "Key"), childText(node, "Value")];
  if (key === null || value === null) throw refusal("MalformedXML");
  return [key, value];
}
