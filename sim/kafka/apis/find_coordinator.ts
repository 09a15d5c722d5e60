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
import { denialTexts, denied, needs } from "../access.ts";
import type { Api, Call } from "../api.ts";
import { host, nodeId } from "../broker.ts";
import { errors, type Refusal } from "../errors.ts";

export interface FindCoordinatorRequest {
  keys: string[];
  keyType: number;
}

interface FoundCoordinator extends Refusal {
  key: string;
}

export interface FindCoordinatorResponse {
  coordinators: FoundCoordinator[];
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

function handle({ keys, keyType }: FindCoordinatorRequest, call: Call): FindCoordinatorResponse {
  const find = keyType === 0 ? findGroup : findTransaction;
  const { port } = call.session.listener;
  return { coordinators: keys.map((key) => ({ key, ...find(key, call) })), port };
}

function findGroup(key: string, call: Call): Refusal {
  const error = denied(call, needs.findCoordinator.group, key);
  return error === null
    ? { error: errors.NONE, message: null }
    : { error, message: denialTexts[error] ?? null };
}

function findTransaction(key: string, call: Call): Refusal {
  const error = denied(call, needs.findCoordinator.transactionalId, key);
  if (error !== null) return { error, message: denialTexts[error] ?? null };
  return {
    error: errors.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
    message: "Transactions are not simulated",
  };
}

function encode(writer: Writer, response: FindCoordinatorResponse, version: number): void {
  const { coordinators, port } = response;
  const place = ({ error }: Refusal) => {
    const isFound = error === errors.NONE;
    return writer.int32(isFound ? nodeId : -1).string(isFound ? host : "")
      .int32(isFound ? port : -1);
  };
  if (version >= 1) writer.int32(0);
  if (version >= 4) {
    writer.array(coordinators, (coordinator) => {
      writer.string(coordinator.key);
      place(coordinator).int16(coordinator.error).nullableString(coordinator.message).tags();
    });
  } else {
    for (const coordinator of coordinators) {
      writer.int16(coordinator.error);
      if (version >= 1) writer.nullableString(coordinator.message);
      place(coordinator);
    }
  }
  writer.tags();
}
