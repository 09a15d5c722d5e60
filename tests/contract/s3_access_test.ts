/** The vendor's own client against the simulated S3: signatures, faults and restarts. */
import assert from "node:assert/strict";
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteBucketPolicyCommand,
  GetBucketPolicyCommand,
  GetBucketPolicyStatusCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutBucketPolicyCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { faultsWithOdds } from "../../sim/faults/plan.ts";
import { worldFromSeed } from "../../sim/world.ts";
import {
  bucket as Bucket,
  credentials,
  presign,
  region,
  send,
  startTestS3,
} from "../sim/s3/helper.ts";
import { clientOf, failure, md5 } from "./s3_client.ts";

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

Deno.test("what a presigned URL says in its query counts as its header would", async () => {
  await using s3 = await startTestS3();
  using client = clientOf(s3);
  const Key = "conditional";
  // The client signs conditions as headers; others put them into the query.
  const putIf = async (condition: Record<string, string>, body: string) => {
    const at = { method: "PUT", path: `/${Bucket}/${Key}` };
    const query = await presign(s3.port, { ...at, query: condition });
    return (await send(s3.port, { ...at, query, body, signer: null })).status;
  };
  assert.equal(await putIf({ "If-None-Match": "*" }, "first"), 200);
  assert.equal(await putIf({ "If-None-Match": "*" }, "second"), 412);
  assert.equal(await putIf({ "if-match": `"${md5("x")}"` }, "third"), 412);
  const got = await client.send(new GetObjectCommand({ Bucket, Key }));
  assert.equal(await got.Body?.transformToString(), "first");

  const about = { Metadata: { m: "1" }, Tagging: "a=b", StorageClass: "STANDARD_IA" } as const;
  const put = async (more: Partial<PutObjectCommandInput>, body: string) => {
    const url = await getSignedUrl(client, new PutObjectCommand({ Bucket, Key, ...more }));
    return (await fetch(url, { method: "PUT", body })).status;
  };
  // Its URL also holds the checksum of an empty body, which does not count.
  assert.equal(await put(about, "third"), 200);
  const third = await client.send(new GetObjectCommand({ Bucket, Key }));
  assert.deepEqual([third.Metadata, third.TagCount, third.StorageClass], [
    { m: "1" },
    1,
    "STANDARD_IA",
  ]);
  assert.equal(await put({ ACL: "public-read" }, "4"), 400);
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

Deno.test("a bucket's policy is put, read, judged and taken away, and lets in who has not signed", async () => {
  await using s3 = await startTestS3();
  using client = clientOf(s3);
  const none = await failure(client.send(new GetBucketPolicyCommand({ Bucket })));
  assert.deepEqual(none, { name: "NoSuchBucketPolicy", status: 404 });
  const Policy = JSON.stringify({
    Version: "2012-10-17",
    Statement: [{
      Effect: "Allow",
      Principal: "*",
      Action: "s3:GetObject",
      Resource: `arn:aws:s3:::${Bucket}/*`,
    }],
  });
  await client.send(new PutObjectCommand({ Bucket, Key: "k", Body: "for all" }));
  const url = `${s3.endpoint}/${Bucket}/k`;
  const closed = await fetch(url);
  assert.deepEqual([closed.status, await closed.text().then((text) => /AccessDenied/.test(text))], [
    403,
    true,
  ]);
  await client.send(new PutBucketPolicyCommand({ Bucket, Policy }));
  assert.equal((await client.send(new GetBucketPolicyCommand({ Bucket }))).Policy, Policy);
  const { PolicyStatus } = await client.send(new GetBucketPolicyStatusCommand({ Bucket }));
  assert.equal(PolicyStatus?.IsPublic, true);
  assert.equal(await (await fetch(url)).text(), "for all");
  const foreign = Policy.replace(Bucket, "another-bucket");
  const put = client.send(new PutBucketPolicyCommand({ Bucket, Policy: foreign }));
  assert.deepEqual(await failure(put), { name: "MalformedPolicy", status: 400 });
  await client.send(new DeleteBucketPolicyCommand({ Bucket }));
  assert.equal((await fetch(url).then(async (reply) => (await reply.text(), reply))).status, 403);
});
