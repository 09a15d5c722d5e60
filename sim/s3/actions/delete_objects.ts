/**
 * DeleteObjects: up to 1,000 keys in one request, each with a result of its own.
 *
 * Source: S3 API reference, DeleteObjects.
 * Left out: versions; the one that every object has is called `null`.
 */
import { receiveDocument } from "../body.ts";
import { refusal, type S3Code } from "../errors.ts";
import type { Reply, S3Context, S3Request } from "../http.ts";
import { checkKey } from "../names.ts";
import type { Objects } from "../store/objects.ts";
import { element, result, wrap } from "../xml.ts";
import { childList, childText, parseXml, type XmlNode } from "../xml_request.ts";

const keysMax = 1000;

export async function deleteObjects(request: S3Request, { objects }: S3Context): Promise<Reply> {
  objects.needBucket(request.bucket);
  mustBeSummedUp(request.headers);
  const root = await parseXml(await receiveDocument(request), "Delete", ["Object"]);
  const entries = childList(root, "Object");
  if (entries.length === 0 || entries.length > keysMax) throw refusal("MalformedXML");
  const isQuiet = childText(root, "Quiet")?.trim().toLowerCase() === "true";
  const lines = entries.map((entry) => deleteOne(objects, request.bucket, entry, isQuiet));
  return { status: 200, body: result("DeleteResult", lines.join("")) };
}

/** Documented: a client has to send Content-MD5 or a checksum, so that nothing else is deleted. */
function mustBeSummedUp(headers: ReadonlyMap<string, string>): void {
  const names = [...headers.keys()];
  const isSummedUp = names.includes("content-md5") || headers.has("x-amz-trailer") ||
    names.some((name) => name.startsWith("x-amz-checksum-"));
  if (isSummedUp) return;
  throw refusal(
    "InvalidRequest",
    {},
    "Missing required header for this request: Content-MD5 OR x-amz-checksum-*",
  );
}

function deleteOne(objects: Objects, bucket: string, entry: XmlNode, isQuiet: boolean): string {
  const key = childText(entry, "Key") ?? "";
  if (key === "") throw refusal("MalformedXML");
  checkKey(key);
  const version = childText(entry, "VersionId")?.trim() ?? "null";
  if (version !== "null") return failure("NoSuchVersion", key, element("VersionId", version));
  const object = objects.find(bucket, key);
  const etag = childText(entry, "ETag")?.replaceAll('"', "");
  if (etag !== undefined && etag !== object?.note.etag) return failure("PreconditionFailed", key);
  if (object !== null) objects.delete(bucket, object);
  return isQuiet ? "" : wrap("Deleted", element("Key", key));
}

function failure(name: S3Code, key: string, more = ""): string {
  const { code, message } = refusal(name);
  const content = element("Key", key) + more + element("Code", code) + element("Message", message);
  return wrap("Error", content);
}
