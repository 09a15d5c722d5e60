/**
 * Signature Version 4: a request as it came over the wire -> who signed it, or what is wrong.
 *
 *   in    method, raw path and query, headers by lower-case name (repeated ones joined by ",")
 *   out   a claim (what the request says about itself), then a verdict on it
 *
 * Written by hand although a library signs: a refused client is shown the canonical request,
 * which the library keeps to itself, and some clients sign headers it never would. The library
 * is the judge in the tests. Which words go with a fault is up to the service.
 *
 * Source: AWS, "Create a signed AWS API request"; S3 API reference, "Authenticating Requests".
 * Left out: SigV4A (asymmetric keys), SigV2.
 */
import { createHmac, hash } from "node:crypto";
import { decodeUri, encodeUri, encodeUriPath, parseQuery } from "./uri.ts";

export const algorithm = "AWS4-HMAC-SHA256";
export const presignedSecondsMax = 604_800;
const terminator = "aws4_request";
const emptySha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

export interface WireRequest {
  method: string;
  /** Raw, as in the first line, without the query. */
  path: string;
  /** Raw, without the question mark. */
  query: string;
  headers: ReadonlyMap<string, string>;
}

/** What a request says about its signature, well-formed but not believed yet. */
export interface Claim {
  form: "header" | "query";
  accessKeyId: string;
  /** `yyyymmdd`, as in the scope. */
  date: string;
  region: string;
  service: string;
  terminal: string;
  /** Lower case, in the order of the request. */
  signedHeaders: readonly string[];
  /** Those of them that the request does not write in lower case. */
  capitalized: readonly string[];
  signature: string;
  /** `yyyymmddThhmmssZ`. */
  timestamp: string;
  timestampMs: number;
  /** Lifetime of a presigned URL; null for the header form. */
  expiresSeconds: number | null;
  token: string | null;
}

export type ClaimFault =
  /** Authorization header and query parameters at once. */
  | "both"
  /** An Authorization header of another kind. */
  | "mechanism"
  | "header"
  | "query"
  /** No usable date. */
  | "date";

export type Parsed =
  | { kind: "anonymous" }
  | { kind: "malformed"; fault: ClaimFault; detail: string }
  | { kind: "claim"; claim: Claim };

type Malformed = Extract<Parsed, { kind: "malformed" }>;

function malformed(fault: ClaimFault, detail: string): Malformed {
  return { kind: "malformed", fault, detail };
}

/** Reads the Authorization header or the `X-Amz-*` parameters. */
export function parseClaim(request: WireRequest): Parsed {
  const authorization = request.headers.get("authorization");
  const inQuery = request.query.includes("X-Amz-");
  const parameters = new Map(inQuery ? parseQuery(request.query) ?? [] : []);
  const presigned = parameters.has("X-Amz-Algorithm") || parameters.has("X-Amz-Signature");
  if (authorization === undefined) {
    // A presigned URL of version 2, which some command lines still make.
    if (/(^|&)AWSAccessKeyId=/.test(request.query)) return malformed("mechanism", "AWS");
    return presigned ? parseQueryClaim(parameters) : { kind: "anonymous" };
  }
  if (presigned) return malformed("both", "");
  return parseHeaderClaim(authorization, request.headers);
}

function parseHeaderClaim(text: string, headers: ReadonlyMap<string, string>): Parsed {
  if (!text.startsWith(algorithm)) return malformed("mechanism", text.split(" ")[0] ?? "");
  const fields = new Map<string, string>();
  for (const part of text.slice(algorithm.length).split(",")) {
    const at = part.indexOf("=");
    if (at > 0) fields.set(part.slice(0, at).trim(), part.slice(at + 1).trim());
  }
  for (const name of ["Credential", "SignedHeaders", "Signature"]) {
    if (!fields.get(name)) return malformed("header", `missing ${name}`);
  }
  const timestamp = headers.get("x-amz-date") ?? compactDate(headers.get("date") ?? "");
  return makeClaim("header", {
    credential: fields.get("Credential") ?? "",
    signedHeaders: fields.get("SignedHeaders") ?? "",
    signature: fields.get("Signature") ?? "",
    timestamp,
    expiresSeconds: null,
    token: headers.get("x-amz-security-token") ?? null,
  });
}

const queryFields = ["Algorithm", "Credential", "Signature", "Date", "SignedHeaders", "Expires"];

function parseQueryClaim(parameters: ReadonlyMap<string, string>): Parsed {
  if (queryFields.some((name) => !parameters.get(`X-Amz-${name}`))) {
    const names = queryFields.slice(0, -1).map((name) => `X-Amz-${name}`).join(", ");
    const needs = `requires the ${names}, and X-Amz-Expires parameters.`;
    return malformed("query", `Query-string authentication version 4 ${needs}`);
  }
  if (parameters.get("X-Amz-Algorithm") !== algorithm) {
    return malformed("query", `X-Amz-Algorithm only supports "${algorithm}"`);
  }
  const expires = parameters.get("X-Amz-Expires") ?? "";
  const trouble = checkExpires(expires);
  if (trouble !== null) return malformed("query", trouble);
  return makeClaim("query", {
    credential: parameters.get("X-Amz-Credential") ?? "",
    signedHeaders: parameters.get("X-Amz-SignedHeaders") ?? "",
    signature: parameters.get("X-Amz-Signature") ?? "",
    timestamp: parameters.get("X-Amz-Date") ?? "",
    expiresSeconds: Number(expires),
    token: parameters.get("X-Amz-Security-Token") ?? null,
  });
}

function checkExpires(text: string): string | null {
  if (/^-[0-9]+$/.test(text)) return "X-Amz-Expires must be non-negative";
  if (!/^[0-9]+$/.test(text)) return "X-Amz-Expires should be a number";
  if (Number(text) <= presignedSecondsMax) return null;
  const given = `the given X-Amz-Expires must be less than ${presignedSecondsMax} seconds`;
  return `X-Amz-Expires must be less than a week (in seconds); that is, ${given}`;
}

interface Fields {
  credential: string;
  signedHeaders: string;
  signature: string;
  timestamp: string;
  expiresSeconds: number | null;
  token: string | null;
}

function makeClaim(form: Claim["form"], fields: Fields): Parsed {
  const scope = fields.credential.split("/");
  // An access key may hold slashes itself: the scope is counted from the end.
  const [date, region, service, terminal] = scope.slice(-4);
  const accessKeyId = scope.slice(0, -4).join("/");
  if (!accessKeyId || !date || !region || !service || !terminal) {
    const shape = `"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/${terminator}"`;
    return malformed(form, `the Credential is mal-formed; expecting ${shape}.`);
  }
  const timestampMs = parseTimestamp(fields.timestamp);
  if (timestampMs === null) return malformed("date", fields.timestamp);
  const { signature, timestamp, expiresSeconds, token } = fields;
  const names = fields.signedHeaders.split(";");
  const signedHeaders = names.map((name) => name.toLowerCase());
  const capitalized = signedHeaders.filter((name, index) => name !== names[index]);
  const scopeFields = { accessKeyId, date, region, service, terminal };
  return {
    kind: "claim",
    claim: {
      form,
      ...scopeFields,
      signedHeaders,
      capitalized,
      signature,
      timestamp,
      timestampMs,
      expiresSeconds,
      token,
    },
  };
}

/** `20260102T030405Z` -> milliseconds since 1970; null if it is none. */
export function parseTimestamp(text: string): number | null {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (parts === null) return null;
  const [, year, month, day, hour, minute, second] = parts;
  const ms = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(ms) ? null : ms;
}

function compactDate(text: string): string {
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) return text;
  return new Date(ms).toISOString().replace(/[-:]|\.\d+/g, "");
}

export type PathForm =
  /** S3: as decoded, encoded once, nothing removed. */
  | "once"
  /** Everyone else: dot segments and double slashes removed, then encoded a second time. */
  | "twice";

/** The text whose hash is signed. */
export function canonicalRequest(
  request: WireRequest,
  claim: Claim,
  payloadHash: string,
  pathForm: PathForm,
): string {
  const { method, path, query, headers } = request;
  const names = [...claim.signedHeaders].sort();
  let lines = "";
  for (const name of names) {
    lines += `${name}:${singleBlanks(headers.get(name) ?? "")}\n`;
  }
  return [
    method,
    pathForm === "once" ? encodedOnce(path) : encodedTwice(path),
    canonicalQuery(query),
    lines,
    names.join(";"),
    payloadHash,
  ].join("\n");
}

function singleBlanks(text: string): string {
  const trimmed = text.trim();
  // Few values have blanks at all, and a search costs less than a replacement.
  return /\s/.test(trimmed) ? trimmed.replace(/\s+/g, " ") : trimmed;
}

/** Segment by segment: an encoded slash is signed as it was sent, although it means the same. */
function encodedOnce(path: string): string {
  if (/^[A-Za-z0-9\-._~/]*$/.test(path)) return path || "/";
  const encodedAgain = (segment: string) => {
    const decoded = decodeUri(segment);
    return decoded === null ? segment : encodeUri(decoded);
  };
  return path.split("/").map(encodedAgain).join("/");
}

function encodedTwice(path: string): string {
  const kept: string[] = [];
  for (const segment of path.split("/")) {
    if (segment === "" || segment === ".") continue;
    if (segment === "..") kept.pop();
    else kept.push(segment);
  }
  const slash = kept.length > 0 && path.endsWith("/") ? "/" : "";
  return encodeUriPath(`/${kept.join("/")}${slash}`);
}

function canonicalQuery(raw: string): string {
  if (raw === "") return "";
  const parameters = parseQuery(raw);
  // No signer could have made this of it, and it must not stand for no query at all.
  if (parameters === null) return encodeUri(raw);
  const pairs = parameters.filter(([name]) => name !== "X-Amz-Signature")
    .map(([name, value]): [string, string] => [encodeUri(name), encodeUri(value)]);
  pairs.sort(([a, x], [b, y]) => a < b ? -1 : a > b ? 1 : x < y ? -1 : x > y ? 1 : 0);
  return pairs.map(([name, value]) => `${name}=${value}`).join("&");
}

export function scopeOf({ date, region, service, terminal }: Claim): string {
  return `${date}/${region}/${service}/${terminal}`;
}

export function stringToSign(claim: Claim, canonical: string): string {
  return `${algorithm}\n${claim.timestamp}\n${scopeOf(claim)}\n${sha256Hex(canonical)}`;
}

export function sha256Hex(data: string | Uint8Array): string {
  return hash("sha256", data, "hex");
}

export function hmacHex(key: Uint8Array, text: string): string {
  return createHmac("sha256", key).update(text).digest("hex");
}

function hmac(key: Uint8Array | string, text: string): Uint8Array {
  return createHmac("sha256", key).update(text).digest();
}

const keysMax = 64;
const keys = new Map<string, Uint8Array>();

/** The key of one day, region and service; the last few are remembered. */
export function signingKey(secret: string, claim: Claim): Uint8Array {
  const name = `${secret}\n${scopeOf(claim)}`;
  const known = keys.get(name);
  if (known !== undefined) return known;
  const { date, region, service, terminal } = claim;
  const key = hmac(hmac(hmac(hmac(`AWS4${secret}`, date), region), service), terminal);
  if (keys.size >= keysMax) keys.clear();
  keys.set(name, key);
  return key;
}

/** Compares in a time that does not tell how much is right. */
export function sameSignature(one: string, other: string): boolean {
  if (one.length !== other.length) return false;
  let difference = 0;
  for (let at = 0; at < one.length; at++) difference |= one.charCodeAt(at) ^ other.charCodeAt(at);
  return difference === 0;
}

/** Who signs, as far as a signature is concerned; all else is the caller's to know. */
export interface Signer {
  /** Null: of a key that does not end by itself. */
  session: { expiresMs: number } | null;
}

export interface SignersKey<Who extends Signer> {
  secretAccessKey: string;
  /** That a request must bring along; null: none. */
  sessionToken: string | null;
  principal: Who;
}

export interface Expected<Who extends Signer = Signer> {
  region: string;
  service: string;
  nowMs: number;
  /** How far the client's clock may be off, either way. */
  skewMs: number;
  pathForm: PathForm;
  /** Hex hash or the marker that stands for it. */
  payloadHash: string;
  keyOf(accessKeyId: string): SignersKey<Who> | undefined;
  /** Headers that must be signed if they are there. */
  mustSign(name: string): boolean;
  /** A name in SignedHeaders counts only in lower case. Default: it counts. */
  lowerCaseOnly?: boolean;
}

export type Verdict<Who extends Signer = Signer> =
  | { kind: "good"; key: Uint8Array; principal: Who }
  | { kind: "scope"; part: "date" | "region" | "service" | "terminal" }
  | { kind: "skewed" }
  | { kind: "early" }
  | { kind: "expired"; atMs: number }
  | { kind: "unknown key" }
  /** The session token is missing, another one's, or not a session's at all. */
  | { kind: "wrong token" }
  /** The session is over. */
  | { kind: "ended" }
  | { kind: "unsigned headers"; names: string[] }
  | { kind: "wrong signature"; stringToSign: string; canonicalRequest: string };

/** Believes a claim or says why not; the cheap and telling checks come first. */
export function verifyClaim<Who extends Signer>(
  request: WireRequest,
  claim: Claim,
  expected: Expected<Who>,
): Verdict<Who> {
  const part = wrongPart(claim, expected);
  if (part !== null) return { kind: "scope", part };
  const late = wrongTime(claim, expected);
  if (late !== null) return late;
  const accessKey = expected.keyOf(claim.accessKeyId);
  if (accessKey === undefined) return { kind: "unknown key" };
  if (claim.token !== accessKey.sessionToken) return { kind: "wrong token" };
  const { session } = accessKey.principal;
  if (session !== null && session.expiresMs <= expected.nowMs) return { kind: "ended" };
  const names = unsignedHeaders(request, claim, expected);
  if (expected.lowerCaseOnly) names.push(...claim.capitalized);
  if (names.length > 0) return { kind: "unsigned headers", names };
  const canonical = canonicalRequest(request, claim, expected.payloadHash, expected.pathForm);
  const text = stringToSign(claim, canonical);
  const key = signingKey(accessKey.secretAccessKey, claim);
  const { principal } = accessKey;
  if (sameSignature(hmacHex(key, text), claim.signature)) return { kind: "good", key, principal };
  return { kind: "wrong signature", stringToSign: text, canonicalRequest: canonical };
}

function wrongPart(
  claim: Claim,
  expected: Expected,
): "date" | "region" | "service" | "terminal" | null {
  if (claim.region !== expected.region) return "region";
  if (claim.service !== expected.service) return "service";
  if (claim.terminal !== terminator) return "terminal";
  return claim.timestamp.startsWith(claim.date) ? null : "date";
}

type Late = Extract<Verdict, { kind: "skewed" | "early" | "expired" }>;

function wrongTime(claim: Claim, { nowMs, skewMs }: Expected): Late | null {
  const { timestampMs, expiresSeconds } = claim;
  if (expiresSeconds === null) {
    return Math.abs(nowMs - timestampMs) > skewMs ? { kind: "skewed" } : null;
  }
  if (timestampMs - nowMs > skewMs) return { kind: "early" };
  const atMs = timestampMs + expiresSeconds * 1000;
  return nowMs > atMs ? { kind: "expired", atMs } : null;
}

function unsignedHeaders(request: WireRequest, claim: Claim, { mustSign }: Expected): string[] {
  const names: string[] = [];
  // Over HTTP/2 some clients sign the name that the address has there.
  const isAddressSigned = ["host", ":authority"].some((name) => claim.signedHeaders.includes(name));
  if (!isAddressSigned) names.push("host");
  for (const name of request.headers.keys()) {
    if (mustSign(name) && !claim.signedHeaders.includes(name)) names.push(name);
  }
  return names;
}

/** The chain of signatures of an `aws-chunked` body: each signs its piece and the one before. */
export class ChunkSignatures {
  readonly #key: Uint8Array;
  readonly #head: string;
  #previous: string;

  constructor(claim: Claim, key: Uint8Array) {
    this.#key = key;
    this.#head = `${claim.timestamp}\n${scopeOf(claim)}`;
    this.#previous = claim.signature;
  }

  /** The signature that the next chunk must carry. */
  chunk(sha256: string): string {
    return this.#next(`${algorithm}-PAYLOAD\n${this.#head}`, `${emptySha256}\n${sha256}`);
  }

  /** The signature of the trailing headers, `name:value\n` each. */
  trailers(text: string): string {
    return this.#next(`AWS4-HMAC-SHA256-TRAILER\n${this.#head}`, sha256Hex(text));
  }

  #next(head: string, tail: string): string {
    this.#previous = hmacHex(this.#key, `${head}\n${this.#previous}\n${tail}`);
    return this.#previous;
  }
}
