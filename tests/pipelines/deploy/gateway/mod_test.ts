import assert from "node:assert/strict";
import { gatewayBeside, gatewayDefinition } from "../../../../pipelines/deploy/gateway/mod.ts";
import { resourcesOf } from "../../../../pipelines/resources.ts";
import { Template } from "../../../../sim/gateway/vtl/mod.ts";

const place = { accountId: "111122223333", restProxy: "rest.example.com:8082" };
const resources = resourcesOf("0123456789ab");

async function documentOf(...[given, at, auth]: Partial<Parameters3>) {
  return JSON.parse(await gatewayDefinition(given ?? resources, at ?? place, auth ?? "none"));
}

type Parameters3 = Parameters<typeof gatewayDefinition>;

const document = await documentOf();

/** All methods of the streaming leg, in the order of the document. */
const routes = routesOf(document);

interface Written {
  paths: Record<string, Record<string, Record<string, Integration>>>;
}

function routesOf({ paths }: Written) {
  return Object.entries(paths)
    .filter(([path]) => path.startsWith("/streams"))
    .flatMap(([path, item]) =>
      Object.entries(item).map(([name, operation]) => ({
        path,
        method: name.toUpperCase(),
        operation,
        integration: operation["x-amazon-apigateway-integration"]!,
      }))
    );
}

interface Integration {
  uri: string;
  credentials: string;
  requestTemplates: Record<string, string>;
  requestParameters: Record<string, string>;
  responses: Record<string, unknown>;
}

function route(method: string, path: string) {
  const found = routes.find((one) => one.method === method && one.path === path);
  assert.ok(found !== undefined, `${method} ${path}`);
  return found;
}

interface Given {
  path?: Record<string, string>;
  query?: Record<string, string>;
  headers?: Record<string, string>;
}

/** What Kinesis gets for a body, parsed. */
function sent(method: string, path: string, body: string, parameters: Given = {}) {
  const template = route(method, path).integration.requestTemplates["application/json"] ?? "";
  return rendered(template, body, parameters);
}

function rendered(template: string, body: string, parameters: Given = {}) {
  const map = (values: Record<string, string> = {}) => new Map(Object.entries(values));
  const text = new Template(template).render({
    body,
    parameters: {
      path: map({ "stream-name": "streaming-0123456789ab-pin", ...parameters.path }),
      query: map(parameters.query),
      headers: map(parameters.headers),
    },
    context: {},
    stageVariables: {},
  });
  return JSON.parse(text);
}

const stored = (data: string) =>
  new TextDecoder().decode(Uint8Array.from(atob(data), (sign) => sign.charCodeAt(0)));
const put = (path: string, body: unknown) =>
  sent("PUT", `/streams/{stream-name}/${path}`, JSON.stringify(body));
const StreamName = "streaming-0123456789ab-pin";

Deno.test("Every method has its action, the type of AWS JSON and the three responses", () => {
  const prefix = "arn:aws:apigateway:us-east-1:kinesis:action/";
  assert.deepEqual(
    routes.map(({ method, path, integration }) => [
      `${method} ${path}`,
      integration.uri.slice(prefix.length),
    ]),
    [
      ["GET /streams", "ListStreams"],
      ["GET /streams/{stream-name}", "DescribeStream"],
      ["POST /streams/{stream-name}", "CreateStream"],
      ["DELETE /streams/{stream-name}", "DeleteStream"],
      ["PUT /streams/{stream-name}/record", "PutRecord"],
      ["PUT /streams/{stream-name}/records", "PutRecords"],
      ["GET /streams/{stream-name}/records", "GetRecords"],
      ["GET /streams/{stream-name}/sharditerator", "GetShardIterator"],
    ],
  );
  for (const { integration } of routes) {
    assert.ok(integration.uri.startsWith(prefix));
    assert.deepEqual(integration.requestParameters, {
      "integration.request.header.Content-Type": "'application/x-amz-json-1.1'",
    });
    assert.deepEqual(integration.responses, {
      default: { statusCode: "200" },
      "4\\d{2}": { statusCode: "400" },
      "5\\d{2}": { statusCode: "500" },
    });
    const role = "arn:aws:iam::111122223333:role/0123456789ab-kinesis-access-role";
    assert.equal(integration.credentials, role);
  }
});

Deno.test("The region is part of every address", async () => {
  const elsewhere = await documentOf(resourcesOf("0123456789ab", "eu-west-2"));
  for (const { integration } of routesOf(elsewhere)) {
    assert.match(integration.uri, /^arn:aws:apigateway:eu-west-2:kinesis:action\//);
  }
});

Deno.test("/record stores the JSON of an object, and the name in the path wins", () => {
  const Data = { index: 7528, title: 'it\'s "é😀"', tags: ["a", { b: null }], price: 1.5 };
  const request = put("record", { StreamName: "placeholder", Data, PartitionKey: "7528" });
  assert.deepEqual(Object.keys(request).sort(), ["Data", "PartitionKey", "StreamName"]);
  assert.equal(request.StreamName, StreamName);
  assert.equal(request.PartitionKey, "7528");
  assert.equal(stored(request.Data), JSON.stringify(Data));
});

Deno.test("/record stores a text as it is, without quotes", () => {
  for (const Data of ['{"index":1}', "plain é", "", 'a "b" \\ \n', "$input.body #if"]) {
    assert.equal(stored(put("record", { Data, PartitionKey: "1" }).Data), Data);
  }
});

Deno.test("/records stores the JSON of objects and texts as they are, in order", () => {
  const records = [
    { data: { index: 1, title: "x" }, "partition-key": "a" },
    { data: '{"index":2}', "partition-key": "b" },
    { data: [1, "two"], "partition-key": "c" },
    { data: 12.5, "partition-key": "d" },
    { data: null, "partition-key": "e" },
    { data: "", "partition-key": "f" },
  ];
  const request = put("records", { records });
  assert.equal(request.StreamName, StreamName);
  assert.deepEqual(
    request.Records.map(({ Data }: { Data: string }) => stored(Data)),
    ['{"index":1,"title":"x"}', '{"index":2}', '[1,"two"]', "12.5", "null", ""],
  );
  assert.deepEqual(
    request.Records.map(({ PartitionKey }: { PartitionKey: string }) => PartitionKey),
    ["a", "b", "c", "d", "e", "f"],
  );
});

Deno.test("Partition keys may be numbers, and any text comes through unchanged", () => {
  const keys = ["it's", 'a"b', "a\\b", "é😀", "a/b", "</script>", "tab\t", '","StreamName":"other'];
  const records = keys.map((key) => ({ data: 1, "partition-key": key }));
  const request = put("records", { records });
  assert.equal(request.StreamName, StreamName);
  assert.deepEqual(
    request.Records.map(({ PartitionKey }: { PartitionKey: string }) => PartitionKey),
    keys,
  );
  for (const key of keys) {
    const one = put("record", { Data: 1, PartitionKey: key });
    assert.deepEqual([one.PartitionKey, one.StreamName], [key, StreamName]);
  }
  assert.equal(put("record", { Data: 1, PartitionKey: 7528 }).PartitionKey, "7528");
  const numbers = put("records", { records: [{ data: 1, "partition-key": 7528 }] });
  assert.equal(numbers.Records[0].PartitionKey, "7528");
});

Deno.test("What is missing arrives empty, for Kinesis to refuse", () => {
  const request = put("record", { Data: 1 });
  assert.equal(request.PartitionKey, "");
  assert.deepEqual(put("records", {}).Records, []);
  assert.deepEqual(put("records", { records: [{}] }).Records, [{ Data: "", PartitionKey: "" }]);
});

Deno.test("Numbers of a row keep every digit", () => {
  const body = '{"records":[{"data":{"a":12345678901234567890,"b":1.50},"partition-key":"1"}]}';
  const request = sent("PUT", "/streams/{stream-name}/records", body);
  assert.equal(stored(request.Records[0].Data), '{"a":12345678901234567890,"b":1.50}');
});

Deno.test("The course's template stores an object as Java prints its maps", () => {
  // As the developer guide's tutorial has it, and most who followed the course.
  const common = `{"StreamName": "$input.params('stream-name')", "Records": [
    #foreach($elem in $input.path('$.records')) {
      "Data": "$util.base64Encode($elem.data)",
      "PartitionKey": "$elem.partition-key"
    }#if($foreach.hasNext),#end #end ]}`;
  const records = [
    { data: { index: 1, title: "x", tags: ["a"] }, "partition-key": "1" },
    { data: '{"index":2}', "partition-key": "2" },
  ];
  const request = rendered(common, JSON.stringify({ records }));
  assert.deepEqual(
    request.Records.map(({ Data }: { Data: string }) => stored(Data)),
    ['{index=1, title=x, tags=["a"]}', '{"index":2}'],
  );
});

Deno.test("Streams are listed, described, created with five shards or as asked, deleted", () => {
  const stream = "/streams/{stream-name}";
  assert.deepEqual(sent("GET", "/streams", ""), {});
  assert.deepEqual(sent("GET", stream, ""), { StreamName });
  assert.deepEqual(sent("DELETE", stream, ""), { StreamName });
  assert.deepEqual(sent("POST", stream, ""), { StreamName, ShardCount: 5 });
  assert.deepEqual(sent("POST", stream, '{"ShardCount": 2}'), { StreamName, ShardCount: 2 });
});

Deno.test("A shard is read from its beginning, or from where it is asked for", () => {
  const path = "/streams/{stream-name}/sharditerator";
  const query = { "shard-id": "shardId-000000000000" };
  const ShardId = "shardId-000000000000";
  assert.deepEqual(sent("GET", path, "", { query }), {
    StreamName,
    ShardId,
    ShardIteratorType: "TRIM_HORIZON",
  });
  const after = { ...query, type: "AFTER_SEQUENCE_NUMBER", "starting-sequence-number": "495" };
  assert.deepEqual(sent("GET", path, "", { query: after }), {
    StreamName,
    ShardId,
    ShardIteratorType: "AFTER_SEQUENCE_NUMBER",
    StartingSequenceNumber: "495",
  });
});

Deno.test("Records are read by the iterator in the header", () => {
  const headers = { "shard-iterator": "AAAA+/==" };
  assert.deepEqual(sent("GET", "/streams/{stream-name}/records", "", { headers }), {
    ShardIterator: "AAAA+/==",
  });
});

Deno.test("No template is over the gateway's 300 KB", () => {
  for (const { integration } of routes) {
    for (const text of Object.values(integration.requestTemplates)) {
      assert.ok(text.length > 0 && text.length < 300_000);
    }
  }
});

Deno.test("What no stream takes goes to the REST proxy with method and path", () => {
  const any = document.paths["/{proxy+}"]["x-amazon-apigateway-any-method"];
  const integration = any["x-amazon-apigateway-integration"];
  assert.equal(integration.type, "http_proxy");
  assert.equal(integration.httpMethod, "ANY");
  assert.equal(integration.uri, "http://rest.example.com:8082/{proxy}");
  assert.deepEqual(integration.requestParameters, {
    "integration.request.path.proxy": "method.request.path.proxy",
  });
});

Deno.test("Every method asks for what is chosen, and for nothing else", async () => {
  const asked = { iam: [{ sigv4: [] }], key: [{ api_key: [] }], none: [] };
  for (const auth of ["iam", "key", "none"] as const) {
    const { paths, components } = await documentOf(resources, place, auth);
    for (const item of Object.values<Record<string, { security: unknown }>>(paths)) {
      for (const { security } of Object.values(item)) assert.deepEqual(security, asked[auth]);
    }
    const { sigv4, api_key } = components.securitySchemes;
    assert.equal(sigv4["x-amazon-apigateway-authtype"], "awsSigv4");
    assert.deepEqual(api_key, { type: "apiKey", name: "x-api-key", in: "header" });
  }
});

Deno.test("The resource policy grants nothing: it only denies what does not come over TLS", async () => {
  const name = "x-amazon-apigateway-policy";
  const policy = (await documentOf(resources, place, "iam"))[name];
  assert.deepEqual(policy.Statement.map(({ Effect }: { Effect: string }) => Effect), ["Deny"]);
  assert.equal((await documentOf(resources, place, "none"))[name], undefined);
});

Deno.test("Beside the document stand the stage and, with keys, one plan and its key", () => {
  const stages = [{ name: "prod" }];
  for (const auth of ["iam", "none"] as const) {
    assert.deepEqual(gatewayBeside(resources, auth), { stages, usagePlans: [], keys: [] });
  }
  const { usagePlans: [plan], keys } = gatewayBeside(resources, "key");
  assert.deepEqual(keys, [{ id: "0123456789ab-key", name: "0123456789ab-key" }]);
  assert.deepEqual(plan?.keys, ["0123456789ab-key"]);
  assert.deepEqual(plan?.stages, ["prod"]);
});
