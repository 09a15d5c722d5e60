/**
 * OffsetCommit (key 8): a group writes down how far it has come.
 *
 *   request   group_id STRING, generation_id INT32, member_id STRING,
 *             group_instance_id NULLABLE_STRING (v7+), retention_time_ms INT64 (v2-4),
 *             topics [name STRING, partitions [partition_index INT32, committed_offset INT64,
 *             committed_leader_epoch INT32 (v6+), committed_metadata NULLABLE_STRING]]
 *   response  throttle_time_ms INT32 (v3+), topics [name STRING, partitions
 *             [partition_index INT32, error_code INT16]]
 *
 * Source: Apache Kafka, OffsetCommitRequest.json and OffsetCommitResponse.json.
 * Left out: v0 and v1; expiry of offsets.
 */
import type { Reader, Writer } from "../../net/bytes.ts";
import { StorageError } from "../../storage/append_file.ts";
import { denied, needs } from "../access.ts";
import type { Api, Call } from "../api.ts";
import type { Broker } from "../broker.ts";
import { type ErrorCode, errors } from "../errors.ts";
import type { MemberIdentity } from "../groups/member.ts";

/** offset.metadata.max.bytes */
const metadataBytesMax = 4096;

interface PartitionCommit {
  index: number;
  offset: bigint;
  leaderEpoch: number;
  metadata: string | null;
}

export interface OffsetCommitRequest extends MemberIdentity {
  topics: { name: string; partitions: PartitionCommit[] }[];
}

export interface OffsetCommitResponse {
  topics: { name: string; partitions: { index: number; error: ErrorCode }[] }[];
}

export const offsetCommit: Api<OffsetCommitRequest, OffsetCommitResponse> = {
  key: 8,
  name: "OffsetCommit",
  versions: { min: 2, max: 8 },
  flexibleFrom: 8,
  decode,
  handle,
  encode,
};

function decode(reader: Reader, version: number): OffsetCommitRequest {
  const identity = {
    groupId: reader.string(),
    generationId: reader.int32(),
    memberId: reader.string(),
    groupInstanceId: version >= 7 ? reader.nullableString() : null,
  };
  if (version <= 4) reader.int64();
  const topics = reader.array(() => {
    const name = reader.string();
    const partitions = reader.array(() => {
      const partition = {
        index: reader.int32(),
        offset: reader.int64(),
        leaderEpoch: version >= 6 ? reader.int32() : -1,
        metadata: reader.nullableString(),
      };
      reader.tags();
      return partition;
    });
    reader.tags();
    return { name, partitions };
  });
  reader.tags();
  return { ...identity, topics };
}

function handle(request: OffsetCommitRequest, call: Call): OffsetCommitResponse {
  const { broker } = call;
  const refusal = denied(call, needs.offsetCommit.group, request.groupId) ??
    broker.coordinator.commitProblem(request);
  const barred = refusal === null ? barredIn(request, call) : new Map<string, ErrorCode>();
  const answer = (failure: ErrorCode | null): OffsetCommitResponse => ({
    topics: request.topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map((commit) => {
        const problem = failure ?? barred.get(name) ?? commitProblem(name, commit, broker);
        return { index: commit.index, error: problem ?? errors.NONE };
      }),
    })),
  });
  if (refusal !== null) return answer(refusal);
  const topics = request.topics.filter(({ name }) => !barred.has(name));
  try {
    broker.coordinator.offsets.commit(request.groupId, goodCommits(topics, broker));
    return answer(null);
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    // Documented: a broker that cannot write its offsets down answers so, and clients try again.
    return answer(errors.NOT_COORDINATOR);
  }
}

/** Topics that may not be read. */
function barredIn({ topics }: OffsetCommitRequest, call: Call): Map<string, ErrorCode> {
  const barred = new Map<string, ErrorCode>();
  for (const { name } of topics) {
    const problem = denied(call, needs.offsetCommit.topic, name);
    if (problem !== null) barred.set(name, problem);
  }
  return barred;
}

function commitProblem(name: string, commit: PartitionCommit, broker: Broker): ErrorCode | null {
  if (broker.topics.partition(name, commit.index) === undefined) {
    return errors.UNKNOWN_TOPIC_OR_PARTITION;
  }
  const isTooLong = (commit.metadata ?? "").length > metadataBytesMax;
  return isTooLong ? errors.OFFSET_METADATA_TOO_LARGE : null;
}

function goodCommits(topics: OffsetCommitRequest["topics"], broker: Broker) {
  return topics.flatMap(({ name, partitions }) =>
    partitions
      .filter((commit) => commitProblem(name, commit, broker) === null)
      .map(({ index, offset, leaderEpoch, metadata }) => ({
        topic: name,
        partition: index,
        offset,
        leaderEpoch,
        metadata: metadata ?? "",
      }))
  );
}

function encode(writer: Writer, { topics }: OffsetCommitResponse, version: number): void {
  if (version >= 3) writer.int32(0);
  writer.array(topics, ({ name, partitions }) => {
    writer.string(name);
    writer.array(partitions, ({ index, error }) => writer.int32(index).int16(error).tags());
    writer.tags();
  });
  writer.tags();
}
