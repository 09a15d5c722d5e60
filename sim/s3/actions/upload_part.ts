/**
 * UploadPart: one part of an upload; a part sent again replaces the one before.
 *
 * Source: S3 API reference, UploadPart.
 */
import { onWrite } from "../access.ts";
import { receive } from "../body.ts";
import { checksumHeader } from "../checksums.ts";
import { refusal } from "../errors.ts";
import type { Action, Reply, S3Context, S3Request } from "../http.ts";
import { quoted, wantedChecksum } from "../metadata.ts";

const partNumberMax = 10_000;

export const uploadPart: Action = {
  name: "UploadPart",
  needs: onWrite,
  run,
};

async function run(request: S3Request, s3: S3Context): Promise<Reply> {
  const { bucket, key, parameters } = request;
  const number = partNumber(parameters);
  const upload = s3.uploads.need(bucket, key, parameters.get("uploadId") ?? "");
  const wanted = wantedChecksum(request) ?? upload.checksumName;
  const { path, md5, checksum } = await receive(request, s3.objects.disk, wanted);
  const note = { etag: md5, modifiedMs: s3.world.nowMs(), checksum };
  s3.uploads.putPart(upload, number, path, note);
  const headers: Record<string, string> = {
    ETag: quoted(md5),
    "x-amz-server-side-encryption": "AES256",
  };
  if (checksum !== null) headers[checksumHeader(checksum.name)] = checksum.value;
  return { status: 200, headers };
}

/** @throws {S3Error} InvalidArgument */
export function partNumber(parameters: ReadonlyMap<string, string>): number {
  const text = parameters.get("partNumber") ?? "";
  const number = /^[0-9]{1,5}$/.test(text) ? Number(text) : 0;
  if (number >= 1 && number <= partNumberMax) return number;
  const details = { ArgumentName: "partNumber", ArgumentValue: text };
  const range = `an integer between 1 and ${partNumberMax}, inclusive`;
  throw refusal("InvalidArgument", details, `Part number must be ${range}`);
}
