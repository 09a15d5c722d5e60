/**
 * Heartbeat (key 12): a group member says that it is alive.
 *
 *   request   group_id STRING, generation_id INT32, member_id STRING,
 *             group_instance_id NULLABLE_STRING (v3+)
 *   response  throttle_time_ms INT32 (v1+), error_code INT16
 *
 * Source: Apache Kafka, HeartbeatRequest.json and HeartbeatResponse.json.
 */
import type { Reader, Writer } from "../../net/bytes.ts";
import { denied, needs } from "../access.ts";
import type { Api, Call } from "../api.ts";
import type { ErrorCode } from "../errors.ts";
import type { MemberIdentity } from "../groups/member.ts";

export interface HeartbeatResponse {
  error: ErrorCode;
}

export const heartbeat: Api<MemberIdentity, HeartbeatResponse> = {
  key: 12,
  name: "Heartbeat",
  versions: { min: 0, max: 4 },
  flexibleFrom: 4,
  decode,
  handle,
  encode,
};

function decode(reader: Reader, version: number): MemberIdentity {
  const request = {
    groupId: reader.string(),
    generationId: reader.int32(),
    memberId: reader.string(),
    groupInstanceId: version >= 3 ? reader.nullableString() : null,
  };
  reader.tags();
  return request;
}

function handle(request: MemberIdentity, call: Call): HeartbeatResponse {
  const problem = denied(call, needs.heartbeat.group, request.groupId);
  return { error: problem ?? call.broker.coordinator.heartbeat(request) };
}

function encode(writer: Writer, { error }: HeartbeatResponse, version: number): void {
  if (version >= 1) writer.int32(0);
  writer.int16(error).tags();
}
