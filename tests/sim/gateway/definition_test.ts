import assert from "node:assert/strict";
import { readDefinition } from "../../../sim/gateway/definition/document.ts";
import { definitionOf, type Fields, mockOf, proxyTo } from "./definitions.ts";

/** The one method of a document with these changes. */
function methodOf(operation: Fields, document: Fields = {}) {
  const [method] = readDefinition(definitionOf([mockOf("/x", "GET", "ok", operation)], document))
    .methods;
  assert.ok(method !== undefined);
  return method;
}

const schemes = {
  components: {
    securitySchemes: {
      sigv4: {
        type: "apiKey",
        name: "Authorization",
        in: "header",
        "x-amazon-apigateway-authtype": "awsSigv4",
      },
      api_key: { type: "apiKey", name: "x-api-key", in: "header" },
      cognito: {
        type: "apiKey",
        name: "Authorization",
        in: "header",
        "x-amazon-apigateway-authtype": "cognito_user_pools",
      },
    },
  },
};

Deno.test("Security schemes say who may call: a method's own go before those of the document", () => {
  const guard = (operation: Fields, document: Fields = {}) => {
    const method = methodOf(operation, { ...schemes, ...document });
    return [method.authorization, method.apiKeyRequired];
  };
  const sigv4 = [{ sigv4: [] }];
  assert.deepEqual(guard({}), ["NONE", false]);
  assert.deepEqual(guard({ security: sigv4 }), ["AWS_IAM", false]);
  assert.deepEqual(guard({ security: [{ api_key: [] }] }), ["NONE", true]);
  assert.deepEqual(guard({ security: [{ sigv4: [], api_key: [] }] }), ["AWS_IAM", true]);
  assert.deepEqual(guard({}, { security: sigv4 }), ["AWS_IAM", false]);
  assert.deepEqual(guard({ security: [] }, { security: sigv4 }), ["NONE", false]);
  const auth = { "x-amazon-apigateway-auth": { type: "aws_iam" } };
  assert.deepEqual(guard(auth), ["AWS_IAM", false]);
});

Deno.test("References are followed, parameters of a path hold for all of its methods", () => {
  const document = JSON.parse(definitionOf([mockOf("/x/{id}", "GET"), mockOf("/x/{id}", "PUT")]));
  document.paths["/x/{id}"].parameters = [{ $ref: "#/components/parameters/Id" }];
  document.components = { parameters: { Id: { name: "id", in: "path", required: true } } };
  for (const { parameters } of readDefinition(JSON.stringify(document)).methods) {
    assert.deepEqual(parameters, [{ place: "path", name: "id", isRequired: true }]);
  }
});

Deno.test("Words of an integration count in capitals and in small letters", () => {
  const { integration } = proxyTo(1);
  for (const type of ["http_proxy", "HTTP_PROXY"]) {
    const text = definitionOf([{ ...proxyTo(1), integration: { ...integration, type } }]);
    assert.equal(readDefinition(text).methods[0]?.integration.type, "HTTP_PROXY");
  }
});

function refused(text: string): string {
  try {
    readDefinition(text);
  } catch (error) {
    assert.ok(error instanceof Error && error.name === "RouteError");
    return error.message;
  }
  return "none";
}

Deno.test("A document that is none, or of another version, is refused", () => {
  assert.match(refused("{"), /^The definition is no JSON: /);
  assert.match(refused("[]"), /must be an object/);
  assert.match(refused("{}"), /OpenAPI '': 3\.0\.x is what is read here/);
  assert.match(refused('{"swagger":"2.0"}'), /OpenAPI ''/);
  assert.match(refused('{"openapi":"3.1.0"}'), /OpenAPI '3\.1\.0'/);
  assert.match(refused('{"openapi":"3.0.1","paths":{"x":{}}}'), /a path begins with a slash/);
});

Deno.test("What cannot work is refused with the method and its path", () => {
  const operation = (fields: Fields, document: Fields = schemes) =>
    refused(definitionOf([mockOf("/x/{id}", "PUT", "ok", fields)], document));
  const integration = (fields: Fields) => {
    const method = mockOf("/x/{id}", "PUT");
    return refused(
      definitionOf([{ ...method, integration: { ...method.integration, ...fields } }]),
    );
  };
  const cases: [found: string, expected: RegExp][] = [
    [
      operation({ "x-amazon-apigateway-integration": undefined }),
      /there is no x-amazon-apigateway-integration/,
    ],
    [operation({ security: [{ nobody: [] }] }), /there is no security scheme 'nobody'/],
    [operation({ security: [{ cognito: [] }] }), /'cognito' is neither awsSigv4 nor a key/],
    [operation({ "x-amazon-apigateway-auth": { type: "CUSTOM" } }), /neither NONE nor AWS_IAM/],
    [
      operation({ "x-amazon-apigateway-request-validator": "all" }),
      /there is no request validator 'all'/,
    ],
    [operation({ responses: {} }), /declare no 200, which its integration gives/],
    [operation({ parameters: [{ $ref: "#/nowhere" }] }), /there is nothing at '#\/nowhere'/],
    [
      operation({
        requestBody: { content: { "application/json": { schema: { pattern: "(" } } } },
      }),
      /model for application\/json: '\(' is no regular expression/,
    ],
    [integration({ type: "aws_proxy" }), /integrations of type 'AWS_PROXY' are not simulated/],
    [integration({ type: "http" }), /integrations of type 'HTTP' are not simulated/],
    [integration({ type: "http_proxy" }), /its integration has no uri/],
    [integration({ connectionType: "VPC_LINK" }), /VPC links are not simulated/],
    [integration({ timeoutInMillis: 29_001 }), /Timeout should be between 50 ms and 29000 ms/],
    [integration({ timeoutInMillis: 49 }), /Timeout should be between/],
    [integration({ passthroughBehavior: "maybe" }), /passthroughBehavior must be one of/],
    [integration({ responses: { default: {} } }), /default: has no statusCode/],
    [integration({ responses: { default: { statusCode: "abc" } } }), /'abc' is no status/],
  ];
  for (const [found, expected] of cases) {
    assert.match(found, /^PUT \/x\/\{id\}/);
    assert.match(found, expected);
  }
});

Deno.test("A mapping of what a method does not declare is refused in AWS's words", () => {
  const { integration, ...rest } = proxyTo(1);
  const undeclared = definitionOf([{ ...rest, integration, operation: { parameters: [] } }]);
  assert.match(
    refused(undeclared),
    /^ANY \/\{proxy\+\}: Invalid mapping expression parameter specified: method\.request\.path\.proxy/,
  );
  const method = mockOf("/x", "GET", "ok", { responses: { "200": { description: "" } } });
  const responseParameters = { "method.response.header.X-A": "'1'" };
  const responses = { default: { statusCode: "200", responseParameters } };
  assert.match(
    refused(definitionOf([{ ...method, integration: { ...method.integration, responses } }])),
    /^GET \/x: Invalid mapping expression parameter specified: method\.response\.header\.X-A/,
  );
});

Deno.test("What a document may ask for and nothing here does is refused by name", () => {
  const asking = (document: Fields) => refused(definitionOf([mockOf("/x", "GET")], document));
  assert.match(
    asking({ "x-amazon-apigateway-binary-media-types": ["image/png"] }),
    /x-amazon-apigateway-binary-media-types: is not supported here/,
  );
  assert.match(
    asking({ "x-amazon-apigateway-api-key-source": "AUTHORIZER" }),
    /x-amazon-apigateway-api-key-source: must be HEADER/,
  );
  assert.match(asking({ "x-amazon-apigateway-policy": {} }), /policy: has no Statement/);
});
