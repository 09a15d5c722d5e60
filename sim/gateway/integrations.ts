/**
 * What stands behind a method of the gateway, and how a request gets there and back.
 *
 * `type` tells the kinds apart; each kind is a file that turns a request into a response. What
 * can be wrong with one is told when its route is loaded.
 */
import type { HttpRequest, HttpResponse } from "../net/http.ts";
import { AwsAction, type AwsIntegration, type AwsSettings } from "./aws.ts";
import type { Backends } from "./backends.ts";
import { type HttpProxyIntegration, proxyHttp } from "./http_proxy.ts";
import type { Passage } from "./passage.ts";
import type { Route } from "./routes.ts";

export type Integration = HttpProxyIntegration | AwsIntegration;

export type GatewayRoute = Route<Integration>;

/** Answers the requests of one method. */
export type Integrated = (
  request: HttpRequest,
  backends: Backends,
  passage: Passage,
) => Promise<HttpResponse>;

/** @throws {RouteError} if the integration cannot work. */
export function load(route: GatewayRoute, settings: AwsSettings): Route<Integrated> {
  const { path, method, integration } = route;
  if (integration.type === "HTTP_PROXY") {
    return {
      path,
      method,
      integration: (request, backends, passage) =>
        proxyHttp(request, integration, backends, passage),
    };
  }
  const action = new AwsAction(integration, `${method} ${path}`, settings);
  return {
    path,
    method,
    integration: (request, backends, passage) => action.answer(request, backends, passage),
  };
}
