/**
 * SaslAuthenticate (key 36): who the client is.
 *
 *   request   auth_bytes BYTES: for PLAIN authorisation id NUL user NUL password
 *   response  error_code INT16, error_message NULLABLE_STRING, auth_bytes BYTES,
 *             session_lifetime_ms INT64 (v1+): 0 for no end
 *
 * Source: Apache Kafka, SaslAuthenticateRequest.json and SaslAuthenticateResponse.json; RFC 4616.
 */
import { anonymous } from "../../iam/principal.ts";
import type { Reader, Writer } from "../../net/bytes.ts";
import type { Api, Call } from "../api.ts";
import { errors, type Refusal } from "../errors.ts";

export interface SaslAuthenticateRequest {
  authBytes: Uint8Array;
}

export const saslAuthenticate: Api<SaslAuthenticateRequest, Refusal> = {
  key: 36,
  name: "SaslAuthenticate",
  versions: { min: 0, max: 2 },
  flexibleFrom: 2,
  decode,
  handle,
  encode,
};

function decode(reader: Reader): SaslAuthenticateRequest {
  const request = { authBytes: reader.blob() };
  reader.tags();
  return request;
}

function handle({ authBytes }: SaslAuthenticateRequest, { broker, session }: Call): Refusal {
  if (session.mechanism === null) {
    return {
      error: errors.ILLEGAL_SASL_STATE,
      message: "SaslAuthenticate request received before a successful SaslHandshake",
    };
  }
  const [, user = "", password] = new TextDecoder().decode(authBytes).split("\0");
  const users = broker.options.saslUsers ?? {};
  const isRight = Object.hasOwn(users, user) && users[user] === password;
  session.principal = isRight ? { kind: "account", name: user } : anonymous;
  return isRight ? { error: errors.NONE, message: null } : {
    error: errors.SASL_AUTHENTICATION_FAILED,
    message: "Authentication failed: Invalid username or password",
  };
}

function encode(writer: Writer, { error, message }: Refusal, version: number): void {
  writer.int16(error).nullableString(message).blob(new Uint8Array(0));
  if (version >= 1) writer.int64(0n);
  writer.tags();
}
