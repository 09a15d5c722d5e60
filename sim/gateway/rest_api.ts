/**
 * REST API: a request -> the integration's answer, or why there is none.
 *
 * A request passes, in this order: length and stage, the resource, who may call it (signature,
 * resource policy, API key), how much of it (usage plan, stage, account), what it has to bring
 * (validators), and the integration. Assumed: the order of those whose order nobody documents.
 */
import type { RequestNote } from "../events.ts";
import { anonymous } from "../iam/principal.ts";
import type { HttpRequest, HttpResponse } from "../net/http.ts";
import type { HeaderField } from "../net/http.ts";
import { headerOf } from "../net/http_wire.ts";
import type { ServiceContext } from "../service.ts";
import { Asked } from "./asked.ts";
import type { Goal, Guard } from "./authorization.ts";
import type { Backends } from "./backends.ts";
import type { ApiMethod } from "./definition/types.ts";
import { badRequest, GatewayError, missingToken, refusal, throttled } from "./errors.ts";
import type { GatewayResponses } from "./gateway_responses.ts";
import { newIds, type RequestIds } from "./ids.ts";
import type { Integrated } from "./integrations.ts";
import { limits, type TokenBucket } from "./limits.ts";
import type { Passage } from "./passage.ts";
import type { RouteMatch, Routes } from "./routes.ts";
import type { LiveStage } from "./stages.ts";
import type { Usage } from "./usage.ts";
import { validate } from "./validation.ts";

/** A method, and what stands behind it. */
export interface LiveMethod {
  spec: ApiMethod;
  integrated: Integrated;
}

/** All that a request meets. */
export interface Parts {
  ctx: ServiceContext;
  apiId: string;
  stages: ReadonlyMap<string, LiveStage>;
  routes: Routes<LiveMethod>;
  guard: Guard;
  usage: Usage;
  responses: GatewayResponses;
  backends: Backends;
  /** Of the account. */
  bucket: TokenBucket | null;
}

interface Routed extends Goal {
  live: LiveStage;
  match: RouteMatch<LiveMethod> | null;
  query: string;
}

export class RestApi {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async answer(request: HttpRequest, note: RequestNote | null): Promise<HttpResponse> {
    const ids = newIds(request, this.#parts.ctx.world);
    let asked: Asked | null = null;
    try {
      const routed = this.#route(request);
      asked = new Asked(request, this.#passage(routed, ids));
      const response = await this.#pass(asked, routed, note);
      return { ...response, headers: [...ids.headers, ...withType(response.headers)] };
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error; // Our bug, not AWS's.
      note?.refused(error.code);
      const told = this.#parts.responses.answer(error, asked);
      return { ...told, headers: [...ids.headers, ...told.headers] };
    }
  }

  #route({ method, target, body }: HttpRequest): Routed {
    // Assumed: the words for an address that is too long.
    if (target.length > limits.urlLengthMax) {
      throw new GatewayError(null, "RequestURITooLongException", "Request-URI Too Long", 414);
    }
    const mark = target.indexOf("?");
    const [, stage = "", path = ""] =
      /^\/([^/]*)(.*)$/.exec(mark < 0 ? target : target.slice(0, mark)) ?? [];
    const live = this.#parts.stages.get(stage);
    if (live === undefined) throw new GatewayError(null, "ForbiddenException", "Forbidden", 403);
    if (body === null) {
      throw new GatewayError(null, "RequestTooLargeException", "Request Too Long", 413);
    }
    const match = this.#parts.routes.match(method, path);
    return { live, stage, path, match, query: mark < 0 ? "" : target.slice(mark + 1) };
  }

  #passage({ live, stage, path, match, query }: Routed, ids: RequestIds): Passage {
    const { ctx: { world }, apiId } = this.#parts;
    const { requestId, extendedRequestId, trace } = ids;
    return {
      accountId: world.accountId,
      apiId,
      stage,
      requestId,
      extendedRequestId,
      trace,
      path,
      resourcePath: match?.resourcePath ?? "",
      parameters: match?.parameters ?? new Map(),
      // Documented: `;` separates parameters like `&`.
      query: query.replaceAll(";", "&"),
      stageVariables: live.variables,
      nowMs: world.nowMs(),
      caller: anonymous,
      apiKey: null,
    };
  }

  /** @throws {GatewayError} for all that the gateway refuses itself. */
  async #pass(asked: Asked, routed: Routed, note: RequestNote | null): Promise<HttpResponse> {
    const { match, path } = routed;
    if (match === null) throw missingToken();
    const { spec, integrated } = match.integration;
    const action = `${asked.request.method} ${match.resourcePath}`;
    note?.asks(anonymous, action, path);
    checkAddress(asked, routed);
    this.#admit(asked, spec, routed);
    note?.asks(callerOf(asked), action, path);
    this.#use(asked, spec, routed);
    validate(asked, spec);
    const { backends, ctx: { faults } } = this.#parts;
    const response = await integrated.answer(asked, backends);
    if (!faults.strikes("gateway.timeout")) return response;
    throw refusal("INTEGRATION_TIMEOUT", "Endpoint request timed out");
  }

  #admit({ request, passage }: Asked, spec: ApiMethod, goal: Goal): void {
    const { guard, usage } = this.#parts;
    passage.caller = guard.admit(request, spec, goal);
    if (!spec.apiKeyRequired) return;
    passage.apiKey = usage.keyOf(headerOf(request.headers, "x-api-key"), goal.stage);
  }

  #use({ passage: { apiKey } }: Asked, { method, path }: ApiMethod, { live }: Routed): void {
    const { usage, bucket, ctx: { faults } } = this.#parts;
    const name = `${method} ${path}`;
    if (apiKey !== null) usage.use(apiKey, live.name, name);
    live.use(name);
    if (bucket?.take() === false || faults.strikes("gateway.throttled")) throw throttled();
  }
}

/**
 * Documented: `|` and braces in a query must be escaped. Assumed: the words of that refusal, and
 * that steps up and down in a path are refused, lest policies and backends read two paths in one.
 */
function checkAddress({ passage }: Asked, { path }: Goal): void {
  if (/[|{}]/.test(passage.query)) throw badRequest();
  if (path.includes("\\") || /(?:^|\/)(?:\.|%2e){1,2}(?:\/|$)/i.test(path)) throw badRequest();
}

/** For those who are told of requests. */
function callerOf({ passage: { caller, apiKey } }: Asked) {
  if (caller.kind !== "anonymous" || apiKey === null) return caller;
  return { kind: "account" as const, name: apiKey.name };
}

function withType(headers: readonly HeaderField[]): readonly HeaderField[] {
  if (headerOf(headers, "content-type") !== undefined) return headers;
  return [["Content-Type", "application/json"], ...headers];
}
