/**
 * IncrementalAlterConfigs (key 44): single settings of a topic; the others stay.
 *
 *   request   resources [resource_type INT8, resource_name STRING, configs [name STRING,
 *             config_operation INT8: 0 set, 1 delete, 2 append, 3 subtract,
 *             value NULLABLE_STRING]], validate_only BOOLEAN
 *   response  throttle_time_ms INT32, responses [error_code INT16, error_message NULLABLE_STRING,
 *             resource_type INT8, resource_name STRING]
 *
 * Source: Apache Kafka, IncrementalAlterConfigsRequest.json and IncrementalAlterConfigsResponse.json.
 * Left out: settings of the broker.
 */
import type { Reader } from "../../net/bytes.ts";
import type { Api, Call } from "../api.ts";
import { isTopicConfig, topicConfigs } from "../configs.ts";
import { errors, type Refusal } from "../errors.ts";
import type { Topic } from "../topics.ts";
import { type AlterConfigsResponse, alterResource, encodeAlteredConfigs } from "./alter_configs.ts";

interface Change {
  name: string;
  operation: number;
  value: string | null;
}

export interface IncrementalAlterConfigsRequest {
  resources: { type: number; name: string; changes: Change[] }[];
  validateOnly: boolean;
}

export const incrementalAlterConfigs: Api<IncrementalAlterConfigsRequest, AlterConfigsResponse> = {
  key: 44,
  name: "IncrementalAlterConfigs",
  versions: { min: 0, max: 1 },
  flexibleFrom: 1,
  decode,
  handle,
  encode: encodeAlteredConfigs,
};

function decode(reader: Reader): IncrementalAlterConfigsRequest {
  const resources = reader.array(() => {
    const resource = {
      type: reader.int8(),
      name: reader.string(),
      changes: reader.array(() => {
        const change = {
          name: reader.string(),
          operation: reader.int8(),
          value: reader.nullableString(),
        };
        reader.tags();
        return change;
      }),
    };
    reader.tags();
    return resource;
  });
  const validateOnly = reader.boolean();
  reader.tags();
  return { resources, validateOnly };
}

function handle({ resources, validateOnly }: IncrementalAlterConfigsRequest, call: Call) {
  return {
    resources: resources.map((resource) => ({
      type: resource.type,
      name: resource.name,
      ...alterResource(
        resource,
        { call, validateOnly },
        (topic) => changed(topic, resource.changes),
      ),
    })),
  };
}

function changed(topic: Topic, changes: Change[]): { name: string; value: string }[] | Refusal {
  const configs = new Map(topic.config.entries());
  for (const { name, operation, value } of changes) {
    if (operation === 1) {
      configs.delete(name);
      continue;
    }
    const isList = isTopicConfig(name) && topicConfigs[name].type === "LIST";
    if (value === null || operation > 3 || (operation >= 2 && !isList)) {
      const message = `Cannot apply operation ${operation} to ${name}: wrong kind, or no value`;
      return { error: errors.INVALID_CONFIG, message };
    }
    const items = isTopicConfig(name) && isList ? topic.config.get(name).split(",") : [];
    if (operation === 0) configs.set(name, value);
    else if (operation === 2) configs.set(name, [...new Set([...items, value])].join(","));
    else configs.set(name, items.filter((item) => item !== value).join(","));
  }
  return [...configs].map(([name, value]) => ({ name, value }));
}
