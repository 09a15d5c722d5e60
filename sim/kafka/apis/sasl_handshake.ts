/**
 * SaslHandshake (key 17): which way of authentication the client will use.
 *
 *   request   mechanism STRING
 *   response  error_code INT16, mechanisms [STRING]
 *
 * Who has authenticated before may do so again, by the same mechanism: Kafka takes the handshake
 * of another one, and refuses what follows.
 *
 * Documented: on a listener without SASL the answer is ILLEGAL_SASL_STATE; a mechanism that it does
 * not have ends the connection behind the list of those that it has.
 *
 * Source: Apache Kafka, SaslHandshakeRequest.json and SaslHandshakeResponse.json; KIP-368.
 * Left out: raw SASL bytes without a Kafka header, which follow v0.
 */
import type { Reader, Writer } from "../../net/bytes.ts";
import type { Api, Call } from "../api.ts";
import { type ErrorCode, errors } from "../errors.ts";
import { type Exchange, refused } from "../sasl/mechanism.ts";

export interface SaslHandshakeRequest {
  mechanism: string;
}

export interface SaslHandshakeResponse {
  error: ErrorCode;
  mechanisms: readonly string[];
}

export const saslHandshake: Api<SaslHandshakeRequest, SaslHandshakeResponse> = {
  key: 17,
  name: "SaslHandshake",
  versions: { min: 0, max: 1 },
  flexibleFrom: Infinity,
  decode: (reader: Reader) => ({ mechanism: reader.string() }),
  handle,
  encode,
};

function handle({ mechanism: wanted }: SaslHandshakeRequest, { broker, session }: Call) {
  const { mechanisms } = session.listener;
  if (mechanisms.length === 0) return { error: errors.ILLEGAL_SASL_STATE, mechanisms };
  const mechanism = mechanisms.find((name) => name === wanted);
  if (mechanism === undefined) {
    session.isOver = true;
    return { error: errors.UNSUPPORTED_SASL_MECHANISM, mechanisms };
  }
  const isOther = session.mechanism !== null && session.mechanism !== mechanism;
  const exchange = isOther
    ? refusing(
      `SASL mechanism '${mechanism}' requested by client is not supported for ` +
        `re-authentication of mechanism '${session.mechanism}'`,
    )
    : broker.mechanisms[mechanism](broker.realmOf(session));
  session.attempt = { mechanism, exchange };
  return { error: errors.NONE, mechanisms };
}

function refusing(message: string): Exchange {
  return { next: () => refused(message) };
}

function encode(writer: Writer, { error, mechanisms }: SaslHandshakeResponse): void {
  writer.int16(error).array(mechanisms, (mechanism) => writer.string(mechanism));
}
