import assert from "node:assert/strict";
import { definitionOf, mockOf } from "./definitions.ts";
import { asked, gatewayOf } from "./running.ts";

const broken = [500, "InternalServerErrorException", '{"message":"Internal server error"}'];

Deno.test("The request template chooses the status, and that the response", async () => {
  const method = mockOf("/x", "GET");
  method.integration.requestTemplates = {
    "application/json": `{"statusCode": $input.params('status')}`,
  };
  const responses = {
    ...method.integration.responses,
    "4\\d{2}": {
      statusCode: "404",
      responseTemplates: { "application/json": `{"no":"$context.stage"}` },
    },
  };
  await using gateway = await gatewayOf(
    definitionOf([{ ...method, integration: { ...method.integration, responses } }]),
  );
  const url = `${gateway.invokeUrl()}/x?status=`;
  assert.deepEqual(await asked(`${url}200`), [200, null, "ok"]);
  assert.deepEqual(await asked(`${url}404`), [404, null, '{"no":"prod"}']);
  assert.deepEqual(await asked(`${url}"x"`), broken);
  assert.deepEqual(await asked(url), broken, "no JSON at all");
});

Deno.test("A preflight is a MOCK: its header fields are mapped, its body is empty", async () => {
  const integration = {
    type: "mock",
    requestTemplates: { "application/json": '{"statusCode": 200}' },
    responses: {
      default: {
        statusCode: "204",
        responseParameters: {
          "method.response.header.Access-Control-Allow-Origin": "'http://localhost:3000'",
          "method.response.header.Access-Control-Allow-Methods": "'GET,OPTIONS'",
          "method.response.header.X-From": "context.identity.sourceIp",
          "method.response.header.X-Nothing": "integration.response.header.X-Nothing",
        },
      },
    },
  };
  await using gateway = await gatewayOf(
    definitionOf([{ path: "/x", method: "OPTIONS", integration }]),
  );
  const response = await fetch(`${gateway.invokeUrl()}/x`, {
    method: "OPTIONS",
    headers: { origin: "http://localhost:3000", "access-control-request-method": "GET" },
  });
  assert.deepEqual([response.status, await response.text()], [204, ""]);
  assert.deepEqual(
    ["access-control-allow-origin", "access-control-allow-methods", "x-from", "x-nothing"].map(
      (name) => response.headers.get(name),
    ),
    ["http://localhost:3000", "GET,OPTIONS", "127.0.0.1", null],
  );
});

Deno.test("A body of a type without template is what a MOCK reads, if that may pass", async () => {
  const method = mockOf("/x", "POST");
  const never = { ...method.integration, passthroughBehavior: "never" };
  await using gateway = await gatewayOf(
    definitionOf([method, { ...method, path: "/never", integration: never }]),
  );
  const post = { method: "POST", headers: { "content-type": "text/plain" }, body: "x" };
  assert.deepEqual(await asked(`${gateway.invokeUrl()}/x`, post), broken);
  assert.deepEqual(await asked(`${gateway.invokeUrl()}/never`, post), [
    415,
    "BadRequestException",
    '{"message":"Unsupported Media Type"}',
  ]);
});
