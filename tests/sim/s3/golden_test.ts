/** Requests captured from other people's clients (fixtures/wire/s3), byte for byte, at their own time. */
import assert from "node:assert/strict";
import { exchange, type RawReply, startTestS3, tag, type TestS3 } from "./helper.ts";
import { parseTimestamp } from "../../../sim/net/sigv4.ts";

const folder = new URL("../../../fixtures/wire/s3/", import.meta.url);
const bucket = "golden-bucket";
const credentials = { accessKeyId: "AKIDGOLDEN", secretAccessKey: "golden/secret" };

function readRequest(name: string): { bytes: Uint8Array; timeMs: number } {
  const bytes = Deno.readFileSync(new URL(`${name}.http`, folder));
  const date = /^x-amz-date: (\S+)/im.exec(new TextDecoder("latin1").decode(bytes))?.[1] ?? "";
  return { bytes: closing(bytes), timeMs: parseTimestamp(date) ?? 0 };
}

/** The same request with one more header, not signed, so that the answer has an end. */
function closing(bytes: Uint8Array): Uint8Array {
  const text = new TextDecoder("latin1").decode(bytes);
  const changed = text.replace(/\r\nconnection: keep-alive/i, "").replace(
    "\r\n",
    "\r\nConnection: close\r\n",
  );
  return Uint8Array.from(changed, (character) => character.charCodeAt(0));
}

let nowMs = 0;

async function startGolden(): Promise<TestS3> {
  const s3 = await startTestS3({ nowMs: () => nowMs, credentials });
  Deno.mkdirSync(`${s3.dir}/${bucket}`);
  return s3;
}

async function play(s3: TestS3, name: string): Promise<RawReply> {
  const { bytes, timeMs } = readRequest(name);
  nowMs = timeMs;
  return await exchange(s3.port, bytes);
}

Deno.test("boto3's PutObject is stored under its key, and its GetObject reads a range of it", async () => {
  await using s3 = await startGolden();
  const put = await play(s3, "boto3_put_object");
  assert.equal(put.status, 200, put.text);
  // A name beyond ASCII is not the same on every disk, so it is escaped.
  const path = `${s3.dir}/.escaped/${bucket}/a%20b%2F%C3%A9%2B%2Ejson`;
  assert.equal(Deno.readTextFileSync(path), '{"x":1}\n');
  const got = await play(s3, "boto3_get_range");
  assert.deepEqual([got.status, got.text], [206, '"x"']);
  assert.equal(got.headers.get("x-amz-meta-note"), "n 1");
  assert.equal(got.headers.get("content-type"), "application/json");
  const list = await play(s3, "boto3_list_objects_v2");
  assert.equal(tag(list.text, "Key"), "a+b/%C3%A9%2B.json");
});

Deno.test("boto3's If-None-Match writes once", async () => {
  await using s3 = await startGolden();
  assert.equal((await play(s3, "boto3_put_if_none_match")).status, 200);
  const second = await play(s3, "boto3_put_if_none_match");
  assert.deepEqual([second.status, tag(second.text, "Code")], [412, "PreconditionFailed"]);
});

Deno.test("boto3's DeleteObjects names its keys in XML", async () => {
  await using s3 = await startGolden();
  await play(s3, "boto3_put_object");
  const reply = await play(s3, "boto3_delete_objects");
  assert.equal(reply.status, 200, reply.text);
  assert.deepEqual(reply.text.match(/<Key>[^<]*<\/Key>/g), [
    "<Key>a b/é+.json</Key>",
    "<Key>&lt;&amp;&gt;</Key>",
  ]);
  assert.deepEqual([...Deno.readDirSync(`${s3.dir}/${bucket}`)], []);
});

Deno.test("the command line's cp is stored and its ls finds it", async () => {
  await using s3 = await startGolden();
  const put = await play(s3, "awscli_cp");
  assert.equal(put.status, 200, put.text);
  const text = Deno.readTextFileSync(`${s3.dir}/${bucket}/cli/golden.txt`);
  assert.equal(text, "from the command line\n".repeat(10));
  const list = await play(s3, "awscli_ls");
  assert.deepEqual([tag(list.text, "Key"), tag(list.text, "Size")], ["cli/golden.txt", "220"]);
});

Deno.test("the JavaScript client's stream in aws-chunked is stored as its data", async () => {
  await using s3 = await startGolden();
  const put = await play(s3, "aws_sdk_js_put_stream");
  assert.equal(put.status, 200, put.text);
  const text = Deno.readTextFileSync(`${s3.dir}/${bucket}/streamed`);
  assert.equal(text, "x".repeat(10) + "0123456789".repeat(7000));
});

Deno.test("a request with one bit of its body changed is refused and stores nothing", async () => {
  await using s3 = await startGolden();
  const expected = {
    boto3_put_object: "XAmzContentSHA256Mismatch",
    awscli_cp: "XAmzContentSHA256Mismatch",
    aws_sdk_js_put_stream: "BadDigest",
  };
  for (const [name, code] of Object.entries(expected)) {
    const { bytes, timeMs } = readRequest(name);
    nowMs = timeMs;
    // In the JavaScript stream the last bytes are the checksum and its framing.
    const at = name === "aws_sdk_js_put_stream" ? bytes.length - 100 : bytes.length - 3;
    bytes[at]! ^= 1;
    const reply = await exchange(s3.port, bytes);
    assert.equal(tag(reply.text, "Code"), code, name);
  }
  assert.deepEqual([...Deno.readDirSync(`${s3.dir}/${bucket}`)], []);
});

Deno.test("a request cut short anywhere stores nothing and leaves no temporary file", async () => {
  await using s3 = await startGolden();
  for (const name of ["awscli_cp", "aws_sdk_js_put_stream"]) {
    const { bytes, timeMs } = readRequest(name);
    nowMs = timeMs;
    const step = name === "awscli_cp" ? 13 : 2411;
    for (let size = 1; size < bytes.length; size += step) {
      using conn = await Deno.connect({ hostname: "127.0.0.1", port: s3.port });
      await conn.write(bytes.subarray(0, size));
      await conn.closeWrite();
      const piece = new Uint8Array(4096);
      // A refusal or nothing: whatever it says, the connection ends.
      while (await conn.read(piece).catch(() => null) !== null);
    }
  }
  assert.deepEqual([...Deno.readDirSync(`${s3.dir}/${bucket}`)], []);
  assert.deepEqual([...Deno.readDirSync(`${s3.dir}/.meta/.tmp`)], []);
});
