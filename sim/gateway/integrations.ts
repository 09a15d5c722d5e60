/**
 * What stands behind a method of the gateway, and how a request gets there and back.
 *
 * `type` tells the kinds apart; each kind is a file that turns a request into a response.
 */
import type { HttpProxyIntegration } from "./http_proxy.ts";

export type Integration = HttpProxyIntegration;
