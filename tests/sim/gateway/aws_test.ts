import assert from "node:assert/strict";
import { type FaultPoint, faultsWithOdds, noFaults } from "../../../sim/faults/plan.ts";
import {
  type GatewayOptions,
  type GatewayService,
  startGateway,
} from "../../../sim/gateway/mod.ts";
import { type HttpRequest, type HttpResponse, serveHttp } from "../../../sim/net/http.ts";
import { parseClaim, sha256Hex, verifyClaim } from "../../../sim/net/sigv4.ts";
import { worldFromSeed } from "../../../sim/world.ts";
import { exchange, fixedServer } from "../net/raw_http.ts";
import { keysById } from "../../../sim/iam/principal.ts";
import { testKey } from "../keys.ts";
import { definitionOf, everyRole, type Fields, nobody } from "./definitions.ts";

const credentials = { accessKeyId: "AKIDGATEWAY", secretAccessKey: "secret" };
const decoder = new TextDecoder();

const role = "arn:aws:iam::111122223333:role/gateway";

function integration(changes: Fields = {}): Fields {
  return {
    type: "aws",
    uri: "arn:aws:apigateway:us-east-1:kinesis:action/PutRecord",
    httpMethod: "POST",
    credentials: role,
    requestParameters: {
      "integration.request.header.Content-Type": "'application/x-amz-json-1.1'",
    },
    requestTemplates: { "application/json": "$input.json('$.Data')" },
    responses: {
      default: { statusCode: "200" },
      "4\\d{2}": { statusCode: "400" },
      "5\\d{2}": { statusCode: "500" },
    },
    ...changes,
  };
}

interface Rig extends AsyncDisposable {
  seen: HttpRequest[];
  gateway: GatewayService;
  url: string;
}

/** A gateway with one route, `ANY /streams/{stream-name}/record`, to a service that answers so. */
async function rig(
  changes: Fields = {},
  answer: Partial<HttpResponse> = {},
  options: Partial<GatewayOptions> = {},
  odds: Partial<Record<FaultPoint, number>> = {},
): Promise<Rig> {
  const seen: HttpRequest[] = [];
  const service = serveHttp((request) => {
    seen.push(request);
    const body = new TextEncoder().encode('{"SequenceNumber":"1"}');
    return { status: 200, headers: [["X-Own", "theirs"]], body, ...answer };
  }, { bodyBytesMax: 20_000_000 });
  const world = worldFromSeed(1);
  const faults = Object.keys(odds).length === 0 ? noFaults : faultsWithOdds(world, odds);
  const gateway = await startGateway({ world, faults, dir: "" }, {
    apiId: "abcdefghij",
    definition: definitionOf([{
      path: "/streams/{stream-name}/record",
      method: "ANY",
      integration: integration(changes),
    }]),
    services: { kinesis: `http://127.0.0.1:${service.port}` },
    door: nobody.door,
    roleSession: everyRole(credentials),
    ...options,
  });
  return {
    seen,
    gateway,
    url: `${gateway.invokeUrl()}/streams/streaming-pin/record`,
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
      await service[Symbol.asyncDispose]();
    },
  };
}

const put = (body: string, type: string | null = "application/json"): RequestInit => ({
  method: "PUT",
  headers: type === null ? {} : { "content-type": type },
  body: new TextEncoder().encode(body),
});

async function answered(url: string, init: RequestInit = put('{"Data":1}')) {
  const response = await fetch(url, init);
  return [response.status, await response.text()];
}

const bodyOf = ({ body }: HttpRequest) => decoder.decode(body ?? new Uint8Array(0));
const headersOf = ({ headers }: HttpRequest) =>
  new Map(headers.map(([name, value]) => [name.toLowerCase(), value]));

Deno.test("The service gets the template's body for the action that the query names", async () => {
  await using one = await rig();
  assert.deepEqual(await answered(one.url, put('{"Data":{"index":1}}')), [
    200,
    '{"SequenceNumber":"1"}',
  ]);
  const [request] = one.seen;
  assert.ok(request !== undefined);
  assert.deepEqual(
    [request.method, request.target, bodyOf(request)],
    ["POST", "/?Action=PutRecord", '{"index":1}'],
  );
  const headers = headersOf(request);
  assert.equal(headers.get("content-type"), "application/x-amz-json-1.1");
  assert.equal(headers.get("user-agent"), "AmazonAPIGateway_abcdefghij");
});

Deno.test("The request is signed with the role's credentials, all of its header fields", async () => {
  const asked: string[] = [];
  const session = { ...testKey(credentials), sessionToken: "t" };
  await using one = await rig({}, {}, {
    roleSession(arn) {
      asked.push(arn);
      return session;
    },
  });
  await answered(one.url);
  const [request] = one.seen;
  assert.ok(request !== undefined);
  const headers = headersOf(request);
  assert.equal(headers.get("x-amz-security-token"), "t");
  const wire = { method: "POST", path: "/", query: "Action=PutRecord", headers };
  const parsed = parseClaim(wire);
  assert.ok(parsed.kind === "claim");
  const verdict = verifyClaim(wire, parsed.claim, {
    region: "us-east-1",
    service: "kinesis",
    nowMs: Date.now(),
    skewMs: 60_000,
    pathForm: "twice",
    payloadHash: sha256Hex(request.body ?? new Uint8Array(0)),
    keyOf: keysById([session]),
    mustSign: (name) => name.startsWith("x-am"),
  });
  assert.equal(verdict.kind, "good");
  assert.deepEqual(asked, [role]);
});

Deno.test("A role that may not be taken on is 500 Internal server error, and nothing is sent", async () => {
  await using one = await rig({}, {}, { roleSession: () => null });
  assert.deepEqual(await answered(one.url), [500, '{"message":"Internal server error"}']);
  assert.equal(one.seen.length, 0);
});

Deno.test("The status chooses the response: 4xx is 400, 5xx is 500, the body is the service's", async () => {
  const body = new TextEncoder().encode('{"__type":"ResourceNotFoundException"}');
  for (const [status, expected] of [[400, 400], [404, 400], [500, 500], [503, 500], [202, 200]]) {
    await using one = await rig({}, { status: status ?? 0, body });
    assert.deepEqual(await answered(one.url), [expected, '{"__type":"ResourceNotFoundException"}']);
  }
});

Deno.test("With a default response alone, an error of the service is 200", async () => {
  const body = new TextEncoder().encode('{"__type":"AccessDeniedException"}');
  await using one = await rig({ responses: { default: { statusCode: "200" } } }, {
    status: 400,
    body,
  });
  assert.deepEqual(await answered(one.url), [200, '{"__type":"AccessDeniedException"}']);
});

Deno.test("A pattern must match the whole status", async () => {
  const responses = { "4": { statusCode: "418" }, default: { statusCode: "201" } };
  await using one = await rig({ responses }, { status: 400 });
  assert.equal((await answered(one.url))[0], 201);
});

Deno.test("No response that fits is 500, though the work is done", async () => {
  const responses = { "2\\d{2}": { statusCode: "200" } };
  await using one = await rig({ responses }, { status: 400 });
  assert.deepEqual(await answered(one.url), [500, '{"message":"Internal server error"}']);
  assert.equal(one.seen.length, 1);
});

Deno.test("A response template sees the service's answer", async () => {
  const responseTemplates = {
    "application/json": `{"at":"$input.path('$.SequenceNumber') $input.params('stream-name')"}`,
  };
  await using one = await rig({ responses: { default: { statusCode: "200", responseTemplates } } });
  assert.deepEqual(await answered(one.url), [200, '{"at":"1 streaming-pin"}']);
});

Deno.test("Header fields of the service do not come along", async () => {
  await using one = await rig({}, { headers: [["X-Own", "theirs"], ["x-amzn-RequestId", "t"]] });
  const response = await fetch(one.url, put('{"Data":1}'));
  await response.text();
  assert.equal(response.headers.get("content-type"), "application/json");
  assert.equal(response.headers.get("x-own"), null);
  assert.match(response.headers.get("x-amzn-requestid") ?? "", /^[0-9a-f-]{36}$/);
});

Deno.test("The type of the request chooses the template; none counts as application/json", async () => {
  await using one = await rig();
  for (const type of ["application/json", "application/json; charset=utf-8", null]) {
    await answered(one.url, put('{"Data":7}', type));
  }
  await answered(one.url, put("Data=7", "text/plain"));
  assert.deepEqual(one.seen.map(bodyOf), ["7", "7", "7", "Data=7"]);
});

Deno.test("Without a template that fits, the passthrough behaviour decides", async () => {
  const refused = [415, '{"message":"Unsupported Media Type"}'];
  const plain = put("x", "text/plain");
  const result = async (changes: Fields) => {
    await using one = await rig(changes);
    const answer = await answered(one.url, plain);
    return one.seen.length === 0 ? answer : one.seen.map(bodyOf);
  };
  assert.deepEqual(await result({ passthroughBehavior: "WHEN_NO_MATCH" }), ["x"]);
  assert.deepEqual(await result({ passthroughBehavior: "WHEN_NO_TEMPLATES" }), refused);
  assert.deepEqual(await result({ passthroughBehavior: "NEVER" }), refused);
  const requestTemplates = {};
  assert.deepEqual(
    await result({ passthroughBehavior: "WHEN_NO_TEMPLATES", requestTemplates }),
    ["x"],
  );
  assert.deepEqual(await result({ passthroughBehavior: "NEVER", requestTemplates }), refused);
});

Deno.test("A template that fails is 500 Internal server error, and nothing is sent", async () => {
  const requestTemplates = { "application/json": "$input.body.substring(99)" };
  await using one = await rig({ requestTemplates });
  assert.deepEqual(await answered(one.url), [500, '{"message":"Internal server error"}']);
  assert.equal(one.seen.length, 0);
});

Deno.test("A body that is no JSON is 400, and nothing is sent", async () => {
  await using one = await rig();
  const [status, text] = await answered(one.url, put("{Data:1}"));
  assert.equal(status, 400);
  assert.match(String(text), /^\{"message":"Could not parse request body into json: /);
  assert.equal(one.seen.length, 0);
});

Deno.test("A template reads path, query, headers, context and stage variables", async () => {
  const requestTemplates = {
    "application/json": "$input.params('stream-name')|$input.params('q')|$input.params('X-Own')|" +
      "$context.stage|$context.httpMethod|$context.resourcePath|$context.path|$context.apiId|" +
      "$context.identity.sourceIp|$context.requestId|$stageVariables.table",
  };
  const stages = [{ name: "prod", variables: { table: "pin" } }];
  await using one = await rig({ requestTemplates }, {}, { stages });
  const url = `${one.gateway.invokeUrl()}/streams/a%20b/record?q=1+2%26`;
  const response = await fetch(url, {
    method: "POST",
    headers: { "x-own": "h", "content-type": "application/json" },
    body: "{}",
  });
  const id = response.headers.get("x-amzn-requestid");
  await response.text();
  assert.deepEqual(one.seen.map(bodyOf).map((text) => text.split("|")), [[
    ...["a b", "1 2&", "h", "prod", "POST", "/streams/{stream-name}/record"],
    ...["/prod/streams/a%20b/record", "abcdefghij", "127.0.0.1", id, "pin"],
  ]]);
});

Deno.test("Header fields are mapped from fixed texts, parameters and the context", async () => {
  const requestParameters = {
    "integration.request.header.Content-Type": "'application/x-amz-json-1.1'",
    "integration.request.header.X-A": "method.request.path.stream-name",
    "integration.request.header.X-B": "method.request.querystring.q",
    "integration.request.header.X-C": "method.request.header.X-Own",
    "integration.request.header.X-D": "context.apiId",
    "integration.request.header.X-E": "method.request.querystring.nothing",
  };
  await using one = await rig({ requestParameters });
  const init = { ...put('{"Data":1}'), headers: { "X-Own": "h" } };
  await answered(`${one.url}?q=2`, init);
  const [request] = one.seen;
  assert.ok(request !== undefined);
  const headers = headersOf(request);
  assert.deepEqual(
    ["x-a", "x-b", "x-c", "x-d", "x-e"].map((name) => headers.get(name)),
    ["streaming-pin", "2", "h", "abcdefghij", undefined],
  );
});

Deno.test("A route that cannot work is refused on loading, with its name and the place", async () => {
  const refused = async (
    changes: Fields,
    options: Partial<GatewayOptions> = {},
  ) => {
    try {
      await using _one = await rig(changes, {}, options);
    } catch (error) {
      assert.ok(error instanceof Error && error.name === "RouteError");
      return error.message;
    }
    return "none";
  };
  const where = "ANY /streams/{stream-name}/record";
  assert.equal(
    await refused({ requestTemplates: { "application/json": "{\n  $util.toJson(1)\n}" } }),
    `${where}, template for application/json: There is no $util.toJson(…) with 1 arguments ` +
      "(line 2, column 9)",
  );
  assert.match(
    await refused({
      responses: { default: { statusCode: "200", responseTemplates: { a: "#if(" } } },
    }),
    /record, response 200, template for a: Expected a value, found the end \(line 1, column 5\)$/,
  );
  assert.match(
    await refused({ uri: "arn:aws:apigateway:us-east-1:sqs:path/x" }),
    /no action of Kinesis/,
  );
  assert.match(await refused({}, { services: {} }), /where kinesis answers is not given/);
  assert.match(await refused({}, { services: { kinesis: "https://127.0.0.1:1" } }), /http address/);
  assert.match(
    await refused({ requestParameters: { "integration.request.header.Content-Type": "x/y" } }),
    /cannot map 'x\/y'; a fixed text stands between single quotes/,
  );
  assert.match(
    await refused({ requestParameters: { "integration.request.path.x": "'y'" } }),
    /cannot map 'x' into path or query of an action/,
  );
  assert.match(
    await refused({ responses: { "4(": { statusCode: "400" } } }),
    /is no pattern of a status/,
  );
});

Deno.test("An integration that names no role is refused on loading", async () => {
  for (const credentials of ["", "arn:aws:iam::*:user/*", "gateway"]) {
    await assert.rejects(rig({ credentials }), {
      name: "RouteError",
      message: "ANY /streams/{stream-name}/record: its integration names no role in 'credentials'",
    });
  }
});

Deno.test("A service that is slow, broken or away is 504, 504 or 500", async () => {
  const at = (port: number) => ({ services: { kinesis: `http://127.0.0.1:${port}` } });
  const message = async (options: Partial<GatewayOptions>) => {
    await using one = await rig({ timeoutInMillis: 50 }, {}, options);
    return await answered(one.url);
  };
  using silent = fixedServer(null);
  assert.deepEqual(await message(at(silent.port)), [
    504,
    '{"message":"Endpoint request timed out"}',
  ]);
  using broken = fixedServer("");
  assert.deepEqual(await message(at(broken.port)), [
    504,
    '{"message":"Network error communicating with endpoint"}',
  ]);
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  assert.deepEqual(await message(at(port)), [500, '{"message":"Internal server error"}']);
});

Deno.test("A body over 10 MiB is 413 before any template", async () => {
  await using one = await rig();
  const body = `{"Data":"${"x".repeat(10_485_760)}"}`;
  assert.deepEqual(await answered(one.url, put(body)), [413, '{"message":"Request Too Long"}']);
  assert.equal(one.seen.length, 0);
});

Deno.test("Fault gateway.throttled: 429 before the work", async () => {
  await using one = await rig({}, {}, {}, { "gateway.throttled": 1 });
  assert.deepEqual(await answered(one.url), [429, '{"message":"Too Many Requests"}']);
  assert.equal(one.seen.length, 0);
});

Deno.test("Fault gateway.timeout: the work is done, the answer is 504", async () => {
  await using one = await rig({}, {}, {}, { "gateway.timeout": 1 });
  assert.deepEqual(await answered(one.url), [504, '{"message":"Endpoint request timed out"}']);
  assert.equal(one.seen.length, 1);
});

Deno.test("Fault net.answer_lost: the work is done, the connection closes", async () => {
  await using one = await rig({}, {}, {}, { "net.answer_lost": 1 });
  const request =
    "PUT /prod/streams/s/record HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 10\r\n\r\n";
  assert.equal(await exchange(one.gateway.port, [`${request}{"Data":1}`]), "");
  assert.equal(one.seen.length, 1);
});

Deno.test("Without a route or a verb it is 403 Missing Authentication Token", async () => {
  await using one = await rig();
  const expected = [403, '{"message":"Missing Authentication Token"}'];
  assert.deepEqual(await answered(`${one.gateway.invokeUrl()}/streams`), expected);
  assert.deepEqual(await answered(`${one.url}/x`), expected);
});
