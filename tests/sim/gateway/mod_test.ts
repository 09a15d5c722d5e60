import assert from "node:assert/strict";
import { type FaultPoint, faultsWithOdds, noFaults } from "../../../sim/faults/plan.ts";
import { type GatewayOptions, startGateway } from "../../../sim/gateway/mod.ts";
import {
  type HeaderField,
  type HttpHandler,
  jsonResponse,
  serveHttp,
} from "../../../sim/net/http.ts";
import type { ServiceContext } from "../../../sim/service.ts";
import { worldFromSeed } from "../../../sim/world.ts";
import { exchange, fixedServer } from "../net/raw_http.ts";
import { definitionOf, nobody, proxyTo } from "./definitions.ts";

function context(odds: Partial<Record<FaultPoint, number>> = {}): ServiceContext {
  const world = worldFromSeed(1);
  const faults = Object.keys(odds).length === 0 ? noFaults : faultsWithOdds(world, odds);
  return { world, faults, dir: "" };
}

/** A gateway that passes everything on to this port. */
function gatewayTo(
  port: number,
  options: Partial<GatewayOptions> = {},
  odds: Partial<Record<FaultPoint, number>> = {},
) {
  return startGateway(context(odds), {
    ...nobody,
    apiId: "abcdefghij",
    definition: definitionOf([proxyTo(port)]),
    ...options,
  });
}

const backend = (handler: HttpHandler) => serveHttp(handler, { bodyBytesMax: 20_000_000 });

/** A port where nobody listens. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

async function refusal(url: string, init?: RequestInit) {
  const response = await fetch(url, init);
  assert.match(
    response.headers.get("x-amzn-requestid") ?? "",
    /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  );
  assert.notEqual(response.headers.get("x-amz-apigw-id"), null);
  assert.equal(response.headers.get("content-type"), "application/json");
  return [response.status, response.headers.get("x-amzn-errortype"), await response.text()];
}

Deno.test("Status and body of the backend pass through unchanged, errors too", async () => {
  const type = "application/vnd.kafka.v2+json";
  await using behind = backend(() => jsonResponse(422, { error_code: 422, message: "ä" }, type));
  await using gateway = await gatewayTo(behind.port);
  const response = await fetch(`${gateway.invokeUrl()}/topics/x`, { method: "POST", body: "{}" });
  assert.equal(response.status, 422);
  assert.equal(response.headers.get("content-type"), type);
  assert.equal(response.headers.get("x-amzn-errortype"), null);
  assert.equal(await response.text(), '{"error_code":422,"message":"ä"}');
});

Deno.test("Method, path, query and body reach the backend as sent", async () => {
  const seen: unknown[] = [];
  await using behind = backend(({ method, target, body }) => {
    seen.push([method, target, body?.length]);
    return jsonResponse(200, {}, "application/json");
  });
  await using gateway = await gatewayTo(behind.port);
  const url = gateway.invokeUrl();
  await (await fetch(`${url}/topics/a.pin`, { method: "POST", body: new Uint8Array(300_000) }))
    .text();
  await (await fetch(`${url}/consumers/g%2Fh/records?timeout=3&x=%7B;y=1`)).text();
  await (await fetch(`${url}/topics/`)).text();
  assert.deepEqual(seen, [
    ["POST", "/topics/a.pin", 300_000],
    ["GET", "/consumers/g%2Fh/records?timeout=3&x=%7B&y=1", 0],
    ["GET", "/topics", 0],
  ]);
});

Deno.test("Header fields pass through the tables on the way to the backend", async () => {
  let seen: readonly HeaderField[] = [];
  await using behind = backend(({ headers }) => {
    seen = headers;
    return jsonResponse(200, {}, "application/json");
  });
  await using gateway = await gatewayTo(behind.port);
  await exchange(gateway.port, [[
    "POST /prod/topics/x HTTP/1.1",
    `Host: localhost:${gateway.port}`,
    "Content-Type: application/vnd.kafka.json.v2+json",
    "Content-Length: 2",
    "Content-MD5: x",
    "Content-Encoding: identity",
    "Max-Forwards: 3",
    "TE: trailers",
    "Via: 1.1 somebody",
    "Authorization: AWS4-HMAC-SHA256 Credential=x",
    "X-Own: kept",
    "X-Amzn-Apigateway-Api-Id: forged",
    "Connection: close",
    "",
    "{}",
  ].join("\r\n")]);
  const trace = seen.find(([name]) => name === "X-Amzn-Trace-Id")?.[1] ?? "";
  assert.match(trace, /^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$/);
  assert.deepEqual(seen.filter(([name]) => name !== "X-Amzn-Trace-Id"), [
    ["Host", `127.0.0.1:${behind.port}`],
    ["Content-Type", "application/vnd.kafka.json.v2+json"],
    ["X-Own", "kept"],
    ["Accept", "application/json"],
    ["User-Agent", "AmazonAPIGateway_abcdefghij"],
    ["X-Amzn-Apigateway-Api-Id", "abcdefghij"],
    ["X-Forwarded-For", "127.0.0.1"],
    ["X-Forwarded-Port", "443"],
    ["X-Forwarded-Proto", "https"],
    ["Content-Length", "2"],
  ]);
});

Deno.test("What a client says of itself wins: Accept, User-Agent, an Authorization that is no signature", async () => {
  let seen: readonly HeaderField[] = [];
  await using behind = backend(({ headers }) => {
    seen = headers;
    return jsonResponse(200, {}, "application/json");
  });
  await using gateway = await gatewayTo(behind.port);
  await exchange(gateway.port, [
    "GET /prod/x HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: */*\r\nUser-Agent: python-requests/2.31.0\r\n" +
    "Authorization: Basic x\r\nX-Forwarded-For: 10.0.0.1\r\nConnection: close\r\n\r\n",
  ]);
  const value = (name: string) => seen.filter(([key]) => key === name).map(([, text]) => text);
  assert.deepEqual(value("Accept"), ["*/*"]);
  assert.deepEqual(value("User-Agent"), ["python-requests/2.31.0"]);
  assert.deepEqual(value("Authorization"), ["Basic x"]);
  assert.deepEqual(value("X-Forwarded-For"), ["10.0.0.1, 127.0.0.1"]);
});

Deno.test("Header fields of the backend come back remapped", async () => {
  using behind = fixedServer(
    "HTTP/1.1 200 OK\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\nServer: Jetty\r\nContent-Length: 2\r\n" +
      "Connection: close\r\nx-amzn-RequestId: theirs\r\nWWW-Authenticate: Basic\r\nX-Own: kept\r\n\r\n{}",
  );
  await using gateway = await gatewayTo(behind.port);
  const response = await fetch(`${gateway.invokeUrl()}/x`);
  assert.equal(await response.text(), "{}");
  const remapped = [
    "Date",
    "Server",
    "Content-Length",
    "Connection",
    "RequestId",
    "WWW-Authenticate",
  ]
    .map((name) =>
      response.headers.get(`x-amzn-Remapped-${name === "RequestId" ? "x-amzn-RequestId" : name}`)
    );
  assert.deepEqual(remapped, [
    "Thu, 01 Jan 1970 00:00:00 GMT",
    "Jetty",
    "2",
    "close",
    "theirs",
    "Basic",
  ]);
  assert.equal(response.headers.get("x-own"), "kept");
  assert.equal(response.headers.get("server"), null);
  assert.notEqual(response.headers.get("x-amzn-requestid"), "theirs");
});

Deno.test("An unknown path or verb is 403 Missing Authentication Token", async () => {
  const uri = `http://127.0.0.1:${freePort()}/`;
  const integration = { type: "http_proxy", uri, httpMethod: "GET" };
  await using gateway = await startGateway(context(), {
    ...nobody,
    definition: definitionOf([{ path: "/topics", method: "GET", integration }]),
  });
  const expected = [
    403,
    "MissingAuthenticationTokenException",
    '{"message":"Missing Authentication Token"}',
  ];
  assert.deepEqual(await refusal(`${gateway.invokeUrl()}/nothing`), expected);
  assert.deepEqual(await refusal(`${gateway.invokeUrl()}/topics`, { method: "DELETE" }), expected);
  assert.deepEqual(await refusal(gateway.invokeUrl()), expected);
});

Deno.test("A wrong stage is 403 Forbidden, and every stage that was named works", async () => {
  await using behind = backend(() => jsonResponse(200, {}, "application/json"));
  await using gateway = await gatewayTo(behind.port, {
    stages: [{ name: "prod" }, { name: "test" }],
  });
  for (const path of ["/dev/topics", "/", "/Prod/topics"]) {
    assert.deepEqual(
      await refusal(`http://127.0.0.1:${gateway.port}${path}`),
      [403, "ForbiddenException", '{"message":"Forbidden"}'],
    );
  }
  assert.equal((await fetch(`${gateway.invokeUrl("test")}/topics`)).status, 200);
});

Deno.test("A body of 10 MiB passes, one byte more is 413", async () => {
  await using behind = backend(({ body }) => jsonResponse(200, body?.length, "application/json"));
  await using gateway = await gatewayTo(behind.port);
  const post = (size: number) => ({ method: "POST", body: new Uint8Array(size) });
  const passed = await fetch(`${gateway.invokeUrl()}/x`, post(10_485_760));
  assert.equal(await passed.text(), "10485760");
  assert.deepEqual(
    await refusal(`${gateway.invokeUrl()}/x`, post(10_485_761)),
    [413, "RequestTooLargeException", '{"message":"Request Too Long"}'],
  );
});

Deno.test("A backend that refuses the connection is 500", async () => {
  await using gateway = await gatewayTo(freePort());
  assert.deepEqual(
    await refusal(`${gateway.invokeUrl()}/x`),
    [500, "InternalServerErrorException", '{"message":"Internal server error"}'],
  );
});

Deno.test("A backend slower than the time-out is 504 Endpoint request timed out", async () => {
  using behind = fixedServer(null);
  const { integration } = proxyTo(behind.port);
  const slow = { ...proxyTo(behind.port), integration: { ...integration, timeoutInMillis: 50 } };
  await using gateway = await gatewayTo(behind.port, { definition: definitionOf([slow]) });
  assert.deepEqual(
    await refusal(`${gateway.invokeUrl()}/x`),
    [504, "InternalServerErrorException", '{"message":"Endpoint request timed out"}'],
  );
});

Deno.test("A backend that breaks off is 504 Network error", async () => {
  for (const answer of ["", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", "noise\r\n\r\n"]) {
    using behind = fixedServer(answer);
    await using gateway = await gatewayTo(behind.port);
    assert.deepEqual(
      await refusal(`${gateway.invokeUrl()}/x`),
      [
        504,
        "InternalServerErrorException",
        '{"message":"Network error communicating with endpoint"}',
      ],
    );
  }
});

Deno.test("Over the rate, requests are 429 Too Many Requests", async () => {
  await using behind = backend(() => jsonResponse(200, {}, "application/json"));
  await using gateway = await gatewayTo(behind.port, {
    throttle: { ratePerSecond: 0.001, burst: 1 },
  });
  await (await fetch(`${gateway.invokeUrl()}/x`)).text();
  assert.deepEqual(
    await refusal(`${gateway.invokeUrl()}/x`),
    [429, "TooManyRequestsException", '{"message":"Too Many Requests"}'],
  );
});

Deno.test("A query with unescaped braces or a bar is refused", async () => {
  await using gateway = await gatewayTo(freePort());
  for (const query of ["a={1}", "a=1|2"]) {
    const answer = await exchange(gateway.port, [
      `GET /prod/x?${query} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`,
    ]);
    assert.match(answer, /^HTTP\/1\.1 400 .*\{"message":"Bad Request"\}$/s);
  }
});

Deno.test("Fault gateway.throttled: 429 before the work", async () => {
  let calls = 0;
  await using behind = backend(() => jsonResponse(200, ++calls, "application/json"));
  await using gateway = await gatewayTo(behind.port, {}, { "gateway.throttled": 1 });
  assert.equal((await refusal(`${gateway.invokeUrl()}/x`))[0], 429);
  assert.equal(calls, 0);
});

Deno.test("Fault gateway.timeout: the work is done, the answer is 504", async () => {
  let calls = 0;
  await using behind = backend(() => jsonResponse(200, ++calls, "application/json"));
  await using gateway = await gatewayTo(behind.port, {}, { "gateway.timeout": 1 });
  assert.equal((await refusal(`${gateway.invokeUrl()}/x`))[0], 504);
  assert.equal(calls, 1);
});

Deno.test("Fault net.answer_lost: the work is done, the connection closes", async () => {
  let calls = 0;
  await using behind = backend(() => jsonResponse(200, ++calls, "application/json"));
  await using gateway = await gatewayTo(behind.port, {}, { "net.answer_lost": 1 });
  assert.equal(
    await exchange(gateway.port, ["GET /prod/x HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"]),
    "",
  );
  assert.equal(calls, 1);
});

Deno.test("Many requests at once each get their own answer", async () => {
  await using behind = backend(async ({ target }) => {
    await new Promise((resolve) => setTimeout(resolve, Number(target.slice(1)) % 7));
    return jsonResponse(200, target, "application/json");
  });
  await using gateway = await gatewayTo(behind.port);
  const numbers = Array.from({ length: 60 }, (_, index) => index);
  const answers = await Promise.all(
    numbers.map(async (number) => (await fetch(`${gateway.invokeUrl()}/${number}`)).json()),
  );
  assert.deepEqual(answers, numbers.map((number) => `/${number}`));
});

Deno.test("Disposing the gateway ends requests under way and frees the port", async () => {
  using behind = fixedServer(null);
  const gateway = await gatewayTo(behind.port);
  const pending = exchange(gateway.port, ["GET /prod/x HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"]);
  await new Promise((resolve) => setTimeout(resolve, 10));
  await gateway[Symbol.asyncDispose]();
  await pending;
  Deno.listen({ hostname: "127.0.0.1", port: gateway.port }).close();
});
