/** S3 as it looks on the wire, with requests that the vendor's clients would not make. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { faultsWithOdds } from "../../../sim/faults/plan.ts";
import { worldFromSeed } from "../../../sim/world.ts";
import {
  bucket,
  compose,
  credentials,
  exchange,
  presign,
  readAll,
  send,
  startTestS3,
  tag,
} from "./helper.ts";

const at = `/${bucket}`;
const put = (key: string, body: string) => ({ method: "PUT", path: `${at}/${key}`, body });

Deno.test("a key is what stands in the raw path: dots, double slashes and slashes at the end count", async () => {
  await using s3 = await startTestS3();
  for (const key of ["a/../b", "./a", "a//b", "/a", "a/", "../x", "a%2Fb", "%252e", "a%2Bb"]) {
    const reply = await send(s3.port, put(key, key));
    assert.equal(reply.status, 200, reply.text);
  }
  const list = await send(s3.port, { method: "GET", path: at });
  const keys = [...list.text.matchAll(/<Key>([^<]*)<\/Key>/g)].map((found) => found[1]);
  assert.deepEqual(keys, ["%2e", "../x", "./a", "/a", "a+b", "a/", "a/../b", "a//b", "a/b"]);
  assert.deepEqual([...Deno.readDirSync(s3.dir)].map((entry) => entry.name).sort(), [
    ".escaped",
    ".meta",
    bucket,
  ]);
});

Deno.test("a bucket may stand in the host name, and the path is the key then", async () => {
  await using s3 = await startTestS3();
  const names = ["s3.localhost", "localhost", "s3.us-east-1.amazonaws.com", "127.0.0.1"];
  for (const name of names) {
    const host = `${bucket}.${name}:${s3.port}`;
    const reply = await send(s3.port, { method: "PUT", path: `/v/${name}`, host, body: name });
    assert.equal(reply.status, 200, reply.text);
    assert.equal(Deno.readTextFileSync(`${s3.dir}/${bucket}/v/${name}`), name);
  }
  for (const host of ["s3.localhost", "s3.us-east-1.amazonaws.com", "localhost:9", "127.0.0.1"]) {
    const reply = await send(s3.port, { method: "GET", path: `${at}/v/localhost`, host });
    assert.equal(reply.text, "localhost", host);
  }
});

Deno.test("an error is XML with code, message, resource and ids, and HEAD has no body", async () => {
  await using s3 = await startTestS3();
  const reply = await send(s3.port, { method: "GET", path: `${at}/no%20key` });
  assert.equal(reply.status, 404);
  assert.equal(reply.headers.get("content-type"), "application/xml");
  assert.equal(tag(reply.text, "Code"), "NoSuchKey");
  assert.equal(tag(reply.text, "Key"), "no key");
  assert.equal(tag(reply.text, "Resource"), `${at}/no%20key`);
  assert.equal(tag(reply.text, "RequestId"), reply.headers.get("x-amz-request-id"));
  assert.equal(tag(reply.text, "HostId"), reply.headers.get("x-amz-id-2"));
  const bytes = await compose(s3.port, { method: "HEAD", path: `${at}/no%20key` });
  using conn = await Deno.connect({ hostname: "127.0.0.1", port: s3.port });
  await conn.write(bytes);
  assert.match(new TextDecoder().decode(await readAll(conn)), /^HTTP\/1\.1 404 [\s\S]*\r\n\r\n$/);
});

Deno.test("unsigned, half-signed and unknown requests are refused, each by its name", async () => {
  await using s3 = await startTestS3();
  const get = { method: "GET", path: `${at}/k` };
  const code = async (request: Parameters<typeof send>[1]) => {
    const reply = await send(s3.port, request);
    return [reply.status, tag(reply.text, "Code")];
  };
  assert.deepEqual(await code({ ...get, signer: null }), [403, "AccessDenied"]);
  assert.deepEqual(await code({ ...get, signer: { ...credentials, accessKeyId: "NOBODY" } }), [
    403,
    "InvalidAccessKeyId",
  ]);
  assert.deepEqual(await code({ ...get, date: new Date(Date.now() - 901_000) }), [
    403,
    "RequestTimeTooSkewed",
  ]);
  assert.deepEqual(await code({ ...get, headers: { authorization: "AWS AK:x" }, signer: null }), [
    400,
    "InvalidRequest",
  ]);
  const v2 = { AWSAccessKeyId: "AKIDTEST", Signature: "x", Expires: "1" };
  assert.deepEqual(await code({ ...get, query: v2, signer: null }), [400, "InvalidRequest"]);
  assert.deepEqual(await code({ ...get, headers: { "x-amz-security-token": "t" } }), [
    400,
    "InvalidToken",
  ]);
  const unsigned = await send(s3.port, { ...get, unsigned: { "X-Amz-Acl": "private" } });
  assert.equal(tag(unsigned.text, "HeadersNotSigned"), "x-amz-acl");
  const region = await send(s3.port, { ...get, region: "eu-west-1" });
  assert.equal(tag(region.text, "Code"), "AuthorizationHeaderMalformed");
  assert.equal(tag(region.text, "Region"), "us-east-1");
  assert.equal(
    tag(region.text, "Message"),
    "The authorization header is malformed; the region 'eu-west-1' is wrong; expecting 'us-east-1'",
  );
});

Deno.test("a signed header counts only if its name is in lower case, in a header and in a URL", async () => {
  await using s3 = await startTestS3();
  const get = { method: "GET", path: `${at}/k`, headers: { "x-amz-acl": "private" } };
  const text = new TextDecoder().decode(await compose(s3.port, get));
  for (const name of ["host", "x-amz-date", "x-amz-acl"]) {
    const changed = text.replace(/SignedHeaders=\S+/, (names) => {
      return names.replace(name, name.toUpperCase());
    });
    const reply = await exchange(s3.port, new TextEncoder().encode(changed));
    assert.deepEqual([reply.status, tag(reply.text, "Code")], [403, "AccessDenied"], name);
    assert.ok(tag(reply.text, "HeadersNotSigned")?.split(", ").includes(name), name);
  }
  const query = await presign(s3.port, { method: "GET", path: `${at}/k` });
  const url = { method: "GET", path: `${at}/k`, signer: null };
  assert.equal((await send(s3.port, { ...url, query })).status, 404);
  const capital = { ...query, "X-Amz-SignedHeaders": "Host" };
  assert.equal((await send(s3.port, { ...url, query: capital })).status, 403);
});

Deno.test("a wrong signature is answered with what the server would have signed", async () => {
  await using s3 = await startTestS3();
  const signer = { ...credentials, secretAccessKey: "wrong" };
  const reply = await send(s3.port, {
    method: "GET",
    path: `${at}/a%20b`,
    query: { b: "2", a: "1" },
    signer,
  });
  assert.deepEqual([reply.status, tag(reply.text, "Code")], [403, "SignatureDoesNotMatch"]);
  const canonical = tag(reply.text, "CanonicalRequest") ?? "";
  assert.ok(canonical.startsWith(`GET\n${at}/a%20b\na=1&amp;b=2\n`), canonical);
  const hash = createHash("sha256").update(canonical.replaceAll("&amp;", "&")).digest("hex");
  assert.equal(tag(reply.text, "StringToSign")?.split("\n")[3], hash);
  const bytes = tag(reply.text, "CanonicalRequestBytes")?.split(" ").slice(0, 3);
  assert.deepEqual(bytes, ["47", "45", "54"]);
});

Deno.test("a body must be what its headers say, or nothing is stored", async () => {
  await using s3 = await startTestS3();
  const code = async (headers: Record<string, string>, body = "123456789") => {
    const reply = await send(s3.port, { ...put("k", body), headers });
    return reply.status === 200 ? "stored" : tag(reply.text, "Code");
  };
  const md5 = createHash("md5").update("123456789").digest("base64");
  const sha256 = createHash("sha256").update("other").digest("hex");
  assert.equal(await code({ "x-amz-content-sha256": sha256 }), "XAmzContentSHA256Mismatch");
  assert.equal(await code({ "x-amz-content-sha256": "abc" }), "InvalidArgument");
  assert.equal(
    await code({ "content-md5": createHash("md5").update("x").digest("base64") }),
    "BadDigest",
  );
  assert.equal(await code({ "content-md5": "AAAA" }), "InvalidDigest");
  assert.equal(await code({ "x-amz-checksum-crc32": "AAAAAA==" }), "BadDigest");
  assert.equal(await code({ "x-amz-checksum-crc32": "nonsense" }), "InvalidRequest");
  const two = { "x-amz-checksum-crc32": "y/Q5Jg==", "x-amz-checksum-crc32c": "4waSgw==" };
  assert.equal(await code(two), "InvalidRequest");
  const chunked = {
    "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
    "x-amz-trailer": "x-amz-checksum-crc32c",
  };
  const framed = (trailer: string) => `9\r\n123456789\r\n0\r\n${trailer}\r\n\r\n`;
  const length = { "x-amz-decoded-content-length": "9" };
  assert.equal(await code(chunked, framed("")), "MissingContentLength");
  assert.equal(await code({ ...chunked, ...length }, framed("")), "MalformedTrailerError");
  const wrong = framed("x-amz-checksum-crc32c:AAAAAA==");
  assert.equal(await code({ ...chunked, ...length }, wrong), "BadDigest");
  const short = { ...chunked, "x-amz-decoded-content-length": "8" };
  assert.equal(await code(short, framed("x-amz-checksum-crc32c:4waSgw==")), "IncompleteBody");
  assert.deepEqual([...Deno.readDirSync(`${s3.dir}/${bucket}`)], []);
  assert.equal(
    await code({ ...chunked, ...length }, framed("x-amz-checksum-crc32c:4waSgw==")),
    "stored",
  );
  assert.equal(
    await code({ "content-md5": md5, "x-amz-checksum-crc64nvme": "rosUhgp5mIg=" }),
    "stored",
  );
});

Deno.test("a body over a mebibyte goes through a file, and is checked all the same", async () => {
  await using s3 = await startTestS3();
  const body = "0123456789abcdef".repeat(100_000);
  const wrong = { "x-amz-checksum-crc32": "AAAAAA==" };
  assert.equal(
    tag((await send(s3.port, { ...put("big", body), headers: wrong })).text, "Code"),
    "BadDigest",
  );
  assert.deepEqual([...Deno.readDirSync(`${s3.dir}/.meta/.tmp`)], []);
  assert.equal((await send(s3.port, put("big", body))).status, 200);
  assert.equal(Deno.readTextFileSync(`${s3.dir}/${bucket}/big`), body);
  const got = await send(s3.port, { method: "GET", path: `${at}/big` });
  assert.equal(got.text, body);
});

Deno.test("a client that waits for 100 Continue is refused before it sends, or told to go on", async () => {
  await using s3 = await startTestS3();
  const ask = async (signer: typeof credentials | null) => {
    const bytes = await compose(s3.port, {
      ...put("k", "body"),
      headers: { expect: "100-continue" },
      signer,
    });
    using conn = await Deno.connect({ hostname: "127.0.0.1", port: s3.port });
    await conn.write(bytes.subarray(0, bytes.length - 4));
    const first = new Uint8Array(4096);
    const text = new TextDecoder().decode(first.subarray(0, await conn.read(first) ?? 0));
    if (!text.startsWith("HTTP/1.1 100 Continue\r\n\r\n")) return text;
    await conn.write(bytes.subarray(bytes.length - 4));
    return text + new TextDecoder().decode(await readAll(conn));
  };
  assert.match(await ask(null), /^HTTP\/1\.1 403 /);
  assert.match(await ask(credentials), /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 /);
});

Deno.test("settings of a bucket are answered as for a new bucket, and cannot be changed", async () => {
  await using s3 = await startTestS3();
  const get = (name: string) => send(s3.port, { method: "GET", path: at, query: { [name]: "" } });
  assert.match(
    (await get("versioning")).text,
    /<VersioningConfiguration [^>]*><\/VersioningConfiguration>/,
  );
  assert.match((await get("acl")).text, /FULL_CONTROL/);
  assert.match((await get("encryption")).text, /AES256/);
  for (
    const [name, code] of [["policy", "NoSuchBucketPolicy"], [
      "cors",
      "NoSuchCORSConfiguration",
    ]] as const
  ) {
    const reply = await get(name);
    assert.deepEqual([reply.status, tag(reply.text, "Code")], [404, code]);
  }
  const change = await send(s3.port, {
    method: "PUT",
    path: at,
    query: { versioning: "" },
    body: "<x/>",
  });
  assert.deepEqual([change.status, tag(change.text, "Code")], [501, "NotImplemented"]);
  const odd = await send(s3.port, { method: "PATCH", path: `${at}/k` });
  assert.equal(odd.status, 405);
});

Deno.test("XML that is broken, too long or full of entities is refused", async () => {
  await using s3 = await startTestS3();
  const remove = async (body: string) => {
    const sum = createHash("md5").update(body).digest("base64");
    const headers = { "content-md5": sum };
    const reply = await send(s3.port, {
      method: "POST",
      path: at,
      query: { delete: "" },
      body,
      headers,
    });
    return tag(reply.text, "Code");
  };
  const bomb = '<!DOCTYPE x [<!ENTITY a "aaaa">]><Delete><Object><Key>&a;</Key></Object></Delete>';
  const many = `<Delete>${"<Object><Key>k</Key></Object>".repeat(1001)}</Delete>`;
  for (
    const body of ["", "<Delete>", "<Other/>", "<Delete></Delete>", bomb, many, "x".repeat(100)]
  ) {
    assert.equal(await remove(body), "MalformedXML", body.slice(0, 40));
  }
  const plain = await send(s3.port, {
    method: "POST",
    path: at,
    query: { delete: "" },
    body: "<Delete/>",
  });
  assert.equal(tag(plain.text, "Code"), "InvalidRequest");
});

Deno.test("names and numbers that S3 refuses are refused", async () => {
  await using s3 = await startTestS3();
  const code = async (path: string, query: Record<string, string> = {}, method = "GET") =>
    tag((await send(s3.port, { method, path, query })).text, "Code");
  assert.equal(await code(`${at}/${"k".repeat(1025)}`), "KeyTooLongError");
  assert.equal(await code(`${at}/%ff`), "InvalidURI");
  assert.equal(await code("/UPPER", {}, "PUT"), "InvalidBucketName");
  assert.equal(await code("/.meta"), "InvalidBucketName");
  assert.equal(await code("/.meta/.tmp"), "InvalidBucketName");
  assert.equal(await code(at, { "max-keys": "x" }), "InvalidArgument");
  assert.equal(await code(at, { "list-type": "2", "continuation-token": "x" }), "InvalidArgument");
  assert.equal(await code(at, { "encoding-type": "xml" }), "InvalidArgument");
  assert.equal(
    await code(`${at}/k`, { uploadId: "../../x", partNumber: "1" }, "PUT"),
    "NoSuchUpload",
  );
  assert.equal(await code(`${at}/k`, { uploadId: "x", partNumber: "0" }, "PUT"), "InvalidArgument");
  assert.equal(await code(`${at}/k`, { versionId: "v1" }), "NoSuchVersion");
});

Deno.test("a header of the answer that no header can carry is refused, and the connection lives", async () => {
  await using s3 = await startTestS3();
  await send(s3.port, put("k", "1"));
  for (const value of ["a\r\nx-injected: 1", "\u{1f4be}"]) {
    const query = { "response-content-type": value };
    const reply = await send(s3.port, { method: "GET", path: `${at}/k`, query });
    assert.deepEqual([reply.status, tag(reply.text, "Code")], [400, "InvalidArgument"]);
  }
});

Deno.test("a copy cannot reach out of the buckets", async () => {
  await using s3 = await startTestS3();
  Deno.writeTextFileSync(`${s3.dir}/secret`, "no object");
  for (
    const source of [`${bucket}/../secret`, "/../secret", ".meta/.tmp/x", `${bucket}/..%2Fsecret`]
  ) {
    const headers = { "x-amz-copy-source": source };
    const reply = await send(s3.port, { method: "PUT", path: `${at}/copy`, headers });
    assert.match(
      tag(reply.text, "Code") ?? "",
      /^(NoSuchKey|InvalidBucketName|InvalidArgument)$/,
      source,
    );
  }
});

Deno.test("s3.slow_down answers 503 SlowDown and does nothing", async () => {
  const faults = faultsWithOdds(worldFromSeed(1), { "s3.slow_down": 1 });
  await using s3 = await startTestS3({ faults });
  const reply = await send(s3.port, put("k", "1"));
  assert.deepEqual([reply.status, tag(reply.text, "Code")], [503, "SlowDown"]);
  assert.deepEqual([...Deno.readDirSync(`${s3.dir}/${bucket}`)], []);
});

Deno.test("net.answer_lost does the work and closes without a word", async () => {
  const faults = faultsWithOdds(worldFromSeed(1), { "net.answer_lost": 1 });
  await using s3 = await startTestS3({ faults });
  const bytes = await compose(s3.port, put("k", "1"));
  using conn = await Deno.connect({ hostname: "127.0.0.1", port: s3.port });
  await conn.write(bytes);
  const answer = await readAll(conn).catch(() => new Uint8Array(0));
  assert.equal(answer.length, 0);
  assert.equal(Deno.readTextFileSync(`${s3.dir}/${bucket}/k`), "1");
});

Deno.test("a full disk is a 500 that may be tried again, and leaves the old object", async () => {
  let isFull = false;
  await using s3 = await startTestS3({
    faults: { strikes: (point) => point === "disk.full" && isFull },
  });
  await send(s3.port, put("k", "old"));
  isFull = true;
  for (const body of ["new", "n".repeat(2_000_000)]) {
    const reply = await send(s3.port, put("k", body));
    assert.deepEqual([reply.status, tag(reply.text, "Code")], [500, "InternalError"]);
  }
  isFull = false;
  assert.equal((await send(s3.port, { method: "GET", path: `${at}/k` })).text, "old");
  assert.deepEqual([...Deno.readDirSync(`${s3.dir}/.meta/.tmp`)], []);
});

Deno.test("an object replaced while it is read is read to its end as it was", async () => {
  await using s3 = await startTestS3();
  const old = "old ".repeat(1_000_000);
  await send(s3.port, put("k", old));
  const bytes = await compose(s3.port, { method: "GET", path: `${at}/k` });
  using conn = await Deno.connect({ hostname: "127.0.0.1", port: s3.port });
  await conn.write(bytes);
  const first = new Uint8Array(1000);
  const count = await conn.read(first) ?? 0;
  await send(s3.port, put("k", "new"));
  const rest = await readAll(conn);
  const text = new TextDecoder().decode(first.subarray(0, count)) + new TextDecoder().decode(rest);
  assert.equal(text.slice(text.indexOf("\r\n\r\n") + 4), old);
});

Deno.test("two requests of one connection are answered in their order", async () => {
  await using s3 = await startTestS3();
  await send(s3.port, put("k", "1"));
  const close = await compose(s3.port, { method: "GET", path: `${at}/k` });
  const keep = new TextEncoder().encode(
    new TextDecoder().decode(close).replace("connection: close\r\n", ""),
  );
  const both = new Uint8Array([...keep, ...close]);
  using conn = await Deno.connect({ hostname: "127.0.0.1", port: s3.port });
  await conn.write(both);
  const text = new TextDecoder().decode(await readAll(conn));
  assert.equal(text.match(/HTTP\/1\.1 200/g)?.length, 2);
});

Deno.test("bytes that are no HTTP end the connection and nothing else", async () => {
  await using s3 = await startTestS3();
  await exchange(s3.port, new TextEncoder().encode("what is this\r\n\r\n"));
  assert.equal((await send(s3.port, put("k", "1"))).status, 200);
});
