/**
 * ListGroups (key 16): all groups of this broker.
 *
 *   request   states_filter [STRING] (v4+), empty for all
 *   response  throttle_time_ms INT32 (v1+), error_code INT16, groups [group_id STRING,
 *             protocol_type STRING, group_state STRING (v4+)]
 *
 * Source: Apache Kafka, ListGroupsRequest.json and ListGroupsResponse.json.
 */
import type { Reader, Writer } from "../../net/bytes.ts";
import { mayBeTold, needs } from "../access.ts";
import type { Api, Call } from "../api.ts";
import { errors } from "../errors.ts";

export interface ListGroupsRequest {
  states: string[];
}

export interface ListGroupsResponse {
  groups: { id: string; protocolType: string; state: string }[];
}

export const listGroups: Api<ListGroupsRequest, ListGroupsResponse> = {
  key: 16,
  name: "ListGroups",
  versions: { min: 0, max: 4 },
  flexibleFrom: 3,
  decode,
  handle,
  encode,
};

function decode(reader: Reader, version: number): ListGroupsRequest {
  const states = version >= 4 ? reader.array(() => reader.string()) : [];
  reader.tags();
  return { states };
}

function handle({ states }: ListGroupsRequest, call: Call): ListGroupsResponse {
  const seesAll = mayBeTold(call, needs.listGroups.cluster);
  const groups = call.broker.coordinator.all()
    .filter(({ id }) => seesAll || mayBeTold(call, needs.listGroups.group, id))
    .map(({ id, protocolType, state }) => ({ id, protocolType: protocolType ?? "", state }))
    .filter(({ state }) => states.length === 0 || states.includes(state));
  return { groups };
}

function encode(writer: Writer, { groups }: ListGroupsResponse, version: number): void {
  if (version >= 1) writer.int32(0);
  writer.int16(errors.NONE);
  writer.array(groups, ({ id, protocolType, state }) => {
    writer.string(id).string(protocolType);
    if (version >= 4) writer.string(state);
    writer.tags();
  });
  writer.tags();
}
