/**
 * PutObjectTagging: new tags in place of all old ones; the object itself stays as it is.
 *
 * Source: S3 API reference, PutObjectTagging.
 */
import { receiveDocument } from "../body.ts";
import { refusal } from "../errors.ts";
import type { Reply, S3Context, S3Request } from "../http.ts";
import { checkTags } from "../metadata.ts";
import { childList, childNode, childText, parseXml, type XmlNode } from "../xml_request.ts";
import { needObject } from "./get_object.ts";

export async function putObjectTagging(request: S3Request, { objects }: S3Context): Promise<Reply> {
  const root = await parseXml(await receiveDocument(request), "Tagging", ["Tag"]);
  const set = childNode(root, "TagSet");
  if (set === null) throw refusal("MalformedXML");
  const tags = checkTags(childList(set, "Tag").map(readTag));
  const object = needObject(objects, request.bucket, request.key);
  objects.annotate(request.bucket, object, { ...object.note, tags });
  return { status: 200 };
}

function readTag(node: XmlNode): [string, string] {
  const [key, value] = [childText(node, "Key"), childText(node, "Value")];
  if (key === null || value === null) throw refusal("MalformedXML");
  return [key, value];
}
