/** What each action of S3 asks the door for, in which order, and with which condition keys. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { Events } from "../../../sim/events.ts";
import {
  bucketSettings,
  getObjectAcl,
  putBucketAcl,
  putObjectAcl,
} from "../../../sim/s3/settings.ts";
import { FakeDoor } from "../fake_door.ts";
import { testKey } from "../keys.ts";
import { bucket, credentials, type RawRequest, send, startTestS3, tag } from "./helper.ts";

const b = `arn:aws:s3:::${bucket}`;
const o = `${b}/k`;
type Row = [Partial<RawRequest>, ...asked: string[]];

const onBucket = (query: Record<string, string>, action: string, method = "GET"): Row => {
  return [{ method, path: `/${bucket}`, query }, `s3:${action} ${b}`];
};
const onObject = (method: string, query: Record<string, string>, action: string): Row => {
  return [{ method, query }, `s3:${action} ${o}`];
};
const deletes = "<Delete><Object><Key>k</Key></Object><Object><Key>src</Key>" +
  "<VersionId>null</VersionId></Object></Delete>";
const emptyTags = "<Tagging><TagSet></TagSet></Tagging>";
const copies = { "x-amz-copy-source": `/${bucket}/src` };

/** Requests are for the object `k`, of which there is an upload, unless they say otherwise. */
const rows: Record<string, Row> = {
  AbortMultipartUpload: onObject("DELETE", { uploadId: "" }, "AbortMultipartUpload"),
  CompleteMultipartUpload: onObject("POST", { uploadId: "" }, "PutObject"),
  CopyObject: [
    { method: "PUT", headers: copies },
    `s3:GetObject ${b}/src`,
    `s3:PutObject ${o}`,
    `s3:GetObjectTagging ${b}/src`,
    `s3:PutObjectTagging ${o}`,
  ],
  CreateBucket: [
    { method: "PUT", path: "/other-bucket" },
    "s3:CreateBucket arn:aws:s3:::other-bucket",
  ],
  CreateMultipartUpload: onObject("POST", { uploads: "" }, "PutObject"),
  DeleteBucket: [
    { method: "DELETE", path: "/other-bucket" },
    "s3:DeleteBucket arn:aws:s3:::other-bucket",
  ],
  DeleteBucketPolicy: onBucket({ policy: "" }, "DeleteBucketPolicy", "DELETE"),
  DeleteObject: onObject("DELETE", {}, "DeleteObject"),
  DeleteObjectTagging: onObject("DELETE", { tagging: "" }, "DeleteObjectTagging"),
  DeleteObjects: [
    {
      method: "POST",
      path: `/${bucket}`,
      query: { delete: "" },
      headers: { "content-md5": createHash("md5").update(deletes).digest("base64") },
      body: deletes,
    },
    `s3:DeleteObject ${o}`,
    `s3:DeleteObjectVersion ${b}/src`,
  ],
  GetBucketLocation: onBucket({ location: "" }, "GetBucketLocation"),
  GetBucketPolicy: onBucket({ policy: "" }, "GetBucketPolicy"),
  GetBucketPolicyStatus: onBucket({ policyStatus: "" }, "GetBucketPolicyStatus"),
  GetObject: onObject("GET", {}, "GetObject"),
  GetObjectTagging: onObject("GET", { tagging: "" }, "GetObjectTagging"),
  HeadBucket: onBucket({}, "ListBucket", "HEAD"),
  HeadObject: onObject("HEAD", {}, "GetObject"),
  ListBuckets: [{ method: "GET", path: "/" }, "s3:ListAllMyBuckets arn:aws:s3:::*"],
  ListMultipartUploads: onBucket({ uploads: "" }, "ListBucketMultipartUploads"),
  ListObjects: onBucket({}, "ListBucket"),
  ListObjectsV2: onBucket({ "list-type": "2" }, "ListBucket"),
  ListParts: onObject("GET", { uploadId: "" }, "ListMultipartUploadParts"),
  PutBucketPolicy: onBucket({ policy: "" }, "PutBucketPolicy", "PUT"),
  PutObject: onObject("PUT", {}, "PutObject"),
  PutObjectTagging: [
    { method: "PUT", query: { tagging: "" }, body: emptyTags },
    `s3:PutObjectTagging ${o}`,
  ],
  UploadPart: onObject("PUT", { uploadId: "", partNumber: "1" }, "PutObject"),
  UploadPartCopy: [
    { method: "PUT", query: { uploadId: "", partNumber: "1" }, headers: copies },
    `s3:GetObject ${b}/src`,
    `s3:PutObject ${o}`,
  ],
  GetBucketAcl: onBucket({ acl: "" }, "GetBucketAcl"),
  GetBucketEncryption: onBucket({ encryption: "" }, "GetEncryptionConfiguration"),
  GetBucketAccelerateConfiguration: onBucket({ accelerate: "" }, "GetAccelerateConfiguration"),
  GetBucketLogging: onBucket({ logging: "" }, "GetBucketLogging"),
  GetBucketNotificationConfiguration: onBucket({ notification: "" }, "GetBucketNotification"),
  GetBucketOwnershipControls: onBucket({ ownershipControls: "" }, "GetBucketOwnershipControls"),
  GetBucketRequestPayment: onBucket({ requestPayment: "" }, "GetBucketRequestPayment"),
  GetBucketVersioning: onBucket({ versioning: "" }, "GetBucketVersioning"),
  GetBucketCors: onBucket({ cors: "" }, "GetBucketCORS"),
  GetBucketLifecycleConfiguration: onBucket({ lifecycle: "" }, "GetLifecycleConfiguration"),
  GetObjectLockConfiguration: onBucket(
    { "object-lock": "" },
    "GetBucketObjectLockConfiguration",
  ),
  GetPublicAccessBlock: onBucket({ publicAccessBlock: "" }, "GetBucketPublicAccessBlock"),
  GetBucketReplication: onBucket({ replication: "" }, "GetReplicationConfiguration"),
  GetBucketTagging: onBucket({ tagging: "" }, "GetBucketTagging"),
  GetBucketWebsite: onBucket({ website: "" }, "GetBucketWebsite"),
  GetObjectAcl: onObject("GET", { acl: "" }, "GetObjectAcl"),
  PutBucketAcl: onBucket({ acl: "" }, "PutBucketAcl", "PUT"),
  PutObjectAcl: onObject("PUT", { acl: "" }, "PutObjectAcl"),
};

/** `put_object.ts` holds PutObject. */
function actionNames(): string[] {
  const files = [...Deno.readDirSync(new URL("../../../sim/s3/actions", import.meta.url))];
  const named = files.map(({ name }) =>
    name.replace(".ts", "").replace(/(^|_)([a-z])/g, (_, _bar, letter) => letter.toUpperCase())
      .replace(/_v2$/i, "V2")
  );
  const settings = [...bucketSettings.values(), getObjectAcl, putBucketAcl, putObjectAcl];
  return [...named, ...settings.map(({ name }) => name)].sort();
}

async function openWorld() {
  const door = new FakeDoor([testKey(credentials)]);
  const events = new Events(Date.now);
  const heard: string[] = [];
  events.hear(({ action }) => heard.push(action));
  const s3 = await startTestS3({ door, events });
  await send(s3.port, { method: "PUT", path: "/other-bucket" });
  for (const key of ["k", "src"]) {
    const headers = { "x-amz-tagging": "team=a" };
    await send(s3.port, { method: "PUT", path: `/${bucket}/${key}`, headers, body: key });
  }
  const made = await send(s3.port, {
    method: "POST",
    path: `/${bucket}/k`,
    query: { uploads: "" },
  });
  const uploadId = tag(made.text, "UploadId") ?? "";
  door.taken();
  const ask = (request: Partial<RawRequest>) => {
    const query = { ...request.query };
    if (query.uploadId === "") query.uploadId = uploadId;
    return send(s3.port, { method: "GET", path: `/${bucket}/k`, ...request, query });
  };
  return { s3, door, heard, ask };
}

Deno.test("every action of S3 has a row in the table of what it asks", () => {
  assert.deepEqual(Object.keys(rows).sort(), actionNames());
});

Deno.test("every action of S3 asks for what AWS documents, and does nothing if it is refused", async (t) => {
  const { s3, door, heard, ask } = await openWorld();
  await using _closing = s3;
  const seen = () => [...filesBelow(s3.dir)].sort();
  const before = seen();
  for (const [name, [request, ...wanted]] of Object.entries(rows)) {
    await t.step(name, async () => {
      for (let refused = wanted.length - 1; refused >= 0; refused--) {
        // Each of its keys is answered by itself: all are refused at once.
        const isMany = name === "DeleteObjects";
        door.refuses = ({ action, resource }) =>
          isMany || `${action} ${resource}` === wanted[refused];
        const reply = await ask(request);
        assert.equal(reply.status, isMany ? 200 : 403, reply.text);
        if (isMany) assert.equal(reply.text.split("<Code>AccessDenied</Code>").length, 3);
        assert.equal(heard.at(-1), name);
        assert.deepEqual(door.taken(), isMany ? wanted : wanted.slice(0, refused + 1));
        assert.deepEqual(seen(), before);
      }
    });
  }
  door.refuses = () => false;
});

function* filesBelow(dir: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(dir)) {
    if (isDirectory) yield* filesBelow(`${dir}/${name}`);
    else yield `${dir}/${name} ${Deno.statSync(`${dir}/${name}`).size}`;
  }
}

Deno.test("tags that go along with a copy are asked for, whatever tags stand in a header", async () => {
  const { s3, door, ask } = await openWorld();
  await using _closing = s3;
  // They count where the directive says REPLACE, and nowhere else.
  const copy = { method: "PUT", headers: { ...copies, "x-amz-tagging": "a=1" } };
  door.refuses = ({ action }) => action === "s3:GetObjectTagging";
  assert.equal((await ask(copy)).status, 403);
  assert.equal(door.taken().at(-1), `s3:GetObjectTagging ${b}/src`);
  const headers = { ...copy.headers, "x-amz-tagging-directive": "REPLACE" };
  assert.equal((await ask({ ...copy, headers })).status, 200);
});

Deno.test("headers of a write, conditions and versions ask for permissions of their own", async () => {
  const { s3, door, ask } = await openWorld();
  await using _closing = s3;
  const askedBy = async (request: Partial<RawRequest>) => {
    await ask(request);
    return door.taken();
  };
  const acl = { "x-amz-acl": "bucket-owner-full-control" };
  const put = { method: "PUT", headers: { "x-amz-tagging": "a=1", ...acl, "if-match": "x" } };
  assert.deepEqual(await askedBy(put), [
    `s3:PutObject ${o}`,
    `s3:PutObjectTagging ${o}`,
    `s3:PutObjectAcl ${o}`,
    `s3:GetObject ${o}`,
  ]);
  const grant = { method: "PUT", headers: { "x-amz-grant-read": "id=1" } };
  assert.deepEqual(await askedBy(grant), [`s3:PutObject ${o}`, `s3:PutObjectAcl ${o}`]);
  assert.deepEqual(await askedBy({ method: "PUT", path: "/new-bucket", headers: acl }), [
    "s3:CreateBucket arn:aws:s3:::new-bucket",
    "s3:PutBucketAcl arn:aws:s3:::new-bucket",
  ]);
  for (
    const [method, query, action] of [
      ["GET", {}, "GetObjectVersion"],
      ["HEAD", {}, "GetObjectVersion"],
      ["DELETE", {}, "DeleteObjectVersion"],
      ["GET", { tagging: "" }, "GetObjectVersionTagging"],
      ["DELETE", { tagging: "" }, "DeleteObjectVersionTagging"],
      ["GET", { acl: "" }, "GetObjectVersionAcl"],
    ] as const
  ) {
    const asked = await askedBy({ method, query: { ...query, versionId: "null" } });
    assert.equal(asked[0], `s3:${action} ${o}`);
    await ask({ method: "PUT", body: "again" });
    door.taken();
  }
  // Nothing is compared with a star.
  for (const [method, action] of [["PUT", "PutObject"], ["DELETE", "DeleteObject"]] as const) {
    const asked = (etag: string) => askedBy({ method, headers: { "if-match": etag } });
    assert.deepEqual(await asked('"x"'), [`s3:${action} ${o}`, `s3:GetObject ${o}`]);
    assert.deepEqual(await asked("*"), [`s3:${action} ${o}`]);
    await ask({ method: "PUT", body: "again" });
    door.taken();
  }
  const replaced = { ...copies, "x-amz-tagging-directive": "REPLACE" };
  assert.deepEqual(await askedBy({ method: "PUT", headers: replaced }), [
    `s3:GetObject ${b}/src`,
    `s3:PutObject ${o}`,
  ]);
});

Deno.test("the condition keys of a request are those that AWS documents, in lower case", async () => {
  const { s3, door, ask } = await openWorld();
  await using _closing = s3;
  const keysOf = async (request: Partial<RawRequest>) => {
    await ask(request);
    const [first] = door.asked;
    door.taken();
    assert.ok(first);
    return first.context;
  };
  const list = await keysOf({
    path: `/${bucket}`,
    query: { "list-type": "2", prefix: "", delimiter: "/", "max-keys": "7" },
  });
  const { "s3:resourceaccount": account, "s3:x-amz-content-sha256": hash, ...rest } = list;
  assert.match(String(account), /^\d{12}$/);
  assert.match(String(hash), /^[0-9a-f]{64}$/);
  assert.deepEqual(rest, {
    "s3:authtype": "REST-HEADER",
    "s3:signatureversion": "AWS4-HMAC-SHA256",
    "s3:prefix": "",
    "s3:delimiter": "/",
    "s3:max-keys": "7",
  });
  const put = await keysOf({
    method: "PUT",
    headers: {
      "x-amz-acl": "private",
      "x-amz-storage-class": "STANDARD_IA",
      "x-amz-server-side-encryption": "AES256",
      "if-none-match": "*",
      "x-amz-tagging": "Team=A%20B&x=1",
    },
  });
  assert.deepEqual(put["s3:requestobjecttagkeys"], ["Team", "x"]);
  assert.equal(put["s3:requestobjecttag/team"], "A B");
  assert.equal(put["s3:x-amz-acl"], "private");
  assert.equal(put["s3:x-amz-storage-class"], "STANDARD_IA");
  assert.equal(put["s3:x-amz-server-side-encryption"], "AES256");
  assert.equal(put["s3:if-none-match"], "*");
  const makes = async (request: Partial<RawRequest>) =>
    (await keysOf(request))["s3:objectcreationoperation"];
  assert.equal(await makes({ method: "PUT", query: { partNumber: "1" } }), "true");
  assert.equal(await makes({ method: "PUT", query: { uploadId: "", partNumber: "1" } }), "false");
  assert.equal(await makes({ method: "POST", query: { uploads: "" } }), "false");
  assert.equal(await makes({ method: "POST", query: { uploadId: "" } }), "true");
  await ask({ method: "PUT", headers: { "x-amz-tagging": "team=a" }, body: "k" });
  door.taken();
  const read = await keysOf({});
  assert.equal(read["s3:existingobjecttag/team"], "a");
  assert.equal(read["s3:prefix"], undefined);
  await ask({ method: "PUT", headers: { ...copies, "x-amz-metadata-directive": "REPLACE" } });
  const [source, target] = door.asked;
  assert.equal(source?.context["s3:x-amz-copy-source"], undefined);
  assert.equal(target?.context["s3:x-amz-copy-source"], `${bucket}/src`);
  assert.equal(target?.context["s3:x-amz-metadata-directive"], "REPLACE");
  door.taken();
  const place = "<CreateBucketConfiguration><LocationConstraint>us-east-1</LocationConstraint>" +
    "</CreateBucketConfiguration>";
  const made = await keysOf({ method: "PUT", path: "/new-bucket", body: place });
  assert.equal(made["s3:locationconstraint"], "us-east-1");
  const tags = "<Tagging><TagSet><Tag><Key>New</Key><Value>v</Value></Tag></TagSet></Tagging>";
  const tagged = await keysOf({ method: "PUT", query: { tagging: "" }, body: tags });
  assert.equal(tagged["s3:requestobjecttag/new"], "v");
  assert.deepEqual(tagged["s3:requestobjecttagkeys"], ["New"]);
});
