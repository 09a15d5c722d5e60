/**
 * Authentication: a signed request -> who signed it, or what Kinesis says of its signature.
 *
 * Source: texts as recorded by mhart/kinesalite and in public reports.
 */
import { ServiceError } from "../errors.ts";
import type { AccessKey, Principal } from "../iam/principal.ts";
import { type Claim, parseClaim, type Parsed, sha256Hex, verifyClaim } from "../net/sigv4.ts";
import type { Verdict, WireRequest } from "../net/sigv4.ts";

/** Documented: five minutes, either way. */
const skewMs = 300_000;

export interface Signers {
  region: string;
  nowMs(): number;
  keyOf(accessKeyId: string): AccessKey | undefined;
}

/** @throws {ServiceError} if the request is not signed by somebody we know. */
export function authenticate(
  request: WireRequest,
  body: Uint8Array,
  signers: Signers,
): Principal {
  const parsed = parseClaim(request);
  if (parsed.kind !== "claim") throw unusable(parsed, request);
  const { claim } = parsed;
  const verdict = verifyClaim(request, claim, {
    ...signers,
    service: "kinesis",
    nowMs: signers.nowMs(),
    skewMs,
    pathForm: "twice",
    payloadHash: sha256Hex(body),
    // What is asked for must be what was signed, or a signature for one action is one for all.
    mustSign: (name) => name === "x-amz-target",
  });
  if (verdict.kind !== "good") throw refused(verdict, claim, signers);
  return verdict.principal;
}

function unusable(parsed: Exclude<Parsed, { kind: "claim" }>, request: WireRequest): ServiceError {
  if (parsed.kind === "anonymous") {
    return new ServiceError("MissingAuthenticationTokenException", "Missing Authentication Token");
  }
  if (parsed.fault === "both") {
    return new ServiceError(
      "InvalidSignatureException",
      "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.",
    );
  }
  if (parsed.fault === "mechanism") {
    return new ServiceError("MissingAuthenticationTokenException", "Missing Authentication Token");
  }
  return new ServiceError("IncompleteSignatureException", incomplete(request));
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

function refused(
  verdict: Exclude<Verdict, { kind: "good" }>,
  claim: Claim,
  signers: Signers,
): ServiceError {
  switch (verdict.kind) {
    case "ended":
      return new ServiceError(
        "ExpiredTokenException",
        "The security token included in the request is expired",
      );
    case "unknown key":
    case "wrong token":
      return new ServiceError(
        "UnrecognizedClientException",
        "The security token included in the request is invalid.",
      );
    case "skewed":
    case "early":
    case "expired":
      return new ServiceError("InvalidSignatureException", wrongTime(claim, signers.nowMs()));
    case "scope":
      return new ServiceError("InvalidSignatureException", wrongScope(verdict.part, signers));
    case "unsigned headers": {
      const names = verdict.names.join("', '");
      const message = `'${names}' must be a 'SignedHeader' in the AWS Authorization.`;
      return new ServiceError("InvalidSignatureException", message);
    }
    case "wrong signature":
      return new ServiceError("InvalidSignatureException", wrongSignature(verdict));
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

function wrongScope(part: string, { region }: Signers): string {
  switch (part) {
    case "region":
      return `Credential should be scoped to a valid region, not the one given; use '${region}'. `;
    case "service":
      return "Credential should be scoped to correct service: 'kinesis'. ";
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
