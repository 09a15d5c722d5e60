/** The vendor's own client against the simulated S3: objects: puts, reads, ranges, checksums and conditions. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import {
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type S3ServiceException,
} from "@aws-sdk/client-s3";
import { bucket as Bucket, startTestS3 } from "../sim/s3/helper.ts";
import { bytesOf, clientOf, crc32Base64, failure, md5 } from "./s3_client.ts";

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
