/**
 * Authentication: a signed request -> who signed it, or what IAM and STS say of its signature.
 *
 * Source: IAM API reference, "Common error types"; words as observed in public reports.
 */
import { ServiceError } from "../errors.ts";
import type { AccessKey, AwsPrincipal } from "../iam/principal.ts";
import { type Claim, parseClaim, type Parsed, sha256Hex, verifyClaim } from "../net/sigv4.ts";
import type { Verdict, WireRequest } from "../net/sigv4.ts";
import { invalidToken } from "./errors.ts";

/** Observed (public reports): "15 min." in the words of STS and IAM. */
const skewMs = 900_000;

export interface Signers {
  service: "iam" | "sts";
  /** That the scope may name; the first one is told to who names another. */
  regions: readonly [string, ...string[]];
  nowMs(): number;
  keyOf(accessKeyId: string): AccessKey | undefined;
}

/** @throws {ServiceError} if the request is not signed by somebody we know. */
export function authenticate(
  request: WireRequest,
  body: Uint8Array,
  signers: Signers,
): AwsPrincipal {
  const parsed = parseClaim(request);
  if (parsed.kind !== "claim") throw unusable(parsed, request);
  const { claim } = parsed;
  const { service, regions, keyOf } = signers;
  const verdict = verifyClaim(request, claim, {
    service,
    keyOf,
    region: regions.includes(claim.region) ? claim.region : regions[0],
    nowMs: signers.nowMs(),
    skewMs,
    pathForm: "twice",
    payloadHash: sha256Hex(body),
    // The action stands in the query or in the body, which are both signed.
    mustSign: () => false,
  });
  if (verdict.kind !== "good") throw refused(verdict, claim, signers);
  return verdict.principal;
}

function unusable(parsed: Exclude<Parsed, { kind: "claim" }>, request: WireRequest): ServiceError {
  if (parsed.kind === "anonymous" || parsed.fault === "mechanism") {
    const message = "Request is missing Authentication Token";
    return new ServiceError("MissingAuthenticationToken", message, 403);
  }
  if (parsed.fault === "both") {
    return mismatch(
      "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.",
    );
  }
  const authorization = request.headers.get("authorization");
  const shown = authorization === undefined ? "" : `. Authorization=${authorization}`;
  return new ServiceError("IncompleteSignature", `${parsed.detail}${shown}`);
}

function mismatch(message: string): ServiceError {
  return new ServiceError("SignatureDoesNotMatch", message, 403);
}

function refused(
  verdict: Exclude<Verdict, { kind: "good" }>,
  claim: Claim,
  signers: Signers,
): ServiceError {
  switch (verdict.kind) {
    case "ended": {
      const message = "The security token included in the request is expired";
      return new ServiceError("ExpiredToken", message, 403);
    }
    case "unknown key":
    case "wrong token":
      return invalidToken();
    case "skewed":
    case "early":
    case "expired":
      return mismatch(wrongTime(claim, signers.nowMs()));
    case "scope":
      return mismatch(wrongScope(verdict.part, signers));
    case "unsigned headers": {
      const names = verdict.names.join("', '");
      return mismatch(`'${names}' must be a 'SignedHeader' in the AWS Authorization.`);
    }
    case "wrong signature":
      return mismatch(wrongSignature(verdict));
  }
}

function wrongTime({ timestamp, timestampMs }: Claim, nowMs: number): string {
  const now = compact(nowMs);
  if (timestampMs < nowMs) {
    const bound = compact(nowMs - skewMs);
    return `Signature expired: ${timestamp} is now earlier than ${bound} (${now} - 15 min.)`;
  }
  const bound = compact(nowMs + skewMs);
  return `Signature not yet current: ${timestamp} is still later than ${bound} (${now} + 15 min.)`;
}

function compact(ms: number): string {
  return new Date(ms).toISOString().replace(/[-:]|\.\d+/g, "");
}

function wrongScope(part: string, { regions: [first], service }: Signers): string {
  switch (part) {
    case "region":
      return `Credential should be scoped to a valid region, not the one given; use '${first}'. `;
    case "service":
      return `Credential should be scoped to correct service: '${service}'. `;
    case "terminal":
      return "Credential should be scoped with a valid terminator: 'aws4_request'. ";
    default:
      return "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from " +
        "HTTP. ";
  }
}

function wrongSignature(verdict: Extract<Verdict, { kind: "wrong signature" }>): string {
  return "The request signature we calculated does not match the signature you provided. Check " +
    "your AWS Secret Access Key and signing method. Consult the service documentation for " +
    `details.\n\nThe Canonical String for this request should have been\n'${verdict.canonicalRequest}'` +
    `\n\nThe String-to-Sign should have been\n'${verdict.stringToSign}'\n`;
}
