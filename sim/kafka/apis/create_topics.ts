/**
 * CreateTopics (key 19): new topics, or only whether they could be made.
 *
 *   request   topics [name STRING, num_partitions INT32, replication_factor INT16,
 *             assignments [partition_index INT32, broker_ids [INT32]],
 *             configs [name STRING, value NULLABLE_STRING]], timeout_ms INT32,
 *             validate_only BOOLEAN (v1+)
 *   response  throttle_time_ms INT32 (v2+), topics [name STRING, topic_id UUID (v7+),
 *             error_code INT16, error_message NULLABLE_STRING (v1+), num_partitions INT32 (v5+),
 *             replication_factor INT16 (v5+), configs (v5+) nullable [name STRING,
 *             value NULLABLE_STRING, read_only BOOLEAN, config_source INT8, is_sensitive BOOLEAN],
 *             tag 0: topic_config_error_code INT16]
 *
 * -1 partitions or replicas (v4+) are the broker's defaults. One broker holds one replica: asking
 * for more is refused with Kafka's words.
 *
 * Source: Apache Kafka, CreateTopicsRequest.json and CreateTopicsResponse.json.
 */
import type { Reader, Writer } from "../../net/bytes.ts";
import { StorageError } from "../../storage/append_file.ts";
import { denied, mayBeTold, needs } from "../access.ts";
import type { Api, Call } from "../api.ts";
import { type Broker, nodeId } from "../broker.ts";
import { configProblem, type TopicConfig, topicConfigs } from "../configs.ts";
import { type ErrorCode, errors, type Refusal } from "../errors.ts";
import { partitionCountProblem, topicNameProblem } from "../topics.ts";
import { describeConfig, encodeConfigSource } from "./describe_configs.ts";

interface NewTopic {
  name: string;
  partitionCount: number;
  replicationFactor: number;
  assignments: { index: number; brokerIds: number[] }[];
  configs: { name: string; value: string | null }[];
}

export interface CreateTopicsRequest {
  topics: NewTopic[];
  validateOnly: boolean;
}

interface CreatedTopic extends Refusal {
  name: string;
  id: string;
  partitionCount: number;
  config: TopicConfig | null;
  /** Why its settings are not told, although it was made. */
  hidden?: ErrorCode | null;
}

export interface CreateTopicsResponse {
  topics: CreatedTopic[];
}

const noId = "0".repeat(32);

export const createTopics: Api<CreateTopicsRequest, CreateTopicsResponse> = {
  key: 19,
  name: "CreateTopics",
  versions: { min: 0, max: 7 },
  flexibleFrom: 5,
  decode,
  handle,
  encode,
};

function decode(reader: Reader, version: number): CreateTopicsRequest {
  const topics = reader.array(() => decodeTopic(reader));
  reader.int32();
  const validateOnly = version >= 1 ? reader.boolean() : false;
  reader.tags();
  return { topics, validateOnly };
}

function decodeTopic(reader: Reader): NewTopic {
  const topic = {
    name: reader.string(),
    partitionCount: reader.int32(),
    replicationFactor: reader.int16(),
    assignments: reader.array(() => {
      const assignment = { index: reader.int32(), brokerIds: reader.array(() => reader.int32()) };
      reader.tags();
      return assignment;
    }),
    configs: reader.array(() => {
      const config = { name: reader.string(), value: reader.nullableString() };
      reader.tags();
      return config;
    }),
  };
  reader.tags();
  return topic;
}

function handle({ topics, validateOnly }: CreateTopicsRequest, call: Call) {
  const { broker } = call;
  const names = topics.map(({ name }) => name);
  return {
    topics: topics.map((topic): CreatedTopic => {
      const isRepeated = names.indexOf(topic.name) !== names.lastIndexOf(topic.name);
      const refusal = isRepeated
        ? { error: errors.INVALID_REQUEST, message: "Duplicate topic name." }
        : denialOf(topic, call) ?? problemOf(topic, broker);
      const none = { name: topic.name, id: noId, partitionCount: -1, config: null };
      if (refusal !== null) return { ...none, ...refusal };
      const hidden = mayBeTold(call, needs.createTopics.settings, topic.name)
        ? null
        : errors.TOPIC_AUTHORIZATION_FAILED;
      return { ...create(topic, validateOnly, broker), hidden };
    }),
  };
}

function denialOf({ name }: NewTopic, call: Call): Refusal | null {
  const error = denied(call, needs.createTopics.topic, name);
  return error === null ? null : { error, message: "Authorization failed." };
}

function problemOf(topic: NewTopic, broker: Broker): Refusal | null {
  const { name, replicationFactor, assignments, configs } = topic;
  const refuse = (error: ErrorCode, message: string) => ({ error, message });
  const nameProblem = topicNameProblem(name);
  if (nameProblem !== null) {
    return refuse(errors.INVALID_TOPIC_EXCEPTION, `Topic name is invalid: ${nameProblem}`);
  }
  if (broker.topics.get(name) !== undefined) {
    return refuse(errors.TOPIC_ALREADY_EXISTS, `Topic '${name}' already exists.`);
  }
  if (assignments.length > 0) return assignmentProblem(topic);
  if (topic.partitionCount !== -1) {
    const countProblem = partitionCountProblem(topic.partitionCount);
    if (countProblem !== null) return countProblem;
  }
  if (replicationFactor !== -1 && replicationFactor !== 1) {
    return refuse(
      errors.INVALID_REPLICATION_FACTOR,
      replicationFactor < 1
        ? "Replication factor must be larger than 0, or -1 to use the default value."
        : `Unable to replicate the partition ${replicationFactor} time(s): The target replication ` +
          `factor of ${replicationFactor} cannot be reached because only 1 broker(s) are registered.`,
    );
  }
  for (const { name, value } of configs) {
    const problem = configProblem(name, value);
    if (problem !== null) return refuse(errors.INVALID_CONFIG, problem);
  }
  return null;
}

function assignmentProblem({ assignments, partitionCount, replicationFactor }: NewTopic) {
  const refuse = (error: ErrorCode, message: string) => ({ error, message });
  if (partitionCount !== -1 || replicationFactor !== -1) {
    return refuse(
      errors.INVALID_REQUEST,
      "A manual partition assignment was specified, but numPartitions or replicationFactor was " +
        "not set to -1.",
    );
  }
  const isComplete = assignments.every(({ index, brokerIds }) =>
    index >= 0 && index < assignments.length && brokerIds.length === 1 && brokerIds[0] === nodeId
  );
  const isOnce = new Set(assignments.map(({ index }) => index)).size === assignments.length;
  return isComplete && isOnce ? null : refuse(
    errors.INVALID_REPLICA_ASSIGNMENT,
    `Partitions must be 0 to ${assignments.length - 1}, each on the one broker ${nodeId}.`,
  );
}

function create(topic: NewTopic, validateOnly: boolean, broker: Broker): CreatedTopic {
  const { name, assignments } = topic;
  const partitionCount = assignments.length > 0
    ? assignments.length
    : topic.partitionCount === -1
    ? broker.defaultPartitions
    : topic.partitionCount;
  const config = broker.topicConfig(
    topic.configs.map(({ name, value }) => [name, value ?? ""] as const),
  );
  const created = { name, error: errors.NONE, message: null, partitionCount, config };
  if (validateOnly) return { ...created, id: noId };
  try {
    return { ...created, id: broker.topics.create(name, partitionCount, config).id };
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    return { ...created, error: errors.KAFKA_STORAGE_ERROR, message: error.message, id: noId };
  }
}

function encode(writer: Writer, { topics }: CreateTopicsResponse, version: number): void {
  if (version >= 2) writer.int32(0);
  writer.array(topics, (topic) => {
    writer.string(topic.name);
    if (version >= 7) writer.uuid(topic.id);
    writer.int16(topic.error);
    if (version >= 1) writer.nullableString(topic.message);
    if (version >= 5 && topic.hidden) return encodeHidden(writer, topic.hidden);
    if (version >= 5) encodeDetails(writer, topic);
    writer.tags();
  });
  writer.tags();
}

/** Nothing but the tagged field 0, topic_config_error_code INT16. */
function encodeHidden(writer: Writer, error: ErrorCode): void {
  writer.int32(-1).int16(-1).nullableArray([], () => {});
  writer.uvarint(1).uvarint(0).uvarint(2).int16(error);
}

function encodeDetails(writer: Writer, { error, partitionCount, config }: CreatedTopic): void {
  const isCreated = error === errors.NONE && config !== null;
  writer.int32(isCreated ? partitionCount : -1).int16(isCreated ? 1 : -1);
  const configs = isCreated
    ? Object.keys(topicConfigs).map((name) => describeConfig(name, config))
    : null;
  writer.nullableArray(configs, (config) => {
    writer.string(config.name).nullableString(config.value).boolean(false);
    encodeConfigSource(writer, config).boolean(false).tags();
  });
}
