/**
 * Integration: `x-amazon-apigateway-integration` -> what stands behind a method.
 *
 * Source: API Gateway developer guide, "x-amazon-apigateway-integration object".
 * Left out: AWS_PROXY (Lambda), HTTP, VPC links, caches, content handling, TLS settings.
 */
import { limits } from "../limits.ts";
import { Place } from "./place.ts";
import type { Integration, IntegrationResponse, Mapped } from "./types.ts";

/** @throws {RouteError} */
export function integrationOf(given: Place): Integration {
  refuseLeftOut(given);
  const type = given.get("type")?.text().toUpperCase() ?? "";
  const common = {
    timeoutMs: timeoutOf(given),
    requestParameters: Place.texts(given.get("requestParameters")),
  };
  switch (type) {
    case "HTTP_PROXY":
      return { type, ...common, uri: uriOf(given), httpMethod: methodOf(given) };
    case "AWS":
      return {
        type,
        ...common,
        ...mappedOf(given),
        uri: uriOf(given),
        httpMethod: methodOf(given),
        credentials: given.get("credentials")?.text() ?? "",
      };
    case "MOCK":
      return { type, ...common, ...mappedOf(given) };
    default:
      throw given.wrong(
        `integrations of type '${type}' are not simulated: HTTP_PROXY, AWS and MOCK are`,
      );
  }
}

function refuseLeftOut(given: Place): void {
  const connection = given.get("connectionType")?.text().toUpperCase() ?? "INTERNET";
  if (connection !== "INTERNET") throw given.wrong("VPC links are not simulated");
  for (const name of ["contentHandling", "cacheKeyParameters", "cacheNamespace", "tlsConfig"]) {
    const left = given.get(name);
    if (left === null || Array.isArray(left.value) && left.value.length === 0) continue;
    throw given.wrong(`${name} is not simulated`);
  }
}

function uriOf(given: Place): string {
  const uri = given.get("uri")?.text();
  if (uri === undefined) throw given.wrong("its integration has no uri");
  if (uri.includes("${stageVariables.")) {
    throw given.wrong("stage variables in a uri are not simulated");
  }
  return uri;
}

function methodOf(given: Place): string {
  const method = given.get("httpMethod")?.text().toUpperCase();
  if (method === undefined) throw given.wrong("its integration has no httpMethod");
  return method;
}

function timeoutOf(given: Place): number {
  const place = given.get("timeoutInMillis");
  if (place === null) return limits.timeoutMs;
  const ms = Number(place.plain());
  if (Number.isInteger(ms) && ms >= limits.timeoutMsMin && ms <= limits.timeoutMs) return ms;
  throw given.wrong("Timeout should be between 50 ms and 29000 ms");
}

const behaviors = ["WHEN_NO_MATCH", "WHEN_NO_TEMPLATES", "NEVER"] as const;

function mappedOf(given: Place): Omit<Mapped, "timeoutMs" | "requestParameters"> {
  const behavior = given.get("passthroughBehavior")?.text().toUpperCase() ?? "WHEN_NO_MATCH";
  const passthroughBehavior = behaviors.find((one) => one === behavior);
  if (passthroughBehavior === undefined) {
    throw given.wrong(`passthroughBehavior must be one of ${behaviors.join(", ")}`);
  }
  const responses = given.get("responses")?.entries() ?? [];
  return {
    passthroughBehavior,
    requestTemplates: Place.texts(given.get("requestTemplates")),
    responses: responses.map(([pattern, response]) => responseOf(pattern, response)),
  };
}

/** `default` is the one without a pattern. */
function responseOf(pattern: string, response: Place): IntegrationResponse {
  const statusCode = response.get("statusCode");
  if (statusCode === null) throw response.wrong("has no statusCode");
  return {
    selectionPattern: pattern === "default" ? "" : pattern,
    statusCode: statusCode.status(),
    responseTemplates: Place.texts(response.get("responseTemplates")),
    responseParameters: Place.texts(response.get("responseParameters")),
  };
}
