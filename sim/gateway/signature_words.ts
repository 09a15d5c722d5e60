/**
 * What API Gateway says of a signature that it does not take.
 *
 * Source: recorded facts; texts that AWS's services have in common, from public reports.
 */
import type { Claim, Parsed, Verdict, WireRequest } from "../net/sigv4.ts";
import { type GatewayError, missingToken, refusal } from "./errors.ts";

export const service = "execute-api";
/** Documented for most services: five minutes, either way. */
export const skewMs = 300_000;

/** A request that says nothing of a signature, or nothing that can be read. */
export function unusable(
  parsed: Exclude<Parsed, { kind: "claim" }>,
  request: WireRequest,
): GatewayError {
  if (parsed.kind === "anonymous") return missingToken();
  if (parsed.fault === "both") {
    return invalid(
      "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.",
    );
  }
  return refusal("INVALID_SIGNATURE", incomplete(request), {
    code: "IncompleteSignatureException",
  });
}

function invalid(message: string): GatewayError {
  return refusal("INVALID_SIGNATURE", message);
}

/** Lists what is missing, then shows the header. */
function incomplete({ headers }: WireRequest): string {
  const authorization = headers.get("authorization");
  if (authorization === undefined) {
    return "AWS query-string parameters must include 'X-Amz-Algorithm', 'X-Amz-Credential', " +
      "'X-Amz-Signature', 'X-Amz-SignedHeaders' and 'X-Amz-Date'. " +
      "Re-examine the query-string parameters.";
  }
  let message = "";
  for (const name of ["Credential", "Signature", "SignedHeaders"]) {
    if (new RegExp(`\\b${name}=[^,\\s]`).test(authorization)) continue;
    message += `Authorization header requires '${name}' parameter. `;
  }
  if (!headers.has("x-amz-date") && !headers.has("date")) {
    const either = "either a 'X-Amz-Date' or a 'Date' header";
    message += `Authorization header requires existence of ${either}. `;
  }
  return `${message}Authorization=${authorization}`;
}

/** A claim that was not believed. */
export function wrongClaim(
  verdict: Exclude<Verdict, { kind: "good" }>,
  claim: Claim,
  nowMs: number,
): GatewayError {
  switch (verdict.kind) {
    case "ended":
      return refusal("EXPIRED_TOKEN", "The security token included in the request is expired");
    case "unknown key":
    case "wrong token":
      return refusal(
        "ACCESS_DENIED",
        "The security token included in the request is invalid.",
        { code: "UnrecognizedClientException" },
      );
    case "skewed":
    case "early":
      return invalid(wrongTime(claim, nowMs));
    case "expired":
      return invalid(
        `Signature expired: ${compact(verdict.atMs)} is now earlier than ${compact(nowMs)}`,
      );
    case "scope":
      return invalid(wrongScope(verdict.part, claim));
    case "unsigned headers":
      return invalid(
        `'${verdict.names.join("', '")}' must be a 'SignedHeader' in the AWS Authorization.`,
      );
    case "wrong signature":
      return invalid(wrongSignature(verdict));
  }
}

/** Observed (public reports): both sentences. */
function wrongTime({ timestamp, timestampMs }: Claim, nowMs: number): string {
  const now = compact(nowMs);
  if (timestampMs < nowMs) {
    const bound = compact(nowMs - skewMs);
    return `Signature expired: ${timestamp} is now earlier than ${bound} (${now} - 5 min.)`;
  }
  const bound = compact(nowMs + skewMs);
  return `Signature not yet current: ${timestamp} is still later than ${bound} (${now} + 5 min.)`;
}

function compact(ms: number): string {
  return new Date(ms).toISOString().replace(/[-:]|\.\d+/g, "");
}

function wrongScope(part: string, { region }: Claim): string {
  switch (part) {
    case "region":
      return `Credential should be scoped to a valid region, not '${region}'. `;
    case "service":
      return `Credential should be scoped to correct service: '${service}'. `;
    case "terminal":
      return "Credential should be scoped with a valid terminator: 'aws4_request'. ";
    default:
      return "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from " +
        "HTTP. ";
  }
}

function wrongSignature(
  { canonicalRequest, stringToSign }: Extract<Verdict, { kind: "wrong signature" }>,
): string {
  return "The request signature we calculated does not match the signature you provided. Check " +
    "your AWS Secret Access Key and signing method. Consult the service documentation for " +
    `details.\n\nThe Canonical String for this request should have been\n'${canonicalRequest}'` +
    `\n\nThe String-to-Sign should have been\n'${stringToSign}'\n`;
}
