/**
 * SyncGroup (key 14): the leader hands in the assignments, every member gets its own.
 *
 *   request   group_id STRING, generation_id INT32, member_id STRING,
 *             group_instance_id NULLABLE_STRING (v3+), protocol_type NULLABLE_STRING (v5+),
 *             protocol_name NULLABLE_STRING (v5+), assignments [member_id STRING, assignment BYTES]
 *   response  throttle_time_ms INT32 (v1+), error_code INT16, protocol_type NULLABLE_STRING (v5+),
 *             protocol_name NULLABLE_STRING (v5+), assignment BYTES
 *
 * Source: Apache Kafka, SyncGroupRequest.json and SyncGroupResponse.json.
 */
import type { Reader, Writer } from "../../net/bytes.ts";
import { denied, needs } from "../access.ts";
import type { Api, Call } from "../api.ts";
import { syncRefused, type SyncRequest, type SyncResponse } from "../groups/member.ts";

export const syncGroup: Api<SyncRequest, SyncResponse> = {
  key: 14,
  name: "SyncGroup",
  versions: { min: 0, max: 5 },
  flexibleFrom: 4,
  decode,
  handle,
  encode,
};

function decode(reader: Reader, version: number): SyncRequest {
  const request = {
    groupId: reader.string(),
    generationId: reader.int32(),
    memberId: reader.string(),
    groupInstanceId: version >= 3 ? reader.nullableString() : null,
    protocolType: version >= 5 ? reader.nullableString() : null,
    protocolName: version >= 5 ? reader.nullableString() : null,
    assignments: reader.array(() => {
      const assignment = { memberId: reader.string(), assignment: reader.blob() };
      reader.tags();
      return assignment;
    }),
  };
  reader.tags();
  return request;
}

function handle(request: SyncRequest, call: Call): SyncResponse | Promise<SyncResponse> {
  const problem = denied(call, needs.syncGroup.group, request.groupId);
  return problem === null ? call.broker.coordinator.sync(request) : syncRefused(problem);
}

function encode(writer: Writer, response: SyncResponse, version: number): void {
  if (version >= 1) writer.int32(0);
  writer.int16(response.error);
  if (version >= 5) writer.nullableString(response.protocolType);
  if (version >= 5) writer.nullableString(response.protocolName);
  writer.blob(response.assignment).tags();
}
