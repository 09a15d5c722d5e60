/**
 * LeaveGroup (key 13): members go, and the others need not wait for their time-out.
 *
 *   request   group_id STRING, member_id STRING (v0-2), members [member_id STRING,
 *             group_instance_id NULLABLE_STRING, reason NULLABLE_STRING (v5+)] (v3+)
 *   response  throttle_time_ms INT32 (v1+), error_code INT16, members [member_id STRING,
 *             group_instance_id NULLABLE_STRING, error_code INT16] (v3+)
 *
 * Source: Apache Kafka, LeaveGroupRequest.json and LeaveGroupResponse.json.
 */
import type { Reader, Writer } from "../../net/bytes.ts";
import { denied, needs } from "../access.ts";
import type { Api, Call } from "../api.ts";
import { type ErrorCode, errors } from "../errors.ts";

interface Leaver {
  memberId: string;
  groupInstanceId: string | null;
}

export interface LeaveGroupRequest {
  groupId: string;
  members: Leaver[];
}

export interface LeaveGroupResponse {
  error: ErrorCode;
  members: (Leaver & { error: ErrorCode })[];
}

export const leaveGroup: Api<LeaveGroupRequest, LeaveGroupResponse> = {
  key: 13,
  name: "LeaveGroup",
  versions: { min: 0, max: 5 },
  flexibleFrom: 4,
  decode,
  handle,
  encode,
};

function decode(reader: Reader, version: number): LeaveGroupRequest {
  const groupId = reader.string();
  const members = version <= 2
    ? [{ memberId: reader.string(), groupInstanceId: null }]
    : reader.array(() => {
      const member = { memberId: reader.string(), groupInstanceId: reader.nullableString() };
      if (version >= 5) reader.nullableString();
      reader.tags();
      return member;
    });
  reader.tags();
  return { groupId, members };
}

function handle({ groupId, members }: LeaveGroupRequest, call: Call) {
  const { broker, version } = call;
  const problem = denied(call, needs.leaveGroup.group, groupId);
  if (problem !== null) return { error: problem, members: [] };
  if (groupId === "") return { error: errors.INVALID_GROUP_ID, members: [] };
  const left = members.map((member) => ({
    ...member,
    error: broker.coordinator.leave(groupId, member.memberId, member.groupInstanceId),
  }));
  // Until v2 there is one member and no list: its error is the answer's.
  return { error: version <= 2 ? left[0]?.error ?? errors.NONE : errors.NONE, members: left };
}

function encode(writer: Writer, response: LeaveGroupResponse, version: number): void {
  if (version >= 1) writer.int32(0);
  writer.int16(response.error);
  if (version >= 3) {
    writer.array(response.members, ({ memberId, groupInstanceId, error }) => {
      writer.string(memberId).nullableString(groupInstanceId).int16(error).tags();
    });
  }
  writer.tags();
}
