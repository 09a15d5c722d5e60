/**
 * DeleteRecords (key 21): the records before an offset can no longer be read.
 *
 *   request   topics [name STRING, partitions [partition_index INT32, offset INT64: -1 all]],
 *             timeout_ms INT32
 *   response  throttle_time_ms INT32, topics [name STRING, partitions [partition_index INT32,
 *             low_watermark INT64, error_code INT16]]
 *
 * Source: Apache Kafka, DeleteRecordsRequest.json and DeleteRecordsResponse.json.
 */
import type { Reader, Writer } from "../../net/bytes.ts";
import { StorageError } from "../../storage/append_file.ts";
import { denied, needs } from "../access.ts";
import type { Api, Call } from "../api.ts";
import { type ErrorCode, errors } from "../errors.ts";
import type { Partition } from "../partition.ts";

export interface DeleteRecordsRequest {
  topics: { name: string; partitions: { index: number; offset: bigint }[] }[];
}

interface DeletedPartition {
  index: number;
  lowWatermark: bigint;
  error: ErrorCode;
}

export interface DeleteRecordsResponse {
  topics: { name: string; partitions: DeletedPartition[] }[];
}

export const deleteRecords: Api<DeleteRecordsRequest, DeleteRecordsResponse> = {
  key: 21,
  name: "DeleteRecords",
  versions: { min: 0, max: 2 },
  flexibleFrom: 2,
  decode,
  handle,
  encode,
};

function decode(reader: Reader): DeleteRecordsRequest {
  const topics = reader.array(() => {
    const name = reader.string();
    const partitions = reader.array(() => {
      const partition = { index: reader.int32(), offset: reader.int64() };
      reader.tags();
      return partition;
    });
    reader.tags();
    return { name, partitions };
  });
  reader.int32();
  reader.tags();
  return { topics };
}

function handle({ topics }: DeleteRecordsRequest, call: Call): DeleteRecordsResponse {
  return {
    topics: topics.map(({ name, partitions }) => {
      const problem = denied(call, needs.deleteRecords.topic, name);
      return {
        name,
        partitions: partitions.map(({ index, offset }) => ({
          index,
          ...(problem === null
            ? deleteBefore(call.broker.topics.partition(name, index), offset)
            : { error: problem, lowWatermark: -1n }),
        })),
      };
    }),
  };
}

function deleteBefore(
  partition: Partition | undefined,
  offset: bigint,
): Omit<DeletedPartition, "index"> {
  const failed = (error: ErrorCode) => ({ error, lowWatermark: -1n });
  if (partition === undefined) return failed(errors.UNKNOWN_TOPIC_OR_PARTITION);
  try {
    const { log } = partition;
    const before = offset === -1n ? log.endOffset : offset;
    if (before < 0n || before > log.endOffset) return failed(errors.OFFSET_OUT_OF_RANGE);
    log.deleteBefore(before);
    return { error: errors.NONE, lowWatermark: log.startOffset };
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    return failed(errors.KAFKA_STORAGE_ERROR);
  }
}

function encode(writer: Writer, { topics }: DeleteRecordsResponse): void {
  writer.int32(0);
  writer.array(topics, ({ name, partitions }) => {
    writer.string(name);
    writer.array(partitions, ({ index, lowWatermark, error }) => {
      writer.int32(index).int64(lowWatermark).int16(error).tags();
    });
    writer.tags();
  });
  writer.tags();
}
