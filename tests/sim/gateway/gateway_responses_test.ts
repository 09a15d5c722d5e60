import assert from "node:assert/strict";
import { definitionOf, type Fields, mockOf } from "./definitions.ts";
import { gatewayOf } from "./running.ts";

/** What a request to a path that does not exist is answered. */
async function missing(responses: Fields, path = "/nothing?q=a%0d%0ab", headers = {}) {
  const definition = definitionOf([mockOf("/x/{id}", "GET")], {
    "x-amazon-apigateway-gateway-responses": responses,
  });
  const stages = [{ name: "prod", variables: { owner: "me" } }];
  await using gateway = await gatewayOf(definition, { stages });
  const response = await fetch(`${gateway.invokeUrl()}${path}`, { headers });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

Deno.test("A type has its own status, header fields and template", async () => {
  const { status, headers, text } = await missing(
    {
      MISSING_AUTHENTICATION_TOKEN: {
        statusCode: "404",
        responseParameters: {
          "gatewayresponse.header.X-Fixed": "'yes'",
          "gatewayresponse.header.X-Who": "method.request.header.who",
          "gatewayresponse.header.X-Stage": "context.stage",
          "gatewayresponse.header.X-Query": "method.request.querystring.q",
        },
        responseTemplates: {
          "application/json":
            '{"m":"$context.error.message","s":$context.error.messageString,"t":"${context.error.responseType}",' +
            '"o":"$stageVariables.owner","h":"$method.request.header.Who","n":"$context.nothing","p":"$5"}',
        },
      },
    },
    undefined,
    { who: "me" },
  );
  assert.equal(status, 404);
  assert.deepEqual(JSON.parse(text), {
    m: "Missing Authentication Token",
    s: "Missing Authentication Token",
    t: "MISSING_AUTHENTICATION_TOKEN",
    o: "me",
    h: "me",
    n: "",
    p: "$5",
  });
  assert.deepEqual(
    ["x-fixed", "x-who", "x-stage", "x-amzn-errortype"].map((name) => headers.get(name)),
    ["yes", "me", "prod", "MissingAuthenticationTokenException"],
  );
  assert.equal(headers.get("x-query"), "a  b", "no line ends in a header field");
});

Deno.test("DEFAULT_4XX stands for every 4xx that has none of its own, and for no 5xx", async () => {
  const form = (name: string) => ({ responseTemplates: { "text/plain": name } });
  const one = await missing({ DEFAULT_4XX: form("four"), DEFAULT_5XX: form("five") });
  assert.deepEqual([one.status, one.text, one.headers.get("content-type")], [
    403,
    "four",
    "text/plain",
  ]);
  const own = await missing({
    DEFAULT_4XX: form("four"),
    MISSING_AUTHENTICATION_TOKEN: form("own"),
  });
  assert.equal(own.text, "own");
  const other = await missing({ DEFAULT_5XX: form("five"), THROTTLED: form("later") });
  assert.equal(other.text, '{"message":"Missing Authentication Token"}');
});

Deno.test("A form without a template keeps the gateway's own words", async () => {
  const { status, text } = await missing({ DEFAULT_4XX: { statusCode: 418 } });
  assert.deepEqual([status, text], [418, '{"message":"Missing Authentication Token"}']);
});

Deno.test("What is refused before the API is known has no form", async () => {
  const definition = definitionOf([mockOf("/x", "POST")], {
    "x-amazon-apigateway-gateway-responses": {
      DEFAULT_4XX: { statusCode: "418", responseTemplates: { "application/json": "four" } },
      REQUEST_TOO_LARGE: { statusCode: "418" },
    },
  });
  await using gateway = await gatewayOf(definition);
  const big = { method: "POST", body: new Uint8Array(10_485_761) };
  const tooLarge = await fetch(`${gateway.invokeUrl()}/x`, big);
  assert.deepEqual([tooLarge.status, await tooLarge.text()], [
    413,
    '{"message":"Request Too Long"}',
  ]);
  const stage = await fetch(`http://127.0.0.1:${gateway.port}/other/x`);
  assert.deepEqual([stage.status, await stage.text()], [403, '{"message":"Forbidden"}']);
});

Deno.test("An unknown type and a mapping that means nothing are refused on loading", async () => {
  await assert.rejects(missing({ NOT_THERE: {} }), {
    name: "RouteError",
    message: /NOT_THERE: there is no such type of gateway response/,
  });
  await assert.rejects(
    missing({
      THROTTLED: { responseParameters: { "gatewayresponse.header.Retry-After": "1" } },
    }),
    { name: "RouteError", message: /Gateway response THROTTLED: cannot map '1'/ },
  );
});
