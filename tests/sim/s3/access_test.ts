/** What who may not is told, sessions and their tokens, and requests that nobody has signed. */
import assert from "node:assert/strict";
import { GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import type { AccessKey } from "../../../sim/iam/principal.ts";
import { roleKey } from "../../../sim/iam/principal.ts";
import { FakeDoor } from "../fake_door.ts";
import { testKey, testUserArn } from "../keys.ts";
import {
  bucket,
  credentials,
  exchange,
  presign,
  region,
  send,
  startTestS3,
  tag,
} from "./helper.ts";

const session = {
  accessKeyId: "ASIATEST",
  secretAccessKey: "of/session",
  sessionToken: "tok/en+=",
};
const sessionArn = "arn:aws:sts::111122223333:assumed-role/sink/worker";
const endsMs = Date.parse("2026-03-04T05:06:07Z");

function sessionKey(): AccessKey {
  const key = roleKey(session, "111122223333", { role: "sink", sessionName: "worker" });
  const { principal } = key;
  const ends = principal.session && { ...principal.session, expiresMs: endsMs };
  return { ...key, sessionToken: session.sessionToken, principal: { ...principal, session: ends } };
}

async function open(nowMs?: () => number) {
  const door = new FakeDoor([testKey(credentials), sessionKey()]);
  const s3 = await startTestS3({ door, ...(nowMs && { nowMs }) });
  return { door, s3 };
}

const at = `/${bucket}/k`;
const because = (action: string) => `because no identity-based policy allows the ${action} action`;
const xml = (text: string) => text.replaceAll("&quot;", '"');

Deno.test("a denial names who, what and which resource, in quotes as S3 has it", async () => {
  const { door, s3 } = await open();
  await using _closing = s3;
  door.refuses = () => true;
  const denied = await send(s3.port, { method: "GET", path: at });
  assert.equal(denied.status, 403);
  assert.equal(tag(denied.text, "Code"), "AccessDenied");
  assert.equal(
    xml(tag(denied.text, "Message") ?? ""),
    `User: ${testUserArn} is not authorized to perform: s3:GetObject on resource: ` +
      `"arn:aws:s3:::${bucket}/k" ${because("s3:GetObject")}`,
  );
  const list = await send(s3.port, { method: "GET", path: "/" });
  assert.equal(
    tag(list.text, "Message"),
    `User: ${testUserArn} is not authorized to perform: s3:ListAllMyBuckets ` +
      because("s3:ListAllMyBuckets"),
  );
  const head = await send(s3.port, { method: "HEAD", path: at });
  assert.deepEqual([head.status, head.text], [403, ""]);
});

Deno.test("a denial comes before a wrong body is read, and nothing of the body is kept", async () => {
  const { door, s3 } = await open();
  await using _closing = s3;
  door.refuses = () => true;
  const body = new Uint8Array(3_000_000);
  const put = await send(s3.port, { method: "PUT", path: at, body });
  assert.equal(put.status, 403);
  assert.deepEqual([...Deno.readDirSync(`${s3.dir}/.meta/.tmp`)], []);
  door.refuses = () => false;
  assert.equal((await send(s3.port, { method: "GET", path: at })).status, 404);
});

Deno.test("a missing key is a 404 for who may list the bucket, and a 403 for everybody else", async () => {
  const { door, s3 } = await open();
  await using _closing = s3;
  const get = (method: string, path = at) => send(s3.port, { method, path });
  assert.equal(tag((await get("GET")).text, "Code"), "NoSuchKey");
  assert.equal((await get("HEAD")).status, 404);
  door.refuses = ({ action }) => action === "s3:ListBucket";
  const denied = await get("GET");
  assert.equal(denied.status, 403);
  assert.match(
    xml(denied.text),
    /not authorized to perform: s3:ListBucket on resource: "arn:aws:s3:::test-bucket"/,
  );
  assert.equal((await get("HEAD")).status, 403);
  const copy = { "x-amz-copy-source": `${bucket}/nothing` };
  assert.equal((await send(s3.port, { method: "PUT", path: at, headers: copy })).status, 403);
  await send(s3.port, { method: "PUT", path: at, body: "x" });
  assert.equal((await get("GET")).text, "x");
});

Deno.test("a missing bucket is a 404 for everybody, and nobody is asked for its policy", async () => {
  const { door, s3 } = await open();
  await using _closing = s3;
  door.refuses = () => true;
  for (const signer of [credentials, null]) {
    const got = await send(s3.port, { method: "GET", path: "/no-such-bucket/k", signer });
    assert.deepEqual([got.status, tag(got.text, "Code")], [404, "NoSuchBucket"]);
  }
});

Deno.test("who proves nothing is let in by the policy of a bucket alone, and told no more", async () => {
  const { door, s3 } = await open();
  await using _closing = s3;
  await send(s3.port, { method: "PUT", path: at, body: "for all" });
  const get = (more: Record<string, unknown> = {}) =>
    send(s3.port, { method: "GET", path: at, signer: null, ...more });
  const closed = await get();
  assert.deepEqual([closed.status, tag(closed.text, "Message")], [403, "Access Denied"]);
  const policy = JSON.stringify({
    Version: "2012-10-17",
    Statement: {
      Effect: "Allow",
      Principal: "*",
      Action: "s3:GetObject",
      Resource: `arn:aws:s3:::${bucket}/*`,
    },
  });
  const put = { method: "PUT", path: `/${bucket}`, query: { policy: "" }, body: policy };
  assert.equal((await send(s3.port, put)).status, 204);
  door.taken();
  door.refuses = ({ who, action }) => who.kind === "anonymous" && action !== "s3:GetObject";
  assert.equal((await get()).text, "for all");
  const [asked] = door.asked;
  assert.deepEqual([asked?.who.kind, asked?.policy], ["anonymous", policy]);
  const write = await send(s3.port, { method: "PUT", path: at, signer: null, body: "mine" });
  assert.deepEqual([write.status, tag(write.text, "Message")], [403, "Access Denied"]);
  assert.equal((await get()).text, "for all");

  const wrong = { ...credentials, secretAccessKey: "wrong" };
  assert.equal(tag((await get({ signer: wrong })).text, "Code"), "SignatureDoesNotMatch");
  const unknown = await get({ signer: { ...credentials, accessKeyId: "AKIDNOBODY" } });
  assert.equal(tag(unknown.text, "Code"), "InvalidAccessKeyId");
  const half = await get({ query: { "X-Amz-Algorithm": "AWS4-HMAC-SHA256" } });
  assert.equal(tag(half.text, "Code"), "AuthorizationQueryParametersError");
  const signed = await presign(s3.port, { method: "GET", path: at });
  const changed = { ...signed, "X-Amz-Signature": "0".repeat(64) };
  assert.equal(tag((await get({ query: changed })).text, "Code"), "SignatureDoesNotMatch");

  door.refuses = () => false;
  const takes = await send(s3.port, { ...put, method: "DELETE", signer: null, body: "" });
  assert.deepEqual([takes.status, tag(takes.text, "Code")], [405, "MethodNotAllowed"]);
});

Deno.test("what is not implemented says so only to who has proven who he is", async () => {
  const { s3 } = await open();
  await using _closing = s3;
  const put = { method: "PUT", path: `/${bucket}`, query: { website: "" } };
  assert.equal((await send(s3.port, put)).status, 501);
  assert.equal((await send(s3.port, { ...put, signer: null })).status, 403);
});

Deno.test("a session signs with its token: in a header, and in a presigned address", async () => {
  const { door, s3 } = await open(() => endsMs - 60_000);
  await using _closing = s3;
  const date = new Date(endsMs - 60_000);
  const put = { method: "PUT", path: at, body: "by session", date };
  assert.equal((await send(s3.port, { ...put, signer: session })).status, 200);
  assert.equal(door.asked[0]?.who.kind === "aws" && door.asked[0].who.arn, sessionArn);
  const client = new S3Client({
    endpoint: s3.endpoint,
    region,
    forcePathStyle: true,
    credentials: session,
    systemClockOffset: date.getTime() - Date.now(),
  });
  const command = new GetObjectCommand({ Bucket: bucket, Key: "k" });
  const url = await getSignedUrl(client, command, { expiresIn: 600, signingDate: date });
  assert.match(url, /X-Amz-Security-Token=tok%2Fen%2B%3D/);
  assert.equal(await (await fetch(url)).text(), "by session");
  const age = door.asked.at(-1)?.context;
  assert.equal(age?.["s3:authtype"], "REST-QUERY-STRING");
  assert.match(String(age?.["s3:signatureage"]), /^\d+$/);
  assert.equal(age?.["s3:x-amz-content-sha256"], "UNSIGNED-PAYLOAD");
  const place = new PutObjectCommand({ Bucket: bucket, Key: "k", Body: "x" });
  const upload = await getSignedUrl(client, place, { expiresIn: 600, signingDate: date });
  door.refuses = ({ action }) => action === "s3:PutObject";
  const refused = await fetch(upload, { method: "PUT", body: "y" });
  assert.match(xml(await refused.text()), new RegExp(`User: ${sessionArn} is not authorized`));
  client.destroy();
});

Deno.test("a token that is missing, another or over is refused, and shown", async () => {
  let nowMs = endsMs - 60_000;
  const { s3 } = await open(() => nowMs);
  await using _closing = s3;
  const get = async (signer: typeof credentials & { sessionToken?: string }) => {
    const reply = await send(s3.port, { method: "GET", path: at, signer, date: new Date(nowMs) });
    return [reply.status, tag(reply.text, "Code"), tag(reply.text, "Token-0")];
  };
  const { accessKeyId, secretAccessKey } = session;
  assert.deepEqual(await get({ accessKeyId, secretAccessKey }), [400, "InvalidToken", ""]);
  const other = { ...session, sessionToken: "another" };
  assert.deepEqual(await get(other), [400, "InvalidToken", "another"]);
  const extra = { ...credentials, sessionToken: "extra" };
  assert.deepEqual(await get(extra), [400, "InvalidToken", "extra"]);
  nowMs = endsMs;
  assert.deepEqual(await get(session), [400, "ExpiredToken", session.sessionToken]);
});

Deno.test("a body with signed pieces needs a signature of its head", async () => {
  const { s3 } = await open();
  await using _closing = s3;
  const text = `PUT ${at} HTTP/1.1\r\nhost: 127.0.0.1:${s3.port}\r\ncontent-length: 0\r\n` +
    "x-amz-content-sha256: STREAMING-AWS4-HMAC-SHA256-PAYLOAD\r\nconnection: close\r\n\r\n";
  const reply = await exchange(s3.port, new TextEncoder().encode(text), "PUT");
  assert.equal(tag(reply.text, "Code"), "AccessDenied");
});
