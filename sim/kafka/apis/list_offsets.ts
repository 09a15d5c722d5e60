/**
 * ListOffsets (key 2): the offset that belongs to a time, or the first or the last one.
 *
 *   request   replica_id INT32, isolation_level INT8 (v2+), topics [name STRING,
 *             partitions [partition_index INT32, current_leader_epoch INT32 (v4+),
 *             timestamp INT64: -1 latest, -2 earliest, -3 highest timestamp (v7+)]]
 *   response  throttle_time_ms INT32 (v2+), topics [name STRING, partitions
 *             [partition_index INT32, error_code INT16, timestamp INT64, offset INT64,
 *             leader_epoch INT32 (v4+)]]
 *
 * Documented: a time behind all records is answered with offset -1 and timestamp -1, no error.
 *
 * Source: Apache Kafka, ListOffsetsRequest.json and ListOffsetsResponse.json; KIP-734 for -3.
 * Left out: v0, which lists segments.
 */
import type { Reader, Writer } from "../../net/bytes.ts";
import { StorageError } from "../../storage/append_file.ts";
import type { SegmentLog } from "../../storage/segment_log.ts";
import { denied, needs } from "../access.ts";
import type { Api, Call } from "../api.ts";
import { type ErrorCode, errors } from "../errors.ts";
import { leaderEpoch, leaderEpochProblem } from "../partition.ts";

export interface ListOffsetsRequest {
  topics: {
    name: string;
    partitions: { index: number; currentLeaderEpoch: number; timestampMs: bigint }[];
  }[];
}

export interface ListedOffset {
  index: number;
  error: ErrorCode;
  timestampMs: bigint;
  offset: bigint;
}

export interface ListOffsetsResponse {
  topics: { name: string; partitions: ListedOffset[] }[];
}

export const listOffsets: Api<ListOffsetsRequest, ListOffsetsResponse> = {
  key: 2,
  name: "ListOffsets",
  versions: { min: 1, max: 7 },
  flexibleFrom: 6,
  decode,
  handle,
  encode,
};

function decode(reader: Reader, version: number): ListOffsetsRequest {
  reader.int32();
  if (version >= 2) reader.int8();
  const topics = reader.array(() => {
    const name = reader.string();
    const partitions = reader.array(() => {
      const partition = {
        index: reader.int32(),
        currentLeaderEpoch: version >= 4 ? reader.int32() : -1,
        timestampMs: reader.int64(),
      };
      reader.tags();
      return partition;
    });
    reader.tags();
    return { name, partitions };
  });
  reader.tags();
  return { topics };
}

function handle({ topics }: ListOffsetsRequest, call: Call): ListOffsetsResponse {
  const { broker } = call;
  const list = (
    topic: string,
    { index, currentLeaderEpoch, timestampMs }:
      ListOffsetsRequest["topics"][number]["partitions"][number],
  ): ListedOffset => {
    const none = { index, error: errors.NONE, timestampMs: -1n, offset: -1n };
    const partition = broker.topics.partition(topic, index);
    if (partition === undefined) return { ...none, error: errors.UNKNOWN_TOPIC_OR_PARTITION };
    const epochProblem = leaderEpochProblem(currentLeaderEpoch);
    if (epochProblem !== null) return { ...none, error: epochProblem };
    try {
      return { ...none, ...find(partition.log, timestampMs) };
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      return { ...none, error: errors.KAFKA_STORAGE_ERROR };
    }
  };
  return {
    topics: topics.map(({ name, partitions }) => {
      const problem = denied(call, needs.listOffsets.topic, name);
      return {
        name,
        partitions: partitions.map((partition) =>
          problem === null ? list(name, partition) : barred(partition.index, problem)
        ),
      };
    }),
  };
}

function barred(index: number, error: ErrorCode): ListedOffset {
  return { index, error, timestampMs: -1n, offset: -1n };
}

function find(log: SegmentLog, timestampMs: bigint): Partial<ListedOffset> {
  if (timestampMs === -1n) return { offset: log.endOffset };
  if (timestampMs === -2n) return { offset: log.startOffset };
  return (timestampMs === -3n ? log.maxTimestamp() : log.offsetForTime(timestampMs)) ?? {};
}

function encode(writer: Writer, { topics }: ListOffsetsResponse, version: number): void {
  if (version >= 2) writer.int32(0);
  writer.array(topics, ({ name, partitions }) => {
    writer.string(name);
    writer.array(partitions, ({ index, error, timestampMs, offset }) => {
      writer.int32(index).int16(error).int64(timestampMs).int64(offset);
      if (version >= 4) writer.int32(error === errors.NONE ? leaderEpoch : -1);
      writer.tags();
    });
    writer.tags();
  });
  writer.tags();
}
