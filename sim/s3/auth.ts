/**
 * Who signed a request, in the words of S3, and how its body is to be read.
 *
 * Source: S3 API reference, "Authenticating Requests (AWS Signature Version 4)".
 * Left out: POST policies.
 */
import { anonymous, type Principal } from "../iam/principal.ts";
import {
  ChunkSignatures,
  type Claim,
  type ClaimFault,
  parseClaim,
  type Verdict,
  verifyClaim,
  type WireRequest,
} from "../net/sigv4.ts";
import { refusal, type S3Error } from "./errors.ts";
import type { PayloadPlan, S3Context } from "./http.ts";

/** Documented: the request's time and S3's may be 15 minutes apart. */
const skewMs = 900_000;
const unsigned = "UNSIGNED-PAYLOAD";
const streaming = {
  unsigned: "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
  signed: /^STREAMING-AWS4-HMAC-SHA256-PAYLOAD(-TRAILER)?$/,
};

export interface Authenticated {
  principal: Principal;
  /** Null: nobody has signed. */
  claim: Claim | null;
  payload: PayloadPlan;
}

/**
 * Without any signature it is an anonymous request, which a bucket's policy may allow.
 * @throws {S3Error} if there is one, and it is broken, late or not good
 */
export function authenticate(request: WireRequest, s3: S3Context): Authenticated {
  const parsed = parseClaim(request);
  if (parsed.kind === "anonymous") return unsignedRequest(request);
  if (parsed.kind === "malformed") throw malformed(parsed.fault, parsed.detail);
  const { claim } = parsed;
  const payloadHash = payloadHashOf(request, claim);
  const nowMs = s3.world.nowMs();
  const verdict = verifyClaim(request, claim, {
    region: s3.region,
    service: "s3",
    nowMs,
    skewMs,
    pathForm: "once",
    payloadHash,
    keyOf: s3.door.keyOf,
    mustSign: (name) => name.startsWith("x-amz-"),
    // Documented: names in lower case. Assumed: what is written otherwise is not signed.
    lowerCaseOnly: true,
  });
  if (verdict.kind !== "good") throw refused(verdict, claim, s3.region, nowMs);
  const signatures = streaming.signed.test(payloadHash)
    ? new ChunkSignatures(claim, verdict.key)
    : null;
  const payload = planPayload(request.headers, payloadHash, signatures);
  return { principal: verdict.principal, claim, payload };
}

/** @throws {S3Error} if its body is to have signatures */
function unsignedRequest({ headers }: WireRequest): Authenticated {
  const payloadHash = checkPayloadHash(headers.get("x-amz-content-sha256") ?? unsigned);
  if (streaming.signed.test(payloadHash)) throw refusal("AccessDenied");
  const payload = planPayload(headers, payloadHash, null);
  return { principal: anonymous, claim: null, payload };
}

function malformed(fault: ClaimFault, detail: string): S3Error {
  switch (fault) {
    case "both": {
      const ways = "the X-Amz-Algorithm query parameter, Signature query string parameter or the " +
        "Authorization header";
      return refusal(
        "InvalidArgument",
        {},
        `Only one auth mechanism allowed; only ${ways} should be specified`,
      );
    }
    case "mechanism": {
      const text = "The authorization mechanism you have provided is not supported. " +
        "Please use AWS4-HMAC-SHA256.";
      return refusal("InvalidRequest", {}, text);
    }
    case "header":
      return refusal(
        "AuthorizationHeaderMalformed",
        {},
        `The authorization header is malformed; ${detail}`,
      );
    case "query":
      return refusal("AuthorizationQueryParametersError", {}, detail);
    case "date":
      return refusal(
        "AccessDenied",
        {},
        "AWS authentication requires a valid Date or x-amz-date header",
      );
  }
}

/** What stands for the body in the canonical request. */
function payloadHashOf({ headers, query }: WireRequest, claim: Claim): string {
  const given = headers.get("x-amz-content-sha256");
  if (given !== undefined) return checkPayloadHash(given);
  if (claim.form === "query") {
    const [, hoisted] = /(?:^|&)X-Amz-Content-Sha256=([^&]*)/i.exec(query) ?? [];
    return hoisted === undefined ? unsigned : checkPayloadHash(hoisted);
  }
  const text = "Missing required header for this request: x-amz-content-sha256";
  throw refusal("InvalidRequest", {}, text);
}

function checkPayloadHash(text: string): string {
  const isKnown = text === unsigned || text === streaming.unsigned || streaming.signed.test(text);
  if (isKnown || /^[0-9a-f]{64}$/.test(text)) return text;
  const allowed = `${unsigned}, ${streaming.unsigned}, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, ` +
    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid sha256 value";
  const details = { ArgumentName: "x-amz-content-sha256", ArgumentValue: text };
  throw refusal("InvalidArgument", details, `x-amz-content-sha256 must be ${allowed}.`);
}

function planPayload(
  headers: ReadonlyMap<string, string>,
  payloadHash: string,
  signatures: ChunkSignatures | null,
): PayloadPlan {
  const encodings = (headers.get("content-encoding") ?? "").split(",").map((name) => name.trim());
  // Observed: some clients send only the marker, others only the encoding.
  const isEncoded = encodings.includes("aws-chunked") &&
    headers.has("x-amz-decoded-content-length");
  const isChunked = payloadHash.startsWith("STREAMING-") || isEncoded;
  return {
    sha256: /^[0-9a-f]{64}$/.test(payloadHash) && !isChunked ? payloadHash : null,
    isChunked,
    signatures,
  };
}

type Refused = Exclude<Verdict, { kind: "good" }>;

function refused(verdict: Refused, claim: Claim, region: string, nowMs: number): S3Error {
  const iso = (ms: number) => new Date(ms).toISOString().replace(/\.\d+/, "");
  const serverTime = { ServerTime: iso(nowMs) };
  switch (verdict.kind) {
    case "scope":
      return wrongScope(verdict.part, claim, region);
    case "skewed": {
      const times = { RequestTime: claim.timestamp, ...serverTime };
      return refusal("RequestTimeTooSkewed", {
        ...times,
        MaxAllowedSkewMilliseconds: String(skewMs),
      });
    }
    case "early":
      return refusal("AccessDenied", serverTime, "Request is not yet valid");
    case "expired": {
      const life = { "X-Amz-Expires": String(claim.expiresSeconds), Expires: iso(verdict.atMs) };
      return refusal("AccessDenied", { ...life, ...serverTime }, "Request has expired");
    }
    case "unknown key":
      return refusal("InvalidAccessKeyId", { AWSAccessKeyId: claim.accessKeyId });
    case "wrong token":
      return refusal("InvalidToken", { "Token-0": claim.token ?? "" });
    case "ended":
      return refusal("ExpiredToken", { "Token-0": claim.token ?? "" });
    case "unsigned headers": {
      const text = "There were headers present in the request which were not signed";
      return refusal("AccessDenied", { HeadersNotSigned: verdict.names.join(", ") }, text);
    }
    case "wrong signature":
      return wrongSignature(verdict.stringToSign, verdict.canonicalRequest, claim);
  }
}

function wrongScope(part: string, claim: Claim, region: string): S3Error {
  const [code, opening] = claim.form === "header"
    ? ["AuthorizationHeaderMalformed", "The authorization header is malformed"] as const
    : [
      "AuthorizationQueryParametersError",
      "Error parsing the X-Amz-Credential parameter",
    ] as const;
  if (part === "region") {
    const text = `${opening}; the region '${claim.region}' is wrong; expecting '${region}'`;
    return refusal(code, { Region: region }, text);
  }
  const text = part === "service"
    ? `incorrect service "${claim.service}". This endpoint belongs to "s3".`
    : part === "terminal"
    ? `incorrect terminal "${claim.terminal}". This endpoint uses "aws4_request".`
    : `Invalid credential date "${claim.date}". This date is not the same as X-Amz-Date: "${
      claim.timestamp.slice(0, 8)
    }".`;
  return refusal(code, {}, `${opening}; ${text}`);
}

function wrongSignature(stringToSign: string, canonicalRequest: string, claim: Claim): S3Error {
  return refusal("SignatureDoesNotMatch", {
    AWSAccessKeyId: claim.accessKeyId,
    StringToSign: stringToSign,
    SignatureProvided: claim.signature,
    StringToSignBytes: hexBytes(stringToSign),
    CanonicalRequest: canonicalRequest,
    CanonicalRequestBytes: hexBytes(canonicalRequest),
  });
}

function hexBytes(text: string): string {
  const bytes = new TextEncoder().encode(text);
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
}
