/**
 * DescribeConfigs (key 32): the settings of topics and of the broker.
 *
 *   request   resources [resource_type INT8: 2 topic, 4 broker, resource_name STRING,
 *             configuration_keys nullable [STRING]: null all], include_synonyms BOOLEAN (v1+),
 *             include_documentation BOOLEAN (v3+)
 *   response  throttle_time_ms INT32, results [error_code INT16, error_message NULLABLE_STRING,
 *             resource_type INT8, resource_name STRING, configs [name STRING,
 *             value NULLABLE_STRING, read_only BOOLEAN, is_default BOOLEAN (v0),
 *             config_source INT8 (v1+): 1 topic, 4 broker's file, 5 default, is_sensitive BOOLEAN,
 *             synonyms [name STRING, value NULLABLE_STRING, source INT8] (v1+),
 *             config_type INT8 (v3+), documentation NULLABLE_STRING (v3+)]]
 *
 * Source: Apache Kafka, DescribeConfigsRequest.json and DescribeConfigsResponse.json.
 * Left out: documentation texts, loggers.
 */
import type { Reader, Writer } from "../../net/bytes.ts";
import { denialTexts, denied, needs } from "../access.ts";
import type { Api, Call } from "../api.ts";
import { host, nodeId } from "../broker.ts";
import { configTypes, isTopicConfig, type TopicConfig, topicConfigs } from "../configs.ts";
import { type ErrorCode, errors } from "../errors.ts";
import { protocolOf } from "../listeners.ts";

export const resourceTypes = { topic: 2, broker: 4 } as const;
const sources = { topic: 1, file: 4, default: 5 } as const;

interface Resource {
  type: number;
  name: string;
  /** Null: all. */
  keys: string[] | null;
}

export interface DescribeConfigsRequest {
  resources: Resource[];
  includeSynonyms: boolean;
}

export interface DescribedConfig {
  name: string;
  value: string;
  source: typeof sources[keyof typeof sources];
  type: number;
  isReadOnly: boolean;
}

interface DescribedResource {
  error: ErrorCode;
  message: string | null;
  type: number;
  name: string;
  configs: DescribedConfig[];
}

export interface DescribeConfigsResponse {
  results: DescribedResource[];
  includeSynonyms: boolean;
}

export const describeConfigs: Api<DescribeConfigsRequest, DescribeConfigsResponse> = {
  key: 32,
  name: "DescribeConfigs",
  versions: { min: 0, max: 4 },
  flexibleFrom: 4,
  decode,
  handle,
  encode,
};

function decode(reader: Reader, version: number): DescribeConfigsRequest {
  const resources = reader.array(() => {
    const resource = {
      type: reader.int8(),
      name: reader.string(),
      keys: reader.nullableArray(() => reader.string()),
    };
    reader.tags();
    return resource;
  });
  const includeSynonyms = version >= 1 ? reader.boolean() : false;
  if (version >= 3) reader.boolean();
  reader.tags();
  return { resources, includeSynonyms };
}

function handle({ resources, includeSynonyms }: DescribeConfigsRequest, call: Call) {
  return { results: resources.map((resource) => describe(resource, call)), includeSynonyms };
}

function describe({ type, name, keys }: Resource, call: Call): DescribedResource {
  const { broker } = call;
  const found = { error: errors.NONE, message: null, type, name };
  const failed = (error: ErrorCode, message: string) => ({ ...found, error, message, configs: [] });
  // Documented: an empty list of keys is taken for all by clients of some languages, and by us.
  const isWanted = ({ name }: { name: string }) =>
    keys === null || keys.length === 0 || keys.includes(name);
  const denial = denialOf(type, name, call);
  if (denial !== null) return failed(denial, denialTexts[denial] ?? "");
  if (type === resourceTypes.topic) {
    const topic = broker.topics.get(name);
    if (topic === undefined) {
      return failed(
        errors.UNKNOWN_TOPIC_OR_PARTITION,
        "This server does not host this topic-partition.",
      );
    }
    const configs = Object.keys(topicConfigs).map((key) => describeConfig(key, topic.config));
    return { ...found, configs: configs.filter(isWanted) };
  }
  if (type === resourceTypes.broker) {
    if (name !== "" && name !== String(nodeId)) {
      return failed(errors.INVALID_REQUEST, `Unexpected broker id, expected ${nodeId}`);
    }
    return { ...found, configs: brokerConfigs(call).filter(isWanted) };
  }
  return failed(errors.INVALID_REQUEST, `Unsupported resource type ${type}`);
}

function denialOf(type: number, name: string, call: Call): ErrorCode | null {
  if (type === resourceTypes.topic) return denied(call, needs.describeConfigs.topic, name);
  return type === resourceTypes.broker ? denied(call, needs.describeConfigs.cluster) : null;
}

export function describeConfig(name: string, config: TopicConfig): DescribedConfig {
  if (!isTopicConfig(name)) throw new TypeError(`Cannot describe '${name}': no topic has it`);
  return {
    name,
    value: config.get(name),
    source: config.isSet(name) ? sources.topic : sources.default,
    type: configTypes[topicConfigs[name].type],
    isReadOnly: false,
  };
}

function brokerConfigs({ broker, session }: Call): DescribedConfig[] {
  const { options, defaultPartitions } = broker;
  const { listener } = session;
  const address = `${protocolOf(listener)}://${host}:${listener.port}`;
  const config = (name: string, type: keyof typeof configTypes, value: unknown) => ({
    name,
    value: String(value),
    source: sources.file,
    type: configTypes[type],
    isReadOnly: true,
  });
  return [
    config("advertised.listeners", "STRING", address),
    config("auto.create.topics.enable", "BOOLEAN", options.autoCreateTopics ?? false),
    config("broker.id", "INT", nodeId),
    config("default.replication.factor", "INT", 1),
    config("group.initial.rebalance.delay.ms", "INT", options.initialRebalanceDelayMs ?? 0),
    config(
      "log.segment.bytes",
      "INT",
      options.segmentBytes ?? topicConfigs["segment.bytes"].default,
    ),
    config("message.max.bytes", "INT", topicConfigs["max.message.bytes"].default),
    config("num.partitions", "INT", defaultPartitions),
    config("offsets.topic.replication.factor", "INT", 1),
  ];
}

/** CreateTopics tells settings in the same numbers. */
export function encodeConfigSource(writer: Writer, { source }: DescribedConfig): Writer {
  return writer.int8(source);
}

function encode(writer: Writer, response: DescribeConfigsResponse, version: number): void {
  writer.int32(0);
  writer.array(response.results, ({ error, message, type, name, configs }) => {
    writer.int16(error).nullableString(message).int8(type).string(name);
    writer.array(configs, (config) => {
      encodeConfig(writer, config, response.includeSynonyms, version);
    });
    writer.tags();
  });
  writer.tags();
}

function encodeConfig(
  writer: Writer,
  config: DescribedConfig,
  includeSynonyms: boolean,
  version: number,
): void {
  writer.string(config.name).nullableString(config.value).boolean(config.isReadOnly);
  if (version === 0) writer.boolean(config.source === sources.default);
  else encodeConfigSource(writer, config);
  writer.boolean(false);
  if (version >= 1) {
    writer.array(includeSynonyms ? [config] : [], ({ name, value, source }) => {
      writer.string(name).nullableString(value).int8(source).tags();
    });
  }
  if (version >= 3) writer.int8(config.type).nullableString(null);
  writer.tags();
}
