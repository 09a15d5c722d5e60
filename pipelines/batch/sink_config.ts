/**
 * Sink configuration: Confluent's property names -> what the landing needs, checked.
 *
 * The properties are those of the S3 sink connector, so that a connector's configuration can be
 * pasted. What the landing does not do is refused by name, never ignored: a wrong layout of
 * objects is found months later.
 *
 * Source: Confluent S3 sink connector, configuration reference.
 * Left out: other formats and partitioners, compression, rotation by time (by the clock it would
 * not be repeatable), more than one task in this process.
 */
import { UsageError } from "../errors.ts";

export interface SinkConfig {
  /** `connect-<name>` is the consumer group. */
  name: string;
  bucket: string | null;
  topicsDir: string;
  /** Records per object. */
  flushSize: number;
  /** Bytes per object; a record that is larger has an object of its own. */
  partBytes: number;
  fileDelimiter: string;
  directoryDelimiter: string;
  /** Digits of the offset in a key, at least. */
  offsetWidth: number;
}

/** How objects are named. */
export type SinkLayout = Pick<SinkConfig, "topicsDir" | "directoryDelimiter" | "fileDelimiter">;

/** Confluent's defaults. */
export const defaultLayout: SinkLayout = {
  topicsDir: "topics",
  directoryDelimiter: "/",
  fileDelimiter: "+",
};

export type SinkProperties = Readonly<Record<string, string>>;

type Check = (value: string) => string | undefined;

const anyText: Check = (value) => value === "" ? "must not be empty" : undefined;
const integer = (min: number, max = 2 ** 31 - 1): Check => (value) =>
  /^\d{1,10}$/.test(value) && Number(value) >= min && Number(value) <= max
    ? undefined
    : `must be an integer from ${min} to ${max}`;
const only = (...values: string[]): Check => (value) =>
  values.includes(value) ? undefined : `only ${values.join(" or ")} is supported here`;

const converters = [
  "org.apache.kafka.connect.storage.StringConverter",
  "org.apache.kafka.connect.json.JsonConverter",
  "org.apache.kafka.connect.converters.ByteArrayConverter",
];

/** Every property that is understood, with its default (null: none) and its check. */
const known: Readonly<Record<string, { default: string | null; check: Check }>> = {
  "name": { default: "s3-sink", check: anyText },
  "connector.class": { default: null, check: only("io.confluent.connect.s3.S3SinkConnector") },
  "tasks.max": { default: null, check: integer(1) },
  "topics": { default: null, check: anyText },
  "topics.regex": { default: null, check: anyText },
  "flush.size": { default: null, check: integer(1) },
  "rotate.interval.ms": { default: null, check: only("-1") },
  "rotate.schedule.interval.ms": { default: null, check: only("-1") },
  "topics.dir": { default: defaultLayout.topicsDir, check: anyText },
  "file.delim": { default: defaultLayout.fileDelimiter, check: anyText },
  "directory.delim": { default: defaultLayout.directoryDelimiter, check: anyText },
  "filename.offset.zero.pad.width": { default: "10", check: integer(0, 20) },
  "s3.bucket.name": { default: null, check: anyText },
  "s3.region": { default: null, check: anyText },
  // The real sink sends an object in parts of this size; here it is an object's largest size,
  // and by default a little smaller, so that one request stores it.
  "s3.part.size": { default: String(16 * 2 ** 20), check: integer(5 * 2 ** 20) },
  "s3.compression.type": { default: null, check: only("none") },
  "storage.class": { default: null, check: only("io.confluent.connect.s3.storage.S3Storage") },
  "format.class": { default: null, check: only("io.confluent.connect.s3.format.json.JsonFormat") },
  "partitioner.class": {
    default: null,
    check: only("io.confluent.connect.storage.partitioner.DefaultPartitioner"),
  },
  "schema.compatibility": { default: null, check: only("NONE") },
  "key.converter": { default: null, check: only(...converters) },
  "key.converter.schemas.enable": { default: null, check: only("false", "true") },
  "value.converter": { default: null, check: only(converters[1]!) },
  "value.converter.schemas.enable": { default: null, check: only("false") },
  "errors.tolerance": { default: null, check: only("all") },
};

/**
 * @param topics the topics that will be landed: `topics` or `topics.regex` must name them all
 * @throws {UsageError} one line for each property that is missing, unknown or unsupported
 */
export function readSinkConfig(given: SinkProperties, topics: readonly string[] = []): SinkConfig {
  const problems: string[] = [];
  for (const [name, value] of Object.entries(given)) {
    const problem = Object.hasOwn(known, name)
      ? known[name]!.check(value)
      : "is not a property that is supported here";
    if (problem !== undefined) problems.push(`${name}=${value}: ${problem}`);
  }
  if (given["flush.size"] === undefined) problems.push("flush.size is not set: records per object");
  for (const topic of topics) {
    if (!selects(given, topic)) problems.push(`topics leave out ${topic}, which is to be landed`);
  }
  if (problems.length > 0) {
    throw new UsageError(problems.map((line) => `Sink property ${line}`).join("\n"));
  }
  const valueOf = (name: string) => given[name] ?? known[name]?.default ?? "";
  return {
    name: valueOf("name"),
    bucket: valueOf("s3.bucket.name") || null,
    topicsDir: valueOf("topics.dir"),
    flushSize: Number(valueOf("flush.size")),
    partBytes: Number(valueOf("s3.part.size")),
    fileDelimiter: valueOf("file.delim"),
    directoryDelimiter: valueOf("directory.delim"),
    offsetWidth: Number(valueOf("filename.offset.zero.pad.width")),
  };
}

function selects({ topics, "topics.regex": pattern }: SinkProperties, topic: string): boolean {
  if (topics !== undefined) return topics.split(",").map((name) => name.trim()).includes(topic);
  if (pattern === undefined) return true;
  try {
    return new RegExp(`^(?:${pattern})$`).test(topic);
  } catch {
    return false;
  }
}

/** Key of the object whose first record has this offset. */
export function landedKey(
  config: SinkConfig,
  topic: string,
  partition: number,
  offset: bigint,
): string {
  return keyBelow(config.topicsDir, config, topic, partition, offset);
}

/** Key of the object that holds the rejected record of this offset. */
export function rejectKey(
  config: SinkConfig,
  topic: string,
  partition: number,
  offset: bigint,
): string {
  return keyBelow("rejects", config, topic, partition, offset);
}

function keyBelow(
  folder: string,
  { directoryDelimiter: slash, fileDelimiter: plus, offsetWidth }: SinkConfig,
  topic: string,
  partition: number,
  offset: bigint,
): string {
  const digits = offset.toString().padStart(offsetWidth, "0");
  const name = [topic, partition, digits].join(plus);
  return [folder, topic, `partition=${partition}`, `${name}.json`].join(slash);
}
