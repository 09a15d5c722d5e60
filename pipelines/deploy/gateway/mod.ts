/**
 * The gateway as it is deployed: the manifest and templates/*.vtl -> an OpenAPI document with
 * Amazon's extensions, and beside it what such a document cannot say.
 *
 *   /streams…      AWS integrations: actions of Kinesis, with the gateway's role
 *   /{proxy+}      HTTP_PROXY: all else goes to the REST proxy
 *
 * A status of Kinesis reaches the client as its own kind: 4xx as 400, 5xx as 500. Without those
 * two patterns the gateway would answer 200 to a refused record.
 *
 * Source: API Gateway developer guide, "OpenAPI extensions for API Gateway", "Tutorial: Create a
 * REST API as an Amazon Kinesis proxy".
 */
import type { Resources } from "../../resources.ts";
import { operationOf } from "./operations.ts";
import { proxyPath } from "./proxy.ts";

/** What callers have to bring: a signature of IAM, an API key, or nothing. */
export type GatewayAuth = "iam" | "key" | "none";

/** Where it is deployed. */
export interface GatewayPlace {
  /** Twelve digits. */
  accountId: string;
  /** `host:port` of the REST proxy. */
  restProxy: string;
}

/** What stands beside the document; numbers per second and per period. */
export interface GatewayBeside {
  stages: [GatewayStage, ...GatewayStage[]];
  usagePlans: GatewayUsagePlan[];
  /** Their values are AWS's to make. */
  keys: { id: string; name: string }[];
}

export interface GatewayStage {
  name: string;
}

export interface GatewayUsagePlan {
  name: string;
  stages: string[];
  /** By id. */
  keys: string[];
  /** Of each key. */
  throttle: { ratePerSecond: number; burst: number };
  quota: { limit: number; period: "DAY" | "WEEK" | "MONTH" };
}

type Named = Pick<Resources, "id" | "region" | "gateway" | "roles">;

const sigv4 = {
  type: "apiKey",
  name: "Authorization",
  in: "header",
  "x-amazon-apigateway-authtype": "awsSigv4",
};
const apiKey = { type: "apiKey", name: "x-api-key", in: "header" };

const security = {
  iam: [{ sigv4: [] }],
  key: [{ api_key: [] }],
  none: [],
} as const;

/** The OpenAPI document, as JSON. */
export async function gatewayDefinition(
  resources: Named,
  place: GatewayPlace,
  auth: GatewayAuth,
): Promise<string> {
  const document = {
    openapi: "3.0.1",
    info: { title: `${resources.id}-gateway`, version: "1.0" },
    paths: {
      ...await streamPaths(resources, place, auth),
      "/{proxy+}": proxyPath(place.restProxy, security[auth]),
    },
    components: { securitySchemes: { sigv4, api_key: apiKey } },
    "x-amazon-apigateway-api-key-source": "HEADER",
    "x-amazon-apigateway-request-validators": {
      parameters: { validateRequestBody: false, validateRequestParameters: true },
    },
    "x-amazon-apigateway-gateway-responses": {
      // Documented: the default of all types, but for the field that says when to come again.
      THROTTLED: {
        statusCode: 429,
        responseParameters: { "gatewayresponse.header.Retry-After": "'1'" },
        responseTemplates: { "application/json": '{"message":$context.error.messageString}' },
      },
    },
    ...(auth === "iam" ? { "x-amazon-apigateway-policy": secureOnly } : {}),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

/** Whoever is allowed to call still has to come over TLS. Grants nothing to anybody. */
const secureOnly = {
  Version: "2012-10-17",
  Statement: [{
    Sid: "TlsOnly",
    Effect: "Deny",
    Principal: "*",
    Action: "execute-api:Invoke",
    Resource: "execute-api:/*",
    Condition: { Bool: { "aws:SecureTransport": "false" } },
  }],
};

/** Stages, and with keys the one plan: far above what the pipelines send, far below the account. */
export function gatewayBeside({ id, gateway }: Named, auth: GatewayAuth): GatewayBeside {
  const stages: GatewayBeside["stages"] = [{ name: gateway.stage }];
  if (auth !== "key") return { stages, usagePlans: [], keys: [] };
  const key = { id: `${id}-key`, name: `${id}-key` };
  return {
    stages,
    usagePlans: [{
      name: `${id}-plan`,
      stages: [gateway.stage],
      keys: [key.id],
      throttle: { ratePerSecond: 1000, burst: 2000 },
      quota: { limit: 1_000_000, period: "DAY" },
    }],
    keys: [key],
  };
}

/** Paths of the streaming leg, in the order of the manifest. */
async function streamPaths(resources: Named, { accountId }: GatewayPlace, auth: GatewayAuth) {
  const { region, gateway, roles } = resources;
  const role = `arn:aws:iam::${accountId}:role/${roles.gateway}`;
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of gateway.routes) {
    const operation = await operationOf(route, { region, role });
    const methods = paths[route.path] ??= {};
    methods[route.method.toLowerCase()] = { ...operation, security: security[auth] };
  }
  return paths;
}
