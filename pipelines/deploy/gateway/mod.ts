/**
 * Routes of the gateway to Kinesis: the manifest and templates/*.vtl -> what API Gateway is
 * given for each method, on AWS and in the simulator alike.
 *
 * A status of Kinesis reaches the client as its own kind: 4xx as 400, 5xx as 500. Without those
 * two patterns the gateway would answer 200 to a refused record.
 *
 * Source: API Gateway developer guide, "Tutorial: Create a REST API as an Amazon Kinesis proxy".
 */
import type { GatewayRoute, Resources } from "../../resources.ts";

export interface GatewayRouteSpec {
  /** Resource path below the stage. */
  path: string;
  method: string;
  integration: GatewayIntegrationSpec;
}

export interface GatewayIntegrationSpec {
  type: "AWS";
  uri: string;
  httpMethod: "POST";
  requestParameters: Record<string, string>;
  /** By content type. */
  requestTemplates: Record<string, string>;
  passthroughBehavior: "WHEN_NO_TEMPLATES";
  integrationResponses: { selectionPattern?: string; statusCode: number }[];
}

/** All routes of the streaming leg, in the order of the manifest. */
export async function readGatewayRoutes(
  { region, gateway }: Pick<Resources, "region" | "gateway">,
): Promise<GatewayRouteSpec[]> {
  return await Promise.all(gateway.routes.map((route) => specOf(route, region)));
}

/** The template of PutRecord is put_record.vtl. */
async function specOf(
  { method, path, action }: GatewayRoute,
  region: string,
): Promise<GatewayRouteSpec> {
  const name = action.replaceAll(/\B[A-Z]/g, "_$&").toLowerCase();
  const text = await Deno.readTextFile(new URL(`./templates/${name}.vtl`, import.meta.url));
  const integration: GatewayIntegrationSpec = {
    type: "AWS",
    uri: `arn:aws:apigateway:${region}:kinesis:action/${action}`,
    httpMethod: "POST",
    // The inner quotes make it a fixed text.
    requestParameters: {
      "integration.request.header.Content-Type": "'application/x-amz-json-1.1'",
    },
    requestTemplates: { "application/json": text },
    passthroughBehavior: "WHEN_NO_TEMPLATES",
    integrationResponses: [
      { statusCode: 200 },
      { selectionPattern: "4\\d{2}", statusCode: 400 },
      { selectionPattern: "5\\d{2}", statusCode: 500 },
    ],
  };
  return { path, method, integration };
}
