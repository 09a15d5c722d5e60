/**
 * UploadPartCopy: a part whose bytes are those of an object, or a range of it.
 *
 * Source: S3 API reference, UploadPartCopy.
 */
import { onWrite } from "../access.ts";
import { startChecksum } from "../checksums.ts";
import { copySlice, copySource, needOfSource, readCopySource } from "../copying.ts";
import { refusal } from "../errors.ts";
import type { Action, Reply, S3Context, S3Request } from "../http.ts";
import { isoDate, quoted } from "../metadata.ts";
import { checkCopySource } from "../preconditions.ts";
import type { PartNote } from "../store/uploads.ts";
import { element, result } from "../xml.ts";
import { partNumber } from "./upload_part.ts";

export const uploadPartCopy: Action = {
  name: "UploadPartCopy",
  needs: (request) => [needOfSource("s3:GetObject", readCopySource(request)), ...onWrite(request)],
  run,
};

async function run(request: S3Request, s3: S3Context): Promise<Reply> {
  const { bucket, key, parameters, headers } = request;
  const number = partNumber(parameters);
  const upload = s3.uploads.need(bucket, key, parameters.get("uploadId") ?? "");
  const { object } = copySource(request, s3);
  checkCopySource(headers, object);
  const slice = sliceOf(headers.get("x-amz-copy-source-range"), object.size);
  const name = upload.checksumName;
  const running = name === null ? null : startChecksum(name);
  const { path, md5 } = await copySlice(object, slice, s3.objects.disk, running);
  const note: PartNote = {
    etag: md5,
    modifiedMs: s3.world.nowMs(),
    checksum: name === null || running === null
      ? null
      : { name, value: running.digest().toBase64() },
  };
  s3.uploads.putPart(upload, number, path, note);
  return { status: 200, body: result("CopyPartResult", resultOf(note)) };
}

function resultOf({ etag, modifiedMs, checksum }: PartNote): string {
  const sum = checksum === null ? "" : element(`Checksum${checksum.name}`, checksum.value);
  return element("LastModified", isoDate(modifiedMs)) + element("ETag", quoted(etag)) + sum;
}

/** Documented: `bytes=first-last`, both given and both inside the source. */
function sliceOf(text: string | undefined, size: number): { start: number; length: number } {
  if (text === undefined) return { start: 0, length: size };
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(text) ?? [];
  const [start, end] = [Number(first), Number(last)];
  if (first !== undefined && start <= end && end < size) return { start, length: end - start + 1 };
  const details = { ArgumentName: "x-amz-copy-source-range", ArgumentValue: text };
  const shape = "The x-amz-copy-source-range value must be of the form bytes=first-last where " +
    "first and last are the zero-based offsets of the first and last bytes to copy";
  throw refusal("InvalidArgument", details, shape);
}
