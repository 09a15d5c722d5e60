/**
 * Configs: the settings of topics, their types and defaults, and what values they take.
 *
 * `has effect` settings change what the broker does; the others are kept and given back, so that
 * tools which set or compare them work.
 *
 * Source: Apache Kafka, documentation, "Topic Configs".
 * Left out: compaction (`cleanup.policy=compact` only refuses records without a key), recompression
 * by `compression.type`, rolling of segments by time.
 */
import { codecs } from "../storage/record_batch.ts";

/** Kinds as DescribeConfigs numbers them. */
export const configTypes = { BOOLEAN: 1, STRING: 2, INT: 3, LONG: 5, DOUBLE: 6, LIST: 7 } as const;

interface ConfigDefinition {
  type: keyof typeof configTypes;
  default: string;
  min?: number;
  /** Of a LIST each item must be one of these. */
  oneOf?: readonly string[];
}

const number = (type: "INT" | "LONG", byDefault: string, min: number) =>
  ({ type, default: byDefault, min }) satisfies ConfigDefinition;

export const topicConfigs = {
  "cleanup.policy": { type: "LIST", default: "delete", oneOf: ["delete", "compact"] },
  "compression.type": {
    type: "STRING",
    default: "producer",
    oneOf: ["producer", "uncompressed", ...codecs.slice(1)],
  },
  "delete.retention.ms": number("LONG", "86400000", 0),
  "file.delete.delay.ms": number("LONG", "60000", 0),
  "flush.messages": number("LONG", "9223372036854775807", 1),
  "flush.ms": number("LONG", "9223372036854775807", 0),
  "index.interval.bytes": number("INT", "4096", 0),
  "max.compaction.lag.ms": number("LONG", "9223372036854775807", 1),
  "max.message.bytes": number("INT", "1048588", 0),
  "message.timestamp.after.max.ms": number("LONG", "9223372036854775807", 0),
  "message.timestamp.before.max.ms": number("LONG", "9223372036854775807", 0),
  "message.timestamp.type": {
    type: "STRING",
    default: "CreateTime",
    oneOf: ["CreateTime", "LogAppendTime"],
  },
  "min.cleanable.dirty.ratio": { type: "DOUBLE", default: "0.5", min: 0 },
  "min.compaction.lag.ms": number("LONG", "0", 0),
  "min.insync.replicas": number("INT", "1", 1),
  "preallocate": { type: "BOOLEAN", default: "false" },
  "retention.bytes": number("LONG", "-1", -1),
  "retention.ms": number("LONG", "604800000", -1),
  "segment.bytes": number("INT", "33554432", 14),
  "segment.index.bytes": number("INT", "10485760", 4),
  "segment.jitter.ms": number("LONG", "0", 0),
  "segment.ms": number("LONG", "604800000", 1),
  "unclean.leader.election.enable": { type: "BOOLEAN", default: "false" },
} as const satisfies Record<string, ConfigDefinition>;

export type TopicConfigName = keyof typeof topicConfigs;

export function isTopicConfig(name: string): name is TopicConfigName {
  return Object.hasOwn(topicConfigs, name);
}

/** What is wrong with this value, or null. */
export function configProblem(name: string, value: string | null): string | null {
  if (!isTopicConfig(name)) return `Unknown topic config name: ${name}`;
  const definition: ConfigDefinition = topicConfigs[name];
  if (value === null) return `Null value not supported for topic configs: ${name}`;
  const invalid = (why: string) => `Invalid value ${value} for configuration ${name}: ${why}`;
  switch (definition.type) {
    case "BOOLEAN":
      return /^(true|false)$/i.test(value)
        ? null
        : invalid("Expected value to be either true or false");
    case "INT":
    case "LONG":
    case "DOUBLE":
      if (!(definition.type === "DOUBLE" ? /^[0-9.]+$/ : /^-?[0-9]{1,19}$/).test(value)) {
        return invalid(`Not a number of type ${definition.type}`);
      }
      return Number(value) >= (definition.min ?? 0)
        ? null
        : invalid(`Value must be at least ${definition.min ?? 0}`);
    default: {
      const items = definition.type === "LIST" ? value.split(",") : [value];
      const known = definition.oneOf ?? items;
      return items.every((item) => known.includes(item.trim()))
        ? null
        : invalid(`String must be one of: ${known.join(", ")}`);
    }
  }
}

/** The settings of one topic: what was set, over the defaults. */
export class TopicConfig {
  readonly #set: Map<string, string>;

  constructor(entries: Iterable<readonly [string, string]> = []) {
    this.#set = new Map(entries);
  }

  get(name: TopicConfigName): string {
    return this.#set.get(name) ?? topicConfigs[name].default;
  }

  number(name: TopicConfigName): number {
    return Number(this.get(name));
  }

  isSet(name: string): boolean {
    return this.#set.has(name);
  }

  entries(): [string, string][] {
    return [...this.#set];
  }

  get isCompacted(): boolean {
    return this.get("cleanup.policy").split(",").some((policy) => policy.trim() === "compact");
  }
}
