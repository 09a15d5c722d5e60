/**
 * SaslHandshake (key 17): which way of authentication the client will use.
 *
 *   request   mechanism STRING
 *   response  error_code INT16, mechanisms [STRING]
 *
 * Documented: on a listener without SASL the answer is ILLEGAL_SASL_STATE.
 *
 * Source: Apache Kafka, SaslHandshakeRequest.json and SaslHandshakeResponse.json.
 * Left out: raw SASL bytes without a Kafka header, which follow v0; mechanisms other than PLAIN.
 */
import type { Reader, Writer } from "../../net/bytes.ts";
import type { Api, Call } from "../api.ts";
import { type ErrorCode, errors } from "../errors.ts";

export interface SaslHandshakeRequest {
  mechanism: string;
}

export interface SaslHandshakeResponse {
  error: ErrorCode;
  mechanisms: string[];
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

function handle({ mechanism }: SaslHandshakeRequest, { broker, session }: Call) {
  if (broker.options.saslUsers === undefined) {
    return { error: errors.ILLEGAL_SASL_STATE, mechanisms: [] };
  }
  const mechanisms = ["PLAIN"];
  if (!mechanisms.includes(mechanism)) {
    return { error: errors.UNSUPPORTED_SASL_MECHANISM, mechanisms };
  }
  session.mechanism = mechanism;
  return { error: errors.NONE, mechanisms };
}

function encode(writer: Writer, { error, mechanisms }: SaslHandshakeResponse): void {
  writer.int16(error).array(mechanisms, (mechanism) => writer.string(mechanism));
}
