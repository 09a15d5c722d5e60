/**
 * Identity: the credentials of a target -> keys that sign, renewed before they end.
 *
 *   keys   long-lived ones, or a session's that somebody else has opened
 *   role   a role that those take on: AssumeRole, asked again when five minutes of the session are
 *          left (of a short one a quarter), or when a service says that it has ended
 *
 * A role's session is shared by all clients of a process, since the target is frozen and each role
 * stands in it once.
 *
 * The SDK is loaded at the first use: only who takes on a role needs it.
 *
 * Source: AWS STS API reference, AssumeRole.
 * Left out: session policies, external ids, several factors; the default chain of the SDK has more.
 */
import type { Credentials, KeyPair, RoleToAssume } from "../target.ts";
import { outside } from "./outside.ts";

export interface AwsKeys {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
  expiration?: Date;
}

export type KeySource = () => Promise<AwsKeys>;

const aheadMs = 300_000;
const known = new WeakMap<Credentials, { source: KeySource; forget?: () => void }>();

let chain: KeySource | null = null;

/** The keys of the moment. */
export function keySourceOf(credentials: Credentials | null): KeySource {
  if (credentials === null) return chain ??= defaultChain();
  const before = known.get(credentials);
  if (before !== undefined) return before.source;
  const made = "roleArn" in credentials ? sessions(credentials) : { source: fixed(credentials) };
  known.set(credentials, made);
  return made.source;
}

/**
 * Whether it helps to ask again after this error: a service says that the session has ended, and
 * there will be another one.
 */
export function hasRenewed(error: unknown, credentials: Credentials | null): boolean {
  const { name } = Object(error) as { name?: unknown };
  if (name !== "ExpiredToken" && name !== "ExpiredTokenException") return false;
  const forget = credentials === null ? undefined : known.get(credentials)?.forget;
  forget?.();
  return forget !== undefined;
}

/** As part of the configuration of an SDK's client, which has the default chain by itself. */
export function credentialsFor(credentials: Credentials | null): { credentials?: KeySource } {
  return credentials === null ? {} : { credentials: keySourceOf(credentials) };
}

function fixed({ accessKeyId, secretAccessKey, sessionToken }: KeyPair): KeySource {
  const keys = {
    accessKeyId,
    secretAccessKey: secretAccessKey.reveal(),
    ...(sessionToken === null ? {} : { sessionToken: sessionToken.reveal() }),
  };
  return () => Promise.resolve(keys);
}

/** One request at a time, however many clients want the keys; a failed one is not kept. */
function sessions(role: RoleToAssume): { source: KeySource; forget: () => void } {
  let keys: Promise<AwsKeys> | null = null;
  let renewMs = 0;
  const forget = () => void (keys = null);
  const source = async () => {
    if (keys === null || Date.now() >= renewMs) {
      const asked = keys = assume(role);
      renewMs = Infinity;
      asked.then(({ expiration }) => renewMs = renewalMs(expiration), forget);
    }
    return await keys;
  };
  return { source, forget };
}

/** When to ask again for a session that was opened now. */
export function renewalMs(expiration: Date | undefined, nowMs = Date.now()): number {
  if (expiration === undefined) return Infinity;
  const lifeMs = expiration.getTime() - nowMs;
  return expiration.getTime() - Math.min(aheadMs, lifeMs / 4);
}

/** @throws {OutsideError} in the words of STS. */
async function assume({ roleArn, sessionName, by, region, endpoint }: RoleToAssume) {
  const what = `take on the role ${roleArn}`;
  const { fromTemporaryCredentials } = await import("@aws-sdk/credential-providers");
  try {
    return await fromTemporaryCredentials({
      params: { RoleArn: roleArn, RoleSessionName: sessionName },
      clientConfig: { region, ...(endpoint === null ? {} : { endpoint }) },
      ...(by === null ? {} : { masterCredentials: keySourceOf(by) }),
    })();
  } catch (error) {
    throw outside(what, error, { retryable: mayPass(error) });
  }
}

/** Where the AWS SDK finds keys by itself: environment, profile, instance. */
function defaultChain(): KeySource {
  let chain: Promise<KeySource> | null = null;
  const open = async () =>
    (await import("@aws-sdk/credential-providers")).fromNodeProviderChain() as KeySource;
  return async () => await (await (chain ??= open()))();
}

/** What STS refuses stays refused; no answer, or one of its own troubles, may pass. */
function mayPass(error: unknown): boolean {
  const { $metadata, name } = Object(error) as {
    $metadata?: { httpStatusCode?: number };
    name?: string;
  };
  const status = $metadata?.httpStatusCode;
  if (status === undefined) return name !== "CredentialsProviderError";
  return status >= 500 || status === 429 || name === "Throttling";
}
