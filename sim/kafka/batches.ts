/**
 * Batches: what a producer sent for a partition -> a batch that may be stored, or what is wrong.
 *
 * Documented: from Produce v3 on a request carries exactly one batch of the current format per
 * partition. The checks come in the order of a broker's own, cheapest first; the checksum covers
 * what a broken network or disk would change, so it is verified before anything is believed.
 *
 * Source: Apache Kafka, LogValidator and ProduceRequest.
 * Left out: limits on the records' timestamps.
 */
import { ServiceError } from "../errors.ts";
import { crc32c } from "../net/crc32c.ts";
import {
  batchCodec,
  type BatchHeader,
  batchHeaderSize,
  decodeRecordBatch,
  isBatchIntact,
  isControlBatch,
  readBatchHeader,
} from "../storage/record_batch.ts";
import type { TopicConfig } from "./configs.ts";
import { type ErrorCode, errors } from "./errors.ts";

export interface CheckContext {
  config: TopicConfig;
  nowMs: number;
  /** Produce v7 and later. */
  takesZstd: boolean;
}

export type CheckedBatch =
  | { error: typeof errors.NONE; batch: Uint8Array; header: BatchHeader; logAppendTimeMs: bigint }
  | { error: Exclude<ErrorCode, 0>; message: string };

const transactional = 0x10;
const logAppendTime = 0x08;

/** Checks the batch, and stamps it in place if the topic asks for the broker's time. */
export function checkBatch(records: Uint8Array | null, context: CheckContext): CheckedBatch {
  const refuse = (error: Exclude<ErrorCode, 0>, message: string) => ({ error, message });
  if (records === null || records.length < batchHeaderSize) {
    return refuse(errors.CORRUPT_MESSAGE, "Record batch is shorter than its header");
  }
  const { config } = context;
  const header = readBatchHeader(records);
  if (header.magic !== 2) {
    return refuse(
      errors.INVALID_RECORD,
      "Produce requests with version 3 or later take record batches of magic 2 only",
    );
  }
  if (header.sizeBytes < records.length && header.sizeBytes >= batchHeaderSize) {
    return refuse(errors.INVALID_RECORD, "Produce requests take exactly one record batch");
  }
  if (header.sizeBytes !== records.length) {
    return refuse(errors.CORRUPT_MESSAGE, "Record batch does not end where it says");
  }
  const bytesMax = config.number("max.message.bytes");
  if (records.length > bytesMax) {
    return refuse(
      errors.MESSAGE_TOO_LARGE,
      `The record batch size is ${records.length} bytes, the maximum of the topic ${bytesMax}`,
    );
  }
  if (!isBatchIntact(records, header)) {
    return refuse(errors.CORRUPT_MESSAGE, "Record batch is corrupt: its checksum does not hold");
  }
  const problem = contentProblem(records, header, context);
  if (problem !== null) return problem;
  const isStamped = config.get("message.timestamp.type") === "LogAppendTime";
  if (isStamped) stamp(records, context.nowMs);
  return {
    error: errors.NONE,
    batch: records,
    header,
    logAppendTimeMs: isStamped ? BigInt(context.nowMs) : -1n,
  };
}

function contentProblem(
  batch: Uint8Array,
  header: BatchHeader,
  { config, takesZstd }: CheckContext,
): Extract<CheckedBatch, { message: string }> | null {
  const codec = batchCodec(header);
  if (codec === undefined || (codec === "zstd" && !takesZstd)) {
    const message = `Codec ${header.attributes & 7} is not known to this version`;
    return { error: errors.UNSUPPORTED_COMPRESSION_TYPE, message };
  }
  if ((header.attributes & transactional) !== 0) {
    return { error: errors.INVALID_TXN_STATE, message: "Transactions are not simulated" };
  }
  if (isControlBatch(header)) {
    const message = "Clients are not allowed to write control records";
    return { error: errors.INVALID_RECORD, message };
  }
  if (header.count <= 0 || header.lastOffsetDelta !== header.count - 1) {
    const message = `Record batch counts ${header.count} records up to ${header.lastOffsetDelta}`;
    return { error: errors.INVALID_RECORD, message };
  }
  if (header.producerId >= 0n && (header.producerEpoch < 0 || header.baseSequence < 0)) {
    const message = "Record batch has a producer id without epoch or sequence";
    return { error: errors.INVALID_RECORD, message };
  }
  const canOpen = codec === "none" || codec === "gzip";
  return config.isCompacted && canOpen ? keyProblem(batch) : null;
}

function keyProblem(batch: Uint8Array): Extract<CheckedBatch, { message: string }> | null {
  try {
    if (decodeRecordBatch(batch).records.every(({ key }) => key !== null)) return null;
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    return { error: errors.CORRUPT_MESSAGE, message: error.message };
  }
  const message = "Compacted topic cannot accept message without key";
  return { error: errors.INVALID_RECORD, message };
}

/** The broker's time takes the place of the producer's, for all records of the batch. */
function stamp(batch: Uint8Array, nowMs: number): void {
  const view = new DataView(batch.buffer, batch.byteOffset, batch.length);
  view.setInt16(21, view.getInt16(21) | logAppendTime);
  view.setBigInt64(35, BigInt(nowMs));
  view.setUint32(17, crc32c(batch, 21));
}
