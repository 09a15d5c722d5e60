/**
 * `$context`: what a template can learn about its request.
 *
 * Source: API Gateway developer guide, "Mapping template and access logging variable reference".
 * Left out: authorizers, API keys, certificates, domains of one's own.
 */
import type { HttpRequest } from "../net/http.ts";
import { headerOf } from "../net/http_wire.ts";
import type { Passage } from "./passage.ts";
import type { Facts } from "./vtl/mod.ts";

export function contextOf(request: HttpRequest, passage: Passage): Facts {
  const { method, client, headers } = request;
  const userAgent = headerOf(headers, "user-agent") ?? "";
  const identity = { sourceIp: client, userAgent };
  return { ...ofPassage(passage), httpMethod: method, identity };
}

/** One value by its name; undefined for what depends on the request itself, or is not there. */
export function contextValue(passage: Passage, name: string): string | undefined {
  const value = ofPassage(passage)[name];
  return value === undefined || typeof value === "object" ? undefined : String(value);
}

function ofPassage(passage: Passage): Facts {
  const { accountId, apiId, stage, requestId, extendedRequestId, path, resourcePath, nowMs } =
    passage;
  return {
    accountId,
    apiId,
    stage,
    requestId,
    extendedRequestId,
    path: `/${stage}${path}`,
    resourcePath,
    protocol: "HTTP/1.1",
    requestTime: clfTime(nowMs),
    requestTimeEpoch: nowMs,
  };
}

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** `21/Nov/2026:08:05:09 +0000`. */
function clfTime(nowMs: number): string {
  const text = new Date(nowMs).toISOString();
  const month = months[Number(text.slice(5, 7)) - 1];
  return `${text.slice(8, 10)}/${month}/${text.slice(0, 4)}:${text.slice(11, 19)} +0000`;
}
