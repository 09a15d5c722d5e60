/**
 * AlterConfigs (key 33): all settings of a topic at once; what is not named goes back to default.
 *
 *   request   resources [resource_type INT8, resource_name STRING, configs [name STRING,
 *             value NULLABLE_STRING]], validate_only BOOLEAN
 *   response  throttle_time_ms INT32, responses [error_code INT16, error_message NULLABLE_STRING,
 *             resource_type INT8, resource_name STRING]
 *
 * Source: Apache Kafka, AlterConfigsRequest.json and AlterConfigsResponse.json.
 * Left out: settings of the broker.
 */
import type { Reader, Writer } from "../../net/bytes.ts";
import { StorageError } from "../../storage/append_file.ts";
import { denied, needs } from "../access.ts";
import type { Api, Call } from "../api.ts";
import { configProblem } from "../configs.ts";
import { errors, type Refusal } from "../errors.ts";
import type { Topic } from "../topics.ts";
import { resourceTypes } from "./describe_configs.ts";

interface AlteredResource {
  type: number;
  name: string;
  configs: { name: string; value: string | null }[];
}

export interface AlterConfigsRequest {
  resources: AlteredResource[];
  validateOnly: boolean;
}

export interface AlterConfigsResponse {
  resources: (Refusal & { type: number; name: string })[];
}

export const alterConfigs: Api<AlterConfigsRequest, AlterConfigsResponse> = {
  key: 33,
  name: "AlterConfigs",
  versions: { min: 0, max: 2 },
  flexibleFrom: 2,
  decode,
  handle,
  encode: encodeAlteredConfigs,
};

function decode(reader: Reader): AlterConfigsRequest {
  const resources = reader.array(() => {
    const resource = {
      type: reader.int8(),
      name: reader.string(),
      configs: reader.array(() => {
        const config = { name: reader.string(), value: reader.nullableString() };
        reader.tags();
        return config;
      }),
    };
    reader.tags();
    return resource;
  });
  const validateOnly = reader.boolean();
  reader.tags();
  return { resources, validateOnly };
}

function handle({ resources, validateOnly }: AlterConfigsRequest, call: Call) {
  return {
    resources: resources.map((resource) => ({
      type: resource.type,
      name: resource.name,
      ...alterResource(resource, { call, validateOnly }, () => resource.configs),
    })),
  };
}

/**
 * Gives a topic the settings that `change` makes of it, all of them or none. Shared with
 * IncrementalAlterConfigs, which differs in what is named only.
 */
export function alterResource(
  { type, name }: { type: number; name: string },
  { call, validateOnly }: { call: Call; validateOnly: boolean },
  change: (topic: Topic) => { name: string; value: string | null }[] | Refusal,
): Refusal {
  const { broker } = call;
  const denial = type === resourceTypes.topic
    ? denied(call, needs.alterConfigs.topic, name)
    : denied(call, needs.alterConfigs.cluster);
  if (denial !== null) return { error: denial, message: null };
  const topic = broker.topics.get(name);
  if (type !== resourceTypes.topic) {
    const message = `Unsupported resource type ${type}: only topics have settings that change`;
    return { error: errors.INVALID_REQUEST, message };
  }
  if (topic === undefined) {
    const message = `The topic '${name}' does not exist.`;
    return { error: errors.UNKNOWN_TOPIC_OR_PARTITION, message };
  }
  const configs = change(topic);
  if (!Array.isArray(configs)) return configs;
  for (const { name, value } of configs) {
    const problem = configProblem(name, value);
    if (problem !== null) return { error: errors.INVALID_CONFIG, message: problem };
  }
  if (validateOnly) return { error: errors.NONE, message: null };
  try {
    const entries = configs.map(({ name, value }) => [name, value ?? ""] as const);
    broker.topics.configure(topic, broker.topicConfig(entries));
    return { error: errors.NONE, message: null };
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    return { error: errors.KAFKA_STORAGE_ERROR, message: error.message };
  }
}

export function encodeAlteredConfigs(writer: Writer, { resources }: AlterConfigsResponse): void {
  writer.int32(0);
  writer.array(resources, ({ error, message, type, name }) => {
    writer.int16(error).nullableString(message).int8(type).string(name).tags();
  });
  writer.tags();
}
