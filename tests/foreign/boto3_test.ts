/**
 * Judge: boto3, on the simulated S3.
 *
 * Covers puts with metadata, ranges, conditional writes, pages of prefixes, presigned addresses,
 * multipart uploads, copies, deletes of many, and what is not there.
 */
import assert from "node:assert/strict";
import { mustRun, python } from "./tools.ts";
import { awsEnv, judgedWorld, setting } from "./world.ts";

/** Each line printed is one thing that boto3 found as the S3 reference says. */
const botoScript = `
import sys, boto3, botocore, requests
bucket = sys.argv[1]
s3 = boto3.client("s3", config=botocore.client.Config(
    signature_version="s3v4", s3={"addressing_style": "path"}))
s3.put_object(Bucket=bucket, Key="a", Body=b"0123456789", Metadata={"who": "boto"})
head = s3.head_object(Bucket=bucket, Key="a")
assert head["ContentLength"] == 10 and head["Metadata"] == {"who": "boto"}, head
print("put and head")
part = s3.get_object(Bucket=bucket, Key="a", Range="bytes=2-4")
assert part["Body"].read() == b"234" and part["ContentRange"] == "bytes 2-4/10", part
print("range")
try:
    s3.put_object(Bucket=bucket, Key="a", Body=b"x", IfNoneMatch="*")
    raise AssertionError("an object was overwritten")
except botocore.exceptions.ClientError as error:
    assert error.response["Error"]["Code"] == "PreconditionFailed", error
    assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 412
print("if-none-match")
for number in range(25):
    s3.put_object(Bucket=bucket, Key=f"list/{number:02d}/x", Body=b"")
pages = s3.get_paginator("list_objects_v2").paginate(
    Bucket=bucket, Prefix="list/", Delimiter="/", PaginationConfig={"PageSize": 10})
prefixes = [prefix["Prefix"] for page in pages for prefix in page["CommonPrefixes"]]
assert prefixes == [f"list/{number:02d}/" for number in range(25)], prefixes
print("pages of prefixes")
url = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "a"})
assert requests.get(url).content == b"0123456789"
assert requests.get(url.replace("X-Amz-Signature=", "X-Amz-Signature=0")).status_code == 403
print("presigned")
upload = s3.create_multipart_upload(Bucket=bucket, Key="parts")["UploadId"]
parts = []
for number, body in enumerate([b"a" * 5 * 2**20, b"b"], 1):
    answer = s3.upload_part(
        Bucket=bucket, Key="parts", UploadId=upload, PartNumber=number, Body=body)
    parts.append({"PartNumber": number, "ETag": answer["ETag"]})
done = s3.complete_multipart_upload(
    Bucket=bucket, Key="parts", UploadId=upload, MultipartUpload={"Parts": parts})
assert done["ETag"].endswith('-2"'), done
assert s3.head_object(Bucket=bucket, Key="parts")["ContentLength"] == 5 * 2**20 + 1
print("multipart")
s3.copy_object(Bucket=bucket, Key="b", CopySource={"Bucket": bucket, "Key": "a"})
gone = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "a"}, {"Key": "b"}]})
assert len(gone["Deleted"]) == 2, gone
try:
    s3.get_object(Bucket=bucket, Key="a")
    raise AssertionError("a deleted object was found")
except s3.exceptions.NoSuchKey:
    print("copy and delete")
`;

Deno.test("boto3 judges the simulated S3", async () => {
  const bin = await python();
  await using world = await judgedWorld({ posts: 20 });
  const said = await mustRun(bin, ["-c", botoScript, setting(world, "S3_BUCKET")], {
    env: awsEnv(world),
  });
  assert.deepEqual(said.trim().split("\n"), [
    "put and head",
    "range",
    "if-none-match",
    "pages of prefixes",
    "presigned",
    "multipart",
    "copy and delete",
  ]);
});
