import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { SignatureV4 } from "@smithy/signature-v4";
import fc from "fast-check";
import {
  ChunkSignatures,
  type Claim,
  type Expected,
  parseClaim,
  parseTimestamp,
  sha256Hex,
  type Verdict,
  verifyClaim,
  type WireRequest,
} from "../../../sim/net/sigv4.ts";
import { Sha256 } from "./sha256.ts";
import { keysById } from "../../../sim/iam/principal.ts";
import { testKey } from "../keys.ts";

// Keys, time and signatures of AWS's own examples: S3 API reference, "Signature Calculations for
// the Authorization Header" (examples) and "Authenticating Requests: Using Query Parameters".
const accessKeyId = "AKIAIOSFODNN7EXAMPLE";
const secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const timestamp = "20130524T000000Z";
const exampleMs = Date.UTC(2013, 4, 24);
const emptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

function expecting(changes: Partial<Expected> = {}): Expected {
  return {
    region: "us-east-1",
    service: "s3",
    nowMs: exampleMs,
    skewMs: 900_000,
    pathForm: "once",
    payloadHash: emptyHash,
    keyOf: keysById([testKey({ accessKeyId, secretAccessKey: secret })]),
    mustSign: (name) => name.startsWith("x-amz-"),
    ...changes,
  };
}

function claimOf(request: WireRequest): Claim {
  const parsed = parseClaim(request);
  assert.equal(parsed.kind, "claim");
  assert.ok(parsed.kind === "claim");
  return parsed.claim;
}

function judge(request: WireRequest, changes: Partial<Expected> = {}): Verdict {
  return verifyClaim(request, claimOf(request), expecting(changes));
}

function example(
  path: string,
  query: string,
  headers: Record<string, string>,
  signature: string,
  method = "GET",
): WireRequest {
  const signed = Object.keys(headers).sort().join(";");
  const authorization =
    `AWS4-HMAC-SHA256 Credential=${accessKeyId}/20130524/us-east-1/s3/aws4_request,` +
    `SignedHeaders=${signed},Signature=${signature}`;
  return { method, path, query, headers: new Map(Object.entries({ ...headers, authorization })) };
}

const common = {
  host: "examplebucket.s3.amazonaws.com",
  "x-amz-content-sha256": emptyHash,
  "x-amz-date": timestamp,
};

Deno.test("the four signatures that AWS prints for headers are good", () => {
  const putHash = "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072";
  const examples: [WireRequest, string][] = [
    [
      example(
        "/test.txt",
        "",
        { ...common, range: "bytes=0-9" },
        "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
      ),
      emptyHash,
    ],
    [
      example(
        "/test%24file.text",
        "",
        {
          ...common,
          date: "Fri, 24 May 2013 00:00:00 GMT",
          "x-amz-content-sha256": putHash,
          "x-amz-storage-class": "REDUCED_REDUNDANCY",
        },
        "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
        "PUT",
      ),
      putHash,
    ],
    [
      example(
        "/",
        "lifecycle",
        common,
        "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
      ),
      emptyHash,
    ],
    [
      example(
        "/",
        "max-keys=2&prefix=J",
        common,
        "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
      ),
      emptyHash,
    ],
  ];
  for (const [request, payloadHash] of examples) {
    assert.equal(judge(request, { payloadHash }).kind, "good", request.path + request.query);
  }
});

const presigned: WireRequest = {
  method: "GET",
  path: "/test.txt",
  query: "X-Amz-Algorithm=AWS4-HMAC-SHA256" +
    "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request" +
    "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host" +
    "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404",
  headers: new Map([["host", "examplebucket.s3.amazonaws.com"]]),
};

Deno.test("the presigned URL that AWS prints is good until its last second and not after", () => {
  const payloadHash = "UNSIGNED-PAYLOAD";
  const at = (nowMs: number) => judge(presigned, { payloadHash, nowMs }).kind;
  assert.equal(at(exampleMs), "good");
  assert.equal(at(exampleMs + 86_400_000), "good");
  assert.equal(at(exampleMs + 86_401_000), "expired");
  assert.equal(at(exampleMs - 900_000), "good");
  assert.equal(at(exampleMs - 901_000), "early");
});

Deno.test("the chunk signatures that AWS prints follow from their seed", () => {
  const request = example(
    "/",
    "",
    common,
    "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
  );
  const chunks = new ChunkSignatures(claimOf(request), keyOfExamples());
  const letters = (count: number) => sha256Hex("a".repeat(count));
  assert.deepEqual([
    chunks.chunk(letters(65_536)),
    chunks.chunk(letters(1024)),
    chunks.chunk(letters(0)),
  ], [
    "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
    "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
    "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
  ]);
});

Deno.test("the trailer signature that AWS prints follows from its chunks", () => {
  const request = example(
    "/",
    "",
    common,
    "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e",
  );
  const chunks = new ChunkSignatures(claimOf(request), keyOfExamples());
  for (const count of [65_536, 1024, 0]) chunks.chunk(sha256Hex("a".repeat(count)));
  assert.equal(
    chunks.trailers("x-amz-checksum-crc32c:sOO8/Q==\n"),
    "d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435",
  );
});

function keyOfExamples(): Uint8Array {
  let key: Uint8Array | string = `AWS4${secret}`;
  for (const part of ["20130524", "us-east-1", "s3", "aws4_request"]) {
    key = createHmac("sha256", key).update(part).digest();
  }
  assert.ok(typeof key !== "string");
  return key;
}

const texts = fc.string({ unit: "grapheme", maxLength: 12 });
const names = fc.stringMatching(/^x-amz-meta-[a-z0-9]{1,8}$/);
const values = fc.stringMatching(/^[!-~]([ -~]{0,12}[!-~])?$/);

function rfc3986(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

Deno.test("what the library signs for S3 is good, and not for any other path, query or header", async () => {
  const signer = new SignatureV4({
    credentials: { accessKeyId, secretAccessKey: secret },
    region: "us-east-1",
    service: "s3",
    sha256: Sha256,
    uriEscapePath: false,
    applyChecksum: false,
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(texts, { minLength: 1, maxLength: 4 }),
      fc.dictionary(texts.filter((text) => text !== ""), texts, { maxKeys: 4 }),
      fc.dictionary(names, values, { maxKeys: 3 }),
      async (segments, query, extra) => {
        const path = `/${segments.map(rfc3986).join("/")}`;
        const headers = { host: "127.0.0.1:9", "x-amz-content-sha256": emptyHash, ...extra };
        const signed = await signer.sign(
          { method: "PUT", protocol: "http:", hostname: "127.0.0.1", path, query, headers },
          { signingDate: new Date(exampleMs) },
        );
        const raw = Object.entries(query).map(([name, value]) =>
          `${rfc3986(name)}=${rfc3986(value)}`
        );
        const request: WireRequest = {
          method: "PUT",
          path,
          query: raw.join("&"),
          headers: new Map(
            Object.entries(signed.headers).map(([name, value]) => [name.toLowerCase(), value]),
          ),
        };
        assert.equal(judge(request).kind, "good");
        assert.equal(judge({ ...request, path: `${path}x` }).kind, "wrong signature");
        assert.equal(judge({ ...request, query: `${request.query}&x=1` }).kind, "wrong signature");
        assert.equal(judge({ ...request, method: "GET" }).kind, "wrong signature");
        assert.equal(judge(request, { payloadHash: sha256Hex("x") }).kind, "wrong signature");
        const more = new Map([...request.headers, ["x-amz-late", "1"]]);
        assert.deepEqual(judge({ ...request, headers: more }), {
          kind: "unsigned headers",
          names: ["x-amz-late"],
        });
      },
    ),
    { numRuns: 150 },
  );
});

Deno.test("what the library signs for other services is good with the path encoded twice", async () => {
  const signer = new SignatureV4({
    credentials: { accessKeyId, secretAccessKey: secret },
    region: "us-east-1",
    service: "execute-api",
    sha256: Sha256,
    applyChecksum: false,
  });
  for (const path of ["/", "/a/../b//c/./d", "/a%20b/%2Fc", "/stage/x/", "/a:b"]) {
    const headers = { host: "127.0.0.1:9", "x-amz-content-sha256": emptyHash };
    const signed = await signer.sign(
      { method: "GET", protocol: "http:", hostname: "127.0.0.1", path, headers },
      { signingDate: new Date(exampleMs) },
    );
    const request: WireRequest = {
      method: "GET",
      path,
      query: "",
      headers: new Map(
        Object.entries(signed.headers).map(([name, value]) => [name.toLowerCase(), value]),
      ),
    };
    assert.equal(judge(request, { service: "execute-api", pathForm: "twice" }).kind, "good", path);
  }
});

Deno.test("a claim of another scope, time or key is told apart before any signature is computed", () => {
  const request = example("/", "", common, "0".repeat(64));
  const kinds = (changes: Partial<Expected>) => judge(request, changes);
  assert.deepEqual(kinds({ region: "eu-west-1" }), { kind: "scope", part: "region" });
  assert.deepEqual(kinds({ service: "kinesis" }), { kind: "scope", part: "service" });
  assert.equal(kinds({ nowMs: exampleMs + 900_001 }).kind, "skewed");
  assert.equal(kinds({ nowMs: exampleMs - 900_001 }).kind, "skewed");
  assert.equal(kinds({ nowMs: exampleMs - 900_000 }).kind, "wrong signature");
  assert.equal(kinds({ keyOf: () => undefined }).kind, "unknown key");
});

Deno.test("a request that does not sign its host is refused", () => {
  const { host: _host, ...others } = common;
  const request = example("/", "", others, "0".repeat(64));
  assert.deepEqual(judge(request), { kind: "unsigned headers", names: ["host"] });
});

Deno.test("a query that is no UTF-8 is signed as well: it is not the same as none", () => {
  const request = example("/test.txt", "", { host: "h", "x-amz-date": timestamp }, "0".repeat(64));
  const canonical = (query: string) => {
    const verdict = judge({ ...request, query });
    return verdict.kind === "wrong signature" ? verdict.canonicalRequest : "";
  };
  assert.notEqual(canonical(""), "");
  assert.notEqual(canonical("Action=DeleteStream&x=%ff"), canonical(""));
  assert.notEqual(canonical("Action=DeleteStream&x=%ff"), canonical("Action=ListStreams&x=%ff"));
});

Deno.test("malformed claims say which part is wrong, and none at all is anonymous", () => {
  const parse = (authorization: string | null, query = "") => {
    const headers = new Map([["x-amz-date", timestamp]]);
    if (authorization !== null) headers.set("authorization", authorization);
    const parsed = parseClaim({ method: "GET", path: "/", query, headers });
    return parsed.kind === "malformed" ? parsed.fault : parsed.kind;
  };
  assert.equal(parse(null), "anonymous");
  assert.equal(parse("AWS AKID:abc="), "mechanism");
  assert.equal(parse("AWS4-HMAC-SHA256 Credential=a/b/c/d/e"), "header");
  assert.equal(parse("AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=0"), "header");
  assert.equal(parse("AWS4-HMAC-SHA256 x", presigned.query), "both");
  assert.equal(parse(null, "X-Amz-Algorithm=AWS4-HMAC-SHA256"), "query");
  assert.equal(parse(null, presigned.query.replace("86400", "604801")), "query");
  assert.equal(parse(null, presigned.query.replace("86400", "-1")), "query");
  assert.equal(parse(null, presigned.query.replace("20130524T000000Z", "now")), "date");
});

Deno.test("a timestamp is compact, in UTC, and a real date", () => {
  assert.equal(parseTimestamp("20130524T000001Z"), exampleMs + 1000);
  for (const text of ["", "2013-05-24T00:00:00Z", "20131324T000000Z", "20130524T000000"]) {
    assert.equal(parseTimestamp(text), null, text);
  }
});
