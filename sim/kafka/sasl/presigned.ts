/**
 * Presigned: the query of a presigned `kafka-cluster:Connect` -> whose it is, and how long it holds.
 *
 * Both mechanisms of MSK end here: they differ in how the query travels and which host it names. A
 * proof ends with its signature's lifetime or with the session of its key, whichever is first.
 *
 * Observed (public issues of 2021 to 2025, with Java, librdkafka and kafka-python alike): whatever
 * is wrong, the client is told `[<id>]: Access denied` and no more.
 *
 * Source: aws-msk-iam-auth, README; IAM user guide, "Create a signed AWS API request".
 */
import { parseClaim, type Verdict, verifyClaim } from "../../net/sigv4.ts";
import { parseQuery } from "../../net/uri.ts";
import { type Exchange, proven, type Realm, refused, type Step } from "./mechanism.ts";

export const connectAction = "kafka-cluster:Connect";
const service = "kafka-cluster";
/** Of no bytes: a GET has no body. */
const noPayload = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
/** Documented for AWS's services but S3: five minutes. */
const skewMs = 300_000;

export interface Presigned {
  /** Raw, without the question mark. */
  query: string;
  /** As it was signed. */
  host: string;
}

/** @param bytes what the client is told of success */
export function provenBy({ query, host }: Presigned, realm: Realm, bytes?: Uint8Array): Step {
  const request = { method: "GET", path: "/", query, headers: new Map([["host", host]]) };
  const parsed = parseClaim(request);
  if (parsed.kind === "malformed") return accessDenied(realm, parsed.detail);
  if (parsed.kind === "anonymous") return accessDenied(realm, "it is not signed");
  const { cluster } = realm;
  if (!asksToConnect(query)) return accessDenied(realm, `it does not ask for ${connectAction}`);
  const { claim } = parsed;
  const verdict = verifyClaim(request, claim, {
    region: cluster.region,
    service,
    nowMs: realm.nowMs(),
    skewMs,
    pathForm: "twice",
    payloadHash: noPayload,
    keyOf: (id) => cluster.door.keyOf(id),
    mustSign: () => false,
  });
  if (verdict.kind !== "good") return accessDenied(realm, faultOf(verdict));
  const { principal } = verdict;
  const refusal = cluster.door.refusalOf({
    principal,
    action: connectAction,
    resource: cluster.arn,
    context: realm.context,
  });
  if (refusal !== null) return accessDenied(realm, refusal.message);
  const signedUntilMs = claim.timestampMs + (claim.expiresSeconds ?? 0) * 1000;
  return proven(
    principal,
    bytes,
    Math.min(signedUntilMs, principal.session?.expiresMs ?? Infinity),
  );
}

/** Once: another one beside it would be signed too, and who knows which counts. */
function asksToConnect(query: string): boolean {
  const actions = (parseQuery(query) ?? []).filter(([name]) => name === "Action");
  return actions.length === 1 && actions[0]?.[1] === connectAction;
}

function faultOf(verdict: Exclude<Verdict, { kind: "good" }>): string {
  switch (verdict.kind) {
    case "scope":
      return `its scope has another ${verdict.part}`;
    case "wrong signature":
      return `wrong signature of:\n${withoutToken(verdict.canonicalRequest)}`;
    case "unsigned headers":
      return `not signed: ${verdict.names.join(", ")}`;
    case "expired":
      return `it ended ${new Date(verdict.atMs).toISOString()}`;
    case "ended":
      return "the session of its key has ended";
    default:
      return verdict.kind;
  }
}

/** It opens what its session opens, to whoever has the secret as well, and lines are kept in logs. */
function withoutToken(canonicalRequest: string): string {
  return canonicalRequest.replace(/(X-Amz-Security-Token=)[^&\n]*/g, "$1…");
}

export function accessDenied(realm: Realm, why: string): Step {
  return refused(`[${realm.newRequestId()}]: Access denied`, why);
}

/** A mechanism of a single message. */
export function once(answer: (message: Uint8Array) => Step): Exchange {
  return { next: answer };
}
