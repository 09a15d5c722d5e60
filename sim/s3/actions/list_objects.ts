/**
 * ListObjects: the older list, which goes on after a name instead of a token.
 *
 * Source: S3 API reference, ListObjects.
 */
import { onList } from "../access.ts";
import type { Action, Reply, S3Context, S3Request } from "../http.ts";
import { countMax, encoder, pageOf, pageXml } from "../listed.ts";
import { element, result } from "../xml.ts";

export const listObjects: Action = {
  name: "ListObjects",
  needs: onList("s3:ListBucket"),
  run,
};

function run(request: S3Request, s3: S3Context): Reply {
  const { bucket, parameters } = request;
  const encode = encoder(parameters);
  const [prefix, delimiter] = [parameters.get("prefix") ?? "", parameters.get("delimiter") ?? ""];
  const marker = parameters.get("marker") ?? "";
  const most = countMax(parameters.get("max-keys"), "maxKeys");
  const page = pageOf(request, s3, { prefix, delimiter, after: marker, countMax: most });
  const content = [
    element("Name", bucket),
    element("Prefix", encode(prefix)),
    element("Marker", encode(marker)),
    // Documented: without a delimiter the client takes the last key itself.
    page.next === null || delimiter === "" ? "" : element("NextMarker", encode(page.next)),
    element("MaxKeys", most),
    delimiter === "" ? "" : element("Delimiter", encode(delimiter)),
    parameters.has("encoding-type") ? element("EncodingType", "url") : "",
    element("IsTruncated", page.next !== null),
    pageXml(request, s3, page, { encode, hasOwner: true }),
  ];
  return { status: 200, body: result("ListBucketResult", content.join("")) };
}
