/**
 * ListMultipartUploads: the uploads of a bucket that are neither completed nor aborted.
 *
 * Source: S3 API reference, ListMultipartUploads.
 */
import { onList } from "../access.ts";
import type { Action, Reply, S3Context, S3Request } from "../http.ts";
import { countMax, encoder, ownerXml } from "../listed.ts";
import { isoDate } from "../metadata.ts";
import { listPage } from "../store/listing.ts";
import { compareUtf8 } from "../store/paths.ts";
import type { Upload } from "../store/uploads.ts";
import { element, result, wrap } from "../xml.ts";

export const listMultipartUploads: Action = {
  name: "ListMultipartUploads",
  needs: onList("s3:ListBucketMultipartUploads"),
  run,
};

function run(request: S3Request, s3: S3Context): Reply {
  const { bucket, parameters } = request;
  s3.objects.needBucket(bucket);
  const encode = encoder(parameters);
  const most = countMax(parameters.get("max-uploads"), "max-uploads");
  const [prefix, delimiter] = [parameters.get("prefix") ?? "", parameters.get("delimiter") ?? ""];
  const marker = {
    key: parameters.get("key-marker") ?? "",
    id: parameters.get("upload-id-marker") ?? "",
  };
  const found = s3.uploads.list(bucket).filter((upload) => upload.key.startsWith(prefix))
    .sort((a, b) => compareUtf8(a.key, b.key) || (a.id < b.id ? -1 : 1))
    .filter((upload) => isAfter(upload, marker));
  const rolled = listPage(() => found.map(({ key, id }) => ({ key, path: id })), {
    prefix,
    delimiter,
    after: "",
    countMax: found.length,
  });
  const byId = new Map(found.map((upload) => [upload.id, upload]));
  const uploads = rolled.objects.map(({ path }) => byId.get(path)).filter((one) =>
    one !== undefined
  );
  const page = uploads.slice(0, most);
  const last = page.at(-1);
  const isTruncated = page.length < uploads.length;
  const content = [
    element("Bucket", bucket),
    element("KeyMarker", encode(marker.key)),
    element("UploadIdMarker", marker.id),
    isTruncated && last ? element("NextKeyMarker", encode(last.key)) : "",
    isTruncated && last ? element("NextUploadIdMarker", last.id) : "",
    prefix === "" ? "" : element("Prefix", encode(prefix)),
    delimiter === "" ? "" : element("Delimiter", encode(delimiter)),
    parameters.get("encoding-type") === "url" ? element("EncodingType", "url") : "",
    element("MaxUploads", most),
    element("IsTruncated", isTruncated),
    ...page.map((upload) => uploadXml(upload, encode)),
    ...new Set(
      rolled.prefixes.map((one) => wrap("CommonPrefixes", element("Prefix", encode(one)))),
    ),
  ];
  return { status: 200, body: result("ListMultipartUploadsResult", content.join("")) };
}

/** Documented: without an upload id, the marker's key itself is left out. */
function isAfter({ key, id }: Upload, marker: { key: string; id: string }): boolean {
  const order = compareUtf8(key, marker.key);
  return order > 0 || order === 0 && marker.id !== "" && id > marker.id;
}

function uploadXml(upload: Upload, encode: (text: string) => string): string {
  const content = element("Key", encode(upload.key)) + element("UploadId", upload.id) +
    wrap("Initiator", ownerXml()) + wrap("Owner", ownerXml()) +
    element("StorageClass", "STANDARD") + element("Initiated", isoDate(upload.initiatedMs)) +
    (upload.checksumName === null ? "" : element("ChecksumAlgorithm", upload.checksumName));
  return wrap("Upload", content);
}
