/**
 * JoinGroup (key 11): a consumer asks to be in the next generation of its group.
 *
 *   request   group_id STRING, session_timeout_ms INT32, rebalance_timeout_ms INT32 (v1+),
 *             member_id STRING, group_instance_id NULLABLE_STRING (v5+), protocol_type STRING,
 *             protocols [name STRING, metadata BYTES], reason NULLABLE_STRING (v8+)
 *   response  throttle_time_ms INT32 (v2+), error_code INT16, generation_id INT32,
 *             protocol_type NULLABLE_STRING (v7+), protocol_name STRING (nullable v7+),
 *             leader STRING, skip_assignment BOOLEAN (v9+), member_id STRING,
 *             members [member_id STRING, group_instance_id NULLABLE_STRING (v5+), metadata BYTES]
 *
 * Source: Apache Kafka, JoinGroupRequest.json and JoinGroupResponse.json.
 */
import type { Reader, Writer } from "../../net/bytes.ts";
import { denied, needs } from "../access.ts";
import type { Api, Call } from "../api.ts";
import {
  joinRefused,
  type JoinRequest,
  type JoinResponse,
  type Protocol,
} from "../groups/member.ts";

export interface JoinGroupRequest {
  groupId: string;
  sessionTimeoutMs: number;
  rebalanceTimeoutMs: number;
  memberId: string;
  groupInstanceId: string | null;
  protocolType: string;
  protocols: Protocol[];
}

export const joinGroup: Api<JoinGroupRequest, JoinResponse> = {
  key: 11,
  name: "JoinGroup",
  versions: { min: 0, max: 9 },
  flexibleFrom: 6,
  decode,
  handle,
  encode,
};

function decode(reader: Reader, version: number): JoinGroupRequest {
  const groupId = reader.string();
  const sessionTimeoutMs = reader.int32();
  const request = {
    groupId,
    sessionTimeoutMs,
    rebalanceTimeoutMs: version >= 1 ? reader.int32() : sessionTimeoutMs,
    memberId: reader.string(),
    groupInstanceId: version >= 5 ? reader.nullableString() : null,
    protocolType: reader.string(),
    protocols: reader.array(() => {
      const protocol = { name: reader.string(), metadata: reader.blob() };
      reader.tags();
      return protocol;
    }),
  };
  if (version >= 8) reader.nullableString();
  reader.tags();
  return request;
}

function handle(request: JoinGroupRequest, call: Call) {
  const { broker, version, clientId } = call;
  const problem = denied(call, needs.joinGroup.group, request.groupId);
  if (problem !== null) return joinRefused(problem, request.memberId);
  const join: JoinRequest = {
    ...request,
    clientId,
    clientHost: "/127.0.0.1",
    requiresMemberId: version >= 4,
    canSkipAssignment: version >= 9,
  };
  return broker.coordinator.join(join);
}

function encode(writer: Writer, response: JoinResponse, version: number): void {
  const { protocolName, members } = response;
  if (version >= 2) writer.int32(0);
  writer.int16(response.error).int32(response.generationId);
  if (version >= 7) writer.nullableString(response.protocolType);
  writer.nullableString(version >= 7 ? protocolName : protocolName ?? "");
  writer.string(response.leader);
  if (version >= 9) writer.boolean(response.skipAssignment);
  writer.string(response.memberId);
  writer.array(members, ({ memberId, groupInstanceId, metadata }) => {
    writer.string(memberId);
    if (version >= 5) writer.nullableString(groupInstanceId);
    writer.blob(metadata).tags();
  });
  writer.tags();
}
