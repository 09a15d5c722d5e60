/**
 * Signature Version 4, the other side: a request to an AWS service -> the header fields that sign
 * it. For services that call others with a role of their own, as the gateway does.
 *
 * Source: AWS, "Create a signed AWS API request".
 */
import type { HeaderField } from "./http_wire.ts";
import {
  algorithm,
  canonicalRequest,
  type Claim,
  hmacHex,
  scopeOf,
  sha256Hex,
  signingKey,
  stringToSign,
} from "./sigv4.ts";

export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  /** Of temporary credentials only. */
  sessionToken?: string | null;
}

export interface UnsignedRequest {
  method: string;
  path: string;
  /** Raw, without the question mark. */
  query: string;
  /** With Host; all of them are signed. */
  headers: readonly HeaderField[];
  body: Uint8Array;
}

export interface Signing {
  credentials: Credentials;
  region: string;
  service: string;
  nowMs: number;
}

/** The fields to add: date, token and Authorization. */
export function signatureHeaders(request: UnsignedRequest, signing: Signing): HeaderField[] {
  const { credentials, region, service, nowMs } = signing;
  const timestamp = new Date(nowMs).toISOString().replace(/[-:]|\.\d+/g, "");
  const added: HeaderField[] = [["X-Amz-Date", timestamp]];
  const token = credentials.sessionToken ?? null;
  if (token !== null) added.push(["X-Amz-Security-Token", token]);
  const headers = new Map(
    [...request.headers, ...added].map(([name, value]) => [name.toLowerCase(), value]),
  );
  const claim: Claim = {
    form: "header",
    accessKeyId: credentials.accessKeyId,
    date: timestamp.slice(0, 8),
    region,
    service,
    terminal: "aws4_request",
    signedHeaders: [...headers.keys()].sort(),
    capitalized: [],
    signature: "",
    timestamp,
    timestampMs: nowMs,
    expiresSeconds: null,
    token,
  };
  const canonical = canonicalRequest(
    { ...request, headers },
    claim,
    sha256Hex(request.body),
    service === "s3" ? "once" : "twice",
  );
  const key = signingKey(credentials.secretAccessKey, claim);
  const signature = hmacHex(key, stringToSign(claim, canonical));
  const authorization = `${algorithm} Credential=${claim.accessKeyId}/${scopeOf(claim)}, ` +
    `SignedHeaders=${claim.signedHeaders.join(";")}, Signature=${signature}`;
  return [...added, ["Authorization", authorization]];
}
