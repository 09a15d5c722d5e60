/**
 * API Gateway, REST API: the OpenAPI document that would be deployed -> the API that it defines.
 *
 * The invoke URL is `http://127.0.0.1:<port>/<stage>`. What the gateway says itself has the body
 * `{"message": …}` unless the definition gives it another, and the type of the error in
 * `x-amzn-ErrorType`; what the backend says passes through as it is (HTTP_PROXY), or under the
 * status that the integration gives it (AWS, MOCK). Stages, usage plans and API keys, of which no
 * document speaks, are given beside it.
 *
 * Source: API Gateway developer guide; recorded facts.
 * Left out: the management API, authorizers, deployments (a stage has the definition as it is),
 * caching, canaries, client certificates, logging. See definition/ for what a document may say.
 */
import { type RequestNote, telling } from "../events.ts";
import type { Door } from "../iam/door.ts";
import { type HttpRequest, jsonResponse, serveHttp } from "../net/http.ts";
import type { Service, ServiceContext } from "../service.ts";
import { Guard } from "./authorization.ts";
import { Backends } from "./backends.ts";
import type { AwsSettings } from "./aws.ts";
import { readDefinition } from "./definition/document.ts";
import { GatewayResponses } from "./gateway_responses.ts";
import type { Hosts } from "./http_proxy.ts";
import { load } from "./integrations.ts";
import { limits, type Throttle, TokenBucket } from "./limits.ts";
import { type LiveMethod, RestApi } from "./rest_api.ts";
import { Routes } from "./routes.ts";
import { LiveStage, type Stage } from "./stages.ts";
import { type ApiKey, Usage, type UsagePlan } from "./usage.ts";

export { RouteError } from "./errors.ts";
export type { Hosts } from "./http_proxy.ts";
export type { Throttle } from "./limits.ts";
export type { Stage } from "./stages.ts";
export type { ApiKey, Quota, UsagePlan } from "./usage.ts";

export interface GatewayOptions {
  /** Default 0: any free port. */
  port?: number;
  /** Default: us-east-1. */
  region?: string;
  /** Ten characters; default: `apiIdOf` the world. */
  apiId?: string;
  /** OpenAPI 3.0 with Amazon's extensions, as JSON. */
  definition: string;
  /** Default: `prod` alone. */
  stages?: readonly Stage[];
  usagePlans?: readonly UsagePlan[];
  keys?: readonly ApiKey[];
  /** Where AWS services answer, e.g. `kinesis` -> `http://127.0.0.1:4567`. */
  services?: Readonly<Record<string, string>>;
  /** Where hosts of the definition are. Those of this machine are found without. */
  hosts?: Hosts;
  /** Whom it asks who may call what. */
  door: Door;
  /** Its session of a role; null: it may not take it on. */
  roleSession: AwsSettings["roleSession"];
  /** Of the account. Default: none, as its 10,000 requests per second are out of reach here. */
  throttle?: Throttle;
}

export interface GatewayService extends Service {
  readonly apiId: string;
  /** Invoke URL of a stage, by default the first; no slash at its end. */
  invokeUrl(stage?: string): string;
}

/** The id of the one API of a world, as it stands in ARNs. */
export function apiIdOf({ world }: Pick<ServiceContext, "world">): string {
  return world.id("gateway api", 10);
}

/**
 * Opens the port; a backend is looked for when a request needs it.
 * @throws {RouteError} if something in the definition, or beside it, cannot work.
 */
export function startGateway(
  ctx: ServiceContext,
  options: GatewayOptions,
): Promise<GatewayService> {
  const apiId = options.apiId ?? apiIdOf(ctx);
  const backends = new Backends();
  const stages = options.stages ?? [{ name: "prod" }];
  const api = apiOf(ctx, { ...options, stages }, { apiId, backends });
  const answerTo = (request: HttpRequest, note: RequestNote | null) => api.answer(request, note);
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
  const first = stages[0]?.name ?? "prod";
  return Promise.resolve({
    port: server.port,
    apiId,
    invokeUrl: (stage = first) => `http://127.0.0.1:${server.port}/${stage}`,
    async [Symbol.asyncDispose]() {
      backends[Symbol.dispose]();
      await server[Symbol.asyncDispose]();
    },
  });
}

function apiOf(
  ctx: ServiceContext,
  options: GatewayOptions & { stages: readonly Stage[] },
  { apiId, backends }: { apiId: string; backends: Backends },
): RestApi {
  const { door, stages, throttle, region = "us-east-1" } = options;
  const { services = {}, hosts = {}, roleSession, usagePlans = [], keys = [] } = options;
  const { accountId } = ctx.world;
  const nowMs = () => ctx.world.nowMs();
  const { methods, policy, responses } = readDefinition(options.definition);
  const routes = methods.map((spec) => {
    const integrated = load(spec, { services, hosts, roleSession });
    return { path: spec.path, method: spec.method, integration: { spec, integrated } };
  });
  const live = stages.map((stage) => new LiveStage(stage, nowMs));
  const names = live.map(({ name }) => name);
  return new RestApi({
    ctx,
    apiId,
    backends,
    stages: new Map(live.map((stage) => [stage.name, stage])),
    routes: new Routes<LiveMethod>(routes),
    guard: new Guard({ door, region, accountId, apiId, policy, nowMs }),
    usage: new Usage({ plans: usagePlans, keys, stages: names }, { nowMs }),
    responses: new GatewayResponses(responses),
    bucket: throttle === undefined ? null : new TokenBucket(throttle, nowMs),
  });
}
