/**
 * `$context`: what a template can learn about its request.
 *
 * Source: API Gateway developer guide, "Mapping template and access logging variable reference".
 * Left out: authorizers, certificates, domains of one's own, Cognito.
 */
import type { HttpRequest } from "../net/http.ts";
import { headerOf } from "../net/http_wire.ts";
import type { Passage } from "./passage.ts";
import type { Facts } from "./vtl/mod.ts";

export function contextOf(request: HttpRequest, passage: Passage): Facts {
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
    httpMethod: request.method,
    identity: identityOf(request, passage),
  };
}

/** Documented: who signed is there for AWS_IAM only, the key for methods that ask for one. */
function identityOf({ client, headers }: HttpRequest, { caller, apiKey }: Passage): Facts {
  const userAgent = headerOf(headers, "user-agent") ?? "";
  const signer = caller.kind !== "aws" ? {} : {
    accessKey: caller.accessKeyId,
    accountId: caller.accountId,
    caller: caller.userId,
    user: caller.userId,
    userArn: caller.arn,
  };
  const key = apiKey === null ? {} : { apiKey: apiKey.value, apiKeyId: apiKey.id };
  return { sourceIp: client, userAgent, ...signer, ...key };
}

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** `21/Nov/2026:08:05:09 +0000`. */
function clfTime(nowMs: number): string {
  const text = new Date(nowMs).toISOString();
  const month = months[Number(text.slice(5, 7)) - 1];
  return `${text.slice(8, 10)}/${month}/${text.slice(0, 4)}:${text.slice(11, 19)} +0000`;
}
