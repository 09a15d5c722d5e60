/**
 * AWS integration: a request -> an action of an AWS service, through mapping templates, and back.
 *
 *   request    the template for its content type makes the body, which goes to the service as
 *              `POST /?Action=…`, signed with the role's credentials
 *   response   chosen by the service's status, which its pattern must match as a whole; with no
 *              match the one without a pattern, even for an error
 *
 * Documented: a request without Content-Type counts as `application/json`; a type without
 * template passes as it is (WHEN_NO_MATCH), only if there is no template at all
 * (WHEN_NO_TEMPLATES), or never (NEVER). An answer's header fields do not come along. Observed: the
 * action is reached whatever Content-Type the integration maps, or none, since the query names it.
 *
 * Source: API Gateway developer guide, "Tutorial: Create a REST API as an Amazon Kinesis proxy";
 * recorded facts.
 * Left out: services other than Kinesis; `path/` URIs; parameters in the query; response
 * parameters; content handling; $context.requestOverride and responseOverride.
 */
import { ServiceError } from "../errors.ts";
import type { HeaderField, HttpRequest, HttpResponse } from "../net/http.ts";
import { headerOf } from "../net/http_wire.ts";
import { type Credentials, signatureHeaders } from "../net/sigv4_sign.ts";
import { decodeUri, parseQuery } from "../net/uri.ts";
import { type Backends, internalError } from "./backends.ts";
import { contextOf } from "./context.ts";
import type { Passage } from "./passage.ts";
import { headerMappings, type Mapping } from "./request_parameters.ts";
import { RouteError } from "./routes.ts";
import {
  BodyError,
  Template,
  TemplateFailure,
  type TemplateParameters,
  TemplateSyntaxError,
  type TemplateVariables,
} from "./vtl/mod.ts";

export interface AwsIntegration {
  type: "AWS";
  /** `arn:aws:apigateway:<region>:kinesis:action/<action>`. */
  uri: string;
  httpMethod: "POST";
  /** E.g. `integration.request.header.Content-Type` -> `'application/x-amz-json-1.1'`. */
  requestParameters?: Readonly<Record<string, string>>;
  /** By content type. */
  requestTemplates?: Readonly<Record<string, string>>;
  /** Default WHEN_NO_MATCH. */
  passthroughBehavior?: "WHEN_NO_MATCH" | "WHEN_NO_TEMPLATES" | "NEVER";
  integrationResponses: readonly IntegrationResponse[];
}

export interface IntegrationResponse {
  /** Of the service's status, e.g. `4\\d{2}`; without one it is the default. */
  selectionPattern?: string;
  statusCode: number;
  /** By content type; the service's answer is `$input`. */
  responseTemplates?: Readonly<Record<string, string>>;
}

export interface AwsSettings {
  /** Where a service answers, e.g. `kinesis` -> `http://127.0.0.1:4567`. */
  services: Readonly<Record<string, string>>;
  /** Of the role that the gateway takes on; none: AWS integrations are refused. */
  credentials: Credentials | null;
}

const actionUri = /^arn:aws[a-z-]*:apigateway:([a-z0-9-]+):([a-z]+):action\/([A-Za-z]+)$/;
const json = "application/json";
const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** One method's way to one action, ready for requests. */
export class AwsAction {
  readonly #region: string;
  readonly #service: string;
  /** Names the action. */
  readonly #query: string;
  readonly #endpoint: URL;
  readonly #credentials: Credentials;
  readonly #headers: readonly Mapping[];
  readonly #templates: ReadonlyMap<string, Template>;
  readonly #passthrough: NonNullable<AwsIntegration["passthroughBehavior"]>;
  readonly #responses: readonly Response[];

  /** @throws {RouteError} that begins with `where`. */
  constructor(integration: AwsIntegration, where: string, settings: AwsSettings) {
    const [, region = "", service = "", action = ""] = actionUri.exec(integration.uri) ?? [];
    if (service !== "kinesis") {
      throw new RouteError(`${where}: there is no action of Kinesis at '${integration.uri}'`);
    }
    const endpoint = URL.parse(settings.services[service] ?? "");
    if (endpoint?.protocol !== "http:") {
      throw new RouteError(`${where}: where ${service} answers is not given as an http address`);
    }
    if (settings.credentials === null) {
      throw new RouteError(`${where}: the credentials of the gateway's role are not given`);
    }
    if (integration.httpMethod !== "POST") {
      throw new RouteError(`${where}: actions of ${service} are POST only`);
    }
    this.#region = region;
    this.#service = service;
    this.#query = `Action=${action}`;
    this.#endpoint = endpoint;
    this.#credentials = settings.credentials;
    this.#headers = headerMappings(integration.requestParameters ?? {}, where);
    this.#templates = loaded(integration.requestTemplates ?? {}, where);
    this.#passthrough = integration.passthroughBehavior ?? "WHEN_NO_MATCH";
    this.#responses = integration.integrationResponses.map((one) => responseOf(one, where));
  }

  /** @throws {ServiceError} for all that the gateway refuses itself. */
  async answer(request: HttpRequest, backends: Backends, passage: Passage): Promise<HttpResponse> {
    const parameters = parametersOf(request, passage);
    const context = contextOf(request, passage);
    const { stageVariables } = passage;
    const body = this.#body(request, { body: "", parameters, context, stageVariables });
    const headers = this.#signed(body, parameters, passage);
    const target = `${this.#endpoint.pathname}?${this.#query}`;
    const sent = { method: "POST", target, headers, body };
    const answer = await backends.send(this.#endpoint, sent, passage.timeoutMs);
    return this.#response(request, answer, { body: "", parameters, context, stageVariables });
  }

  #body(request: HttpRequest, variables: TemplateVariables): Uint8Array {
    const body = request.body ?? new Uint8Array(0);
    const template = this.#templates.get(contentType(request.headers));
    if (template !== undefined) {
      return rendered(template, { ...variables, body: decoder.decode(body) });
    }
    const passes = this.#passthrough === "WHEN_NO_MATCH" ||
      (this.#passthrough === "WHEN_NO_TEMPLATES" && this.#templates.size === 0);
    if (passes) return body;
    throw new ServiceError("BadRequestException", "Unsupported Media Type", 415);
  }

  #signed(body: Uint8Array, parameters: TemplateParameters, passage: Passage): HeaderField[] {
    const mapped = new Map<string, string>();
    for (const { name, valueOf } of this.#headers) {
      const value = valueOf(parameters, passage);
      if (value !== undefined) mapped.set(name.toLowerCase(), value);
    }
    const type = mapped.get("content-type") ?? json;
    mapped.delete("content-type");
    const headers: HeaderField[] = [
      ["Host", this.#endpoint.host],
      ["Content-Type", type],
      ["User-Agent", `AmazonAPIGateway_${passage.apiId}`],
      ["X-Amzn-Trace-Id", passage.trace],
      ...mapped,
    ];
    const path = this.#endpoint.pathname;
    const signature = signatureHeaders(
      { method: "POST", path, query: this.#query, headers, body },
      {
        credentials: this.#credentials,
        region: this.#region,
        service: this.#service,
        nowMs: passage.nowMs,
      },
    );
    return [...headers, ...signature];
  }

  #response(
    request: HttpRequest,
    answer: HttpResponse,
    variables: TemplateVariables,
  ): HttpResponse {
    const response = this.#responses.find(({ pattern }) => pattern?.test(String(answer.status))) ??
      this.#responses.find(({ pattern }) => pattern === null);
    if (response === undefined) throw internalError();
    const accept = headerOf(request.headers, "accept")?.split(/[,;]/)[0]?.trim() ?? json;
    const type = response.templates.has(accept) ? accept : json;
    const template = response.templates.get(type);
    if (template === undefined) {
      const headers: HeaderField[] = [["Content-Type", json]];
      return { status: response.status, headers, body: answer.body };
    }
    const body = rendered(template, { ...variables, body: decoder.decode(answer.body) });
    return { status: response.status, headers: [["Content-Type", type]], body };
  }
}

interface Response {
  pattern: RegExp | null;
  status: number;
  templates: ReadonlyMap<string, Template>;
}

function responseOf(response: IntegrationResponse, where: string): Response {
  const { selectionPattern, statusCode, responseTemplates } = response;
  const templates = loaded(responseTemplates ?? {}, `${where}, response ${statusCode}`);
  // Documented: an empty pattern is none.
  if (!selectionPattern) return { pattern: null, status: statusCode, templates };
  try {
    return { pattern: new RegExp(`^(?:${selectionPattern})$`), status: statusCode, templates };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new RouteError(`${where}: '${selectionPattern}' is no pattern of a status`);
  }
}

function loaded(texts: Readonly<Record<string, string>>, where: string): Map<string, Template> {
  const templates = new Map<string, Template>();
  for (const [type, text] of Object.entries(texts)) {
    try {
      templates.set(type, new Template(text));
    } catch (error) {
      if (!(error instanceof TemplateSyntaxError)) throw error;
      throw new RouteError(`${where}, template for ${type}: ${error.message}`);
    }
  }
  return templates;
}

/** Assumed: the words for a body that is no JSON, after the colon; a template that fails is 500. */
function rendered(template: Template, variables: TemplateVariables): Uint8Array {
  try {
    return encoder.encode(template.render(variables));
  } catch (error) {
    if (error instanceof BodyError) {
      const message = `Could not parse request body into json: ${error.message}`;
      throw new ServiceError("BadRequestException", message, 400);
    }
    if (error instanceof TemplateFailure) throw internalError();
    throw error;
  }
}

function contentType(headers: readonly HeaderField[]): string {
  return headerOf(headers, "content-type")?.split(";")[0]?.trim().toLowerCase() || json;
}

/** Assumed: parameters of the path are decoded, and one that is no UTF-8 stays as it is. */
function parametersOf(request: HttpRequest, passage: Passage): TemplateParameters {
  const query = parseQuery(passage.query);
  if (query === null) throw new ServiceError("BadRequestException", "Bad Request", 400);
  const path = new Map<string, string>();
  for (const [name, value] of passage.parameters) path.set(name, decodeUri(value) ?? value);
  return { path, query: new Map(query), headers: new Map(request.headers) };
}
