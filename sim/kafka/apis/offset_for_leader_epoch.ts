/**
 * OffsetForLeaderEpoch (key 23): where the records of a leader's reign end.
 *
 *   request   replica_id INT32 (v3+), topics [topic STRING, partitions [partition INT32,
 *             current_leader_epoch INT32, leader_epoch INT32]]
 *   response  throttle_time_ms INT32, topics [topic STRING, partitions [error_code INT16,
 *             partition INT32, leader_epoch INT32, end_offset INT64]]
 *
 * The one leader never changed: its records end where the log ends, and nobody has to cut off
 * anything. A later epoch is not known: -1 and -1.
 *
 * Source: Apache Kafka, OffsetForLeaderEpochRequest.json and OffsetForLeaderEpochResponse.json.
 */
import type { Reader, Writer } from "../../net/bytes.ts";
import { StorageError } from "../../storage/append_file.ts";
import { denied, needs } from "../access.ts";
import type { Api, Call } from "../api.ts";
import { type ErrorCode, errors } from "../errors.ts";
import { leaderEpoch, leaderEpochProblem, type Partition } from "../partition.ts";

interface EpochWanted {
  index: number;
  currentLeaderEpoch: number;
  leaderEpoch: number;
}

export interface OffsetForLeaderEpochRequest {
  topics: { name: string; partitions: EpochWanted[] }[];
}

interface EpochEnd {
  error: ErrorCode;
  index: number;
  leaderEpoch: number;
  endOffset: bigint;
}

export interface OffsetForLeaderEpochResponse {
  topics: { name: string; partitions: EpochEnd[] }[];
}

export const offsetForLeaderEpoch: Api<OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse> =
  {
    key: 23,
    name: "OffsetForLeaderEpoch",
    versions: { min: 2, max: 4 },
    flexibleFrom: 4,
    decode,
    handle,
    encode,
  };

function decode(reader: Reader, version: number): OffsetForLeaderEpochRequest {
  if (version >= 3) reader.int32();
  const topics = reader.array(() => {
    const name = reader.string();
    const partitions = reader.array(() => {
      const partition = {
        index: reader.int32(),
        currentLeaderEpoch: reader.int32(),
        leaderEpoch: reader.int32(),
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

function handle({ topics }: OffsetForLeaderEpochRequest, call: Call) {
  return {
    topics: topics.map(({ name, partitions }) => {
      const problem = denied(call, needs.offsetForLeaderEpoch.topic, name);
      return {
        name,
        partitions: partitions.map((wanted) =>
          problem === null
            ? endOf(call.broker.topics.partition(name, wanted.index), wanted)
            : { error: problem, index: wanted.index, leaderEpoch: -1, endOffset: -1n }
        ),
      };
    }),
  };
}

function endOf(partition: Partition | undefined, wanted: EpochWanted): EpochEnd {
  const none = { error: errors.NONE, index: wanted.index, leaderEpoch: -1, endOffset: -1n };
  if (partition === undefined) return { ...none, error: errors.UNKNOWN_TOPIC_OR_PARTITION };
  const problem = leaderEpochProblem(wanted.currentLeaderEpoch);
  if (problem !== null) return { ...none, error: problem };
  if (wanted.leaderEpoch !== leaderEpoch) return none;
  try {
    return { ...none, leaderEpoch, endOffset: partition.log.endOffset };
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    return { ...none, error: errors.KAFKA_STORAGE_ERROR };
  }
}

function encode(writer: Writer, { topics }: OffsetForLeaderEpochResponse): void {
  writer.int32(0);
  writer.array(topics, ({ name, partitions }) => {
    writer.string(name);
    writer.array(partitions, ({ error, index, leaderEpoch, endOffset }) => {
      writer.int16(error).int32(index).int32(leaderEpoch).int64(endOffset).tags();
    });
    writer.tags();
  });
  writer.tags();
}
