/**
 * DeleteObjects: up to 1,000 keys in one request, each with a result of its own.
 *
 * Source: S3 API reference, DeleteObjects.
 * Left out: versions; the one that every object has is called `null`.
 */
import { comparesEtag, denialOf, forVersion } from "../access.ts";
import { receiveDocument } from "../body.ts";
import { refusal, type S3Error } from "../errors.ts";
import type { Action, Reply, S3Context, S3Request } from "../http.ts";
import { checkKey } from "../names.ts";
import { element, result, wrap } from "../xml.ts";
import { childList, childText, parseXml, type XmlNode } from "../xml_request.ts";

const keysMax = 1000;

export const deleteObjects: Action = {
  name: "DeleteObjects",
  // Asked key by key.
  needs: () => [],
  run,
};

async function run(request: S3Request, s3: S3Context): Promise<Reply> {
  s3.objects.needBucket(request.bucket);
  mustBeSummedUp(request.headers);
  const root = await parseXml(await receiveDocument(request), "Delete", ["Object"]);
  const entries = childList(root, "Object");
  if (entries.length === 0 || entries.length > keysMax) throw refusal("MalformedXML");
  const isQuiet = childText(root, "Quiet")?.trim().toLowerCase() === "true";
  const lines = entries.map((entry) => deleteOne(request, s3, entry, isQuiet));
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

function deleteOne(request: S3Request, s3: S3Context, entry: XmlNode, isQuiet: boolean): string {
  const { objects } = s3;
  const { bucket } = request;
  const key = childText(entry, "Key") ?? "";
  if (key === "") throw refusal("MalformedXML");
  checkKey(key);
  const given = childText(entry, "VersionId")?.trim();
  const etag = childText(entry, "ETag")?.replaceAll('"', "");
  const actions = [
    forVersion("s3:DeleteObject", given !== undefined),
    ...comparesEtag(etag) ? ["s3:GetObject"] : [],
  ];
  for (const action of actions) {
    const denied = denialOf(request, s3, { action, bucket, key });
    if (denied !== null) return failure(denied, key);
  }
  const version = given ?? "null";
  if (version !== "null") {
    return failure(refusal("NoSuchVersion"), key, element("VersionId", version));
  }
  const object = objects.find(bucket, key);
  if (etag !== undefined && etag !== object?.note.etag) {
    return failure(refusal("PreconditionFailed"), key);
  }
  if (object !== null) objects.delete(bucket, object);
  return isQuiet ? "" : wrap("Deleted", element("Key", key));
}

function failure({ code, message }: S3Error, key: string, more = ""): string {
  const content = element("Key", key) + more + element("Code", code) + element("Message", message);
  return wrap("Error", content);
}
