/**
 * Produce (key 0): appends one record batch to each of some partitions.
 *
 *   request   transactional_id NULLABLE_STRING, acks INT16, timeout_ms INT32,
 *             topics [name STRING, partitions [index INT32, records NULLABLE_BYTES]]
 *   response  topics [name STRING, partitions [index INT32, error_code INT16, base_offset INT64,
 *             log_append_time_ms INT64, log_start_offset INT64 (v5+),
 *             record_errors [batch_index INT32, message NULLABLE_STRING] (v8+),
 *             error_message NULLABLE_STRING (v8+)]], throttle_time_ms INT32
 *
 * The records' bytes are never opened, only checked and given their offsets: see sim/storage. With
 * acks 0 there is no answer at all.
 *
 * Versions 0 to 2 are advertised and refused, as Kafka 4 does: librdkafka of some years does not
 * compress for a broker that lacks them.
 *
 * Source: Apache Kafka, ProduceRequest.json and ProduceResponse.json.
 * Left out: transactions.
 */
import type { Reader, Writer } from "../../net/bytes.ts";
import { StorageError } from "../../storage/append_file.ts";
import { denied, needs } from "../access.ts";
import type { Api, Call } from "../api.ts";
import { checkBatch } from "../batches.ts";
import { type ErrorCode, errors } from "../errors.ts";
import type { Partition } from "../partition.ts";

interface PartitionRecords {
  index: number;
  /** A window on the request: used up before `handle` returns. */
  records: Uint8Array | null;
}

export interface ProduceRequest {
  transactionalId: string | null;
  acks: number;
  topics: { name: string; partitions: PartitionRecords[] }[];
}

export interface ProducedPartition {
  index: number;
  error: ErrorCode;
  baseOffset: bigint;
  logAppendTimeMs: bigint;
  logStartOffset: bigint;
  errorMessage: string | null;
}

export interface ProduceResponse {
  topics: { name: string; partitions: ProducedPartition[] }[];
}

export const produce: Api<ProduceRequest, ProduceResponse> = {
  key: 0,
  name: "Produce",
  versions: { min: 3, max: 11 },
  advertisedMin: 0,
  flexibleFrom: 9,
  decode,
  handle,
  encode,
};

function decode(reader: Reader): ProduceRequest {
  const transactionalId = reader.nullableString();
  const acks = reader.int16();
  reader.int32();
  const topics = reader.array(() => {
    const name = reader.string();
    const partitions = reader.array(() => {
      const partition = { index: reader.int32(), records: reader.nullableView() };
      reader.tags();
      return partition;
    });
    reader.tags();
    return { name, partitions };
  });
  reader.tags();
  return { transactionalId, acks, topics };
}

function handle(request: ProduceRequest, call: Call): ProduceResponse | null {
  const { broker } = call;
  const { transactionalId } = request;
  const isOtherLeader = broker.faults.strikes("kafka.produce.not_leader");
  const refusal = isOtherLeader
    ? errors.NOT_LEADER_OR_FOLLOWER
    : ![-1, 0, 1].includes(request.acks)
    ? errors.INVALID_REQUIRED_ACKS
    : transactionalId !== null
    ? denied(call, needs.produce.transactionalId, transactionalId)
    : null;
  const topics = request.topics.map(({ name, partitions }) => {
    const problem = refusal ?? denied(call, needs.produce.topic, name);
    return {
      name,
      partitions: partitions.map(({ index, records }) => {
        if (problem !== null) return failed(index, problem);
        const partition = broker.topics.partition(name, index);
        if (partition === undefined) return failed(index, errors.UNKNOWN_TOPIC_OR_PARTITION);
        return append(partition, records, call);
      }),
    };
  });
  return request.acks === 0 ? null : { topics };
}

function append(
  partition: Partition,
  records: Uint8Array | null,
  { broker, version }: Call,
): ProducedPartition {
  const { index } = partition;
  const check = checkBatch(records, {
    config: partition.config(),
    nowMs: broker.world.nowMs(),
    takesZstd: version >= 7,
  });
  if (check.error !== errors.NONE) return failed(index, check.error, check.message);
  try {
    const sequence = partition.checkSequence(check.header);
    if (sequence.kind === "refused") return failed(index, sequence.error);
    const baseOffset = sequence.kind === "duplicate"
      ? sequence.baseOffset
      : partition.append(check.batch);
    return {
      index,
      error: errors.NONE,
      baseOffset,
      logAppendTimeMs: check.logAppendTimeMs,
      logStartOffset: partition.log.startOffset,
      errorMessage: null,
    };
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    return failed(index, errors.KAFKA_STORAGE_ERROR, error.message);
  }
}

function failed(index: number, error: ErrorCode, errorMessage: string | null = null) {
  const none = -1n;
  return {
    index,
    error,
    baseOffset: none,
    logAppendTimeMs: none,
    logStartOffset: none,
    errorMessage,
  };
}

function encode(writer: Writer, { topics }: ProduceResponse, version: number): void {
  writer.array(topics, ({ name, partitions }) => {
    writer.string(name);
    writer.array(partitions, (partition) => {
      writer.int32(partition.index).int16(partition.error).int64(partition.baseOffset);
      writer.int64(partition.logAppendTimeMs);
      if (version >= 5) writer.int64(partition.logStartOffset);
      if (version >= 8) writer.array([], () => {}).nullableString(partition.errorMessage);
      writer.tags();
    });
    writer.tags();
  });
  writer.int32(0).tags();
}
