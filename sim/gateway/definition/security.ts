/**
 * Security: the schemes of the document -> how a method is guarded.
 *
 *   apiKey in header Authorization, x-amazon-apigateway-authtype awsSigv4   AWS_IAM
 *   apiKey in header x-api-key                                             an API key is required
 *
 * Source: API Gateway developer guide, "x-amazon-apigateway-authtype property",
 * "x-amazon-apigateway-auth object".
 * Left out: schemes of other kinds, `x-amazon-apigateway-authorizer`.
 */
import type { Place } from "./place.ts";
import type { ApiMethod } from "./types.ts";

export type Guard = Pick<ApiMethod, "authorization" | "apiKeyRequired">;

/** The guard of an operation. */
export type Security = (operation: Place) => Guard;

/** Reads the schemes; those that nobody uses are nobody's trouble. */
export function securityOf(root: Place): Security {
  const schemes = root.get("components")?.get("securitySchemes") ?? null;
  return (operation) => {
    const required = operation.get("security") ?? root.get("security");
    const names = (required?.items() ?? []).flatMap((one) => one.entries().map(([name]) => name));
    const kinds = names.map((name) => kindOf(operation, name, schemes?.get(name) ?? null));
    const own = operation.get("x-amazon-apigateway-auth")?.get("type") ?? null;
    return {
      authorization: own === null
        ? kinds.includes("sigv4") ? "AWS_IAM" : "NONE"
        : authorizationOf(own),
      apiKeyRequired: kinds.includes("key"),
    };
  };
}

function kindOf(operation: Place, name: string, scheme: Place | null): "sigv4" | "key" {
  if (scheme === null) throw operation.wrong(`there is no security scheme '${name}'`);
  const type = scheme.get("type")?.text();
  const header = scheme.get("in")?.text() === "header" ? scheme.get("name")?.text() : undefined;
  const authType = scheme.get("x-amazon-apigateway-authtype")?.text().toLowerCase();
  if (type === "apiKey" && header?.toLowerCase() === "x-api-key") return "key";
  if (type === "apiKey" && authType === "awssigv4") return "sigv4";
  throw operation.wrong(
    `security scheme '${name}' is neither awsSigv4 nor a key in x-api-key: ` +
      "other authorizers are not simulated",
  );
}

function authorizationOf(type: Place): Guard["authorization"] {
  const name = type.text().toUpperCase();
  if (name === "NONE" || name === "AWS_IAM") return name;
  throw type.wrong(`'${type.text()}' is neither NONE nor AWS_IAM: nothing else is simulated`);
}
