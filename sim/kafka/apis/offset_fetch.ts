/**
 * OffsetFetch (key 9): how far groups have come.
 *
 *   request   v1-7: group_id STRING, topics; v8+: groups [group_id STRING, topics];
 *             topics (nullable v2+: all) [name STRING, partition_indexes [INT32]],
 *             require_stable BOOLEAN (v7+)
 *   response  throttle_time_ms INT32 (v3+), v1-7: topics, error_code INT16 (v2+);
 *             v8+: groups [group_id STRING, topics, error_code INT16];
 *             topics [name STRING, partitions [partition_index INT32, committed_offset INT64,
 *             committed_leader_epoch INT32 (v5+), metadata NULLABLE_STRING, error_code INT16]]
 *
 * Documented: what was never committed has offset -1, and so has a group that nobody knows.
 *
 * Source: Apache Kafka, OffsetFetchRequest.json and OffsetFetchResponse.json.
 * Left out: v0, which asked ZooKeeper.
 */
import type { Reader, Writer } from "../../net/bytes.ts";
import { denied, needs } from "../access.ts";
import type { Api, Call } from "../api.ts";
import { type ErrorCode, errors } from "../errors.ts";
import type { CommittedOffset } from "../groups/offsets.ts";

interface GroupWanted {
  groupId: string;
  /** Null: all that the group has committed. */
  topics: { name: string; indexes: number[] }[] | null;
}

export interface OffsetFetchRequest {
  groups: GroupWanted[];
}

interface GroupOffsets {
  groupId: string;
  topics: { name: string; partitions: (CommittedOffset & { error?: ErrorCode })[] }[];
  error?: ErrorCode;
}

export interface OffsetFetchResponse {
  groups: GroupOffsets[];
}

export const offsetFetch: Api<OffsetFetchRequest, OffsetFetchResponse> = {
  key: 9,
  name: "OffsetFetch",
  versions: { min: 1, max: 8 },
  flexibleFrom: 6,
  decode,
  handle,
  encode,
};

function decode(reader: Reader, version: number): OffsetFetchRequest {
  const readGroup = () => ({
    groupId: reader.string(),
    topics: version >= 2 ? reader.nullableArray(readTopic) : reader.array(readTopic),
  });
  const readTopic = () => {
    const topic = { name: reader.string(), indexes: reader.array(() => reader.int32()) };
    reader.tags();
    return topic;
  };
  const groups = version <= 7 ? [readGroup()] : reader.array(() => {
    const group = readGroup();
    reader.tags();
    return group;
  });
  if (version >= 7) reader.boolean();
  reader.tags();
  return { groups };
}

function handle({ groups }: OffsetFetchRequest, call: Call): OffsetFetchResponse {
  return {
    groups: groups.map((group) => {
      const error = denied(call, needs.offsetFetch.group, group.groupId);
      return error === null ? offsetsOf(group, call) : refusedGroup(group, error, call);
    }),
  };
}

const none = { offset: -1n, leaderEpoch: -1, metadata: "" };

/** Documented: until v1 there is no place for the group's error but the partitions. */
function refusedGroup(
  { groupId, topics }: GroupWanted,
  error: ErrorCode,
  { version }: Call,
): GroupOffsets {
  if (version >= 2) return { groupId, topics: [], error };
  return {
    groupId,
    topics: (topics ?? []).map(({ name, indexes }) => ({
      name,
      partitions: indexes.map((partition) => ({ ...none, topic: name, partition, error })),
    })),
  };
}

/** Of all topics those that may be seen; of the named ones each, or why not. */
function offsetsOf({ groupId, topics }: GroupWanted, call: Call): GroupOffsets {
  const { offsets } = call.broker.coordinator;
  const problemOf = (name: string) => denied(call, needs.offsetFetch.topic, name);
  if (topics === null) {
    const byTopic = Map.groupBy(offsets.of(groupId), ({ topic }) => topic);
    return {
      groupId,
      topics: [...byTopic].map(([name, partitions]) => ({ name, partitions }))
        .filter(({ name }) => problemOf(name) === null),
    };
  }
  return {
    groupId,
    topics: topics.map(({ name, indexes }) => {
      const error = problemOf(name);
      return {
        name,
        partitions: indexes.map((partition) => {
          const unknown = { ...none, topic: name, partition };
          if (error !== null) return { ...unknown, error };
          return offsets.get(groupId, name, partition) ?? unknown;
        }),
      };
    }),
  };
}

function encode(writer: Writer, { groups }: OffsetFetchResponse, version: number): void {
  const writeTopics = ({ topics }: GroupOffsets) =>
    writer.array(topics, ({ name, partitions }) => {
      writer.string(name);
      writer.array(partitions, ({ partition, offset, leaderEpoch, metadata, error }) => {
        writer.int32(partition).int64(offset);
        if (version >= 5) writer.int32(leaderEpoch);
        writer.nullableString(metadata).int16(error ?? errors.NONE).tags();
      });
      writer.tags();
    });
  if (version >= 3) writer.int32(0);
  if (version >= 8) {
    writer.array(groups, (group) => {
      writer.string(group.groupId);
      writeTopics(group).int16(group.error ?? errors.NONE).tags();
    });
  } else {
    for (const group of groups) {
      writeTopics(group);
      if (version >= 2) writer.int16(group.error ?? errors.NONE);
    }
  }
  writer.tags();
}
