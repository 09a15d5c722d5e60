/**
 * Judges: the `aws` command line and boto3, on the simulated S3.
 *
 * Covers buckets, copies up and down, listing with pages and prefixes, multipart, ranges,
 * conditional writes, presigned URLs, deletes, and a wrong secret.
 */
import assert from "node:assert/strict";
import { aws, mustRun, python, run } from "./tools.ts";
import { type JudgedWorld, judgedWorld, setting } from "./world.ts";

function awsEnv(world: JudgedWorld): Record<string, string> {
  const names = [
    ...["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION"],
    "AWS_ENDPOINT_URL_S3",
  ];
  return {
    ...Object.fromEntries(names.map((name) => [name, setting(world, name)])),
    AWS_CONFIG_FILE: "/dev/null",
    AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
    AWS_EC2_METADATA_DISABLED: "true",
  };
}

Deno.test("the aws command line judges the simulated S3", async (t) => {
  const cli = await aws();
  await using world = await judgedWorld({ posts: 20 });
  const env = awsEnv(world);
  const bucket = setting(world, "S3_BUCKET");
  const s3 = (...args: string[]) => mustRun(cli, ["s3", ...args], { env });
  const big = `${world.folder}/big.bin`;
  const bytes = new Uint8Array(20 * 2 ** 20).map((_, at) => (at * 31 + (at >> 9)) & 255);
  await Deno.writeFile(big, bytes);

  await t.step("lists the bucket", async () => {
    assert.match(await s3("ls"), new RegExp(bucket));
  });

  await t.step("copies 20 MiB up in parts and down again", async () => {
    await s3("cp", big, `s3://${bucket}/deep/er/big.bin`);
    await s3("cp", `s3://${bucket}/deep/er/big.bin`, `${big}.back`);
    assert.deepEqual(await Deno.readFile(`${big}.back`), bytes);
    assert.match(await s3("ls", `s3://${bucket}/deep/`), /PRE er\//);
    assert.match(await s3("ls", "--recursive", `s3://${bucket}/`), /20971520 deep\/er\/big.bin/);
  });

  await t.step("syncs a folder with names that need escaping", async () => {
    const names = ["plain.txt", "with space.txt", "plus+and%25.txt", "é😀.txt", "q?=&.txt"];
    await Deno.mkdir(`${world.folder}/many/sub`, { recursive: true });
    for (const name of names) await Deno.writeTextFile(`${world.folder}/many/sub/${name}`, name);
    await s3("sync", `${world.folder}/many`, `s3://${bucket}/many`);
    await s3("sync", `s3://${bucket}/many`, `${world.folder}/back`);
    for (const name of names) {
      assert.equal(await Deno.readTextFile(`${world.folder}/back/sub/${name}`), name);
    }
  });

  await t.step("removes what it copied", async () => {
    await s3("rm", "--recursive", `s3://${bucket}/many`);
    const { stdout } = await run(cli, ["s3", "ls", "--recursive", `s3://${bucket}/many`], { env });
    assert.equal(stdout, "");
  });

  await t.step("is refused with a wrong secret", async () => {
    const { code, stderr } = await run(cli, ["s3", "ls", `s3://${bucket}`], {
      env: { ...env, AWS_SECRET_ACCESS_KEY: "wrong" },
    });
    assert.notEqual(code, 0);
    assert.match(stderr, /SignatureDoesNotMatch/);
  });
});

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
