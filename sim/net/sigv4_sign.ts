/**
 * Signature Version 4, the other side: a request to an AWS service -> the header fields that sign
 * it, or the query. For services that call others with a role of their own, as the gateway does.
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
  type WireRequest,
} from "./sigv4.ts";
import { encodeUri } from "./uri.ts";

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
  const token = signing.credentials.sessionToken ?? null;
  const added: HeaderField[] = [["X-Amz-Date", timestampOf(signing)]];
  if (token !== null) added.push(["X-Amz-Security-Token", token]);
  const headers = byName([...request.headers, ...added]);
  const claim = claimOf("header", signing, headers);
  const signature = signatureOf({ ...request, headers }, claim, signing);
  const authorization = `${algorithm} Credential=${claim.accessKeyId}/${scopeOf(claim)}, ` +
    `SignedHeaders=${claim.signedHeaders.join(";")}, Signature=${signature}`;
  return [...added, ["Authorization", authorization]];
}

/** The query of a presigned URL that is good for so many seconds. */
export function presignedQuery(
  request: UnsignedRequest,
  signing: Signing,
  expiresSeconds: number,
): string {
  const headers = byName(request.headers);
  const claim = claimOf("query", signing, headers);
  const token = signing.credentials.sessionToken ?? null;
  const added = [
    ["X-Amz-Algorithm", algorithm],
    ["X-Amz-Credential", `${claim.accessKeyId}/${scopeOf(claim)}`],
    ["X-Amz-Date", claim.timestamp],
    ["X-Amz-Expires", String(expiresSeconds)],
    ...(token === null ? [] : [["X-Amz-Security-Token", token]]),
    ["X-Amz-SignedHeaders", claim.signedHeaders.join(";")],
  ].map(([name, value = ""]) => `${name}=${encodeUri(value)}`);
  const query = [request.query, ...added].filter((part) => part !== "").join("&");
  const signature = signatureOf({ ...request, query, headers }, claim, signing);
  return `${query}&X-Amz-Signature=${signature}`;
}

function timestampOf({ nowMs }: Signing): string {
  return new Date(nowMs).toISOString().replace(/[-:]|\.\d+/g, "");
}

function byName(headers: readonly HeaderField[]): Map<string, string> {
  return new Map(headers.map(([name, value]) => [name.toLowerCase(), value]));
}

/** What is signed, but for the signature; every header is. */
function claimOf(
  form: Claim["form"],
  signing: Signing,
  headers: ReadonlyMap<string, string>,
): Claim {
  const { credentials, region, service, nowMs } = signing;
  const timestamp = timestampOf(signing);
  return {
    form,
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
    token: credentials.sessionToken ?? null,
  };
}

function signatureOf(
  request: WireRequest & { body: Uint8Array },
  claim: Claim,
  { credentials, service }: Signing,
): string {
  const form = service === "s3" ? "once" : "twice";
  const canonical = canonicalRequest(request, claim, sha256Hex(request.body), form);
  return hmacHex(signingKey(credentials.secretAccessKey, claim), stringToSign(claim, canonical));
}
