/** The vendor's own client against the simulated S3: lists, deletes, buckets and tags. */
import assert from "node:assert/strict";
import {
  type BucketLocationConstraint,
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  DeleteObjectTaggingCommand,
  GetBucketLocationCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadBucketCommand,
  ListBucketsCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  PutObjectTaggingCommand,
} from "@aws-sdk/client-s3";
import { bucket as Bucket, region, startTestS3 } from "../sim/s3/helper.ts";
import { clientOf, failure } from "./s3_client.ts";

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

Deno.test("a version that is not there is no object: nothing is deleted in its place", async () => {
  await using s3 = await startTestS3();
  using client = clientOf(s3);
  for (const Key of ["a", "b", "c"]) {
    await client.send(new PutObjectCommand({ Bucket, Key, Body: Key }));
  }
  const Objects = [
    { Key: "a", VersionId: "v1" },
    { Key: "b", VersionId: "null" },
    { Key: "none", VersionId: "v2" },
  ];
  const done = await client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
  assert.deepEqual(done.Errors?.map(({ Key, VersionId, Code }) => [Key, VersionId, Code]), [
    ["a", "v1", "NoSuchVersion"],
    ["none", "v2", "NoSuchVersion"],
  ]);
  assert.deepEqual(done.Deleted?.map(({ Key }) => Key), ["b"]);
  const one = new DeleteObjectCommand({ Bucket, Key: "c", VersionId: "v1" });
  assert.deepEqual(await failure(client.send(one)), { name: "InvalidArgument", status: 400 });
  const left = await client.send(new ListObjectsV2Command({ Bucket }));
  assert.deepEqual(left.Contents?.map(({ Key }) => Key), ["a", "c"]);
  await client.send(new DeleteObjectCommand({ Bucket, Key: "c", VersionId: "null" }));
  assert.equal((await client.send(new ListObjectsV2Command({ Bucket }))).KeyCount, 1);
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
