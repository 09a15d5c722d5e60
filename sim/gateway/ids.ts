/** Ids of one request: drawn from the world, told to the client and to templates. */
import type { HeaderField, HttpRequest } from "../net/http.ts";
import { headerOf } from "../net/http_wire.ts";
import type { World } from "../world.ts";

export interface RequestIds {
  requestId: string;
  extendedRequestId: string;
  trace: string;
  headers: HeaderField[];
}

export function newIds({ headers: given }: HttpRequest, world: World): RequestIds {
  const digits = world.id("gateway request", 32);
  const requestId = digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  const seconds = Math.floor(world.nowMs() / 1000).toString(16).padStart(8, "0");
  const trace = headerOf(given, "x-amzn-trace-id") ??
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
