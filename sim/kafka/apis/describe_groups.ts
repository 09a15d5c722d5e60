/**
 * DescribeGroups (key 15): the state of groups, and who is in them.
 *
 *   request   groups [STRING], include_authorized_operations BOOLEAN (v3+)
 *   response  throttle_time_ms INT32 (v1+), groups [error_code INT16, group_id STRING,
 *             group_state STRING, protocol_type STRING, protocol_data STRING,
 *             members [member_id STRING, group_instance_id NULLABLE_STRING (v4+),
 *             client_id STRING, client_host STRING, member_metadata BYTES,
 *             member_assignment BYTES], authorized_operations INT32 (v3+)]
 *
 * Documented: a group that nobody knows is not an error, but has the state Dead.
 *
 * Source: Apache Kafka, DescribeGroupsRequest.json and DescribeGroupsResponse.json.
 * Left out: authorized operations (answered as not asked for).
 */
import type { Reader, Writer } from "../../net/bytes.ts";
import { denied, needs } from "../access.ts";
import type { Api, Call } from "../api.ts";
import { type ErrorCode, errors } from "../errors.ts";
import type { Group } from "../groups/group.ts";
import type { Member } from "../groups/member.ts";

export interface DescribeGroupsRequest {
  groups: string[];
}

export interface DescribeGroupsResponse {
  groups: { id: string; group: Group | undefined; error?: ErrorCode }[];
}

const authorizedOperationsUnknown = -2147483648;

export const describeGroups: Api<DescribeGroupsRequest, DescribeGroupsResponse> = {
  key: 15,
  name: "DescribeGroups",
  versions: { min: 0, max: 5 },
  flexibleFrom: 5,
  decode,
  handle,
  encode,
};

function decode(reader: Reader, version: number): DescribeGroupsRequest {
  const groups = reader.array(() => reader.string());
  if (version >= 3) reader.boolean();
  reader.tags();
  return { groups };
}

function handle({ groups }: DescribeGroupsRequest, call: Call): DescribeGroupsResponse {
  return {
    groups: groups.map((id) => {
      const error = denied(call, needs.describeGroups.group, id);
      if (error !== null) return { id, group: undefined, error };
      return { id, group: call.broker.coordinator.get(id) };
    }),
  };
}

function encode(writer: Writer, { groups }: DescribeGroupsResponse, version: number): void {
  if (version >= 1) writer.int32(0);
  writer.array(groups, ({ id, group, error = errors.NONE }) => {
    const protocol = group?.state === "Stable" ? group.protocolName : null;
    const unknown = error === errors.NONE ? "Dead" : "";
    writer.int16(error).string(id).string(group?.state ?? unknown);
    writer.string(group?.protocolType ?? "").string(protocol ?? "");
    const members = [...group?.members.values() ?? []];
    writer.array(members, (member) => encodeMember(writer, member, protocol, version));
    if (version >= 3) writer.int32(authorizedOperationsUnknown);
    writer.tags();
  });
  writer.tags();
}

function encodeMember(
  writer: Writer,
  member: Member,
  protocol: string | null,
  version: number,
): void {
  writer.string(member.id);
  if (version >= 4) writer.nullableString(member.groupInstanceId);
  writer.string(member.clientId).string(member.clientHost);
  writer.blob(member.metadataFor(protocol)).blob(member.assignment).tags();
}
