/**
 * API Gateway, REST API: stage, resource and method -> the integration's answer.
 *
 * The invoke URL is `http://127.0.0.1:<port>/<stage>`. What the gateway says itself has the body
 * `{"message": …}` and the type of the error in `x-amzn-ErrorType`; what the backend says passes
 * through as it is (HTTP_PROXY), or under the status that the integration gives it (AWS).
 *
 * Source: API Gateway developer guide, "Gateway response types"; recorded facts.
 * Left out: authorizers, API keys and usage plans, request validators, custom gateway responses,
 * CORS, deployments (a route is live at once), the 10,240 characters of a URL.
 */
import { ServiceError } from "../errors.ts";
import {
  type HeaderField,
  type HttpRequest,
  type HttpResponse,
  jsonResponse,
  serveHttp,
} from "../net/http.ts";
import { headerOf } from "../net/http_wire.ts";
import { type RequestNote, telling } from "../events.ts";
import { anonymous } from "../iam/principal.ts";
import type { Service, ServiceContext } from "../service.ts";
import type { World } from "../world.ts";
import type { Credentials } from "../net/sigv4_sign.ts";
import { Backends } from "./backends.ts";
import { type GatewayRoute, type Integrated, load } from "./integrations.ts";
import { limits, type Throttle, TokenBucket } from "./limits.ts";
import type { Passage } from "./passage.ts";
import { type RouteMatch, Routes } from "./routes.ts";

export type { AwsIntegration, IntegrationResponse } from "./aws.ts";
export type { HttpProxyIntegration } from "./http_proxy.ts";
export type { GatewayRoute, Integration } from "./integrations.ts";
export type { Throttle } from "./limits.ts";
export { RouteError } from "./routes.ts";

export interface GatewayOptions {
  /** Default 0: any free port. */
  port?: number;
  region?: string;
  /** Ten lower-case characters; default: from the seed. */
  apiId?: string;
  /** Default: `prod` alone. */
  stages?: readonly string[];
  routes: readonly GatewayRoute[];
  /** Where AWS services answer, e.g. `kinesis` -> `http://127.0.0.1:4567`. */
  services?: Readonly<Record<string, string>>;
  /** Of the role with which the gateway calls AWS services. */
  credentials?: Credentials;
  /** `$stageVariables` of the templates. */
  stageVariables?: Readonly<Record<string, string>>;
  /** How long a backend may take, milliseconds; default 29,000. */
  timeoutMs?: number;
  /** Default: none, as the account's 10,000 requests per second are out of reach here. */
  throttle?: Throttle;
}

export interface GatewayService extends Service {
  readonly apiId: string;
  /** Invoke URL of a stage, by default the first; no slash at its end. */
  invokeUrl(stage?: string): string;
}

interface Gateway {
  ctx: ServiceContext;
  apiId: string;
  stages: ReadonlySet<string>;
  routes: Routes<Integrated>;
  stageVariables: Readonly<Record<string, string>>;
  backends: Backends;
  timeoutMs: number;
  bucket: TokenBucket | null;
}

/**
 * Opens the port; a backend is looked for when a request needs it.
 * @throws {RouteError} if a template or a mapping of a route cannot work.
 */
export function startGateway(
  ctx: ServiceContext,
  options: GatewayOptions,
): Promise<GatewayService> {
  const stages = options.stages ?? ["prod"];
  for (const stage of stages) {
    if (!limits.stageName.test(stage)) throw new TypeError(`'${stage}' is no name for a stage`);
  }
  const { services = {}, credentials = null } = options;
  const routes = options.routes.map((route) => load(route, { services, credentials }));
  const gateway: Gateway = {
    ctx,
    apiId: options.apiId ?? ctx.world.id("gateway api", 10),
    stages: new Set(stages),
    routes: new Routes(routes),
    stageVariables: options.stageVariables ?? {},
    backends: new Backends(),
    timeoutMs: options.timeoutMs ?? limits.timeoutMs,
    bucket: options.throttle === undefined
      ? null
      : new TokenBucket(options.throttle, () => ctx.world.nowMs()),
  };
  const answerTo = (request: HttpRequest, note: RequestNote | null) =>
    answer(request, gateway, note);
  const server = serveHttp(telling(ctx.events, "gateway", answerTo), {
    port: options.port ?? 0,
    bodyBytesMax: limits.payloadBytesMax,
    losesAnswer: () => ctx.faults.strikes("net.answer_lost"),
    refusal: (message) =>
      jsonResponse(403, { message }, "application/json", [[
        "x-amzn-ErrorType",
        "ForbiddenException",
      ]]),
  });
  return Promise.resolve({
    port: server.port,
    apiId: gateway.apiId,
    invokeUrl: (stage = stages[0] ?? "prod") => `http://127.0.0.1:${server.port}/${stage}`,
    async [Symbol.asyncDispose]() {
      gateway.backends[Symbol.dispose]();
      await server[Symbol.asyncDispose]();
    },
  });
}

async function answer(
  request: HttpRequest,
  gateway: Gateway,
  note: RequestNote | null,
): Promise<HttpResponse> {
  const ids = newIds(request, gateway.ctx.world);
  try {
    const response = await integrate(request, gateway, ids, note);
    return { ...response, headers: [...ids.headers, ...withType(response.headers)] };
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error; // Our bug, not AWS's.
    note?.refused(error.code);
    return jsonResponse(error.status, { message: error.message }, "application/json", [
      ...ids.headers,
      ["x-amzn-ErrorType", error.code],
    ]);
  }
}

/** @throws {ServiceError} for all that the gateway refuses itself. */
async function integrate(
  request: HttpRequest,
  gateway: Gateway,
  ids: RequestIds,
  note: RequestNote | null,
): Promise<HttpResponse> {
  const { faults, world } = gateway.ctx;
  const { match, stage, path, query } = route(request, gateway);
  note?.asks(anonymous, `${request.method} ${match.resourcePath}`, path);
  if (gateway.bucket?.take() === false || faults.strikes("gateway.throttled")) {
    throw new ServiceError("TooManyRequestsException", "Too Many Requests", 429);
  }
  const { apiId, timeoutMs, backends, stageVariables } = gateway;
  const { requestId, extendedRequestId, trace } = ids;
  const { parameters, resourcePath } = match;
  const { accountId } = world;
  const about = {
    accountId,
    apiId,
    stage,
    requestId,
    extendedRequestId,
    trace,
    nowMs: world.nowMs(),
  };
  const where = { path, resourcePath, parameters, query, stageVariables };
  const passage: Passage = { ...about, ...where, timeoutMs };
  const response = await match.integration(request, backends, passage);
  if (!faults.strikes("gateway.timeout")) return response;
  throw new ServiceError("InternalServerErrorException", "Endpoint request timed out", 504);
}

interface Routed {
  match: RouteMatch<Integrated>;
  stage: string;
  /** Below the stage, raw. */
  path: string;
  query: string;
}

function route(
  { method, target, body }: HttpRequest,
  { stages, routes }: Gateway,
): Routed {
  const mark = target.indexOf("?");
  const [, stage = "", path = ""] =
    /^\/([^/]*)(.*)$/.exec(mark < 0 ? target : target.slice(0, mark)) ?? [];
  if (!stages.has(stage)) throw new ServiceError("ForbiddenException", "Forbidden", 403);
  if (body === null) {
    throw new ServiceError("RequestTooLargeException", "Request Too Long", 413);
  }
  const match = routes.match(method, path);
  if (match === null) {
    throw new ServiceError(
      "MissingAuthenticationTokenException",
      "Missing Authentication Token",
      403,
    );
  }
  const query = mark < 0 ? "" : checkedQuery(target.slice(mark + 1));
  return { match, stage, path, query };
}

/** Documented: `|` and braces must be escaped, and `;` separates parameters like `&`. */
function checkedQuery(query: string): string {
  // Assumed: the words of the refusal.
  if (/[|{}]/.test(query)) throw new ServiceError("BadRequestException", "Bad Request", 400);
  return query.replaceAll(";", "&");
}

interface RequestIds {
  requestId: string;
  extendedRequestId: string;
  trace: string;
  headers: HeaderField[];
}

function newIds(request: HttpRequest, world: World): RequestIds {
  const digits = world.id("gateway request", 32);
  const requestId = digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  const seconds = Math.floor(world.nowMs() / 1000).toString(16).padStart(8, "0");
  const trace = headerOf(request.headers, "x-amzn-trace-id") ??
    `Root=1-${seconds}-${world.id("gateway trace", 24)}`;
  const extendedRequestId = `${world.id("gateway extended", 15)}=`;
  const headers: HeaderField[] = [
    ["Date", new Date(world.nowMs()).toUTCString()],
    ["x-amzn-RequestId", requestId],
    ["x-amz-apigw-id", extendedRequestId],
    ["X-Amzn-Trace-Id", trace],
  ];
  return { requestId, extendedRequestId, trace, headers };
}

function withType(headers: readonly HeaderField[]): readonly HeaderField[] {
  if (headerOf(headers, "content-type") !== undefined) return headers;
  return [["Content-Type", "application/json"], ...headers];
}
