/**
 * ListObjectsV2: keys in the order of their UTF-8 bytes, up to 1,000 a page.
 *
 * A continuation token is the last name of the page before: it stays good whatever happens to
 * the bucket in between, across restarts too.
 *
 * Source: S3 API reference, ListObjectsV2.
 */
import { onList } from "../access.ts";
import { refusal } from "../errors.ts";
import type { Action, Reply, S3Context, S3Request } from "../http.ts";
import { countMax, encoder, pageOf, pageXml } from "../listed.ts";
import { element, result } from "../xml.ts";

/** So that a text of somebody else's is not taken for a token. */
const tokenMark = "1/";

export const listObjectsV2: Action = {
  name: "ListObjectsV2",
  needs: onList("s3:ListBucket"),
  run,
};

function run(request: S3Request, s3: S3Context): Reply {
  const { bucket, parameters } = request;
  const encode = encoder(parameters);
  const [prefix, delimiter] = [parameters.get("prefix") ?? "", parameters.get("delimiter") ?? ""];
  const startAfter = parameters.get("start-after") ?? "";
  const token = parameters.get("continuation-token");
  const after = token === undefined ? startAfter : readToken(token);
  const query = {
    prefix,
    delimiter,
    after,
    countMax: countMax(parameters.get("max-keys"), "maxKeys"),
  };
  const page = pageOf(request, s3, query);
  const hasOwner = parameters.get("fetch-owner") === "true";
  const content = [
    element("Name", bucket),
    element("Prefix", encode(prefix)),
    startAfter === "" ? "" : element("StartAfter", encode(startAfter)),
    token === undefined ? "" : element("ContinuationToken", token),
    page.next === null ? "" : element("NextContinuationToken", makeToken(page.next)),
    element("KeyCount", page.objects.length + page.prefixes.length),
    element("MaxKeys", query.countMax),
    delimiter === "" ? "" : element("Delimiter", encode(delimiter)),
    parameters.has("encoding-type") ? element("EncodingType", "url") : "",
    element("IsTruncated", page.next !== null),
    pageXml(request, s3, page, { encode, hasOwner }),
  ];
  return { status: 200, body: result("ListBucketResult", content.join("")) };
}

function makeToken(last: string): string {
  return new TextEncoder().encode(tokenMark + last).toBase64();
}

/** @throws {S3Error} InvalidArgument */
function readToken(token: string): string {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.fromBase64(token));
    if (text.startsWith(tokenMark)) return text.slice(tokenMark.length);
  } catch (error) {
    if (!(error instanceof SyntaxError) && !(error instanceof TypeError)) throw error;
  }
  const details = { ArgumentName: "continuation-token", ArgumentValue: token };
  throw refusal("InvalidArgument", details, "The continuation token provided is incorrect");
}
