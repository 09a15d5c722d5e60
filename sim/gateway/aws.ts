/**
 * AWS integration: a request -> an action of an AWS service, through mapping templates, and back.
 *
 *   request    the template for its content type makes the body, which goes to the service as
 *              `POST /?Action=…`, signed with a session of the role that the integration names
 *   response   chosen by the service's status, see responses.ts
 *
 * Observed: the action is reached whatever Content-Type the integration maps, or none, since the
 * query names it.
 *
 * Source: API Gateway developer guide, "Tutorial: Create a REST API as an Amazon Kinesis proxy";
 * recorded facts.
 * Left out: services other than Kinesis; `path/` URIs; parameters in path and query; the caller's
 * own credentials (`arn:aws:iam::*:user/*`); $context.requestOverride and responseOverride.
 */
import type { AccessKey } from "../iam/principal.ts";
import type { HeaderField, HttpResponse } from "../net/http.ts";
import { signatureHeaders } from "../net/sigv4_sign.ts";
import type { Asked } from "./asked.ts";
import type { Backends } from "./backends.ts";
import type { AwsIntegration } from "./definition/types.ts";
import { internalError, RouteError } from "./errors.ts";
import { fieldText, type Mapping, requestMappings } from "./mappings.ts";
import { IntegrationResponses } from "./responses.ts";
import { json, RequestTemplates } from "./templates.ts";

export interface AwsSettings {
  /** Where a service answers, e.g. `kinesis` -> `http://127.0.0.1:4567`. */
  services: Readonly<Record<string, string>>;
  /** The gateway's session of a role; null: it may not take it on. */
  roleSession: (roleArn: string) => AccessKey | null;
}

const actionUri = /^arn:aws[a-z-]*:apigateway:([a-z0-9-]+):([a-z]+):action\/([A-Za-z]+)$/;
const roleArn = /^arn:aws[a-z-]*:iam::[0-9]{12}:role\/\S+$/;

/** One method's way to one action, ready for requests. */
export class AwsAction {
  readonly #region: string;
  readonly #service: string;
  /** Names the action. */
  readonly #query: string;
  readonly #endpoint: URL;
  readonly #role: string;
  readonly #roleSession: AwsSettings["roleSession"];
  readonly #headers: readonly Mapping[];
  readonly #templates: RequestTemplates;
  readonly #responses: IntegrationResponses;
  readonly #timeoutMs: number;

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
    if (!roleArn.test(integration.credentials)) {
      throw new RouteError(`${where}: its integration names no role in 'credentials'`);
    }
    if (integration.httpMethod !== "POST") {
      throw new RouteError(`${where}: actions of ${service} are POST only`);
    }
    this.#region = region;
    this.#service = service;
    this.#query = `Action=${action}`;
    this.#endpoint = endpoint;
    this.#role = integration.credentials;
    this.#roleSession = settings.roleSession;
    this.#headers = headersOnly(integration, where);
    this.#templates = new RequestTemplates(integration, where);
    this.#responses = new IntegrationResponses(integration.responses, where);
    this.#timeoutMs = integration.timeoutMs;
  }

  /** @throws {GatewayError} for all that the gateway refuses itself. */
  async answer(asked: Asked, backends: Backends): Promise<HttpResponse> {
    const body = this.#templates.body(asked);
    const headers = this.#signed(body, asked);
    const target = `${this.#endpoint.pathname}?${this.#query}`;
    const sent = { method: "POST", target, headers, body };
    const answer = await backends.send(this.#endpoint, sent, this.#timeoutMs);
    return this.#responses.answer(asked, answer);
  }

  #signed(body: Uint8Array, asked: Asked): HeaderField[] {
    const { passage } = asked;
    const mapped = new Map<string, string>();
    for (const { name, valueOf } of this.#headers) {
      const value = valueOf(asked, null);
      if (value !== undefined) mapped.set(name.toLowerCase(), fieldText(value));
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
    // Documented: API Gateway has no permission to assume the role provided: 500.
    const credentials = this.#roleSession(this.#role);
    if (credentials === null) throw internalError();
    const path = this.#endpoint.pathname;
    const signature = signatureHeaders(
      { method: "POST", path, query: this.#query, headers, body },
      { credentials, region: this.#region, service: this.#service, nowMs: passage.nowMs },
    );
    return [...headers, ...signature];
  }
}

function headersOnly({ requestParameters }: AwsIntegration, where: string): Mapping[] {
  const { headers, query, path } = requestMappings(requestParameters, where);
  const [other] = [...query, ...path];
  if (other === undefined) return headers;
  throw new RouteError(`${where}: cannot map '${other.name}' into path or query of an action`);
}
