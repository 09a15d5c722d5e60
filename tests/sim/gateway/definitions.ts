/** Definitions for tests: methods with their integrations -> the text of an OpenAPI document. */
import { openDoor } from "../../../sim/iam/door.ts";
import type { GatewayOptions } from "../../../sim/gateway/mod.ts";
import { testKey } from "../keys.ts";

export type Fields = Record<string, unknown>;

export interface GivenMethod {
  path: string;
  /** `ANY`, or a verb. */
  method: string;
  /** As in `x-amazon-apigateway-integration`. */
  integration: Fields;
  /** Fields of the operation, in place of those that are made up here. */
  operation?: Fields;
}

/** @param more fields of the document besides its paths */
export function definitionOf(methods: readonly GivenMethod[], more: Fields = {}): string {
  const paths: Record<string, Fields> = {};
  for (const { path, method, integration, operation } of methods) {
    const name = method === "ANY" ? "x-amazon-apigateway-any-method" : method.toLowerCase();
    (paths[path] ??= {})[name] = {
      parameters: parametersOf(integration),
      responses: responsesOf(integration),
      "x-amazon-apigateway-integration": integration,
      ...operation,
    };
  }
  return JSON.stringify({
    openapi: "3.0.1",
    info: { title: "Test", version: "1" },
    paths,
    ...more,
  });
}

/** Everything goes to this port of this machine. */
export function proxyTo(port: number, operation: Fields = {}): GivenMethod {
  return {
    path: "/{proxy+}",
    method: "ANY",
    operation,
    integration: {
      type: "http_proxy",
      uri: `http://127.0.0.1:${port}/{proxy}`,
      httpMethod: "ANY",
      requestParameters: { "integration.request.path.proxy": "method.request.path.proxy" },
    },
  };
}

/** A method without a backend that answers 200 with this template. */
export function mockOf(path: string, method: string, template = "ok", operation: Fields = {}) {
  return {
    path,
    method,
    operation,
    integration: {
      type: "mock",
      requestTemplates: { "application/json": '{"statusCode": 200}' },
      responses: {
        default: { statusCode: "200", responseTemplates: { "application/json": template } },
      },
    },
  };
}

/** Whatever a gateway needs and a test says nothing of. */
export const nobody: Pick<GatewayOptions, "door" | "roleSession"> = {
  door: openDoor([]),
  roleSession: () => null,
};

/** The session of every role. */
export function everyRole(pair: { accessKeyId: string; secretAccessKey: string }) {
  return () => testKey(pair);
}

const places: Record<string, string> = { path: "path", querystring: "query", header: "header" };

/** Those that its mappings read, as AWS demands. */
function parametersOf({ requestParameters }: Fields): Fields[] {
  return Object.values(requestParameters ?? {}).flatMap((source) => {
    const [, place = "", name] = /^method\.request\.(\w+)\.(.+)$/.exec(String(source)) ?? [];
    if (name === undefined || places[place] === undefined) return [];
    return [{ name, in: places[place], schema: { type: "string" } }];
  });
}

/** Those that its integration gives, each with the header fields that are mapped. */
function responsesOf({ responses }: Fields): Fields {
  const declared: Record<string, { description: string; headers: Fields }> = {};
  for (const one of Object.values((responses ?? {}) as Record<string, Fields>)) {
    const response = declared[String(one["statusCode"])] ??= { description: "", headers: {} };
    for (const target of Object.keys(one["responseParameters"] ?? {})) {
      response.headers[target.replace("method.response.header.", "")] = {
        schema: { type: "string" },
      };
    }
  }
  return declared;
}
