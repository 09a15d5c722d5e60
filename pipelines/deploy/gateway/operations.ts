/** Operations of the streaming leg: a route of the manifest -> its method in OpenAPI. */
import type { GatewayRoute } from "../../resources.ts";

interface Around {
  region: string;
  /** ARN of the role that the gateway takes on. */
  role: string;
}

interface Parameter {
  name: string;
  in: "query" | "header";
  required: boolean;
  schema: { type: "string" };
}

/** An action of Kinesis behind a template: that of PutRecord is put_record.vtl. */
export async function operationOf({ path, method, action }: GatewayRoute, around: Around) {
  const template = await templateOf(action);
  const hasBody = method === "PUT" || method === "POST";
  return {
    operationId: action,
    parameters: [...pathParameters(path), ...own[action] ?? []],
    ...(hasBody
      ? { requestBody: { content: { "application/json": { schema: { type: "object" } } } } }
      : {}),
    responses: {
      "200": { description: "Kinesis has done it" },
      "400": { description: "Kinesis refuses it, in its own words" },
      "500": { description: "Kinesis could not do it" },
    },
    "x-amazon-apigateway-request-validator": "parameters",
    "x-amazon-apigateway-integration": {
      type: "aws",
      uri: `arn:aws:apigateway:${around.region}:kinesis:action/${action}`,
      httpMethod: "POST",
      credentials: around.role,
      // The inner quotes make it a fixed text.
      requestParameters: {
        "integration.request.header.Content-Type": "'application/x-amz-json-1.1'",
      },
      requestTemplates: { "application/json": template },
      passthroughBehavior: "when_no_templates",
      timeoutInMillis: 29_000,
      responses: {
        default: { statusCode: "200" },
        "4\\d{2}": { statusCode: "400" },
        "5\\d{2}": { statusCode: "500" },
      },
    },
  };
}

async function templateOf(action: string): Promise<string> {
  const name = action.replaceAll(/\B[A-Z]/g, "_$&").toLowerCase();
  return await Deno.readTextFile(new URL(`./templates/${name}.vtl`, import.meta.url));
}

function pathParameters(path: string) {
  return [...path.matchAll(/\{([^{}+]+)\}/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
  }));
}

function parameter(place: Parameter["in"], name: string, required: boolean): Parameter {
  return { name, in: place, required, schema: { type: "string" } };
}

/** What an action's template reads besides path and body. */
const own: Readonly<Record<string, readonly Parameter[]>> = {
  GetShardIterator: [
    parameter("query", "shard-id", true),
    parameter("query", "type", false),
    parameter("query", "starting-sequence-number", false),
  ],
  GetRecords: [parameter("header", "Shard-Iterator", true)],
};
