/**
 * CreateMultipartUpload: opens an upload and says what its object will carry.
 *
 * Source: S3 API reference, CreateMultipartUpload.
 */
import { onDescribedWrite } from "../access.ts";
import type { ChecksumName, ChecksumType } from "../checksums.ts";
import { refusal } from "../errors.ts";
import type { Action, Reply, S3Context, S3Request } from "../http.ts";
import { describe, wantedChecksum } from "../metadata.ts";
import { standingOf } from "../preconditions.ts";
import { element, result } from "../xml.ts";

export const createMultipartUpload: Action = {
  name: "CreateMultipartUpload",
  needs: onDescribedWrite,
  run,
};

function run(request: S3Request, s3: S3Context): Reply {
  const { bucket, key } = request;
  s3.objects.needBucket(bucket);
  const checksumName = wantedChecksum(request);
  const checksumType = typeFor(request, checksumName);
  const upload = s3.uploads.create({
    bucket,
    key,
    ...describe(request),
    checksumName,
    checksumType,
    stood: standingOf(s3.objects.find(bucket, key)),
  });
  const headers: Record<string, string> = { "x-amz-server-side-encryption": "AES256" };
  if (checksumName !== null) {
    headers["x-amz-checksum-algorithm"] = checksumName;
    headers["x-amz-checksum-type"] = checksumType;
  }
  const content = element("Bucket", bucket) + element("Key", key) + element("UploadId", upload.id);
  return { status: 200, headers, body: result("InitiateMultipartUploadResult", content) };
}

/** Documented: CRC64NVME is of the whole object only, SHA never, the others as wanted. */
function typeFor({ headers }: S3Request, name: ChecksumName | null): ChecksumType {
  const given = headers.get("x-amz-checksum-type")?.toUpperCase();
  const usual = name === "CRC64NVME" ? "FULL_OBJECT" : "COMPOSITE";
  if (given === undefined) return usual;
  if (given !== "FULL_OBJECT" && given !== "COMPOSITE") {
    throw refusal("InvalidRequest", {}, "Value for x-amz-checksum-type header is invalid.");
  }
  const isPossible = given === usual || name === "CRC32" || name === "CRC32C";
  if (isPossible) return given;
  const text = `The ${given} checksum type cannot be used with the ${name} checksum algorithm.`;
  throw refusal("InvalidRequest", {}, text);
}
