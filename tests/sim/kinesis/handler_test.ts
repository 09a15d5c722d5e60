/** The order of checks, the two forms of a body, and ids: requests as bytes, without a port. */
import assert from "node:assert/strict";
import { createHash, createHmac, type Hash } from "node:crypto";
import { SignatureV4 } from "@smithy/signature-v4";
import type { KinesisContext } from "../../../sim/kinesis/context.ts";
import { type Handler, kinesis, requestIds } from "../../../sim/kinesis/handler.ts";
import { LogPool } from "../../../sim/kinesis/log_pool.ts";
import { Streams } from "../../../sim/kinesis/streams.ts";
import { decodeCbor, encodeCbor } from "../../../sim/net/cbor.ts";
import { noFaults } from "../../../sim/faults/plan.ts";
import { worldFromSeed } from "../../../sim/world.ts";
import { testDoor } from "../keys.ts";

const nowMs = () => Date.parse("2026-01-02T03:04:05Z");
const json = "application/x-amz-json-1.1";
const cbor = "application/x-amz-cbor-1.1";
const utf8 = new TextEncoder();

class Service implements Disposable {
  readonly #dir = Deno.makeTempDirSync();
  readonly #streams: Streams;
  readonly handler: Handler;

  constructor() {
    const account = { accountId: "000000000000" };
    const world = { nowMs, faults: noFaults, logs: new LogPool(noFaults), transitionMs: 0 };
    this.#streams = new Streams(this.#dir, world, account);
    const ctx: KinesisContext = {
      region: "us-east-1",
      ...account,
      streams: this.#streams,
      faults: noFaults,
      nowMs,
      hasLimits: false,
    };
    const door = testDoor({ accessKeyId: "AKIATEST", secretAccessKey: "secret" });
    this.handler = kinesis(ctx, door, requestIds(worldFromSeed(1)));
  }

  [Symbol.dispose](): void {
    this.#streams[Symbol.dispose]();
    Deno.removeSync(this.#dir, { recursive: true });
  }
}

class Sha256 {
  readonly #hash: Hash | ReturnType<typeof createHmac>;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined
      ? createHash("sha256")
      : createHmac("sha256", typeof secret === "string" ? secret : bytesOf(secret));
  }

  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(typeof data === "string" ? data : bytesOf(data));
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(new Uint8Array(this.#hash.digest()));
  }

  reset(): void {}
}

function bytesOf(data: ArrayBuffer | ArrayBufferView): Uint8Array {
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

interface Wire {
  headers: Record<string, string>;
  body: Uint8Array;
}

function unsigned(action: string, body: string | Uint8Array, type = json): Wire {
  return {
    headers: {
      host: "127.0.0.1:4567",
      "content-type": type,
      "x-amz-target": `Kinesis_20131202.${action}`,
    },
    body: typeof body === "string" ? utf8.encode(body) : body,
  };
}

async function signed(wire: Wire, query: Record<string, string> = {}): Promise<Wire> {
  const signer = new SignatureV4({
    credentials: { accessKeyId: "AKIATEST", secretAccessKey: "secret" },
    region: "us-east-1",
    service: "kinesis",
    sha256: Sha256,
  });
  const { headers } = await signer.sign({
    method: "POST",
    protocol: "http:",
    hostname: "127.0.0.1",
    path: "/",
    query,
    headers: wire.headers,
    body: wire.body,
  }, { signingDate: new Date(nowMs()) });
  return { headers, body: wire.body };
}

function send(handler: Handler, { headers, body }: Wire, method = "POST", query = "") {
  const fields = new Map(Object.entries(headers));
  const response = handler({ method, path: "/", query, headers: fields, body });
  const { status, body: answer } = response;
  const found = new Map(response.headers.map(([name, value]) => [name.toLowerCase(), value]));
  return { status, headers: found, text: typeof answer === "string" ? answer : "", answer };
}

Deno.test("checks come in the order method, body, target, signature, shape", async () => {
  using service = new Service();
  const { handler } = service;
  const type = (wire: Wire) => JSON.parse(send(handler, wire).text).__type;
  assert.equal(send(handler, unsigned("ListStreams", "{}"), "GET").status, 403);
  assert.equal(send(handler, unsigned("ListStreams", "{}", "text/plain")).status, 404);
  assert.equal(send(handler, { headers: {}, body: new Uint8Array() }).status, 403);
  assert.equal(type(unsigned("Nothing", "{")), "SerializationException");
  assert.equal(type(unsigned("Nothing", "{}")), "UnknownOperationException");
  assert.equal(type(unsigned("Nothing", "")), "UnknownOperationException");
  assert.equal(type(unsigned("ListStreams", "")), "SerializationException");
  assert.equal(type(unsigned("ListStreams", "7")), "SerializationException");
  const invalid = unsigned("ListStreams", '{"Limit":0}');
  assert.equal(type(invalid), "MissingAuthenticationTokenException");
  assert.equal(type(await signed(invalid)), "ValidationException");
});

Deno.test("the action that is asked for must be the one that was signed", async () => {
  using service = new Service();
  const wire = unsigned("ListStreams", "{}");
  const { "x-amz-target": target, ...others } = wire.headers;
  const { headers, body } = await signed({ headers: others, body: wire.body });
  for (const swapped of [target ?? "", "Kinesis_20131202.DeleteStream"]) {
    const reply = send(service.handler, { headers: { ...headers, "x-amz-target": swapped }, body });
    assert.equal(reply.status, 400);
    assert.deepEqual(JSON.parse(reply.text), {
      __type: "InvalidSignatureException",
      message: "'x-amz-target' must be a 'SignedHeader' in the AWS Authorization.",
    });
  }
});

Deno.test("an action in the query is reached whatever the content type, and counts first", async () => {
  using service = new Service();
  const query = { Action: "ListStreams" };
  const ask = async (headers: Record<string, string>, sent = "Action=ListStreams") => {
    const wire = { headers: { host: "127.0.0.1:4567", ...headers }, body: utf8.encode("{}") };
    const answer = send(service.handler, await signed(wire, query), "POST", sent);
    assert.equal(answer.headers.get("content-type"), json);
    return [answer.status, JSON.parse(answer.text)];
  };
  const listed = [200, { HasMoreStreams: false, StreamNames: [], StreamSummaries: [] }];
  for (const type of [json, "x-amz-json-1.1", "application/json", "text/plain"]) {
    assert.deepEqual(await ask({ "content-type": type }), listed, type);
  }
  assert.deepEqual(await ask({}), listed);
  assert.deepEqual(await ask({ "x-amz-target": "Kinesis_20131202.DeleteStream" }), listed);
  assert.deepEqual(await ask({}, "Action=Nothing"), [400, { __type: "UnknownOperationException" }]);
  const [, { __type }] = await ask({}, "Action=DescribeLimits");
  assert.equal(__type, "InvalidSignatureException");
});

Deno.test("a refusal is JSON with __type and message, and has ids", () => {
  using service = new Service();
  const { status, headers, text } = send(service.handler, unsigned("ListStreams", "{}"));
  assert.equal(status, 400);
  assert.deepEqual(JSON.parse(text), {
    __type: "MissingAuthenticationTokenException",
    message: "Missing Authentication Token",
  });
  assert.equal(headers.get("content-type"), json);
  assert.match(
    headers.get("x-amzn-requestid") ?? "",
    /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  );
  assert.ok(headers.get("x-amz-id-2"));
});

Deno.test("what is missing of a signature is listed", () => {
  using service = new Service();
  const wire = unsigned("ListStreams", "{}");
  wire.headers.authorization = "AWS4-HMAC-SHA256 Signature=b";
  assert.deepEqual(JSON.parse(send(service.handler, wire).text), {
    __type: "IncompleteSignatureException",
    message:
      "Authorization header requires 'Credential' parameter. Authorization header requires " +
      "'SignedHeaders' parameter. Authorization header requires existence of either a " +
      "'X-Amz-Date' or a 'Date' header. Authorization=AWS4-HMAC-SHA256 Signature=b",
  });
});

Deno.test("a signature in the header and in the query is one too many", async () => {
  using service = new Service();
  const wire = await signed(unsigned("ListStreams", "{}"));
  const query = "X-Amz-Algorithm=AWS4-HMAC-SHA256";
  assert.deepEqual(JSON.parse(send(service.handler, wire, "POST", query).text), {
    __type: "InvalidSignatureException",
    message:
      "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.",
  });
});

Deno.test("a body that was changed on its way is refused", async () => {
  using service = new Service();
  const wire = await signed(unsigned("ListStreams", '{"Limit":1}'));
  const changed = { ...wire, body: utf8.encode('{"Limit":2}') };
  assert.equal(JSON.parse(send(service.handler, changed).text).__type, "InvalidSignatureException");
});

Deno.test("CBOR is answered in CBOR: blobs as bytes, times as milliseconds behind tag 1", async () => {
  using service = new Service();
  const ask = async (action: string, request: Record<string, unknown>) => {
    const wire = await signed(unsigned(action, encodeCbor(request), cbor));
    const { status, headers, answer } = send(service.handler, wire);
    assert.equal(status, 200);
    assert.equal(headers.get("content-type"), cbor);
    return typeof answer === "string" ? answer : decodeCbor(answer);
  };
  assert.equal(await ask("CreateStream", { StreamName: "s", ShardCount: 1 }), "");
  const Data = new Uint8Array([0, 255, 7]);
  const put = await ask("PutRecords", {
    StreamName: "s",
    Records: [{ PartitionKey: "ä", Data }],
  }) as { FailedRecordCount: number; Records: { SequenceNumber: string; ShardId: string }[] };
  assert.equal(put.FailedRecordCount, 0);
  const { ShardIterator } = await ask("GetShardIterator", {
    StreamName: "s",
    ShardId: "shardId-000000000000",
    ShardIteratorType: "AT_TIMESTAMP",
    Timestamp: new Date(nowMs()),
  }) as { ShardIterator: string };
  const page = await ask("GetRecords", { ShardIterator }) as Record<string, unknown>;
  assert.deepEqual(page.Records, [{
    SequenceNumber: put.Records[0]?.SequenceNumber,
    ApproximateArrivalTimestamp: new Date(nowMs()),
    Data,
    PartitionKey: "ä",
  }]);
  assert.equal(page.MillisBehindLatest, 0);
});

Deno.test("a refusal of CBOR is CBOR", () => {
  using service = new Service();
  const { status, answer } = send(
    service.handler,
    unsigned("ListStreams", encodeCbor({}), cbor),
  );
  assert.equal(status, 400);
  assert.ok(typeof answer !== "string");
  assert.deepEqual(decodeCbor(answer), {
    __type: "MissingAuthenticationTokenException",
    message: "Missing Authentication Token",
  });
});

Deno.test("times in JSON are seconds with their fraction", async () => {
  using service = new Service();
  const ask = async (action: string, request: object) =>
    send(service.handler, await signed(unsigned(action, JSON.stringify(request)))).text;
  await ask("CreateStream", { StreamName: "s", ShardCount: 1 });
  const text = await ask("DescribeStreamSummary", { StreamName: "s" });
  const { StreamDescriptionSummary: found } = JSON.parse(text);
  assert.equal(found.StreamCreationTimestamp, nowMs() / 1000);
});
