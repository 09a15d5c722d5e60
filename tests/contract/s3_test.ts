/** The vendor's own client against the simulated S3, over the socket. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { crc32 } from "node:zlib";
import {
  AbortMultipartUploadCommand,
  type BucketLocationConstraint,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  DeleteObjectTaggingCommand,
  GetBucketLocationCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListMultipartUploadsCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  S3Client,
  S3ServiceException,
  UploadPartCommand,
  UploadPartCopyCommand,
} from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { faultsWithOdds } from "../../sim/faults/plan.ts";
import { worldFromSeed } from "../../sim/world.ts";
import {
  bucket as Bucket,
  credentials,
  region,
  startTestS3,
  type TestS3,
} from "../sim/s3/helper.ts";

function clientOf(s3: TestS3, changes: Partial<typeof credentials> = {}): S3Client & Disposable {
  const client = new S3Client({
    endpoint: s3.endpoint,
    region,
    forcePathStyle: true,
    credentials: { ...credentials, ...changes },
  });
  return Object.assign(client, { [Symbol.dispose]: () => client.destroy() });
}

/** The error that a call must end with. */
async function failure(
  call: Promise<unknown>,
): Promise<{ name: string; status: number | undefined }> {
  try {
    await call;
  } catch (error) {
    if (error instanceof S3ServiceException) {
      return { name: error.name, status: error.$metadata.httpStatusCode };
    }
    throw error;
  }
  throw new Error("Nothing was refused");
}

const md5 = (bytes: Uint8Array | string) => createHash("md5").update(bytes).digest("hex");

function crc32Base64(bytes: Uint8Array | string): string {
  const out = Buffer.alloc(4);
  out.writeUInt32BE(crc32(bytes));
  return out.toString("base64");
}

/** Bytes that repeat nowhere near. */
function bytesOf(size: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(size);
  for (let at = 0, state = seed; at + 4 <= size; at += 4) {
    state = Math.imul(state, 1_664_525) + 1_013_904_223 | 0;
    bytes.writeInt32LE(state, at);
  }
  return bytes;
}

Deno.test("PutObject with a known body is read back by GetObject and HeadObject, and from disk", async () => {
  await using s3 = await startTestS3();
  using client = clientOf(s3);
  const text = "one line\nanother é\n";
  const put = await client.send(
    new PutObjectCommand({
      Bucket,
      Key: "topics/a.pin/partition=0/a+0+0000000000.json",
      Body: text,
      ContentType: "application/json",
      CacheControl: "no-store",
      Metadata: { purpose: "test", second: "2" },
    }),
  );
  assert.equal(put.ETag, `"${md5(text)}"`);
  assert.equal(put.ChecksumCRC32, crc32Base64(text));
  const Key = "topics/a.pin/partition=0/a+0+0000000000.json";
  const got = await client.send(new GetObjectCommand({ Bucket, Key }));
  assert.equal(await got.Body?.transformToString(), text);
  assert.equal(got.ContentType, "application/json");
  assert.equal(got.CacheControl, "no-store");
  assert.deepEqual(got.Metadata, { purpose: "test", second: "2" });
  assert.equal(got.ChecksumCRC32, crc32Base64(text));
  const head = await client.send(new HeadObjectCommand({ Bucket, Key }));
  assert.equal(head.ContentLength, Buffer.byteLength(text));
  assert.equal(head.ETag, put.ETag);
  assert.equal(Deno.readTextFileSync(`${s3.dir}/${Bucket}/${Key}`), text);
});

Deno.test("PutObject with a stream travels as aws-chunked and is stored without it", async () => {
  await using s3 = await startTestS3();
  using client = clientOf(s3);
  const body = bytesOf(3_000_000);
  const pieces = [body.subarray(0, 10), body.subarray(10, 70_000), body.subarray(70_000)];
  const put = await client.send(
    new PutObjectCommand({
      Bucket,
      Key: "streamed",
      Body: Readable.from(pieces),
      ContentLength: body.length,
    }),
  );
  assert.equal(put.ETag, `"${md5(body)}"`);
  assert.equal(put.ChecksumCRC32, crc32Base64(body));
  const got = await client.send(new GetObjectCommand({ Bucket, Key: "streamed" }));
  assert.equal(got.ContentEncoding, undefined);
  assert.deepEqual(Buffer.from(await got.Body?.transformToByteArray() ?? []), body);
});

Deno.test("an empty object is an object", async () => {
  await using s3 = await startTestS3();
  using client = clientOf(s3);
  await client.send(new PutObjectCommand({ Bucket, Key: "empty", Body: "" }));
  const got = await client.send(new GetObjectCommand({ Bucket, Key: "empty" }));
  assert.equal(await got.Body?.transformToString(), "");
  assert.equal(got.ContentLength, 0);
  assert.equal(got.ETag, '"d41d8cd98f00b204e9800998ecf8427e"');
});

Deno.test("every checksum algorithm is verified by the server and by the client", async () => {
  await using s3 = await startTestS3();
  using client = clientOf(s3);
  for (const ChecksumAlgorithm of ["CRC32", "CRC32C", "SHA1", "SHA256"] as const) {
    const Key = `sum/${ChecksumAlgorithm}`;
    await client.send(new PutObjectCommand({ Bucket, Key, Body: "123456789", ChecksumAlgorithm }));
    const got = await client.send(
      new GetObjectCommand({ Bucket, Key, ChecksumMode: "ENABLED" }),
    );
    assert.equal(await got.Body?.transformToString(), "123456789");
    const expected = {
      CRC32: "y/Q5Jg==",
      CRC32C: "4waSgw==",
      SHA1: createHash("sha1").update("123456789").digest("base64"),
      SHA256: createHash("sha256").update("123456789").digest("base64"),
    };
    assert.equal(got[`Checksum${ChecksumAlgorithm}`], expected[ChecksumAlgorithm]);
    assert.equal(got.ChecksumType, "FULL_OBJECT");
  }
  // The check value of the NVMe CRC catalogue entry, ae8b14860a799888.
  const nvme = { Bucket, Key: "sum/nvme", Body: "123456789" };
  const put = await client.send(
    new PutObjectCommand({ ...nvme, ChecksumCRC64NVME: "rosUhgp5mIg=" }),
  );
  assert.equal(put.ChecksumCRC64NVME, "rosUhgp5mIg=");
  const wrong = { ...nvme, ChecksumCRC64NVME: "AAAAAAAAAAA=" };
  assert.deepEqual(await failure(client.send(new PutObjectCommand(wrong))), {
    name: "BadDigest",
    status: 400,
  });
});

Deno.test("ranges are served from the first, to the last, at the end, and refused beyond it", async () => {
  await using s3 = await startTestS3();
  using client = clientOf(s3);
  const body = bytesOf(700_000);
  await client.send(new PutObjectCommand({ Bucket, Key: "r", Body: body }));
  const range = async (Range: string) => {
    const got = await client.send(new GetObjectCommand({ Bucket, Key: "r", Range }));
    assert.equal(got.ChecksumCRC32, undefined);
    return {
      bytes: Buffer.from(await got.Body?.transformToByteArray() ?? []),
      at: got.ContentRange,
    };
  };
  assert.deepEqual(await range("bytes=0-0"), {
    bytes: body.subarray(0, 1),
    at: "bytes 0-0/700000",
  });
  assert.deepEqual(await range("bytes=-8"), {
    bytes: body.subarray(699_992),
    at: "bytes 699992-699999/700000",
  });
  assert.deepEqual(await range("bytes=1000-"), {
    bytes: body.subarray(1000),
    at: "bytes 1000-699999/700000",
  });
  assert.deepEqual(await range("bytes=699999-9999999"), {
    bytes: body.subarray(699_999),
    at: "bytes 699999-699999/700000",
  });
  const beyond = new GetObjectCommand({ Bucket, Key: "r", Range: "bytes=700000-" });
  assert.deepEqual(await failure(client.send(beyond)), { name: "InvalidRange", status: 416 });
});

Deno.test("reads are conditional on ETag and time", async () => {
  await using s3 = await startTestS3();
  using client = clientOf(s3);
  const { ETag } = await client.send(new PutObjectCommand({ Bucket, Key: "c", Body: "1" }));
  const get = (conditions: object) =>
    client.send(new GetObjectCommand({ Bucket, Key: "c", ...conditions }));
  const hour = 3_600_000;
  const [before, after] = [new Date(Date.now() - hour), new Date(Date.now() + hour)];
  assert.equal((await failure(get({ IfNoneMatch: ETag }))).status, 304);
  assert.equal((await failure(get({ IfModifiedSince: after }))).status, 304);
  assert.equal((await failure(get({ IfMatch: '"other"' }))).name, "PreconditionFailed");
  assert.equal((await failure(get({ IfUnmodifiedSince: before }))).status, 412);
  await (await get({ IfMatch: ETag, IfUnmodifiedSince: before })).Body?.transformToString();
  await (await get({ IfNoneMatch: '"other"', IfModifiedSince: after })).Body?.transformToString();
});

Deno.test("response-... parameters replace the headers of an answer", async () => {
  await using s3 = await startTestS3();
  using client = clientOf(s3);
  await client.send(
    new PutObjectCommand({ Bucket, Key: "o", Body: "1", ContentType: "text/plain" }),
  );
  const got = await client.send(
    new GetObjectCommand({
      Bucket,
      Key: "o",
      ResponseContentType: "text/csv",
      ResponseContentDisposition: "attachment",
    }),
  );
  assert.equal(got.ContentType, "text/csv");
  assert.equal(got.ContentDisposition, "attachment");
  await got.Body?.transformToString();
});

Deno.test("IfNoneMatch '*' lets exactly one of many concurrent writers through", async () => {
  await using s3 = await startTestS3();
  using client = clientOf(s3);
  const writers = Array.from({ length: 12 }, (_, index) =>
    client.send(
      new PutObjectCommand({
        Bucket,
        Key: "_delta_log/0.json",
        Body: `w${index}`,
        IfNoneMatch: "*",
      }),
    ).then(() => index, (error: S3ServiceException) => error.name));
  const results = await Promise.all(writers);
  const winners = results.filter((result) => typeof result === "number");
  assert.equal(winners.length, 1);
  assert.deepEqual([...new Set(results.filter((result) => typeof result === "string"))], [
    "PreconditionFailed",
  ]);
  const got = await client.send(new GetObjectCommand({ Bucket, Key: "_delta_log/0.json" }));
  assert.equal(await got.Body?.transformToString(), `w${winners[0]}`);
});

Deno.test("IfMatch on a write asks for the version that stands there", async () => {
  await using s3 = await startTestS3();
  using client = clientOf(s3);
  const put = (Body: string, IfMatch?: string) =>
    client.send(new PutObjectCommand({ Bucket, Key: "m", Body, ...(IfMatch && { IfMatch }) }));
  assert.deepEqual(await failure(put("0", '"x"')), { name: "NoSuchKey", status: 404 });
  const first = await put("1");
  await put("2", first.ETag);
  assert.deepEqual(await failure(put("3", first.ETag)), {
    name: "PreconditionFailed",
    status: 412,
  });
});

Deno.test("ListObjectsV2 pages through 2,500 keys in order, whole", async () => {
  await using s3 = await startTestS3();
  using client = clientOf(s3);
  // Dropped into the folder by hand: what is there is listed.
  Deno.mkdirSync(`${s3.dir}/${Bucket}/many`);
  const keys = Array.from({ length: 2500 }, (_, index) => `many/${String(index).padStart(5, "0")}`);
  for (const key of keys) Deno.writeTextFileSync(`${s3.dir}/${Bucket}/${key}`, key);
  const sizes: (number | undefined)[] = [];
  const found: (string | undefined)[] = [];
  let ContinuationToken: string | undefined;
  do {
    const page = await client.send(
      new ListObjectsV2Command({
        Bucket,
        Prefix: "many/",
        ...(ContinuationToken && { ContinuationToken }),
      }),
    );
    sizes.push(page.KeyCount);
    found.push(...(page.Contents ?? []).map((entry) => entry.Key));
    ContinuationToken = page.NextContinuationToken;
    assert.equal(page.IsTruncated, ContinuationToken !== undefined);
  } while (ContinuationToken !== undefined);
  assert.deepEqual(sizes, [1000, 1000, 500]);
  assert.deepEqual(found, keys);
});

Deno.test("ListObjectsV2 and ListObjects roll up at a delimiter and go on after it", async () => {
  await using s3 = await startTestS3();
  using client = clientOf(s3);
  for (const Key of ["a/1", "a/2", "a-b", "b", "c/1", "c/d/1"]) {
    await client.send(new PutObjectCommand({ Bucket, Key, Body: Key }));
  }
  const first = await client.send(
    new ListObjectsV2Command({ Bucket, Delimiter: "/", MaxKeys: 2, FetchOwner: true }),
  );
  // "-" stands before "/".
  assert.deepEqual(first.Contents?.map((entry) => [entry.Key, entry.Size]), [["a-b", 3]]);
  assert.ok(first.Contents?.[0]?.Owner?.ID);
  assert.deepEqual(first.CommonPrefixes, [{ Prefix: "a/" }]);
  const second = await client.send(
    new ListObjectsV2Command({
      Bucket,
      Delimiter: "/",
      ContinuationToken: first.NextContinuationToken,
    }),
  );
  assert.deepEqual(second.Contents?.map((entry) => entry.Key), ["b"]);
  assert.deepEqual(second.CommonPrefixes, [{ Prefix: "c/" }]);
  assert.equal(second.KeyCount, 2);
  const started = await client.send(new ListObjectsV2Command({ Bucket, StartAfter: "b" }));
  assert.deepEqual(started.Contents?.map((entry) => entry.Key), ["c/1", "c/d/1"]);
  const older = await client.send(new ListObjectsCommand({ Bucket, Delimiter: "/", MaxKeys: 2 }));
  assert.equal(older.NextMarker, "a/");
  const rest = await client.send(
    new ListObjectsCommand({ Bucket, Delimiter: "/", Marker: older.NextMarker }),
  );
  assert.deepEqual(rest.Contents?.map((entry) => entry.Key), ["b"]);
});

Deno.test("encoding-type=url writes names as in a form, slashes kept", async () => {
  await using s3 = await startTestS3();
  using client = clientOf(s3);
  await client.send(new PutObjectCommand({ Bucket, Key: "d/a b+c%(é)", Body: "1" }));
  const list = await client.send(new ListObjectsV2Command({ Bucket, EncodingType: "url" }));
  assert.deepEqual(list.Contents?.map((entry) => entry.Key), ["d/a+b%2Bc%25%28%C3%A9%29"]);
});

Deno.test("a multipart upload becomes one object with the ETag of its parts", async () => {
  await using s3 = await startTestS3();
  using client = clientOf(s3);
  const Key = "big/object";
  const parts = [bytesOf(5 * 1024 * 1024, 1), bytesOf(5 * 1024 * 1024 + 7, 2), bytesOf(11, 3)];
  const { UploadId } = await client.send(
    new CreateMultipartUploadCommand({ Bucket, Key, ContentType: "a/b", Metadata: { m: "1" } }),
  );
  const Parts: CompletedPart[] = [];
  for (const [index, Body] of parts.entries()) {
    const PartNumber = index * 2 + 1;
    const done = await client.send(
      new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body }),
    );
    assert.equal(done.ETag, `"${md5(Body)}"`);
    Parts.push({ PartNumber, ETag: done.ETag, ChecksumCRC32: done.ChecksumCRC32 });
  }
  const listed = await client.send(new ListPartsCommand({ Bucket, Key, UploadId, MaxParts: 2 }));
  assert.deepEqual(listed.Parts?.map((part) => [part.PartNumber, part.Size]), [
    [1, 5 * 1024 * 1024],
    [3, 5 * 1024 * 1024 + 7],
  ]);
  assert.equal(listed.IsTruncated, true);
  const open = await client.send(new ListMultipartUploadsCommand({ Bucket }));
  assert.deepEqual(open.Uploads?.map((upload) => [upload.Key, upload.UploadId]), [[Key, UploadId]]);
  assert.equal((await failure(client.send(new HeadObjectCommand({ Bucket, Key })))).status, 404);

  const complete = () =>
    client.send(
      new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts } }),
    );
  const done = await complete();
  const sums = Buffer.concat(parts.map((part) => createHash("md5").update(part).digest()));
  assert.equal(done.ETag, `"${md5(sums)}-3"`);
  const whole = Buffer.concat(parts);
  const got = await client.send(new GetObjectCommand({ Bucket, Key }));
  assert.deepEqual(Buffer.from(await got.Body?.transformToByteArray() ?? []), whole);
  assert.deepEqual([got.ContentType, got.Metadata], ["a/b", { m: "1" }]);
  const second = await client.send(new GetObjectCommand({ Bucket, Key, PartNumber: 3 }));
  assert.equal(second.PartsCount, 3);
  assert.deepEqual(Buffer.from(await second.Body?.transformToByteArray() ?? []), parts[2]);
  // Asked again, as after a lost answer: the same answer, nothing changed.
  assert.equal((await complete()).ETag, done.ETag);
  const left = await client.send(new ListMultipartUploadsCommand({ Bucket }));
  assert.equal(left.Uploads, undefined);
});

Deno.test("a multipart upload is completed only with the right parts in the right order", async () => {
  await using s3 = await startTestS3();
  using client = clientOf(s3);
  const Key = "parts";
  const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key }));
  const part = async (PartNumber: number, Body: string) => {
    const { ETag } = await client.send(
      new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body }),
    );
    return { PartNumber, ETag };
  };
  const [one, two] = [await part(1, "small"), await part(2, "last")];
  const complete = (Parts: { PartNumber: number; ETag: string | undefined }[], more = {}) =>
    client.send(
      new CompleteMultipartUploadCommand({
        Bucket,
        Key,
        UploadId,
        MultipartUpload: { Parts },
        ...more,
      }),
    );
  assert.equal((await failure(complete([two, one]))).name, "InvalidPartOrder");
  assert.equal((await failure(complete([one, two]))).name, "EntityTooSmall");
  assert.equal((await failure(complete([{ PartNumber: 1, ETag: two.ETag }]))).name, "InvalidPart");
  assert.equal((await failure(complete([{ PartNumber: 3, ETag: one.ETag }]))).name, "InvalidPart");
  await client.send(new PutObjectCommand({ Bucket, Key, Body: "here first" }));
  assert.deepEqual(await failure(complete([one], { IfNoneMatch: "*" })), {
    name: "PreconditionFailed",
    status: 412,
  });
  const again = await part(1, "replaced");
  await complete([again]);
  const got = await client.send(new GetObjectCommand({ Bucket, Key }));
  assert.equal(await got.Body?.transformToString(), "replaced");
  assert.equal((await failure(part(1, "late"))).name, "NoSuchUpload");
});

Deno.test("AbortMultipartUpload leaves nothing", async () => {
  await using s3 = await startTestS3();
  using client = clientOf(s3);
  const Key = "aborted";
  const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key }));
  await client.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber: 1, Body: "x" }));
  await client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }));
  assert.equal(
    (await failure(client.send(new ListPartsCommand({ Bucket, Key, UploadId })))).name,
    "NoSuchUpload",
  );
  assert.deepEqual([...Deno.readDirSync(`${s3.dir}/.meta/.uploads`)], []);
});

Deno.test("UploadPartCopy takes a range of another object", async () => {
  await using s3 = await startTestS3();
  using client = clientOf(s3);
  await client.send(new PutObjectCommand({ Bucket, Key: "source", Body: "0123456789" }));
  const Key = "target";
  const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key }));
  const copy = { Bucket, Key, UploadId, PartNumber: 1, CopySource: `${Bucket}/source` };
  const { CopyPartResult } = await client.send(
    new UploadPartCopyCommand({ ...copy, CopySourceRange: "bytes=2-5" }),
  );
  assert.equal(CopyPartResult?.ETag, `"${md5("2345")}"`);
  const beyond = new UploadPartCopyCommand({ ...copy, CopySourceRange: "bytes=2-10" });
  assert.equal((await failure(client.send(beyond))).name, "InvalidArgument");
  const Parts = [{ PartNumber: 1, ETag: CopyPartResult?.ETag }];
  await client.send(
    new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts } }),
  );
  const got = await client.send(new GetObjectCommand({ Bucket, Key }));
  assert.equal(await got.Body?.transformToString(), "2345");
});

Deno.test("CopyObject takes the metadata over, or replaces it", async () => {
  await using s3 = await startTestS3();
  using client = clientOf(s3);
  const Body = bytesOf(2_000_000);
  await client.send(
    new PutObjectCommand({
      Bucket,
      Key: "from é+",
      Body,
      ContentType: "a/b",
      Metadata: { m: "1" },
    }),
  );
  const CopySource = `${Bucket}/${encodeURIComponent("from é+")}`;
  const copied = await client.send(new CopyObjectCommand({ Bucket, Key: "to", CopySource }));
  assert.equal(copied.CopyObjectResult?.ETag, `"${md5(Body)}"`);
  const got = await client.send(new GetObjectCommand({ Bucket, Key: "to" }));
  assert.deepEqual(Buffer.from(await got.Body?.transformToByteArray() ?? []), Body);
  assert.deepEqual([got.ContentType, got.Metadata], ["a/b", { m: "1" }]);
  await client.send(
    new CopyObjectCommand({
      Bucket,
      Key: "to",
      CopySource: `${Bucket}/to`,
      MetadataDirective: "REPLACE",
      Metadata: { n: "2" },
      ContentType: "c/d",
    }),
  );
  const head = await client.send(new HeadObjectCommand({ Bucket, Key: "to" }));
  assert.deepEqual([head.ContentType, head.Metadata], ["c/d", { n: "2" }]);
  const itself = new CopyObjectCommand({ Bucket, Key: "to", CopySource: `${Bucket}/to` });
  assert.equal((await failure(client.send(itself))).name, "InvalidRequest");
  const missing = new CopyObjectCommand({ Bucket, Key: "to", CopySource: `${Bucket}/none` });
  assert.equal((await failure(client.send(missing))).name, "NoSuchKey");
  const stale = { Bucket, Key: "x", CopySource: `${Bucket}/to`, CopySourceIfMatch: '"no"' };
  assert.equal((await failure(client.send(new CopyObjectCommand(stale)))).status, 412);
});

Deno.test("DeleteObject and DeleteObjects remove what is there and succeed for what is not", async () => {
  await using s3 = await startTestS3();
  using client = clientOf(s3);
  const keys = ["d/1", "d/e/2", "a&b <c> \"q\" 'r'", "ends/"];
  for (const Key of keys) await client.send(new PutObjectCommand({ Bucket, Key, Body: Key }));
  await client.send(new DeleteObjectCommand({ Bucket, Key: "d/1" }));
  await client.send(new DeleteObjectCommand({ Bucket, Key: "never/was" }));
  const Objects = [...keys, "missing"].map((Key) => ({ Key }));
  const many = await client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
  assert.deepEqual(many.Deleted?.map((entry) => entry.Key), [...keys, "missing"]);
  const quiet = await client.send(
    new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } }),
  );
  assert.equal(quiet.Deleted, undefined);
  const list = await client.send(new ListObjectsV2Command({ Bucket }));
  assert.equal(list.KeyCount, 0);
  assert.deepEqual([...Deno.readDirSync(`${s3.dir}/${Bucket}`)], []);
});

Deno.test("buckets are made, found, listed, located and removed when empty", async () => {
  await using s3 = await startTestS3();
  using client = clientOf(s3);
  await client.send(new CreateBucketCommand({ Bucket: "second.bucket" }));
  const { Buckets } = await client.send(new ListBucketsCommand({}));
  assert.deepEqual(Buckets?.map((entry) => entry.Name), ["second.bucket", Bucket]);
  assert.ok(Math.abs((Buckets?.[0]?.CreationDate?.getTime() ?? 0) - Date.now()) < 60_000);
  const head = await client.send(new HeadBucketCommand({ Bucket: "second.bucket" }));
  assert.equal(head.BucketRegion, region);
  const location = await client.send(new GetBucketLocationCommand({ Bucket }));
  assert.equal(location.LocationConstraint, undefined);
  const versioning = await client.send(new GetBucketVersioningCommand({ Bucket }));
  assert.equal(versioning.Status, undefined);
  await client.send(new PutObjectCommand({ Bucket: "second.bucket", Key: "k", Body: "1" }));
  const remove = () => client.send(new DeleteBucketCommand({ Bucket: "second.bucket" }));
  assert.deepEqual(await failure(remove()), { name: "BucketNotEmpty", status: 409 });
  await client.send(new DeleteObjectCommand({ Bucket: "second.bucket", Key: "k" }));
  await remove();
  assert.equal(
    (await failure(client.send(new HeadBucketCommand({ Bucket: "second.bucket" })))).status,
    404,
  );
  const gone = new PutObjectCommand({ Bucket: "second.bucket", Key: "k", Body: "1" });
  assert.deepEqual(await failure(client.send(gone)), { name: "NoSuchBucket", status: 404 });
  const bad = new CreateBucketCommand({
    Bucket: "third",
    CreateBucketConfiguration: { LocationConstraint: "eu-west-1" as BucketLocationConstraint },
  });
  assert.equal((await failure(client.send(bad))).name, "IllegalLocationConstraintException");
});

Deno.test("tags are put with the object or later, counted, and removed", async () => {
  await using s3 = await startTestS3();
  using client = clientOf(s3);
  const at = { Bucket, Key: "tagged" };
  await client.send(new PutObjectCommand({ ...at, Body: "1", Tagging: "a=1&b=x%20y" }));
  const tags = async () => (await client.send(new GetObjectTaggingCommand(at))).TagSet;
  assert.deepEqual(await tags(), [{ Key: "a", Value: "1" }, { Key: "b", Value: "x y" }]);
  const TagSet = [{ Key: "c", Value: "" }];
  await client.send(new PutObjectTaggingCommand({ ...at, Tagging: { TagSet } }));
  assert.deepEqual(await tags(), TagSet);
  const got = await client.send(new GetObjectCommand(at));
  assert.equal(got.TagCount, 1);
  await got.Body?.transformToString();
  await client.send(new DeleteObjectTaggingCommand(at));
  assert.deepEqual(await tags(), []);
});

Deno.test("presigned URLs read and write without further credentials, for their time", async () => {
  let nowMs = Date.now();
  await using s3 = await startTestS3({ nowMs: () => nowMs });
  using client = clientOf(s3);
  const at = { Bucket, Key: "pre signed/é" };
  const put = await getSignedUrl(client, new PutObjectCommand(at), { expiresIn: 60 });
  const answer = await fetch(put, { method: "PUT", body: "by url" });
  assert.equal(answer.status, 200, await answer.text());
  const get = await getSignedUrl(client, new GetObjectCommand(at), { expiresIn: 60 });
  assert.equal(await (await fetch(get)).text(), "by url");
  const other = await fetch(get.replace("signed", "signet"));
  assert.equal(other.status, 403);
  assert.match(await other.text(), /<Code>SignatureDoesNotMatch<\/Code>/);
  nowMs += 62_000;
  const late = await fetch(get);
  assert.equal(late.status, 403);
  assert.match(
    await late.text(),
    /<Code>AccessDenied<\/Code><Message>Request has expired<\/Message>/,
  );
});

Deno.test("a wrong secret, key, region or clock is refused by its own name", async () => {
  await using s3 = await startTestS3();
  const list = new ListObjectsV2Command({ Bucket });
  using secret = clientOf(s3, { secretAccessKey: "wrong" });
  assert.deepEqual(await failure(secret.send(list)), {
    name: "SignatureDoesNotMatch",
    status: 403,
  });
  using key = clientOf(s3, { accessKeyId: "NOBODY" });
  assert.deepEqual(await failure(key.send(list)), { name: "InvalidAccessKeyId", status: 403 });
  const elsewhere = new S3Client({
    endpoint: s3.endpoint,
    region: "eu-west-1",
    forcePathStyle: true,
    credentials,
  });
  assert.deepEqual(await failure(elsewhere.send(list)), {
    name: "AuthorizationHeaderMalformed",
    status: 400,
  });
  elsewhere.destroy();
  await using past = await startTestS3({ nowMs: () => Date.now() - 16 * 60_000 });
  const skewed = new S3Client({
    endpoint: past.endpoint,
    region,
    forcePathStyle: true,
    credentials,
    maxAttempts: 1,
  });
  assert.equal((await failure(skewed.send(list))).name, "RequestTimeTooSkewed");
  skewed.destroy();
});

Deno.test("the client's retries get through slow-downs and lost answers, and nothing is doubled", async () => {
  const faults = faultsWithOdds(worldFromSeed(7), { "s3.slow_down": 0.2, "net.answer_lost": 0.2 });
  await using s3 = await startTestS3({ faults });
  const client = new S3Client({
    endpoint: s3.endpoint,
    region,
    forcePathStyle: true,
    credentials,
    maxAttempts: 12,
    retryStrategy: {
      acquireInitialRetryToken: () =>
        Promise.resolve({ getRetryCount: () => 0, getRetryDelay: () => 0 }),
      refreshRetryTokenForRetry: (token) =>
        token.getRetryCount() < 30
          ? Promise.resolve({
            getRetryCount: () => token.getRetryCount() + 1,
            getRetryDelay: () => 0,
          })
          : Promise.reject(new Error("Retries used up")),
      recordSuccess: () => {},
    },
  });
  const Key = "late";
  const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key }));
  const { ETag } = await client.send(
    new UploadPartCommand({ Bucket, Key, UploadId, PartNumber: 1, Body: "part" }),
  );
  const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
  await client.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload }));
  for (let index = 0; index < 30; index++) {
    await client.send(new PutObjectCommand({ Bucket, Key: `k${index}`, Body: `${index}` }));
  }
  const { KeyCount } = await client.send(new ListObjectsV2Command({ Bucket }));
  assert.equal(KeyCount, 31);
  client.destroy();
});

Deno.test("objects, metadata and open uploads outlive a restart", async () => {
  await using s3 = await startTestS3();
  const Key = "kept";
  using before = clientOf(s3);
  await before.send(new PutObjectCommand({ Bucket, Key, Body: "1", Metadata: { a: "b" } }));
  const { UploadId } = await before.send(new CreateMultipartUploadCommand({ Bucket, Key: "up" }));
  const { ETag } = await before.send(
    new UploadPartCommand({ Bucket, Key: "up", UploadId, PartNumber: 1, Body: "part" }),
  );
  await s3.restart();
  using after = clientOf(s3);
  const head = await after.send(new HeadObjectCommand({ Bucket, Key }));
  assert.deepEqual([head.ETag, head.Metadata], [`"${md5("1")}"`, { a: "b" }]);
  const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
  await after.send(
    new CompleteMultipartUploadCommand({ Bucket, Key: "up", UploadId, MultipartUpload }),
  );
  // The same seed makes the same ids again, but not one that is in use.
  const next = await after.send(new CreateMultipartUploadCommand({ Bucket, Key: "up" }));
  assert.ok(next.UploadId);
});
