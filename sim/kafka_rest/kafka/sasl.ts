/**
 * SASL OAUTHBEARER with MSK's IAM tokens: a key -> a token, and the two requests that carry it.
 *
 *   token     base64url, unpadded, of `https://kafka.<region>.amazonaws.com/?Action=
 *             kafka-cluster%3AConnect&X-Amz-…`, presigned; `User-Agent` stands behind the signature
 *   message   `n,,` SOH `auth=Bearer <token>` SOH SOH
 *
 * A broker that does not take a token may answer a JSON text instead of an error; it is asked for
 * the error by a single SOH. A session that ends is renewed on its connection (KIP-368).
 *
 * Source: aws-msk-iam-sasl-signer-js; RFC 7628; Apache Kafka, SaslHandshakeRequest.json,
 * SaslAuthenticateRequest.json; KIP-368.
 */
import type { AccessKey } from "../../iam/principal.ts";
import { presignedQuery } from "../../net/sigv4_sign.ts";
import type { World } from "../../world.ts";
import { errorCodes, KafkaError } from "./errors.ts";
import type { KafkaRequest } from "./requests.ts";

/** As whom a client opens the brokers. */
export interface Login {
  region: string;
  /** The key of this moment: it may be another one by the next login. Throws where there is none. */
  credentials: () => AccessKey;
  /** Certificates that vouch for the brokers; default: the connection is not encrypted. */
  caCerts?: readonly string[];
  nowMs: World["nowMs"];
}

const mechanism = "OAUTHBEARER";
/** Documented: the longest that MSK takes. */
const tokenSecondsMax = 900;
const startOfHeader = "\x01";
/** Documented: Java's client renews after 85 to 95 % of a session, by chance. */
const shareOfLifetime = 0.9;

/** A token that opens MSK's brokers for a while, no longer than its key is good. */
export function mskToken({ region, credentials, nowMs }: Login): string {
  const host = `kafka.${region}.amazonaws.com`;
  const key = keyOf(credentials);
  const leftMs = (key.principal.session?.expiresMs ?? Infinity) - nowMs();
  const expiresSeconds = Math.max(1, Math.min(tokenSecondsMax, Math.floor(leftMs / 1000)));
  const query = presignedQuery(
    {
      method: "GET",
      path: "/",
      query: "Action=kafka-cluster%3AConnect",
      headers: [["Host", host]],
      body: new Uint8Array(0),
    },
    { credentials: key, region, service: "kafka-cluster", nowMs: nowMs() },
    expiresSeconds,
  );
  const url = `https://${host}/?${query}&User-Agent=rest-proxy`;
  return new TextEncoder().encode(url).toBase64({ alphabet: "base64url", omitPadding: true });
}

/** Documented: the words of aws-msk-iam-auth for a machine that has no credentials (any more). */
function keyOf(credentials: Login["credentials"]): AccessKey {
  try {
    return credentials();
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError) throw error; // Our bug.
    const reason = error instanceof Error ? error.message : String(error);
    throw refused(`Failed to find AWS IAM Credentials [Caused by ${reason}]`);
  }
}

/**
 * Logs in on a connection.
 * @param send how a request goes over it
 * @returns when the session is to be renewed, milliseconds since 1970; Infinity: never
 * @throws {KafkaError} of the kind `authentication` if the broker refuses
 */
export async function logIn(
  login: Login,
  send: <T>(request: KafkaRequest<T>) => Promise<T>,
): Promise<number> {
  const { error, mechanisms } = await send(handshake(mechanism));
  if (error !== errorCodes.none) throw unknownMechanism(mechanisms);
  const sinceMs = login.nowMs();
  const message = `n,,${startOfHeader}auth=Bearer ${
    mskToken(login)
  }${startOfHeader}${startOfHeader}`;
  const answer = await send(authenticate(message));
  if (answer.error !== errorCodes.none) throw refused(answer.message);
  if (answer.text !== "") {
    const { message } = await send(authenticate(startOfHeader));
    throw refused(message ?? answer.text);
  }
  const lifetimeMs = Number(answer.lifetimeMs);
  return lifetimeMs > 0 ? sinceMs + lifetimeMs * shareOfLifetime : Infinity;
}

/** Documented: the words of Java's UnsupportedSaslMechanismException. */
function unknownMechanism(enabled: readonly string[]): KafkaError {
  return new KafkaError(
    `Client SASL mechanism '${mechanism}' not enabled in the server, enabled mechanisms are ` +
      `[${enabled.join(", ")}]`,
    "authentication",
    errorCodes.unsupportedSaslMechanism,
  );
}

function refused(message: string | null): KafkaError {
  return new KafkaError(
    message ?? `Authentication failed due to invalid credentials with SASL mechanism ${mechanism}`,
    "authentication",
    errorCodes.saslAuthenticationFailed,
  );
}

/** SaslHandshake v1. */
export function handshake(
  mechanism: string,
): KafkaRequest<{ error: number; mechanisms: string[] }> {
  return {
    key: 17,
    version: 1,
    write: (writer) => void writer.string(mechanism),
    read: (reader) => ({
      error: reader.int16(),
      mechanisms: reader.array(() => reader.string()),
    }),
  };
}

export interface Authenticated {
  error: number;
  message: string | null;
  /** What the mechanism answers; empty if it has nothing more to say. */
  text: string;
  /** Of the session; 0 for no end. */
  lifetimeMs: bigint;
}

/** SaslAuthenticate v1. */
export function authenticate(message: string): KafkaRequest<Authenticated> {
  const bytes = new TextEncoder().encode(message);
  return {
    key: 36,
    version: 1,
    capacity: bytes.length + 4,
    write: (writer) => void writer.blob(bytes),
    read: (reader) => ({
      error: reader.int16(),
      message: reader.nullableString(),
      text: new TextDecoder().decode(reader.blob()),
      lifetimeMs: reader.int64(),
    }),
  };
}
