/**
 * Fetch (key 1): record batches from some partitions, waiting until there are enough.
 *
 *   request   replica_id INT32 (v4-14), max_wait_ms INT32, min_bytes INT32, max_bytes INT32,
 *             isolation_level INT8, session_id INT32 (v7+), session_epoch INT32 (v7+),
 *             topics [topic STRING (v4-12), topic_id UUID (v13+), partitions [partition INT32,
 *             current_leader_epoch INT32 (v9+), fetch_offset INT64, last_fetched_epoch INT32 (v12+),
 *             log_start_offset INT64 (v5+), partition_max_bytes INT32]], forgotten_topics_data
 *             [topic STRING (v7-12), topic_id UUID (v13+), partitions [INT32]] (v7+),
 *             rack_id STRING (v11+)
 *   response  throttle_time_ms INT32, error_code INT16 (v7+), session_id INT32 (v7+),
 *             responses [topic STRING (v4-12), topic_id UUID (v13+), partitions
 *             [partition_index INT32, error_code INT16, high_watermark INT64,
 *             last_stable_offset INT64, log_start_offset INT64 (v5+),
 *             aborted_transactions NULLABLE_ARRAY, preferred_read_replica INT32 (v11+),
 *             records NULLABLE_BYTES]]
 *
 * Batches come whole: one that the offset lies in is returned from its beginning, and the first one
 * is returned even if it is larger than every limit, or its reader would never get past it.
 *
 * Source: Apache Kafka, FetchRequest.json and FetchResponse.json.
 * Left out: fetch sessions (every answer says that none was made, which clients take as full
 * fetches), divergence of leader epochs.
 */
import type { Reader, Writer } from "../../net/bytes.ts";
import { StorageError } from "../../storage/append_file.ts";
import { denied, needs } from "../access.ts";
import type { Api, Call } from "../api.ts";
import type { Broker } from "../broker.ts";
import { type ErrorCode, errors } from "../errors.ts";
import { leaderEpochProblem, type Partition } from "../partition.ts";
import type { Topic } from "../topics.ts";

/** An upper limit of our own: memory for one answer. */
const answerBytesMax = 64 * 1024 * 1024;

const noId = "0".repeat(32);
const noBytes = new Uint8Array(0);

interface PartitionWanted {
  index: number;
  currentLeaderEpoch: number;
  fetchOffset: bigint;
  bytesMax: number;
}

/** Until v12 topics have names, from v13 on they have ids, and the name is null. */
interface TopicNamed {
  name: string | null;
  id: string;
}

export interface FetchRequest {
  maxWaitMs: number;
  minBytes: number;
  maxBytes: number;
  sessionId: number;
  topics: (TopicNamed & { partitions: PartitionWanted[] })[];
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
  topics: (TopicNamed & { partitions: FetchedPartition[] })[];
}

export const fetch: Api<FetchRequest, FetchResponse> = {
  key: 1,
  name: "Fetch",
  versions: { min: 4, max: 17 },
  flexibleFrom: 12,
  decode,
  handle,
  encode,
};

function decode(reader: Reader, version: number): FetchRequest {
  if (version <= 14) reader.int32();
  const limits = {
    maxWaitMs: reader.int32(),
    minBytes: reader.int32(),
    maxBytes: reader.int32(),
  };
  reader.int8();
  const sessionId = version >= 7 ? reader.int32() : 0;
  if (version >= 7) reader.int32();
  const topics = reader.array(() => {
    const topic = decodeTopic(reader, version);
    const partitions = reader.array(() => decodePartition(reader, version));
    reader.tags();
    return { ...topic, partitions };
  });
  if (version >= 7) {
    reader.array(() => {
      decodeTopic(reader, version);
      reader.array(() => reader.int32());
      reader.tags();
    });
  }
  if (version >= 11) reader.string();
  reader.tags();
  return { ...limits, sessionId, topics };
}

function decodeTopic(reader: Reader, version: number): TopicNamed {
  return version <= 12 ? { name: reader.string(), id: noId } : { name: null, id: reader.uuid() };
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

async function handle(request: FetchRequest, call: Call): Promise<FetchResponse> {
  const { broker } = call;
  if (request.sessionId !== 0) {
    return { error: errors.FETCH_SESSION_ID_NOT_FOUND, topics: [] };
  }
  const deadlineMs = performance.now() + request.maxWaitMs;
  const barred = barredIn(request, call);
  while (true) {
    const response = readAll(request, barred, broker);
    const leftMs = deadlineMs - performance.now();
    if (isEnough(response, request.minBytes) || leftMs <= 0 || broker.stopped.aborted) {
      return response;
    }
    await changeOrTime(partitionsOf(request, broker), leftMs, broker.stopped);
  }
}

/** Topics that may not be read; of those that do not exist by their id nobody is asked. */
function barredIn({ topics }: FetchRequest, call: Call): Map<TopicNamed, ErrorCode> {
  const barred = new Map<TopicNamed, ErrorCode>();
  for (const topic of topics) {
    const name = topic.name ?? topicOf(topic, call.broker)?.name;
    const problem = name === undefined ? null : denied(call, needs.fetch.topic, name);
    if (problem !== null) barred.set(topic, problem);
  }
  return barred;
}

function isEnough({ topics }: FetchResponse, minBytes: number): boolean {
  const partitions = topics.flatMap(({ partitions }) => partitions);
  const byteCount = partitions.reduce((sum, { records }) => sum + records.length, 0);
  return byteCount >= minBytes || partitions.some(({ error }) => error !== errors.NONE);
}

function topicOf({ name, id }: TopicNamed, { topics }: Broker): Topic | undefined {
  return name === null ? topics.byId(id) : topics.get(name);
}

function partitionsOf({ topics }: FetchRequest, broker: Broker): Partition[] {
  return topics.flatMap((wanted) => {
    const topic = topicOf(wanted, broker);
    return wanted.partitions.flatMap(({ index }) => topic?.partitions[index] ?? []);
  });
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

function readAll(
  request: FetchRequest,
  barred: ReadonlyMap<TopicNamed, ErrorCode>,
  broker: Broker,
): FetchResponse {
  let left = Math.min(request.maxBytes, answerBytesMax);
  let isFirst = true;
  const topics = request.topics.map((wanted) => {
    const { partitions, ...named } = wanted;
    const problem = barred.get(wanted);
    const topic = topicOf(named, broker);
    const missing = topic === undefined && named.name === null
      ? errors.UNKNOWN_TOPIC_ID
      : errors.UNKNOWN_TOPIC_OR_PARTITION;
    return {
      ...named,
      partitions: partitions.map((wanted) => {
        if (problem !== undefined) return failed(wanted.index, problem);
        const partition = topic?.partitions[wanted.index];
        if (partition === undefined) return failed(wanted.index, missing);
        const fetched = readOne(partition, wanted, { left, isFirst });
        left -= fetched.records.length;
        isFirst &&= fetched.records.length === 0;
        return fetched;
      }),
    };
  });
  return { error: errors.NONE, topics };
}

function failed(
  index: number,
  error: ErrorCode,
  highWatermark = -1n,
  logStartOffset = -1n,
): FetchedPartition {
  return { index, error, highWatermark, logStartOffset, records: noBytes };
}

function readOne(
  partition: Partition,
  { index, currentLeaderEpoch, fetchOffset, bytesMax }: PartitionWanted,
  { left, isFirst }: { left: number; isFirst: boolean },
): FetchedPartition {
  const epochProblem = leaderEpochProblem(currentLeaderEpoch);
  if (epochProblem !== null) return failed(index, epochProblem);
  try {
    const { log } = partition;
    const { startOffset, endOffset } = log;
    if (fetchOffset < startOffset || fetchOffset > endOffset) {
      return failed(index, errors.OFFSET_OUT_OF_RANGE, endOffset, startOffset);
    }
    const limit = Math.max(0, Math.min(bytesMax, left));
    const records = log.read(fetchOffset, limit, { atLeastOne: isFirst });
    return { ...failed(index, errors.NONE, endOffset, startOffset), records };
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    return failed(index, errors.KAFKA_STORAGE_ERROR);
  }
}

function encode(writer: Writer, { error, topics }: FetchResponse, version: number): void {
  writer.int32(0);
  if (version >= 7) writer.int16(error).int32(0);
  writer.array(topics, ({ name, id, partitions }) => {
    if (version <= 12) writer.string(name ?? "");
    else writer.uuid(id);
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
