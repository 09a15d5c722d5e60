/**
 * CompleteMultipartUpload: the parts that the client lists, in its order, become one object.
 *
 * Its ETag is the MD5 of the parts' MD5s with their number behind. A client that lost the answer
 * asks again and is answered again: the object remembers the upload it came from.
 *
 * Source: S3 API reference, CompleteMultipartUpload; S3 user guide, "Checking object integrity".
 */
import { onCondition, onWrite } from "../access.ts";
import { createHash } from "node:crypto";
import { receiveDocument } from "../body.ts";
import {
  type Checksum,
  checksumHeader,
  type ChecksumName,
  checksumNames,
  compositeOf,
  isChecksum,
  startChecksum,
} from "../checksums.ts";
import { joinFiles } from "../copying.ts";
import { refusal } from "../errors.ts";
import type { Action, Reply, S3Context, S3Request } from "../http.ts";
import { quoted } from "../metadata.ts";
import { completePrecondition } from "../preconditions.ts";
import type { ObjectNote } from "../store/objects.ts";
import type { Part, Upload } from "../store/uploads.ts";
import { element, result } from "../xml.ts";
import { childList, childText, parseXml, type XmlNode } from "../xml_request.ts";

/** Documented: every part but the last has 5 MiB at least. */
const partBytesMin = 5 * 1024 * 1024;

export const completeMultipartUpload: Action = {
  name: "CompleteMultipartUpload",
  needs: (request) => [...onWrite(request), ...onCondition(request)],
  run,
};

async function run(request: S3Request, s3: S3Context): Promise<Reply> {
  const { bucket, key, parameters } = request;
  const id = parameters.get("uploadId") ?? "";
  s3.objects.needBucket(bucket);
  const listed = await readList(request);
  const done = s3.objects.find(bucket, key)?.note;
  if (done?.parts?.uploadId === id) return answer(request, done);
  const upload = s3.uploads.need(bucket, key, id);
  const parts = chooseParts(listed, s3.uploads.parts(id), upload);
  checkSize(request, parts);
  const note = await s3.uploads.join(id, () => joinParts(request, s3, upload, parts));
  return answer(request, note);
}

function answer({ bucket, key, headers }: S3Request, { etag, checksum }: ObjectNote): Reply {
  const location = `http://${headers.get("host") ?? ""}/${bucket}/${encodeURIComponent(key)}`;
  const sum = checksum === null
    ? ""
    : element(`Checksum${checksum.name}`, checksum.value) + element("ChecksumType", checksum.type);
  const content = element("Location", location) + element("Bucket", bucket) + element("Key", key) +
    element("ETag", quoted(etag)) + sum;
  return {
    status: 200,
    headers: { "x-amz-server-side-encryption": "AES256" },
    body: result("CompleteMultipartUploadResult", content),
  };
}

interface Listed {
  number: number;
  etag: string;
  checksum: { name: ChecksumName; value: string } | null;
}

async function readList(request: S3Request): Promise<Listed[]> {
  // The checksum in the headers is that of the object to be, not that of this document.
  const headers = new Map(request.headers);
  for (const name of checksumNames) headers.delete(checksumHeader(name));
  const document = await receiveDocument({ ...request, headers });
  const root = await parseXml(document, "CompleteMultipartUpload", ["Part"]);
  const listed = childList(root, "Part").map(readPart);
  if (listed.length === 0) throw refusal("MalformedXML");
  const isAscending = listed.every((part, index) =>
    index === 0 || part.number > (listed[index - 1]?.number ?? 0)
  );
  if (!isAscending) throw refusal("InvalidPartOrder");
  return listed;
}

function readPart(node: XmlNode): Listed {
  const number = childText(node, "PartNumber")?.trim() ?? "";
  const etag = childText(node, "ETag")?.trim().replaceAll('"', "") ?? "";
  if (!/^[0-9]{1,5}$/.test(number) || etag === "") throw refusal("MalformedXML");
  return { number: Number(number), etag, checksum: readPartChecksum(node) };
}

/** @throws {S3Error} InvalidArgument */
function readPartChecksum(node: XmlNode): Listed["checksum"] {
  const given = checksumNames.flatMap((name) => {
    const value = childText(node, `Checksum${name}`)?.trim();
    return value === undefined ? [] : [{ name, value }];
  });
  const [checksum = null] = given;
  if (checksum === null) return null;
  if (given.length === 1 && isChecksum(checksum.name, checksum.value)) return checksum;
  const argument = given.map(({ name, value }) => `${name}:${value};`).join("");
  const details = { ArgumentName: "Checksum", ArgumentValue: argument };
  const text = "Invalid Base64 or multiple checksums present in request";
  throw refusal("InvalidArgument", details, text);
}

/** @throws {S3Error} InvalidPart, InvalidRequest, EntityTooSmall */
function chooseParts(
  listed: readonly Listed[],
  uploaded: readonly Part[],
  upload: Upload,
): Part[] {
  const byNumber = new Map(uploaded.map((part) => [part.number, part]));
  const chosen = listed.map((wanted) => {
    const part = byNumber.get(wanted.number);
    if (part?.etag === wanted.etag && hasChecksum(part, wanted, upload)) return part;
    const details = { UploadId: upload.id, PartNumber: String(wanted.number), ETag: wanted.etag };
    throw refusal("InvalidPart", details);
  });
  const small = chosen.slice(0, -1).find((part) => part.size < partBytesMin);
  if (small === undefined) return chosen;
  throw refusal("EntityTooSmall", {
    ProposedSize: String(small.size),
    MinSizeAllowed: String(partBytesMin),
    PartNumber: String(small.number),
    ETag: small.etag,
  });
}

/**
 * Observed (OpenStack Swift's tests against AWS): a composite upload wants the checksum of every
 * part, and a wrong one makes the part another.
 * @throws {S3Error} InvalidRequest
 */
function hasChecksum(part: Part, { number, checksum }: Listed, upload: Upload): boolean {
  const { checksumName, checksumType } = upload;
  if (checksum !== null) {
    return part.checksum?.name === checksum.name && part.checksum.value === checksum.value;
  }
  if (checksumName === null || checksumType === "FULL_OBJECT") return true;
  const text = `The upload was created using a ${checksumName.toLowerCase()} checksum. The ` +
    "complete request must include the checksum for each part. It was missing for part " +
    `${number} in the request.`;
  throw refusal("InvalidRequest", {}, text);
}

function checkSize({ headers }: S3Request, parts: readonly Part[]): void {
  const given = headers.get("x-amz-mp-object-size");
  const size = parts.reduce((sum, part) => sum + part.size, 0);
  if (given === undefined || Number(given) === size) return;
  const text = "The provided 'x-amz-mp-object-size' header value does not match what was computed.";
  throw refusal("InvalidRequest", {}, text);
}

async function joinParts(
  request: S3Request,
  s3: S3Context,
  upload: Upload,
  parts: readonly Part[],
): Promise<ObjectNote> {
  const precondition = completePrecondition(request, upload);
  // Asked here too, so that a lost race does not cost the copying.
  precondition(s3.objects.find(upload.bucket, upload.key));
  const whole = wholeChecksum(request, upload);
  const running = whole === null ? null : startChecksum(whole);
  using joined = s3.objects.disk.create();
  await joinFiles(parts, joined, running);
  const note: ObjectNote = {
    etag: etagOf(parts),
    modifiedMs: s3.world.nowMs(),
    headers: upload.headers,
    user: upload.user,
    tags: upload.tags,
    checksum: whole !== null && running !== null
      ? { name: whole, type: "FULL_OBJECT", value: running.digest().toBase64() }
      : compositeChecksum(upload, parts),
    parts: { uploadId: upload.id, sizes: parts.map((part) => part.size) },
  };
  checkChecksum(request, note.checksum);
  s3.objects.put(upload.bucket, upload.key, joined.keep(), note, precondition);
  return note;
}

function etagOf(parts: readonly Part[]): string {
  const md5 = createHash("md5");
  for (const part of parts) md5.update(part.etag, "hex");
  return `${md5.digest("hex")}-${parts.length}`;
}

/** The checksum over all bytes that the upload was begun with, or that comes with its end. */
function wholeChecksum({ headers }: S3Request, upload: Upload): ChecksumName | null {
  const { checksumName, checksumType } = upload;
  if (checksumName !== null) return checksumType === "FULL_OBJECT" ? checksumName : null;
  return checksumNames.find((name) =>
    name.startsWith("CRC") && headers.has(checksumHeader(name))
  ) ??
    null;
}

function compositeChecksum(
  { checksumName, checksumType }: Upload,
  parts: readonly Part[],
): Checksum | null {
  if (checksumName === null) return null;
  const values = parts.map(({ checksum }) =>
    checksum?.name === checksumName ? checksum.value : null
  );
  if (!values.every((value) => value !== null)) return null;
  return { name: checksumName, type: checksumType, value: compositeOf(checksumName, values) };
}

/**
 * Documented: a checksum of the whole may come with the request and has to be right. Assumed: so
 * has one of another algorithm than the upload's, which cannot be.
 */
function checkChecksum({ headers }: S3Request, checksum: Checksum | null): void {
  for (const name of checksumNames) {
    const given = headers.get(checksumHeader(name));
    if (given === undefined || name === checksum?.name && given === checksum.value) continue;
    const text = `The ${name} you specified did not match the calculated checksum.`;
    throw refusal("BadDigest", {}, text);
  }
}
