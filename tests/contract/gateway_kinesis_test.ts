/**
 * What a client of the streaming leg may expect of the gateway and of Kinesis behind it: the
 * simulator by default; with TARGET=aws the gateway that GATEWAY_URL names, through which a stream
 * is made and deleted again.
 */
import assert from "node:assert/strict";
import { gatewayDefinition } from "../../pipelines/deploy/gateway/mod.ts";
import { resourcesOf } from "../../pipelines/resources.ts";
import { noFaults } from "../../sim/faults/plan.ts";
import { startGateway } from "../../sim/gateway/mod.ts";
import { startKinesis } from "../../sim/kinesis/mod.ts";
import { worldFromSeed } from "../../sim/world.ts";
import { everyRole } from "../sim/gateway/definitions.ts";
import { testDoor } from "../sim/keys.ts";

const isReal = Deno.env.get("TARGET") === "aws";
const id = Deno.env.get("PIPELINE_ID") ?? "0123456789ab";

interface Target extends AsyncDisposable {
  url: string;
}

/** What the integration of PutRecord may have of its own here; on AWS it is as deployed. */
type Changes = Record<string, unknown>;

async function startTarget(changes: Changes = {}): Promise<Target> {
  if (isReal) {
    const url = (Deno.env.get("GATEWAY_URL") ?? "").replace(/\/+$/, "");
    return { url, [Symbol.asyncDispose]: () => Promise.resolve() };
  }
  const dir = await Deno.makeTempDir();
  const context = { world: worldFromSeed(1), faults: noFaults, dir };
  const credentials = { accessKeyId: "AKIDGATEWAY", secretAccessKey: "secret" };
  const region = "us-east-1";
  const kinesis = await startKinesis(context, {
    port: 0,
    region,
    door: testDoor(credentials),
    limits: "on",
  });
  const place = { accountId: context.world.accountId, restProxy: "127.0.0.1:8082" };
  const text = await gatewayDefinition(resourcesOf("0123456789ab", region), place, "none");
  const document = JSON.parse(text);
  const { put } = document.paths["/streams/{stream-name}/record"];
  Object.assign(put["x-amazon-apigateway-integration"], changes);
  const door = testDoor(credentials);
  const gateway = await startGateway(context, {
    region,
    definition: JSON.stringify(document),
    services: { kinesis: `http://127.0.0.1:${kinesis.port}` },
    door,
    roleSession: everyRole(credentials),
  });
  return {
    url: gateway.invokeUrl(),
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
      await kinesis[Symbol.asyncDispose]();
      await Deno.remove(dir, { recursive: true });
    },
  };
}

class Client {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  async call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
    const response = await fetch(`${this.#url}${path}`, {
      method,
      headers: { "content-type": "application/json", ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text === "" ? null : JSON.parse(text) };
  }

  async isActive(stream: string): Promise<void> {
    for (let tries = 0; tries < 600; tries++) {
      const { body } = await this.call("GET", `/streams/${stream}`);
      if (body.StreamDescription?.StreamStatus === "ACTIVE") return;
      await new Promise((resolve) => setTimeout(resolve, isReal ? 1000 : 20));
    }
    throw new Error(`${stream} does not become active`);
  }

  /** Everything in the first shard, as text with its partition key. */
  async records(stream: string, count: number): Promise<[string, string][]> {
    const { body } = await this.call("GET", `/streams/${stream}`);
    const shard = body.StreamDescription.Shards[0].ShardId;
    const query = new URLSearchParams({ "shard-id": shard });
    const first = await this.call("GET", `/streams/${stream}/sharditerator?${query}`);
    assert.equal(first.status, 200);
    let iterator: string = first.body.ShardIterator;
    const found: [string, string][] = [];
    for (let tries = 0; tries < 60 && found.length < count; tries++) {
      const headers = { "Shard-Iterator": iterator };
      const page = await this.call("GET", `/streams/${stream}/records`, undefined, headers);
      assert.equal(page.status, 200);
      for (const { Data, PartitionKey } of page.body.Records) {
        found.push([textOf(Data), PartitionKey]);
      }
      iterator = page.body.NextShardIterator;
      if (isReal) await new Promise((resolve) => setTimeout(resolve, 250));
    }
    return found;
  }
}

function textOf(data: string): string {
  return new TextDecoder().decode(Uint8Array.from(atob(data), (sign) => sign.charCodeAt(0)));
}

Deno.test("A stream is made, listed, described, filled, read and deleted through the gateway", async () => {
  await using target = await startTarget();
  const client = new Client(target.url);
  const stream = `streaming-${id}-contract`;
  assert.equal((await client.call("POST", `/streams/${stream}`, { ShardCount: 1 })).status, 200);
  await client.isActive(stream);
  const listed = await client.call("GET", "/streams");
  assert.equal(listed.status, 200);
  assert.ok(listed.body.StreamNames.includes(stream));
  const described = await client.call("GET", `/streams/${stream}`);
  assert.equal(described.body.StreamDescription.StreamName, stream);
  assert.equal(described.body.StreamDescription.Shards.length, 1);

  const row = { index: 7528, title: 'it\'s "é😀"', tags: ["a", null] };
  const one = await client.call("PUT", `/streams/${stream}/record`, {
    StreamName: "ignored",
    Data: row,
    PartitionKey: "7528",
  });
  assert.equal(one.status, 200);
  assert.deepEqual(Object.keys(one.body).sort(), ["SequenceNumber", "ShardId"]);
  const many = await client.call("PUT", `/streams/${stream}/records`, {
    records: [
      { data: row, "partition-key": 7528 },
      { data: JSON.stringify(row), "partition-key": "it's" },
      { data: "plain text", "partition-key": "é" },
    ],
  });
  assert.equal(many.status, 200);
  assert.equal(many.body.FailedRecordCount, 0);
  assert.equal(many.body.Records.length, 3);

  const text = JSON.stringify(row);
  assert.deepEqual(await client.records(stream, 4), [
    [text, "7528"],
    [text, "7528"],
    [text, "it's"],
    ["plain text", "é"],
  ]);
  assert.equal((await client.call("DELETE", `/streams/${stream}`)).status, 200);
});

Deno.test("A refusal of Kinesis reaches the client as 400 with its own words", async () => {
  await using target = await startTarget();
  const client = new Client(target.url);
  const missing = `streaming-${id}-nobody`;
  const put = { Data: { index: 1 }, PartitionKey: "1" };
  for (
    const [method, path, body] of [
      ["GET", `/streams/${missing}`],
      ["DELETE", `/streams/${missing}`],
      ["PUT", `/streams/${missing}/record`, put],
      ["PUT", `/streams/${missing}/records`, { records: [{ data: {}, "partition-key": "1" }] }],
    ] as const
  ) {
    const answer = await client.call(method, path, body);
    assert.equal(answer.status, 400, `${method} ${path}`);
    assert.equal(answer.body.__type, "ResourceNotFoundException");
    assert.match(
      answer.body.message,
      new RegExp(`Stream ${missing} under account [0-9]{12} not found`),
    );
  }
});

Deno.test("What Kinesis does not accept is 400: no partition key, no records, a stray iterator", async () => {
  await using target = await startTarget();
  const client = new Client(target.url);
  const path = `/streams/streaming-${id}-x`;
  const type = async (...call: Parameters<Client["call"]>) => {
    const { status, body } = await client.call(...call);
    return [status, body.__type];
  };
  assert.deepEqual(await type("PUT", `${path}/record`, { Data: 1 }), [400, "ValidationException"]);
  assert.deepEqual(await type("PUT", `${path}/records`, {}), [400, "ValidationException"]);
  const stray = { "Shard-Iterator": "x" };
  const [status, name] = await type("GET", `${path}/records`, undefined, stray);
  assert.equal(status, 400);
  assert.match(name, /^(InvalidArgumentException|ValidationException|ExpiredIteratorException)$/);
});

Deno.test("A text that says it is no JSON is 415, before anything is sent", async () => {
  await using target = await startTarget();
  const url = `${target.url}/streams/streaming-${id}-x/record`;
  const response = await fetch(url, { method: "PUT", body: "plain" });
  assert.equal(response.status, 415);
  assert.deepEqual(await response.json(), { message: "Unsupported Media Type" });
});

// The tutorial of AWS maps the second, and Terraform modules in public map none.
for (const mapped of ["application/x-amz-json-1.1", "x-amz-json-1.1", "text/plain", null]) {
  Deno.test({
    name: `An integration that maps ${mapped ?? "no Content-Type"} reaches Kinesis, which stores`,
    ignore: isReal, // Its routes are those that were deployed.
    async fn() {
      const header = "integration.request.header.Content-Type";
      const requestParameters: Record<string, string> = mapped === null
        ? {}
        : { [header]: `'${mapped}'` };
      await using target = await startTarget({ requestParameters });
      const client = new Client(target.url);
      const stream = `streaming-${id}-types`;
      await client.call("POST", `/streams/${stream}`, { ShardCount: 1 });
      await client.isActive(stream);
      const put = { Data: { index: 1 }, PartitionKey: "k" };
      const answer = await client.call("PUT", `/streams/${stream}/record`, put);
      assert.deepEqual(Object.keys(answer.body).sort(), ["SequenceNumber", "ShardId"]);
      assert.deepEqual(await client.records(stream, 1), [['{"index":1}', "k"]]);
    },
  });
}

Deno.test({
  name: "The course's template sends no key for a null: Kinesis refuses it, and nothing is stored",
  ignore: isReal, // Its templates are those that were deployed.
  async fn() {
    const template = `{"StreamName": "$input.params('stream-name')",
      "Data": "$util.base64Encode($input.json('$.Data'))",
      "PartitionKey": "$input.path('$.PartitionKey')"}`;
    await using target = await startTarget({ requestTemplates: { "application/json": template } });
    const client = new Client(target.url);
    const stream = `streaming-${id}-null`;
    await client.call("POST", `/streams/${stream}`, { ShardCount: 1 });
    await client.isActive(stream);
    const path = `/streams/${stream}/record`;
    for (const key of [{ PartitionKey: null }, {}, { PartitionKey: "" }]) {
      const { status, body } = await client.call("PUT", path, { Data: { index: 1 }, ...key });
      assert.deepEqual([status, body.__type], [400, "ValidationException"]);
      assert.match(body.message, /'partitionKey' failed to satisfy constraint/);
    }
    await client.call("PUT", path, { Data: { index: 2 }, PartitionKey: "k" });
    assert.deepEqual(await client.records(stream, 1), [['{"index":2}', "k"]]);
  },
});
