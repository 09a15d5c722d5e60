/**
 * SaslAuthenticate (key 36): who the client is, in as many messages as the mechanism takes.
 *
 *   request   auth_bytes BYTES: the mechanism's, see sim/kafka/sasl
 *   response  error_code INT16, error_message NULLABLE_STRING, auth_bytes BYTES,
 *             session_lifetime_ms INT64 (v1+): 0 for no end
 *
 * A client that authenticates again stays who it is. Whoever is refused is told why, and the
 * connection ends.
 *
 * Source: Apache Kafka, SaslAuthenticateRequest.json and SaslAuthenticateResponse.json; KIP-368.
 */
import { anonymous, nameOf, type Principal } from "../../iam/principal.ts";
import type { Reader, Writer } from "../../net/bytes.ts";
import type { Api, Call } from "../api.ts";
import { errors, type Refusal } from "../errors.ts";
import type { Proof } from "../sasl/mechanism.ts";
import type { Session } from "../session.ts";

export interface SaslAuthenticateRequest {
  authBytes: Uint8Array;
}

export interface SaslAuthenticateResponse extends Refusal {
  authBytes: Uint8Array;
  lifetimeMs: bigint;
}

export const saslAuthenticate: Api<SaslAuthenticateRequest, SaslAuthenticateResponse> = {
  key: 36,
  name: "SaslAuthenticate",
  versions: { min: 0, max: 2 },
  flexibleFrom: 2,
  decode,
  handle,
  encode,
};

const noBytes = new Uint8Array(0);

function decode(reader: Reader): SaslAuthenticateRequest {
  const request = { authBytes: reader.blob() };
  reader.tags();
  return request;
}

function handle({ authBytes }: SaslAuthenticateRequest, call: Call): SaslAuthenticateResponse {
  const { session } = call;
  if (session.attempt === null) return outOfPlace(session);
  const step = session.attempt.exchange.next(authBytes);
  switch (step.kind) {
    case "challenge":
      return granted(step.bytes);
    case "refused":
      call.note?.because(step.why);
      return refuse(session, step.message);
    case "proven":
      return take(step.proof, step.bytes, call);
  }
}

function granted(authBytes: Uint8Array, lifetimeMs = 0n): SaslAuthenticateResponse {
  return { error: errors.NONE, message: null, authBytes, lifetimeMs };
}

/** Documented: who has authenticated goes on as before. */
function outOfPlace(session: Session): SaslAuthenticateResponse {
  const isStranger = session.principal.kind === "anonymous";
  session.isOver = isStranger;
  return {
    ...granted(noBytes),
    error: errors.ILLEGAL_SASL_STATE,
    message: isStranger
      ? "SaslAuthenticate request received before a successful SaslHandshake"
      : "SaslAuthenticate request received after successful authentication",
  };
}

function refuse(session: Session, message: string): SaslAuthenticateResponse {
  session.principal = anonymous;
  session.attempt = null;
  session.isOver = true;
  return { ...granted(noBytes), error: errors.SASL_AUTHENTICATION_FAILED, message };
}

function take(
  { principal, endsMs }: Proof,
  bytes: Uint8Array,
  { broker, session, note }: Call,
): SaslAuthenticateResponse {
  const before = session.principal;
  if (before.kind !== "anonymous" && kafkaName(before) !== kafkaName(principal)) {
    const change = `${kafkaName(before)}: ${kafkaName(principal)}`;
    return refuse(session, `Cannot change principals during re-authentication from ${change}`);
  }
  note?.asks(principal, saslAuthenticate.name);
  session.principal = principal;
  session.mechanism = session.attempt?.mechanism ?? null;
  session.attempt = null;
  session.endsMs = endsMs;
  const leftMs = Math.max(0, endsMs - broker.nowMs());
  return granted(bytes, endsMs === Infinity ? 0n : BigInt(Math.floor(leftMs)));
}

/** As Kafka names who has authenticated. */
function kafkaName(principal: Principal): string {
  return `User.${nameOf(principal)}`;
}

function encode(writer: Writer, response: SaslAuthenticateResponse, version: number): void {
  const { error, message, authBytes, lifetimeMs } = response;
  writer.int16(error).nullableString(message).blob(authBytes);
  if (version >= 1) writer.int64(lifetimeMs);
  writer.tags();
}
