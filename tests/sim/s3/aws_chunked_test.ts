import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { ChunkSignatures, type Claim } from "../../../sim/net/sigv4.ts";
import { AwsChunkedDecoder } from "../../../sim/s3/aws_chunked.ts";
import { S3Error } from "../../../sim/s3/errors.ts";
import { joined } from "./helper.ts";

const encoder = new TextEncoder();

function decode(
  body: Uint8Array,
  cuts: readonly number[],
  signatures: ChunkSignatures | null = null,
) {
  const pieces: Uint8Array[] = [];
  const decoder = new AwsChunkedDecoder((bytes) => pieces.push(bytes.slice()), signatures);
  let from = 0;
  for (const to of [...cuts, body.length]) {
    decoder.push(body.subarray(from, to));
    from = to;
  }
  return {
    trailers: Object.fromEntries(decoder.end()),
    data: new TextDecoder().decode(joined(pieces)),
  };
}

function code(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof S3Error) return error.code;
    throw error;
  }
  return "none";
}

// The shape of what @aws-sdk/client-s3 sends; the checksum is that of "hello world".
const unsigned = encoder.encode(
  "5\r\nhello\r\n6\r\n world\r\n0\r\nx-amz-checksum-crc32:DUoRhQ==\r\n\r\n",
);

Deno.test("an unsigned aws-chunked body decodes the same however it is cut", () => {
  const expected = { data: "hello world", trailers: { "x-amz-checksum-crc32": "DUoRhQ==" } };
  for (let one = 0; one <= unsigned.length; one++) {
    for (let two = one; two <= unsigned.length; two += 7) {
      assert.deepEqual(decode(unsigned, [one, two]), expected);
    }
  }
});

Deno.test("a body that ends before its last chunk is incomplete", () => {
  const lastChunk = unsigned.length - "\r\nx-amz-checksum-crc32:DUoRhQ==\r\n\r\n".length;
  for (let size = 0; size <= lastChunk; size++) {
    assert.equal(code(() => decode(unsigned.subarray(0, size), [])), "IncompleteBody", `${size}`);
  }
});

Deno.test("trailers may end in LF before CRLF, and the last CRLF may be missing", () => {
  for (const end of ["a:1\n\r\n\r\n", "a:1\r\n", "a:1"]) {
    assert.deepEqual(decode(encoder.encode(`1\r\nx\r\n0\r\n${end}`), []).trailers, { a: "1" });
  }
});

Deno.test("framing that is none is refused", () => {
  const broken = [
    "g\r\n",
    "-1\r\n",
    "5\r\nhelloX\r\n",
    "1".repeat(20) + "\r\n",
    "x".repeat(2000),
    "5;other=1\r\n",
  ];
  for (const text of broken) {
    assert.equal(code(() => decode(encoder.encode(text), [])), "InvalidRequest", text);
  }
  assert.equal(
    code(() => decode(encoder.encode("0\r\nno colon\r\n\r\n"), [])),
    "MalformedTrailerError",
  );
});

// AWS's example of a signed chunked upload with a trailer: S3 API reference, "Signature calculations
// for the Authorization header: Including trailing headers".
const chunkOne = "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2";
const chunkTwo = "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7";
const chunkEnd = "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992";
const trailer = "d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435";
const signed = (last = trailer) =>
  encoder.encode(
    `10000;chunk-signature=${chunkOne}\r\n${"a".repeat(65_536)}\r\n` +
      `400;chunk-signature=${chunkTwo}\r\n${"a".repeat(1024)}\r\n` +
      `0;chunk-signature=${chunkEnd}\r\nx-amz-checksum-crc32c:sOO8/Q==\n\r\n` +
      `x-amz-trailer-signature:${last}\r\n\r\n`,
  );

function exampleSignatures(): ChunkSignatures {
  let key: Uint8Array | string = "AWS4wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
  for (const part of ["20130524", "us-east-1", "s3", "aws4_request"]) {
    key = createHmac("sha256", key).update(part).digest();
  }
  assert.ok(typeof key !== "string");
  const claim: Claim = {
    form: "header",
    accessKeyId: "AKIAIOSFODNN7EXAMPLE",
    date: "20130524",
    region: "us-east-1",
    service: "s3",
    terminal: "aws4_request",
    signedHeaders: [],
    capitalized: [],
    signature: "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e",
    timestamp: "20130524T000000Z",
    timestampMs: 0,
    expiresSeconds: null,
    token: null,
  };
  return new ChunkSignatures(claim, key);
}

Deno.test("the signed body that AWS prints is good, cut anywhere", () => {
  for (const cuts of [[], [1, 90], [65_000, 65_630, 66_700], [66_800, 66_801, 66_900]]) {
    const { data, trailers } = decode(signed(), cuts, exampleSignatures());
    assert.equal(data, "a".repeat(66_560));
    assert.deepEqual(trailers, { "x-amz-checksum-crc32c": "sOO8/Q==" });
  }
});

Deno.test("a changed byte, chunk order or trailer of a signed body is refused", () => {
  const changed = signed();
  changed[1000]! ^= 1;
  assert.equal(code(() => decode(changed, [], exampleSignatures())), "SignatureDoesNotMatch");
  assert.equal(
    code(() => decode(signed("0".repeat(64)), [], exampleSignatures())),
    "SignatureDoesNotMatch",
  );
  const unsignedChunks = () => decode(unsigned, [], exampleSignatures());
  assert.equal(code(unsignedChunks), "SignatureDoesNotMatch");
});
