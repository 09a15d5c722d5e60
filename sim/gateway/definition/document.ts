/**
 * Definition: the text of an OpenAPI 3.0 document with Amazon's extensions -> a REST API.
 *
 *   paths                                    methods, their integrations and who may call them
 *   components.securitySchemes               `awsSigv4` and `x-api-key`; the others are refused
 *   x-amazon-apigateway-request-validators   what of a request is looked at
 *   x-amazon-apigateway-gateway-responses    the gateway's own words, by type
 *   x-amazon-apigateway-policy               the resource policy
 *
 * What would work otherwise than on AWS, or not at all, is refused here and not with the first
 * request; the sentence begins with the method and its path.
 *
 * Source: API Gateway developer guide, "OpenAPI extensions for API Gateway".
 * Left out: YAML, OpenAPI 2.0 and 3.1, authorizers, binary media types, API keys from
 * authorizers, TLS certificates, documentation.
 */
import { isResponseType, type ResponseType, RouteError } from "../errors.ts";
import { methodOf, type Shared, verbOf } from "./method.ts";
import { Place } from "./place.ts";
import { securityOf } from "./security.ts";
import type { Api, GatewayResponse } from "./types.ts";
import { validatorsOf } from "./validators.ts";

/** @throws {RouteError} */
export function readDefinition(text: string): Api {
  const root = parsed(text);
  const version = root.get("openapi")?.plain() ?? "";
  if (!version.startsWith("3.0.")) {
    throw new RouteError(`The definition is of OpenAPI '${version}': 3.0.x is what is read here`);
  }
  refuseLeftOut(root);
  const shared: Shared = {
    validators: validatorsOf(root),
    validator: root.get("x-amazon-apigateway-request-validator")?.text() ?? null,
    security: securityOf(root),
  };
  const policy = root.get("x-amazon-apigateway-policy");
  return {
    methods: [...root.get("paths")?.entries() ?? []].flatMap(([path, item]) =>
      methodsAt(path, item, shared)
    ),
    policy: policy === null ? null : policyText(policy),
    responses: gatewayResponses(root.get("x-amazon-apigateway-gateway-responses")),
  };
}

function parsed(text: string): Place {
  try {
    const document: unknown = JSON.parse(text);
    return new Place(document, "The definition", document);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new RouteError(`The definition is no JSON: ${error.message}`);
  }
}

const binary = "x-amazon-apigateway-binary-media-types";
const keySource = "x-amazon-apigateway-api-key-source";

function refuseLeftOut(root: Place): void {
  const types = root.get(binary);
  if (types !== null && types.items().length > 0) throw types.wrong("is not supported here");
  const source = root.get(keySource);
  if (source !== null && source.text().toUpperCase() !== "HEADER") {
    throw source.wrong("must be HEADER: there are no authorizers here");
  }
}

function methodsAt(path: string, item: Place, shared: Shared) {
  if (!path.startsWith("/")) throw new RouteError(`${path}: a path begins with a slash`);
  const common = item.get("parameters");
  return item.entries().flatMap(([name, operation]) => {
    const method = verbOf(name);
    if (method === null) return [];
    const place = operation.named(`${method} ${path}`);
    return [methodOf(place, { path, method, common }, shared)];
  });
}

function policyText(policy: Place): string {
  if (policy.get("Statement") === null) throw policy.wrong("has no Statement");
  return JSON.stringify(policy.value);
}

function gatewayResponses(given: Place | null): Map<ResponseType, GatewayResponse> {
  const responses = new Map<ResponseType, GatewayResponse>();
  for (const [name, response] of given?.entries() ?? []) {
    if (!isResponseType(name)) throw response.wrong("there is no such type of gateway response");
    responses.set(name, {
      statusCode: response.get("statusCode")?.status() ?? null,
      responseParameters: Place.texts(response.get("responseParameters")),
      responseTemplates: Place.texts(response.get("responseTemplates")),
    });
  }
  return responses;
}
