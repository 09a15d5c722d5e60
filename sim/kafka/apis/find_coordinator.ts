/**
 * FindCoordinator (key 10): the broker that looks after a group: this one.
 *
 *   request   key STRING (v0-3), key_type INT8: 0 group, 1 transaction (v1+),
 *             coordinator_keys [STRING] (v4+)
 *   response  throttle_time_ms INT32 (v1+), then v0-3: error_code INT16,
 *             error_message NULLABLE_STRING (v1+), node_id INT32, host STRING, port INT32;
 *             v4+: coordinators [key STRING, node_id INT32, host STRING, port INT32,
 *             error_code INT16, error_message NULLABLE_STRING]
 *
 * Source: Apache Kafka, FindCoordinatorRequest.json and FindCoordinatorResponse.json.
 * Left out: transactions, refused as not authorised, which clients take as final.
 */
import type { Reader, Writer } from "../../net/bytes.ts";
import type { Api, Call } from "../api.ts";
import { host, nodeId } from "../broker.ts";
import { type ErrorCode, errors } from "../errors.ts";

export interface FindCoordinatorRequest {
  keys: string[];
  keyType: number;
}

export interface FindCoordinatorResponse {
  keys: string[];
  error: ErrorCode;
  message: string | null;
  port: number;
}

export const findCoordinator: Api<FindCoordinatorRequest, FindCoordinatorResponse> = {
  key: 10,
  name: "FindCoordinator",
  versions: { min: 0, max: 4 },
  flexibleFrom: 3,
  decode,
  handle,
  encode,
};

function decode(reader: Reader, version: number): FindCoordinatorRequest {
  const key = version <= 3 ? reader.string() : "";
  const keyType = version >= 1 ? reader.int8() : 0;
  const keys = version >= 4 ? reader.array(() => reader.string()) : [key];
  reader.tags();
  return { keys, keyType };
}

function handle({ keys, keyType }: FindCoordinatorRequest, { session }: Call) {
  const { port } = session.listener;
  if (keyType === 0) return { keys, error: errors.NONE, message: null, port };
  return {
    keys,
    error: errors.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
    message: "Transactions are not simulated",
    port,
  };
}

function encode(writer: Writer, response: FindCoordinatorResponse, version: number): void {
  const { keys, error, message, port } = response;
  const isFound = error === errors.NONE;
  const place = () =>
    writer.int32(isFound ? nodeId : -1).string(isFound ? host : "").int32(isFound ? port : -1);
  if (version >= 1) writer.int32(0);
  if (version >= 4) {
    writer.array(keys, (key) => {
      writer.string(key);
      place().int16(error).nullableString(message).tags();
    });
  } else {
    writer.int16(error);
    if (version >= 1) writer.nullableString(message);
    place();
  }
  writer.tags();
}
