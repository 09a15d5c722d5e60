/**
 * DeleteGroups (key 42): groups without members go, with the offsets they committed.
 *
 *   request   groups_names [STRING]
 *   response  throttle_time_ms INT32, results [group_id STRING, error_code INT16]
 *
 * Source: Apache Kafka, DeleteGroupsRequest.json and DeleteGroupsResponse.json.
 */
import type { Reader, Writer } from "../../net/bytes.ts";
import { StorageError } from "../../storage/append_file.ts";
import { denied, needs } from "../access.ts";
import type { Api, Call } from "../api.ts";
import type { Broker } from "../broker.ts";
import { type ErrorCode, errors } from "../errors.ts";

export interface DeleteGroupsRequest {
  groups: string[];
}

export interface DeleteGroupsResponse {
  results: { id: string; error: ErrorCode }[];
}

export const deleteGroups: Api<DeleteGroupsRequest, DeleteGroupsResponse> = {
  key: 42,
  name: "DeleteGroups",
  versions: { min: 0, max: 2 },
  flexibleFrom: 2,
  decode,
  handle,
  encode,
};

function decode(reader: Reader): DeleteGroupsRequest {
  const groups = reader.array(() => reader.string());
  reader.tags();
  return { groups };
}

function handle({ groups }: DeleteGroupsRequest, call: Call): DeleteGroupsResponse {
  return {
    results: groups.map((id) => ({
      id,
      error: denied(call, needs.deleteGroups.group, id) ?? deleteOne(id, call.broker),
    })),
  };
}

function deleteOne(id: string, broker: Broker): ErrorCode {
  try {
    return broker.coordinator.delete(id);
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    return errors.COORDINATOR_NOT_AVAILABLE;
  }
}

function encode(writer: Writer, { results }: DeleteGroupsResponse): void {
  writer.int32(0);
  writer.array(results, ({ id, error }) => writer.string(id).int16(error).tags());
  writer.tags();
}
