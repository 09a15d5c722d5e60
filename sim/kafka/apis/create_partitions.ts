/**
 * CreatePartitions (key 37): more partitions for topics that exist.
 *
 *   request   topics [name STRING, count INT32 (the new total), assignments nullable
 *             [broker_ids [INT32]]], timeout_ms INT32, validate_only BOOLEAN
 *   response  throttle_time_ms INT32, results [name STRING, error_code INT16,
 *             error_message NULLABLE_STRING]
 *
 * Source: Apache Kafka, CreatePartitionsRequest.json and CreatePartitionsResponse.json.
 */
import type { Reader, Writer } from "../../net/bytes.ts";
import { StorageError } from "../../storage/append_file.ts";
import { denied, needs } from "../access.ts";
import type { Api, Call } from "../api.ts";
import { type Broker, nodeId } from "../broker.ts";
import { type ErrorCode, errors, type Refusal } from "../errors.ts";
import { partitionCountProblem } from "../topics.ts";

interface Extension {
  name: string;
  count: number;
  /** One list of brokers for each new partition; null: the broker decides. */
  assignments: number[][] | null;
}

export interface CreatePartitionsRequest {
  topics: Extension[];
  validateOnly: boolean;
}

export interface CreatePartitionsResponse {
  results: (Refusal & { name: string })[];
}

export const createPartitions: Api<CreatePartitionsRequest, CreatePartitionsResponse> = {
  key: 37,
  name: "CreatePartitions",
  versions: { min: 0, max: 3 },
  flexibleFrom: 2,
  decode,
  handle,
  encode,
};

function decode(reader: Reader): CreatePartitionsRequest {
  const topics = reader.array(() => {
    const topic = {
      name: reader.string(),
      count: reader.int32(),
      assignments: reader.nullableArray(() => {
        const brokerIds = reader.array(() => reader.int32());
        reader.tags();
        return brokerIds;
      }),
    };
    reader.tags();
    return topic;
  });
  reader.int32();
  const validateOnly = reader.boolean();
  reader.tags();
  return { topics, validateOnly };
}

function handle({ topics, validateOnly }: CreatePartitionsRequest, call: Call) {
  return {
    results: topics.map((topic) => {
      const { name } = topic;
      const problem = denied(call, needs.createPartitions.topic, name);
      if (problem !== null) return { name, error: problem, message: null };
      return { name, ...extend(topic, validateOnly, call.broker) };
    }),
  };
}

function extend({ name, count, assignments }: Extension, validateOnly: boolean, broker: Broker) {
  const refuse = (error: ErrorCode, message: string | null): Refusal => ({ error, message });
  const topic = broker.topics.get(name);
  if (topic === undefined) {
    return refuse(errors.UNKNOWN_TOPIC_OR_PARTITION, `The topic '${name}' does not exist.`);
  }
  const before = topic.partitions.length;
  if (count <= before) {
    return refuse(
      errors.INVALID_PARTITIONS,
      `The topic ${name} currently has ${before} partition(s); ${count} would not be an increase.`,
    );
  }
  const isOurs = (brokerIds: number[]) => brokerIds.length === 1 && brokerIds[0] === nodeId;
  if (
    assignments !== null && !(assignments.length === count - before && assignments.every(isOurs))
  ) {
    return refuse(
      errors.INVALID_REPLICA_ASSIGNMENT,
      `Each of the ${count - before} new partitions must be on the one broker ${nodeId}.`,
    );
  }
  const problem = partitionCountProblem(count);
  if (problem !== null || validateOnly) return problem ?? refuse(errors.NONE, null);
  try {
    broker.topics.addPartitions(topic, count);
    return refuse(errors.NONE, null);
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    return refuse(errors.KAFKA_STORAGE_ERROR, error.message);
  }
}

function encode(writer: Writer, { results }: CreatePartitionsResponse): void {
  writer.int32(0);
  writer.array(results, ({ name, error, message }) => {
    writer.string(name).int16(error).nullableString(message).tags();
  });
  writer.tags();
}
