/**
 * ListParts: the parts of an upload that have arrived, by number.
 *
 * Source: S3 API reference, ListParts.
 */
import { onObject } from "../access.ts";
import type { Action, Reply, S3Context, S3Request } from "../http.ts";
import { isoDate, quoted } from "../metadata.ts";
import { countMax, ownerXml } from "../listed.ts";
import type { Part } from "../store/uploads.ts";
import { element, result, wrap } from "../xml.ts";

export const listParts: Action = {
  name: "ListParts",
  needs: onObject("s3:ListMultipartUploadParts"),
  run,
};

function run(request: S3Request, { uploads }: S3Context): Reply {
  const { bucket, key, parameters } = request;
  const upload = uploads.need(bucket, key, parameters.get("uploadId") ?? "");
  const most = countMax(parameters.get("max-parts"), "max-parts");
  const marker = countMax(
    parameters.get("part-number-marker") ?? "0",
    "part-number-marker",
    10_000,
  );
  const rest = uploads.parts(upload.id).filter((part) => part.number > marker);
  const page = rest.slice(0, most);
  const content = [
    element("Bucket", bucket),
    element("Key", key),
    element("UploadId", upload.id),
    wrap("Initiator", ownerXml()),
    wrap("Owner", ownerXml()),
    element("StorageClass", "STANDARD"),
    upload.checksumName === null ? "" : element("ChecksumAlgorithm", upload.checksumName),
    upload.checksumName === null ? "" : element("ChecksumType", upload.checksumType),
    element("PartNumberMarker", marker),
    element("NextPartNumberMarker", page.at(-1)?.number ?? 0),
    element("MaxParts", most),
    element("IsTruncated", page.length < rest.length),
    ...page.map(partXml),
  ];
  return { status: 200, body: result("ListPartsResult", content.join("")) };
}

function partXml({ number, modifiedMs, etag, size, checksum }: Part): string {
  const content = element("PartNumber", number) + element("LastModified", isoDate(modifiedMs)) +
    element("ETag", quoted(etag)) + element("Size", size) +
    (checksum === null ? "" : element(`Checksum${checksum.name}`, checksum.value));
  return wrap("Part", content);
}
