/**
 * DeleteTopics (key 20): topics go, with their records and the offsets committed for them.
 *
 *   request   v0-5: topic_names [STRING]; v6+: topics [name NULLABLE_STRING, topic_id UUID],
 *             timeout_ms INT32
 *   response  throttle_time_ms INT32 (v1+), responses [name STRING (nullable v6+),
 *             topic_id UUID (v6+), error_code INT16, error_message NULLABLE_STRING (v5+)]
 *
 * Source: Apache Kafka, DeleteTopicsRequest.json and DeleteTopicsResponse.json.
 */
import type { Reader, Writer } from "../../net/bytes.ts";
import { StorageError } from "../../storage/append_file.ts";
import { denied, needs } from "../access.ts";
import type { Api, Call } from "../api.ts";
import type { Broker } from "../broker.ts";
import { errors, type Refusal } from "../errors.ts";

interface TopicNamed {
  name: string | null;
  id: string;
}

export interface DeleteTopicsRequest {
  topics: TopicNamed[];
}

export interface DeleteTopicsResponse {
  topics: (TopicNamed & Refusal)[];
}

const noId = "0".repeat(32);

export const deleteTopics: Api<DeleteTopicsRequest, DeleteTopicsResponse> = {
  key: 20,
  name: "DeleteTopics",
  versions: { min: 0, max: 6 },
  flexibleFrom: 4,
  decode,
  handle,
  encode,
};

function decode(reader: Reader, version: number): DeleteTopicsRequest {
  const topics = reader.array(() => {
    if (version <= 5) return { name: reader.string(), id: noId };
    const topic = { name: reader.nullableString(), id: reader.uuid() };
    reader.tags();
    return topic;
  });
  reader.int32();
  reader.tags();
  return { topics };
}

function handle({ topics }: DeleteTopicsRequest, call: Call): DeleteTopicsResponse {
  return {
    topics: topics.map((topic) => denialOf(topic, call) ?? deleteOne(topic, call.broker)),
  };
}

/** Documented: who gives an id learns the name only if it may be described. */
function denialOf({ name, id }: TopicNamed, call: Call): DeleteTopicsResponse["topics"][0] | null {
  const found = name ?? call.broker.topics.byId(id)?.name;
  if (found === undefined) return null;
  if (name === null) {
    const error = denied(call, needs.deleteTopics.name, found);
    if (error !== null) return { name, id, error, message: null };
  }
  const error = denied(call, needs.deleteTopics.topic, found);
  return error === null ? null : { name: found, id, error, message: null };
}

function deleteOne({ name, id }: TopicNamed, broker: Broker): TopicNamed & Refusal {
  const topic = name === null ? broker.topics.byId(id) : broker.topics.get(name);
  if (topic === undefined) {
    return name === null
      ? {
        name,
        id,
        error: errors.UNKNOWN_TOPIC_ID,
        message: "This server does not host this topic ID.",
      }
      : {
        name,
        id,
        error: errors.UNKNOWN_TOPIC_OR_PARTITION,
        message: "This server does not host this topic-partition.",
      };
  }
  const named = { name: topic.name, id: topic.id };
  try {
    broker.topics.delete(topic);
    broker.coordinator.offsets.forgetTopic(topic.name);
    return { ...named, error: errors.NONE, message: null };
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    return { ...named, error: errors.KAFKA_STORAGE_ERROR, message: error.message };
  }
}

function encode(writer: Writer, { topics }: DeleteTopicsResponse, version: number): void {
  if (version >= 1) writer.int32(0);
  writer.array(topics, ({ name, id, error, message }) => {
    writer.nullableString(version >= 6 ? name : name ?? "");
    if (version >= 6) writer.uuid(id);
    writer.int16(error);
    if (version >= 5) writer.nullableString(message);
    writer.tags();
  });
  writer.tags();
}
