import assert from "node:assert/strict";
import { type HttpRequest, jsonResponse, serveHttp } from "../../../sim/net/http.ts";
import { exchange } from "../net/raw_http.ts";
import { definitionOf, type Fields, proxyTo } from "./definitions.ts";
import { asked, gatewayOf } from "./running.ts";

/** A backend that notes its requests, and a gateway whose one method leads there. */
async function rig(path: string, uri: string, requestParameters: Fields, method = "ANY") {
  const seen: HttpRequest[] = [];
  const behind = serveHttp((request) => {
    seen.push(request);
    return jsonResponse(200, {}, "application/json");
  }, { bodyBytesMax: 1000 });
  const integration = {
    type: "http_proxy",
    uri: `http://backend.example.com:8082${uri}`,
    httpMethod: method,
    requestParameters,
  };
  const definition = definitionOf([{ path, method: "ANY", integration }]);
  const gateway = await gatewayOf(definition, {
    hosts: { "backend.example.com:8082": `127.0.0.1:${behind.port}` },
    stages: [{ name: "prod", variables: { table: "pin" } }],
  });
  return {
    seen,
    gateway,
    url: gateway.invokeUrl(),
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
      await behind[Symbol.asyncDispose]();
    },
  };
}

const all = { "integration.request.path.proxy": "method.request.path.proxy" };
const valueOf = ({ headers }: HttpRequest, name: string) =>
  headers.filter(([key]) => key.toLowerCase() === name).map(([, value]) => value);

Deno.test("A host of the definition is where it is said to be, and Host names that place", async () => {
  await using one = await rig("/{proxy+}", "/{proxy}", all);
  assert.equal((await asked(`${one.url}/topics/a%2Fb?x=1`))[0], 200);
  assert.equal(one.seen[0]?.target, "/topics/a%2Fb?x=1");
  assert.match(valueOf(one.seen[0]!, "host").join(), /^127\.0\.0\.1:/);
});

Deno.test("Path, query and header fields are mapped into the request", async () => {
  await using one = await rig("/{kind}/{id}", "/v2/{b}/{a}?fixed=1", {
    "integration.request.path.a": "method.request.path.kind",
    "integration.request.path.b": "method.request.querystring.q",
    "integration.request.querystring.id": "method.request.path.id",
    "integration.request.querystring.q": "'mine&x'",
    "integration.request.header.X-Body": "method.request.body.name",
    "integration.request.header.X-Table": "stageVariables.table",
    "integration.request.header.X-Id": "context.apiId",
    "integration.request.header.User-Agent": "'me'",
  }, "PUT");
  const init = { method: "POST", body: '{"name":"n\\r\\nX-Forged: 1"}' };
  assert.equal((await asked(`${one.url}/a%2Fb/i%20d?q=x/y&other=2`, init))[0], 200);
  const [request] = one.seen;
  assert.ok(request !== undefined);
  assert.equal(request.method, "PUT");
  assert.equal(request.target, "/v2/x%2Fy/a%2Fb?fixed=1&other=2&id=i%20d&q=mine%26x");
  assert.deepEqual(
    ["x-body", "x-table", "x-id", "user-agent", "x-forged"].map((name) => valueOf(request, name)),
    [["n  X-Forged: 1"], ["pin"], ["abcdefghij"], ["me"], []],
  );
});

Deno.test("A signature ends at the gateway: header, token and the parameters of a presigned URL", async () => {
  await using one = await rig("/{proxy+}", "/{proxy}", all);
  const authorization = "AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=c";
  await asked(`${one.url}/x`, { headers: { authorization, "x-amz-security-token": "t" } });
  await asked(`${one.url}/x?X-Amz-Signature=a&b=1&X-Amz-Security-Token=t&X-Amz-Credential=c`);
  await asked(`${one.url}/x`, { headers: { authorization: "Bearer x" } });
  const [signed, presigned, other] = one.seen;
  assert.deepEqual(valueOf(signed!, "authorization"), []);
  assert.deepEqual(valueOf(signed!, "x-amz-security-token"), []);
  assert.equal(presigned?.target, "/x?b=1");
  assert.deepEqual(valueOf(other!, "authorization"), ["Bearer x"]);
});

Deno.test("Steps up and down in a path are refused, however they are written", async () => {
  await using one = await rig("/{proxy+}", "/{proxy}", all);
  for (const path of ["a/../b", "a/%2e%2E/b", "./a", "a/..", "a/.%2e", "a\\..\\b"]) {
    const answer = await exchange(one.gateway.port, [
      `GET /prod/${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`,
    ]);
    assert.match(answer, /^HTTP\/1\.1 400 .*\{"message":"Bad Request"\}$/s, path);
  }
  assert.equal((await asked(`${one.url}/a..b/...`))[0], 200);
  assert.equal(one.seen.length, 1);
});

Deno.test("An address of 10,240 characters passes, one more is refused", async () => {
  await using one = await rig("/{proxy+}", "/{proxy}", all);
  const padding = "x".repeat(10_240 - "/prod/".length);
  assert.equal((await asked(`${one.url}/${padding}`))[0], 200);
  assert.equal((await asked(`${one.url}/${padding}x`))[0], 414);
});

Deno.test("An address that leads nowhere here is refused on loading", async () => {
  const refused = async (uri: string, requestParameters: Fields = all) => {
    const { path, method } = proxyTo(1);
    const integration = { type: "http_proxy", httpMethod: "ANY", uri, requestParameters };
    try {
      await using _ = await gatewayOf(definitionOf([{ path, method, integration }]));
    } catch (error) {
      assert.ok(error instanceof Error && error.name === "RouteError");
      return error.message;
    }
    return "none";
  };
  assert.equal(
    await refused("http://10.0.0.1:8082/{proxy}"),
    "ANY /{proxy+}: nothing here stands for '10.0.0.1:8082', where 'http://10.0.0.1:8082/{proxy}' leads",
  );
  assert.match(await refused("https://127.0.0.1/{proxy}"), /is no http address/);
  assert.match(await refused("http://127.0.0.1.example.com/"), /nothing here stands for/);
  assert.match(
    await refused("http://127.0.0.1/{proxy}", {}),
    /its uri has \{proxy\}, and no 'integration\.request\.path\.proxy' fills it/,
  );
  assert.equal(await refused("http://localhost:1/{proxy}"), "none");
});
