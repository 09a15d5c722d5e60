/** The path of the batch leg: every method goes to the REST proxy as it is. */

/** @param restProxy `host:port` */
export function proxyPath(
  restProxy: string,
  security: readonly Record<string, readonly string[]>[],
) {
  return {
    "x-amazon-apigateway-any-method": {
      parameters: [{ name: "proxy", in: "path", required: true, schema: { type: "string" } }],
      responses: { "200": { description: "Whatever the REST proxy answers" } },
      security,
      "x-amazon-apigateway-integration": {
        type: "http_proxy",
        uri: `http://${restProxy}/{proxy}`,
        httpMethod: "ANY",
        requestParameters: { "integration.request.path.proxy": "method.request.path.proxy" },
        passthroughBehavior: "when_no_match",
        timeoutInMillis: 29_000,
      },
    },
  };
}
