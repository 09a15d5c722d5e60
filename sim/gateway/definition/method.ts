/**
 * Method: an operation of the document -> a method with its integration.
 *
 * What AWS refuses when it imports the document is refused here: a mapping from a parameter that
 * the method does not declare, a response that it does not declare.
 *
 * Source: API Gateway developer guide, "x-amazon-apigateway-integration object".
 */
import { integrationOf } from "./integration.ts";
import type { Place } from "./place.ts";
import type { Security } from "./security.ts";
import type { ApiMethod, Integration, Mapped, Parameter, Validates } from "./types.ts";
import { modelsOf } from "./validators.ts";

/** What the document says for all methods. */
export interface Shared {
  validators: ReadonlyMap<string, Validates>;
  /** The name of the one that holds where a method names none. */
  validator: string | null;
  security: Security;
}

interface Address {
  path: string;
  method: string;
  /** Parameters of all methods of this path. */
  common: Place | null;
}

const verbs = ["delete", "get", "head", "options", "patch", "post", "put"];

/** As API Gateway calls it; null for what stands beside the methods of a path. */
export function verbOf(name: string): string | null {
  if (name === "x-amazon-apigateway-any-method") return "ANY";
  return verbs.includes(name) ? name.toUpperCase() : null;
}

/** @throws {RouteError} */
export function methodOf(operation: Place, address: Address, shared: Shared): ApiMethod {
  const { path, method, common } = address;
  const parameters = [
    ...(operation.get("parameters")?.items() ?? []),
    ...(common?.items() ?? []),
  ].flatMap(parameterOf);
  const given = operation.get("x-amazon-apigateway-integration", operation.where);
  if (given === null) throw operation.wrong("there is no x-amazon-apigateway-integration");
  const integration = integrationOf(given);
  checkSources(operation, integration, parameters);
  if ("responses" in integration) checkResponses(operation, integration);
  return {
    path,
    method,
    ...shared.security(operation),
    parameters,
    validates: validatesOf(operation, shared),
    models: modelsOf(operation),
    integration,
  };
}

const places = { path: "path", query: "querystring", header: "header" } as const;

/** Cookies are not for API Gateway: it ignores them. */
function parameterOf(parameter: Place): Parameter[] {
  const where = parameter.get("in")?.text() ?? "";
  const name = parameter.get("name")?.text();
  if (name === undefined) throw parameter.wrong("has no name");
  if (!Object.hasOwn(places, where)) return [];
  const place = places[where as keyof typeof places];
  return [{ place, name, isRequired: parameter.get("required")?.flag() ?? false }];
}

function validatesOf(operation: Place, { validators, validator }: Shared): Validates {
  const name = operation.get("x-amazon-apigateway-request-validator")?.text() ?? validator;
  if (name === null) return { body: false, parameters: false };
  const found = validators.get(name);
  if (found === undefined) throw operation.wrong(`there is no request validator '${name}'`);
  return found;
}

/** AWS: `Invalid mapping expression parameter specified: method.request.path.proxy`. */
function checkSources(
  operation: Place,
  { requestParameters }: Integration,
  parameters: readonly Parameter[],
): void {
  const declared = new Set(parameters.map(({ place, name }) => `method.request.${place}.${name}`));
  for (const source of Object.values(requestParameters)) {
    if (!/^method\.request\.(?:path|querystring|header)\./.test(source)) continue;
    if (declared.has(source)) continue;
    throw operation.wrong(
      `Invalid mapping expression parameter specified: ${source} (it is not in 'parameters')`,
    );
  }
}

function checkResponses(operation: Place, { responses }: Mapped): void {
  const declared = operation.get("responses");
  for (const { statusCode, responseParameters } of responses) {
    const response = declared?.get(String(statusCode)) ?? null;
    if (response === null) {
      throw operation.wrong(
        `its 'responses' declare no ${statusCode}, which its integration gives`,
      );
    }
    const headers = new Set(
      (response.get("headers")?.entries() ?? []).map(([name]) => `method.response.header.${name}`),
    );
    const unknown = Object.keys(responseParameters).find((target) => !headers.has(target));
    if (unknown === undefined) continue;
    throw operation.wrong(
      `Invalid mapping expression parameter specified: ${unknown} ` +
        `(it is not in 'headers' of response ${statusCode})`,
    );
  }
}
