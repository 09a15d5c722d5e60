/** The vendor's own client against the simulated S3: multipart uploads and copies. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  PutObjectCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
} from "@aws-sdk/client-s3";
import { bucket as Bucket, send, startTestS3, tag } from "../sim/s3/helper.ts";
import { bytesOf, clientOf, crc32Base64, failure, md5 } from "./s3_client.ts";

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
    const { ETag, ChecksumCRC32 } = await client.send(
      new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body }),
    );
    return { PartNumber, ETag, ChecksumCRC32 };
  };
  const [one, two] = [await part(1, "small"), await part(2, "last")];
  const complete = (Parts: CompletedPart[], more = {}) =>
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
  const { ETag, ChecksumCRC32 } = CopyPartResult ?? {};
  const Parts = [{ PartNumber: 1, ETag, ChecksumCRC32 }];
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

Deno.test("a composite upload wants the right checksum of every part, and of the whole", async () => {
  await using s3 = await startTestS3();
  using client = clientOf(s3);
  const Key = "composite";
  const sha256 = (bytes: Uint8Array | string) => createHash("sha256").update(bytes).digest();
  const begun = { Bucket, Key, ChecksumAlgorithm: "SHA256" } as const;
  const { UploadId } = await client.send(new CreateMultipartUploadCommand(begun));
  const right = sha256("part").toString("base64");
  const { ETag } = await client.send(
    new UploadPartCommand({ ...begun, UploadId, PartNumber: 1, Body: "part" }),
  );
  const complete = (part: CompletedPart, more = {}) => {
    const MultipartUpload = { Parts: [{ PartNumber: 1, ETag, ...part }] };
    return client.send(
      new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload, ...more }),
    );
  };
  const wrong = sha256("other").toString("base64");
  const refusals: [CompletedPart, Record<string, string>, string][] = [
    [{}, {}, "InvalidRequest"],
    [{ ChecksumSHA256: wrong }, {}, "InvalidPart"],
    [{ ChecksumCRC32: crc32Base64("part") }, {}, "InvalidPart"],
    [{ ChecksumSHA256: "no checksum" }, {}, "InvalidArgument"],
    [{ ChecksumSHA256: right, ChecksumCRC32: crc32Base64("part") }, {}, "InvalidArgument"],
    [{ ChecksumSHA256: right }, { ChecksumSHA256: wrong }, "BadDigest"],
    [{ ChecksumSHA256: right }, { ChecksumCRC32: crc32Base64("other") }, "BadDigest"],
  ];
  for (const [part, more, name] of refusals) {
    assert.deepEqual(await failure(complete(part, more)), { name, status: 400 });
    assert.equal((await failure(client.send(new HeadObjectCommand({ Bucket, Key })))).status, 404);
  }
  const whole = `${sha256(sha256("part")).toString("base64")}-1`;
  const done = await complete({ ChecksumSHA256: right }, { ChecksumSHA256: whole });
  assert.equal(done.ChecksumSHA256, whole);
});

Deno.test("a checksum of the whole that comes with the end of an upload has to be right", async () => {
  await using s3 = await startTestS3();
  const at = { path: `/${Bucket}/whole` };
  const begun = await send(s3.port, { method: "POST", ...at, query: { uploads: "" } });
  const uploadId = tag(begun.text, "UploadId") ?? "";
  const query = { uploadId, partNumber: "1" };
  await send(s3.port, { method: "PUT", ...at, query, body: "part" });
  const body = "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber>" +
    `<ETag>${md5("part")}</ETag></Part></CompleteMultipartUpload>`;
  const complete = async (headers: Record<string, string>) => {
    const reply = await send(s3.port, {
      method: "POST",
      ...at,
      query: { uploadId },
      headers,
      body,
    });
    return tag(reply.text, "Code") ?? tag(reply.text, "ChecksumCRC32");
  };
  const sha256 = createHash("sha256").update("part").digest("base64");
  assert.equal(await complete({ "x-amz-checksum-crc32": crc32Base64("other") }), "BadDigest");
  assert.equal(await complete({ "x-amz-checksum-sha256": sha256 }), "BadDigest");
  const right = crc32Base64("part");
  assert.equal(await complete({ "x-amz-checksum-crc32": right }), right);
});

Deno.test("an upload that ends with a condition is a conflict if its object changed since it began", async () => {
  await using s3 = await startTestS3();
  using client = clientOf(s3);
  const put = (Key: string, Body: string) =>
    client.send(new PutObjectCommand({ Bucket, Key, Body }));
  const begin = async (Key: string) => {
    const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key }));
    const { ETag, ChecksumCRC32 } = await client.send(
      new UploadPartCommand({ Bucket, Key, UploadId, PartNumber: 1, Body: "new" }),
    );
    const MultipartUpload = { Parts: [{ PartNumber: 1, ETag, ChecksumCRC32 }] };
    return (more: { IfMatch?: string; IfNoneMatch?: string }) =>
      client.send(
        new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload, ...more }),
      );
  };
  const conflict = { name: "ConditionalRequestConflict", status: 409 };
  const failed = { name: "PreconditionFailed", status: 412 };

  await put("deleted", "old");
  const deleted = await begin("deleted");
  await client.send(new DeleteObjectCommand({ Bucket, Key: "deleted" }));
  assert.deepEqual(await failure(deleted({ IfNoneMatch: "*" })), conflict);

  const made = await begin("made");
  const IfMatch = (await put("made", "meanwhile")).ETag ?? "";
  assert.deepEqual(await failure(made({ IfMatch })), conflict);
  assert.deepEqual(await failure(made({ IfNoneMatch: "*" })), failed);

  await put("replaced", "old");
  const replaced = await begin("replaced");
  const second = (await put("replaced", "second")).ETag ?? "";
  assert.deepEqual(await failure(replaced({ IfMatch: second })), conflict);

  for (const key of ["made", "replaced"]) {
    const got = await client.send(new GetObjectCommand({ Bucket, Key: key }));
    assert.notEqual(await got.Body?.transformToString(), "new");
  }
  const same = (await put("same", "old")).ETag ?? "";
  const kept = await begin("same");
  assert.ok((await kept({ IfMatch: same })).ETag);
  const free = await begin("free");
  assert.ok((await free({ IfNoneMatch: "*" })).ETag);
  assert.ok((await replaced({})).ETag, "without a condition the last one wins");
});
