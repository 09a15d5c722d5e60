/**
 * Fetch (key 1): record batches from some partitions, waiting until there are enough.
 *
 *   request   replica_id INT32, max_wait_ms INT32, min_bytes INT32, max_bytes INT32,
 *             isolation_level INT8, session_id INT32 (v7+), session_epoch INT32 (v7+),
 *             topics [topic STRING, partitions [partition INT32, current_leader_epoch INT32 (v9+),
 *             fetch_offset INT64, last_fetched_epoch INT32 (v12), log_start_offset INT64 (v5+),
 *             partition_max_bytes INT32]], forgotten_topics_data [topic STRING,
 *             partitions [INT32]] (v7+), rack_id STRING (v11+)
 *   response  throttle_time_ms INT32, error_code INT16 (v7+), session_id INT32 (v7+),
 *             responses [topic STRING, partitions [partition_index INT32, error_code INT16,
 *             high_watermark INT64, last_stable_offset INT64, log_start_offset INT64 (v5+),
 *             aborted_transactions NULLABLE_ARRAY, preferred_read_replica INT32 (v11+),
 *             records NULLABLE_BYTES]]
 *
 * Batches come whole: one that the offset lies in is returned from its beginning, and the first one
 * is returned even if it is larger than every limit, or its reader would never get past it.
 *
 * Source: Apache Kafka, FetchRequest.json and FetchResponse.json.
 * Left out: fetch sessions (every answer says that none was made, which clients take as full
 * fetches), v13 and later with topic ids, divergence of leader epochs.
 */
import type { Reader, Writer } from "../../net/bytes.ts";
import { StorageError } from "../../storage/append_file.ts";
import type { Api, Call } from "../api.ts";
import type { Broker } from "../broker.ts";
import { type ErrorCode, errors } from "../errors.ts";
import { leaderEpochProblem, type Partition } from "../partition.ts";

/** An upper limit of our own: memory for one answer. */
const answerBytesMax = 64 * 1024 * 1024;

interface PartitionWanted {
  index: number;
  currentLeaderEpoch: number;
  fetchOffset: bigint;
  bytesMax: number;
}

export interface FetchRequest {
  maxWaitMs: number;
  minBytes: number;
  maxBytes: number;
  sessionId: number;
  topics: { name: string; partitions: PartitionWanted[] }[];
}

export interface FetchedPartition {
  index: number;
  error: ErrorCode;
  highWatermark: bigint;
  logStartOffset: bigint;
  records: Uint8Array<ArrayBuffer>;
}

export interface FetchResponse {
  error: ErrorCode;
  topics: { name: string; partitions: FetchedPartition[] }[];
}

export const fetch: Api<FetchRequest, FetchResponse> = {
  key: 1,
  name: "Fetch",
  versions: { min: 4, max: 12 },
  flexibleFrom: 12,
  decode,
  handle,
  encode,
};

function decode(reader: Reader, version: number): FetchRequest {
  reader.int32();
  const limits = {
    maxWaitMs: reader.int32(),
    minBytes: reader.int32(),
    maxBytes: reader.int32(),
  };
  reader.int8();
  const sessionId = version >= 7 ? reader.int32() : 0;
  if (version >= 7) reader.int32();
  const topics = reader.array(() => {
    const name = reader.string();
    const partitions = reader.array(() => decodePartition(reader, version));
    reader.tags();
    return { name, partitions };
  });
  if (version >= 7) {
    reader.array(() => {
      reader.string();
      reader.array(() => reader.int32());
      reader.tags();
    });
  }
  if (version >= 11) reader.string();
  reader.tags();
  return { ...limits, sessionId, topics };
}

function decodePartition(reader: Reader, version: number): PartitionWanted {
  const index = reader.int32();
  const currentLeaderEpoch = version >= 9 ? reader.int32() : -1;
  const fetchOffset = reader.int64();
  if (version >= 12) reader.int32();
  if (version >= 5) reader.int64();
  const bytesMax = reader.int32();
  reader.tags();
  return { index, currentLeaderEpoch, fetchOffset, bytesMax };
}

const noBytes = new Uint8Array(0);

async function handle(request: FetchRequest, { broker }: Call): Promise<FetchResponse> {
  if (request.sessionId !== 0) {
    return { error: errors.FETCH_SESSION_ID_NOT_FOUND, topics: [] };
  }
  const deadlineMs = performance.now() + request.maxWaitMs;
  while (true) {
    const response = readAll(request, broker);
    const leftMs = deadlineMs - performance.now();
    if (isEnough(response, request.minBytes) || leftMs <= 0 || broker.stopped.aborted) {
      return response;
    }
    await changeOrTime(partitionsOf(request, broker), leftMs, broker.stopped);
  }
}

function isEnough({ topics }: FetchResponse, minBytes: number): boolean {
  const partitions = topics.flatMap(({ partitions }) => partitions);
  const byteCount = partitions.reduce((sum, { records }) => sum + records.length, 0);
  return byteCount >= minBytes || partitions.some(({ error }) => error !== errors.NONE);
}

function partitionsOf({ topics }: FetchRequest, broker: Broker): Partition[] {
  return topics.flatMap(({ name, partitions }) =>
    partitions.flatMap(({ index }) => broker.topics.partition(name, index) ?? [])
  );
}

/** Waits for an append to any of the partitions, for the time, or for the end of the broker. */
function changeOrTime(partitions: Partition[], ms: number, stopped: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      stopped.removeEventListener("abort", done);
      for (const partition of partitions) partition.offChange(done);
      resolve();
    };
    // Real time, not the world's: the client's patience is as real as its socket.
    const timer = setTimeout(done, ms);
    stopped.addEventListener("abort", done);
    for (const partition of partitions) partition.onChange(done);
  });
}

function readAll(request: FetchRequest, broker: Broker): FetchResponse {
  let left = Math.min(request.maxBytes, answerBytesMax);
  let isFirst = true;
  const topics = request.topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map((wanted) => {
      const partition = broker.topics.partition(name, wanted.index);
      const fetched = readOne(partition, wanted, { left, isFirst });
      left -= fetched.records.length;
      isFirst &&= fetched.records.length === 0;
      return fetched;
    }),
  }));
  return { error: errors.NONE, topics };
}

function readOne(
  partition: Partition | undefined,
  wanted: PartitionWanted,
  { left, isFirst }: { left: number; isFirst: boolean },
): FetchedPartition {
  const failed = (error: ErrorCode, highWatermark = -1n, logStartOffset = -1n) => ({
    index: wanted.index,
    error,
    highWatermark,
    logStartOffset,
    records: noBytes,
  });
  if (partition === undefined) return failed(errors.UNKNOWN_TOPIC_OR_PARTITION);
  const epochProblem = leaderEpochProblem(wanted.currentLeaderEpoch);
  if (epochProblem !== null) return failed(epochProblem);
  try {
    const { log } = partition;
    const { startOffset, endOffset } = log;
    if (wanted.fetchOffset < startOffset || wanted.fetchOffset > endOffset) {
      return failed(errors.OFFSET_OUT_OF_RANGE, endOffset, startOffset);
    }
    const bytesMax = Math.max(0, Math.min(wanted.bytesMax, left));
    return {
      ...failed(errors.NONE, endOffset, startOffset),
      records: log.read(wanted.fetchOffset, bytesMax, { atLeastOne: isFirst }),
    };
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    return failed(errors.KAFKA_STORAGE_ERROR);
  }
}

function encode(writer: Writer, { error, topics }: FetchResponse, version: number): void {
  writer.int32(0);
  if (version >= 7) writer.int16(error).int32(0);
  writer.array(topics, ({ name, partitions }) => {
    writer.string(name);
    writer.array(partitions, (partition) => {
      writer.int32(partition.index).int16(partition.error);
      writer.int64(partition.highWatermark).int64(partition.highWatermark);
      if (version >= 5) writer.int64(partition.logStartOffset);
      writer.nullableArray(null, () => {});
      if (version >= 11) writer.int32(-1);
      writer.blobLength(partition.records.length).attach(partition.records).tags();
    });
    writer.tags();
  });
  writer.tags();
}
