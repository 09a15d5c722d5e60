import assert from "node:assert/strict";
import { definitionOf, mockOf } from "./definitions.ts";
import { asked, gatewayOf } from "./running.ts";

const parameter = (place: string, name: string, required = true) => ({
  in: place,
  name,
  required,
  schema: { type: "string" },
});

/** `POST /pets/{id}`: two parameters of each place, and a model of its body. */
function definition(validator: string | null, document: Record<string, unknown> = {}): string {
  const method = mockOf("/pets/{id}", "POST", "fine", {
    parameters: [
      parameter("query", "page"),
      parameter("query", "size", false),
      parameter("header", "X-Who"),
      parameter("path", "id"),
    ],
    requestBody: {
      content: { "application/json": { schema: { $ref: "#/components/schemas/Pet" } } },
    },
    ...(validator === null ? {} : { "x-amazon-apigateway-request-validator": validator }),
  });
  const schemas = {
    Pet: {
      type: "object",
      required: ["name"],
      properties: { age: { $ref: "#/components/schemas/Age" } },
    },
    Age: { type: "integer", minimum: 0 },
  };
  return definitionOf([method], {
    components: { schemas },
    "x-amazon-apigateway-request-validators": {
      all: { validateRequestBody: true, validateRequestParameters: true },
      body: { validateRequestBody: true, validateRequestParameters: false },
    },
    ...document,
  });
}

const json = { "content-type": "application/json" };
const post = (body: string, headers = {}) => ({
  method: "POST",
  headers: { ...json, ...headers },
  body,
});
const good = post('{"name":"x","age":3}', { "x-who": "me" });
const bad = (message: string) => [400, "BadRequestException", JSON.stringify({ message })];
const invalid = bad("Invalid request body");

Deno.test("Missing parameters are named all at once, by place and name", async () => {
  await using gateway = await gatewayOf(definition("all"));
  const url = `${gateway.invokeUrl()}/pets/7`;
  assert.equal((await asked(`${url}?page=1`, good))[0], 200);
  const nameless = post('{"name":"x"}');
  assert.deepEqual(
    await asked(url, nameless),
    bad("Missing required request parameters: [X-Who, page]"),
  );
  assert.deepEqual(
    await asked(`${url}?page=`, good),
    bad("Missing required request parameters: [page]"),
    "a blank one is missing",
  );
});

Deno.test("A body that does not fit its model is refused, one without a model is not looked at", async () => {
  await using gateway = await gatewayOf(definition("body"));
  const url = `${gateway.invokeUrl()}/pets/7`;
  const answer = (body: string, headers = {}) => asked(url, post(body, headers));
  assert.equal((await answer('{"name":"x"}'))[0], 200);
  for (const body of ["", "{}", '{"age":1}', '{"name":"x","age":-1}', "[]", "no JSON", '"x"']) {
    assert.deepEqual(await answer(body), invalid, body);
  }
  // No template fits this type either: the mock gets the body as it is.
  assert.equal((await answer('{"statusCode":200}', { "content-type": "text/plain" }))[0], 200);
});

Deno.test("Without a validator nothing is looked at; that of the document holds for all methods", async () => {
  await using none = await gatewayOf(definition(null));
  assert.equal((await asked(`${none.invokeUrl()}/pets/7`, post("x")))[0], 200);
  const document = { "x-amazon-apigateway-request-validator": "body" };
  await using common = await gatewayOf(definition(null, document));
  const url = `${common.invokeUrl()}/pets/7`;
  assert.deepEqual(await asked(url, post("{}")), invalid);
});

Deno.test("A gateway response may tell what is wrong with the body", async () => {
  await using gateway = await gatewayOf(definition("body", {
    "x-amazon-apigateway-gateway-responses": {
      BAD_REQUEST_BODY: {
        responseTemplates: { "application/json": "$context.error.validationErrorString" },
      },
    },
  }));
  const answer = await asked(`${gateway.invokeUrl()}/pets/7`, post("{}"));
  assert.equal(answer[2], '[object has missing required properties (["name"])]');
});
