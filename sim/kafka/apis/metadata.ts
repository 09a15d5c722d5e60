/**
 * Metadata (key 3): the brokers, and who leads which partition of which topic.
 *
 *   request   topics [topic_id UUID (v10+), name STRING (nullable v10+)], null for all
 *             (v0: empty for all), allow_auto_topic_creation BOOLEAN (v4+),
 *             include_cluster_authorized_operations BOOLEAN (v8-10),
 *             include_topic_authorized_operations BOOLEAN (v8+)
 *   response  throttle_time_ms INT32 (v3+), brokers [node_id INT32, host STRING, port INT32,
 *             rack NULLABLE_STRING (v1+)], cluster_id NULLABLE_STRING (v2+),
 *             controller_id INT32 (v1+), topics [error_code INT16, name STRING (nullable v12),
 *             topic_id UUID (v10+), is_internal BOOLEAN (v1+), partitions [error_code INT16,
 *             partition_index INT32, leader_id INT32, leader_epoch INT32 (v7+),
 *             replica_nodes [INT32], isr_nodes [INT32], offline_replicas [INT32] (v5+)],
 *             topic_authorized_operations INT32 (v8+)],
 *             cluster_authorized_operations INT32 (v8-10)
 *
 * Source: Apache Kafka, MetadataRequest.json and MetadataResponse.json.
 * Left out: authorized operations (answered as not asked for), racks.
 */
import type { Reader, Writer } from "../../net/bytes.ts";
import { StorageError } from "../../storage/append_file.ts";
import { denied, mayBeTold, needs } from "../access.ts";
import type { Api, Call } from "../api.ts";
import { host, nodeId } from "../broker.ts";
import { type ErrorCode, errors } from "../errors.ts";
import { leaderEpoch } from "../partition.ts";
import { type Topic, topicNameProblem } from "../topics.ts";

export interface MetadataRequest {
  /** Null: all topics. */
  topics: { id: string; name: string | null }[] | null;
  allowAutoTopicCreation: boolean;
}

export interface MetadataTopic {
  error: ErrorCode;
  name: string | null;
  id: string;
  partitionCount: number;
}

export interface MetadataResponse {
  port: number;
  clusterId: string;
  topics: MetadataTopic[];
}

const noId = "0".repeat(32);
/** "Not asked for": the lowest 32-bit integer. */
const authorizedOperationsUnknown = -2147483648;

export const metadata: Api<MetadataRequest, MetadataResponse> = {
  key: 3,
  name: "Metadata",
  versions: { min: 0, max: 12 },
  flexibleFrom: 9,
  decode,
  handle,
  encode,
};

function decode(reader: Reader, version: number): MetadataRequest {
  const topics = reader.nullableArray(() => {
    const topic = {
      id: version >= 10 ? reader.uuid() : noId,
      name: version >= 10 ? reader.nullableString() : reader.string(),
    };
    reader.tags();
    return topic;
  });
  const request = {
    topics: version === 0 && topics?.length === 0 ? null : topics,
    allowAutoTopicCreation: version >= 4 ? reader.boolean() : true,
  };
  if (version >= 8 && version <= 10) reader.boolean();
  if (version >= 8) reader.boolean();
  reader.tags();
  return request;
}

/** Of all topics those that may be seen; of the named ones each, or why not. */
function handle(request: MetadataRequest, call: Call): MetadataResponse {
  const { broker, session } = call;
  const mayCreate = broker.options.autoCreateTopics === true && request.allowAutoTopicCreation;
  const mayBeSeen = ({ name }: Topic) => mayBeTold(call, needs.metadata.topic, name);
  return {
    port: session.listener.port,
    clusterId: broker.clusterId,
    topics: request.topics?.map((wanted) => find(wanted, mayCreate, call)) ??
      broker.topics.all().filter(mayBeSeen).map(describe),
  };
}

function describe({ name, id, partitions }: Topic): MetadataTopic {
  return { error: errors.NONE, name, id, partitionCount: partitions.length };
}

function failed(error: ErrorCode, name: string | null, id: string): MetadataTopic {
  return { error, name, id, partitionCount: 0 };
}

function find(
  { id, name }: { id: string; name: string | null },
  mayCreate: boolean,
  call: Call,
): MetadataTopic {
  const { topics } = call.broker;
  if (name === null) {
    const topic = topics.byId(id);
    if (topic === undefined) return failed(errors.UNKNOWN_TOPIC_ID, null, id);
    const problem = denied(call, needs.metadata.topic, topic.name);
    // Documented: who asks by id has known the id, but does not learn the name.
    return problem === null ? describe(topic) : failed(problem, null, id);
  }
  const problem = denied(call, needs.metadata.topic, name);
  if (problem !== null) return failed(problem, name, noId);
  const topic = topics.get(name);
  if (topic !== undefined) return describe(topic);
  if (topicNameProblem(name) !== null) {
    return failed(errors.INVALID_TOPIC_EXCEPTION, name, noId);
  }
  return mayCreate ? create(name, call) : failed(errors.UNKNOWN_TOPIC_OR_PARTITION, name, noId);
}

function create(name: string, call: Call): MetadataTopic {
  const problem = denied(call, needs.metadata.newTopic, name);
  if (problem !== null) return failed(problem, name, noId);
  const { broker } = call;
  try {
    return describe(broker.topics.create(name, broker.defaultPartitions, broker.topicConfig()));
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    return failed(errors.KAFKA_STORAGE_ERROR, name, noId);
  }
}

function encode(writer: Writer, response: MetadataResponse, version: number): void {
  if (version >= 3) writer.int32(0);
  writer.array([response], ({ port }) => {
    writer.int32(nodeId).string(host).int32(port);
    if (version >= 1) writer.nullableString(null);
    writer.tags();
  });
  if (version >= 2) writer.nullableString(response.clusterId);
  if (version >= 1) writer.int32(nodeId);
  writer.array(response.topics, (topic) => encodeTopic(writer, topic, version));
  if (version >= 8 && version <= 10) writer.int32(authorizedOperationsUnknown);
  writer.tags();
}

function encodeTopic(writer: Writer, topic: MetadataTopic, version: number): void {
  writer.int16(topic.error).nullableString(version >= 12 ? topic.name : topic.name ?? "");
  if (version >= 10) writer.uuid(topic.id);
  if (version >= 1) writer.boolean(false);
  const indexes = Array.from({ length: topic.partitionCount }, (_, index) => index);
  writer.array(indexes, (index) => {
    writer.int16(errors.NONE).int32(index).int32(nodeId);
    if (version >= 7) writer.int32(leaderEpoch);
    writer.array([nodeId], (id) => writer.int32(id));
    writer.array([nodeId], (id) => writer.int32(id));
    if (version >= 5) writer.array([], () => {});
    writer.tags();
  });
  if (version >= 8) writer.int32(authorizedOperationsUnknown);
  writer.tags();
}
