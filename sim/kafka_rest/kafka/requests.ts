/**
 * The Kafka requests of the proxy: their bodies -> bytes, and answers -> values.
 *
 * One version each, the oldest that Kafka 4 still answers: brokers from 0.11 to 4 know them all,
 * so that nothing has to be negotiated.
 *
 * Source: Apache Kafka, protocol guide.
 */
import type { Reader, Writer } from "../../net/bytes.ts";

/** One kind of request: what to send, and how to read the answer. */
export interface KafkaRequest<T> {
  key: number;
  version: number;
  /** Room to reserve for the body, bytes. */
  capacity?: number;
  write(writer: Writer): void;
  read(reader: Reader): T;
}

export interface BrokerAddress {
  id: number;
  host: string;
  port: number;
}

export interface PartitionMetadata {
  error: number;
  id: number;
  /** -1: none at the moment. */
  leader: number;
  replicas: number[];
  inSync: number[];
}

export interface TopicMetadata {
  error: number;
  name: string;
  isInternal: boolean;
  partitions: PartitionMetadata[];
}

export interface ClusterMetadata {
  brokers: BrokerAddress[];
  topics: TopicMetadata[];
}

/** Metadata v4; `topics` null means all of them. */
export function metadata(
  topics: readonly string[] | null,
  allowAutoCreate: boolean,
): KafkaRequest<ClusterMetadata> {
  return {
    key: 3,
    version: 4,
    write(writer) {
      writer.nullableArray(topics, (topic) => writer.string(topic)).boolean(allowAutoCreate);
    },
    read(reader) {
      reader.int32(); // throttle_time_ms
      const brokers = reader.array(() => {
        const broker = { id: reader.int32(), host: reader.string(), port: reader.int32() };
        reader.nullableString(); // rack
        return broker;
      });
      reader.nullableString(); // cluster_id
      reader.int32(); // controller_id
      return { brokers, topics: reader.array(() => readTopic(reader)) };
    },
  };
}

function readTopic(reader: Reader): TopicMetadata {
  return {
    error: reader.int16(),
    name: reader.string(),
    isInternal: reader.boolean(),
    partitions: reader.array(() => ({
      error: reader.int16(),
      id: reader.int32(),
      leader: reader.int32(),
      replicas: reader.array(() => reader.int32()),
      inSync: reader.array(() => reader.int32()),
    })),
  };
}

export interface TopicPartition {
  topic: string;
  partition: number;
}

export interface Batch extends TopicPartition {
  bytes: Uint8Array;
}

export interface Produced extends TopicPartition {
  error: number;
  baseOffset: bigint;
}

/** Produce v3: waits for all in-sync replicas. */
export function produce(batches: readonly Batch[], timeoutMs: number): KafkaRequest<Produced[]> {
  const size = batches.reduce((sum, batch) => sum + batch.bytes.length + 300, 100);
  return {
    key: 0,
    version: 3,
    capacity: size,
    write(writer) {
      writer.nullableString(null).int16(-1).int32(timeoutMs); // transactional_id, acks, timeout_ms
      // A topic may stand in the list several times; grouping would only save its name.
      writer.array(batches, ({ topic, partition, bytes }) => {
        writer.string(topic).int32(1).int32(partition).blob(bytes);
      });
    },
    read(reader) {
      return byPartition(reader, (partition) => ({
        ...partition,
        error: reader.int16(),
        baseOffset: reader.int64(),
        logAppendTimeMs: reader.int64(),
      }));
    },
  };
}

/** Topics, each with partitions, as one flat list: how most answers are built. */
function byPartition<T>(reader: Reader, item: (partition: TopicPartition) => T): T[] {
  return reader.array(() => {
    const topic = reader.string();
    return reader.array(() => item({ topic, partition: reader.int32() }));
  }).flat();
}

/** The same for requests: every partition under a topic entry of its own. */
function writePartitions<T extends TopicPartition>(
  writer: Writer,
  items: readonly T[],
  rest: (item: T) => void,
): void {
  const topics = Map.groupBy(items, ({ topic }) => topic);
  writer.array([...topics], ([topic, members]) => {
    writer.string(topic).array(members, (item) => {
      writer.int32(item.partition);
      rest(item);
    });
  });
}

export const earliest = -2n;
export const latest = -1n;

export interface ListedOffset extends TopicPartition {
  error: number;
  offset: bigint;
}

/** ListOffsets v1 of `earliest` or `latest`. */
export function listOffsets(
  partitions: readonly TopicPartition[],
  timestamp: bigint,
): KafkaRequest<ListedOffset[]> {
  return {
    key: 2,
    version: 1,
    write(writer) {
      writer.int32(-1); // replica_id
      writePartitions(writer, partitions, () => writer.int64(timestamp));
    },
    read(reader) {
      return byPartition(reader, (partition) => {
        const error = reader.int16();
        reader.int64(); // timestamp
        return { ...partition, error, offset: reader.int64() };
      });
    },
  };
}

export interface Position extends TopicPartition {
  offset: bigint;
}

export interface Fetched extends TopicPartition {
  error: number;
  /** Complete batches and perhaps a part of one more; the caller's own. */
  bytes: Uint8Array;
}

/** Fetch v4: waits up to `maxWaitMs` for the first byte. */
export function fetchRecords(
  positions: readonly Position[],
  { maxWaitMs, bytesMax }: { maxWaitMs: number; bytesMax: number },
): KafkaRequest<Fetched[]> {
  return {
    key: 1,
    version: 4,
    write(writer) {
      writer.int32(-1).int32(maxWaitMs).int32(1).int32(bytesMax).int8(0);
      writePartitions(writer, positions, ({ offset }) => writer.int64(offset).int32(bytesMax));
    },
    read(reader) {
      reader.int32(); // throttle_time_ms
      return byPartition(reader, (partition) => {
        const error = reader.int16();
        reader.int64(); // high_watermark
        reader.int64(); // last_stable_offset
        reader.nullableArray(() => reader.int64() + reader.int64()); // aborted_transactions
        return { ...partition, error, bytes: (reader.nullableView() ?? new Uint8Array(0)).slice() };
      });
    },
  };
}

/** FindCoordinator v0. */
export function findCoordinator(
  group: string,
): KafkaRequest<{ error: number; broker: BrokerAddress }> {
  return {
    key: 10,
    version: 0,
    write: (writer) => void writer.string(group),
    read(reader) {
      const error = reader.int16();
      return {
        error,
        broker: { id: reader.int32(), host: reader.string(), port: reader.int32() },
      };
    },
  };
}

export interface CommittedOffset extends Position {
  metadata: string | null;
}

/** OffsetCommit v2, outside of any generation: by no member. */
export function offsetCommit(
  group: string,
  offsets: readonly CommittedOffset[],
): KafkaRequest<(TopicPartition & { error: number })[]> {
  return {
    key: 8,
    version: 2,
    write(writer) {
      // generation_id, member_id, retention_time_ms
      writer.string(group).int32(-1).string("").int64(-1n);
      writePartitions(writer, offsets, ({ offset, metadata }) => {
        writer.int64(offset).nullableString(metadata);
      });
    },
    read: (reader) => byPartition(reader, (partition) => ({ ...partition, error: reader.int16() })),
  };
}

/** OffsetFetch v1; offset -1 where nothing is committed. */
export function offsetFetch(
  group: string,
  partitions: readonly TopicPartition[],
): KafkaRequest<(CommittedOffset & { error: number })[]> {
  return {
    key: 9,
    version: 1,
    write(writer) {
      writer.string(group);
      writePartitions(writer, partitions, () => {});
    },
    read(reader) {
      return byPartition(reader, (partition) => ({
        ...partition,
        offset: reader.int64(),
        metadata: reader.nullableString(),
        error: reader.int16(),
      }));
    },
  };
}

/** DescribeConfigs v1 of one topic: names to values. */
export function topicConfigs(
  topic: string,
): KafkaRequest<{ error: number; configs: Map<string, string | null> }> {
  return {
    key: 32,
    version: 1,
    write(writer) {
      const topicResource = 2;
      writer.int32(1).int8(topicResource).string(topic).nullableArray(null, () => {});
      writer.boolean(false); // include_synonyms
    },
    read(reader) {
      reader.int32(); // throttle_time_ms
      const configs = new Map<string, string | null>();
      const errors = reader.array(() => {
        const error = reader.int16();
        reader.nullableString(); // error_message
        reader.int8();
        reader.string();
        reader.array(() => readConfig(reader, configs));
        return error;
      });
      return { error: errors[0] ?? 0, configs };
    },
  };
}

function readConfig(reader: Reader, configs: Map<string, string | null>): void {
  const name = reader.string();
  const value = reader.nullableString();
  reader.boolean(); // read_only
  reader.int8(); // config_source
  reader.boolean(); // is_sensitive
  reader.array(() => {
    reader.string();
    reader.nullableString();
    reader.int8();
  });
  configs.set(name, value);
}
