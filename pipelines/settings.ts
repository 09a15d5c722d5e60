/**
 * Settings: the one table of what a person can say, by a flag or in the environment, with defaults.
 *
 * The help, README's table, the checks and the types of all flags are made of it, so each name,
 * default and unit stands here alone. Loads nothing heavy: `--help` comes from here.
 */
import {
  brokerList,
  bucketName,
  countOrAll,
  duration,
  hostUrl,
  httpUrl,
  kafkaListeners,
  mysqlUrl,
  oneOf,
  pipelineId,
  portOfService,
  regionName,
  roleArn,
  seconds,
  tablesLeftOut,
  texts,
  warehouseId,
  wholeNumber,
} from "./forms.ts";
import { bucketOf, defaultRegion } from "./resources.ts";
import type { TableName } from "./tables.ts";

export interface Setting {
  /** As the help shows it, with what it takes. */
  flag?: string;
  /** In the environment; a flag goes before it. */
  variable?: string;
  /** What it is, with its unit. */
  text: string;
  /** The default, as a person would type it. */
  usual?: string;
  /** What holds by default, where that is no fixed text. */
  otherwise?: string;
  /** Of what may be given again: what the first one adds to. */
  start?: unknown;
  /** Whether the command cannot do without. */
  required?: true;
  conflicts?: string;
  /** Absent: any text, or for a flag that takes nothing none. */
  form?: (name: string, text: string, before?: never) => unknown;
}

/** How the batch is cut, and what `--course` makes of it. */
export const habits = {
  own: { rows: null, batchSize: 500, flushSize: 10_000 },
  course: { rows: 1000, batchSize: 1, flushSize: 1 },
} as const;

function habit(name: "batchSize" | "flushSize"): string {
  return `${habits.own[name]}; with --course ${habits.course[name]}`;
}

/** Where `task sim` listens unless it is told otherwise. */
const stablePorts = {
  mysql: 13306,
  kafka: 19092,
  kafkaRest: 18082,
  kinesis: 14567,
  gateway: 18080,
  s3: 19000,
  databricks: 18443,
  iam: 14568,
  sts: 14569,
  kafkaTls: 19094,
  kafkaScram: 19096,
  kafkaIam: 19098,
};

/** The world of a run, and what is kept of it. */
const world = {
  target: {
    flag: "--target <world>",
    text: "sim: all on this machine; aws: endpoints from outside",
    usual: "sim",
    form: oneOf("sim", "aws"),
  },
  seed: {
    flag: "--seed <n>",
    text: "decides data, names and faults (no secrets)",
    usual: "1",
    form: wholeNumber(0, 2 ** 32 - 1),
  },
  id: {
    flag: "--id <hex>",
    variable: "PIPELINE_ID",
    text: "the <id> of all names, twelve hex digits",
    otherwise: "by seed, but for --target aws",
    form: pipelineId,
  },
  source: {
    flag: "--source <where>",
    text: "a folder with the three tables, or mysql://user:password@host/db",
  },
  without: {
    flag: "--without <tables>",
    text: "of pin, geo, user: meant to be absent",
    start: [] as TableName[],
    form: tablesLeftOut,
  },
  badCells: {
    flag: "--bad-cells <how>",
    text: "a row that cannot be read: stop, or reject (and go on)",
    usual: "stop",
    form: oneOf("stop", "reject"),
  },
  out: { flag: "--out <dir>", text: "folder for results", usual: "out" },
  data: { flag: "--data <dir>", text: "folder to keep, and to go on from next time" },
  json: {
    flag: "--json",
    text: "one JSON document on standard output; all else on standard error",
  },
  quiet: { flag: "--quiet", text: "no progress and no tables" },
  events: {
    flag: "--events <where>",
    text: "what happens, as JSON lines: a file, a named pipe, or the number of an open pipe",
  },
  log: {
    flag: "--log <what>",
    text: "requests: a line for each that the simulator serves",
    form: oneOf("requests"),
  },
  iam: {
    flag: "--iam <how>",
    text: "enforce: nothing without an identity that may; log: says what would be refused; off",
    usual: "enforce",
    form: oneOf("enforce", "log", "off"),
  },
  kafkaListeners: {
    flag: "--kafka-listeners <list>",
    text: "ways into Kafka, of plain, tls, scram, iam: all in sim, iam alone in batch and stream",
    form: kafkaListeners,
  },
  kafkaPlain: {
    flag: "--kafka-plain <on|off>",
    text: "whether the plain one, MSK's unauthenticated access, is among them",
    form: oneOf("on", "off"),
  },
  secureTransport: {
    flag: "--secure-transport <what>",
    text: "what policies take for it: loopback (all that comes from this machine), or tls alone",
    usual: "loopback",
    form: oneOf("loopback", "tls"),
  },
  record: {
    flag: "--record <file>",
    text:
      "what each user and role asked for, as the smallest policies; compared with the pipeline's",
  },
  debug: { flag: "--debug", text: "stack traces with errors" },
} as const satisfies Record<string, Setting>;

/** Where everything is. */
const endpoints = {
  mysqlUrl: {
    variable: "MYSQL_URL",
    text: "source, mysql://user:password@host:port/database[?ssl=true]; never shown with its " +
      "password (--source takes it too)",
    form: mysqlUrl,
  },
  gatewayUrl: {
    flag: "--gateway-url <url>",
    variable: "GATEWAY_URL",
    text: "invoke URL with its stage, https://….execute-api.….amazonaws.com/<stage>",
    form: httpUrl,
  },
  gatewayAuth: {
    flag: "--gateway-auth <how>",
    variable: "GATEWAY_AUTH",
    text: "what the gateway asks for: iam (a signature), key (GATEWAY_API_KEY) or none",
    otherwise: "none; iam in a simulator of batch's or stream's own, but for --course",
    form: oneOf("iam", "key", "none"),
  },
  gatewayKey: { variable: "GATEWAY_API_KEY", text: "API key of the gateway (GATEWAY_AUTH=key)" },
  kafkaBrokers: {
    flag: "--kafka-brokers <list>",
    variable: "KAFKA_BROKERS",
    text: "brokers, host:port,host:port; a simulated REST proxy follows",
    form: brokerList,
  },
  kafkaAuth: {
    flag: "--kafka-auth <how>",
    variable: "KAFKA_AUTH",
    text: "none, tls (encrypted, without a login), scram (SCRAM-SHA-512), or iam (MSK)",
    usual: "none",
    form: oneOf("none", "tls", "scram", "iam"),
  },
  kafkaUsername: { variable: "KAFKA_USERNAME", text: "for KAFKA_AUTH=scram" },
  kafkaPassword: { variable: "KAFKA_PASSWORD", text: "for KAFKA_AUTH=scram" },
  kafkaTls: {
    variable: "KAFKA_TLS",
    text: "on or off (a simulator may have IAM without it)",
    otherwise: "on, but for KAFKA_AUTH=none",
    form: oneOf("on", "off"),
  },
  kafkaCaFile: {
    variable: "KAFKA_CA_FILE",
    text: "authority of the brokers' certificates, a PEM file",
    otherwise: "the system's authorities",
  },
  bucket: {
    flag: "--bucket <name>",
    variable: "S3_BUCKET",
    text: "bucket",
    otherwise: bucketOf("<id>"),
    form: bucketName,
  },
  region: {
    flag: "--region <name>",
    variable: "AWS_REGION",
    text: "region",
    usual: defaultRegion,
    form: regionName,
  },
  s3Endpoint: {
    flag: "--s3-endpoint <url>",
    variable: "AWS_ENDPOINT_URL_S3",
    text: "S3 endpoint",
    otherwise: "AWS's own",
    form: httpUrl,
  },
  kinesisEndpoint: {
    flag: "--kinesis-endpoint <url>",
    variable: "AWS_ENDPOINT_URL_KINESIS",
    text: "Kinesis endpoint",
    otherwise: "AWS's own",
    form: httpUrl,
  },
  accessKeyId: {
    variable: "AWS_ACCESS_KEY_ID",
    text: "credentials",
    otherwise: "the AWS SDK's chain",
  },
  secretAccessKey: { variable: "AWS_SECRET_ACCESS_KEY", text: "the secret of AWS_ACCESS_KEY_ID" },
  sessionToken: { variable: "AWS_SESSION_TOKEN", text: "of credentials that end by themselves" },
  sinkRole: {
    variable: "SINK_ROLE_ARN",
    text: "role that the S3 sink takes on",
    otherwise: "none: the credentials themselves",
    form: roleArn,
  },
  readerRole: {
    variable: "READER_ROLE_ARN",
    text: "role for reading streams and objects, and for the Delta tables",
    otherwise: "none: the credentials themselves",
    form: roleArn,
  },
  stsEndpoint: {
    variable: "AWS_ENDPOINT_URL_STS",
    text: "STS endpoint, for roles",
    otherwise: "AWS's own",
    form: httpUrl,
  },
  databricksHost: {
    flag: "--databricks-host <url>",
    variable: "DATABRICKS_HOST",
    text: "workspace, https://<workspace>.cloud.databricks.com (--engine databricks)",
    form: hostUrl,
  },
  databricksToken: {
    variable: "DATABRICKS_TOKEN",
    text: "personal access token (or DATABRICKS_CLIENT_ID and DATABRICKS_CLIENT_SECRET)",
  },
  databricksClientId: {
    variable: "DATABRICKS_CLIENT_ID",
    text: "service principal for OAuth (in place of DATABRICKS_TOKEN)",
  },
  databricksClientSecret: {
    variable: "DATABRICKS_CLIENT_SECRET",
    text: "secret of the service principal",
  },
  databricksWarehouse: {
    flag: "--databricks-warehouse <id>",
    variable: "DATABRICKS_WAREHOUSE_ID",
    text: "SQL warehouse that runs the statements, e.g. 0123456789abcdef; it must be able to " +
      "read the bucket",
    form: warehouseId,
  },
  databricksCatalog: {
    flag: "--databricks-catalog <name>",
    variable: "DATABRICKS_CATALOG",
    text: "catalog for the tables",
    otherwise: "the workspace's own",
  },
  databricksSchema: {
    flag: "--databricks-schema <name>",
    variable: "DATABRICKS_SCHEMA",
    text: "schema for the tables",
    otherwise: "the workspace's own",
  },
} as const satisfies Record<string, Setting>;

/** How a pipeline runs. */
const runs = {
  endpoints: {
    flag: "--endpoints <file>",
    text: "use a running simulator: the file that `task sim` wrote",
  },
  rows: {
    flag: "--rows <n>",
    text: "how many posts, or all",
    otherwise: `all; with --course ${habits.course.rows}`,
    form: countOrAll,
  },
  course: {
    flag: "--course",
    text: "the course's habits: its draws, its pauses, one record per object",
  },
  pauses: { flag: "--no-pauses", text: "with --course: the same draws without the pauses" },
  batchSize: {
    flag: "--batch-size <n>",
    text: "records per request",
    otherwise: habit("batchSize"),
    form: wholeNumber(1, 10_000),
  },
  partitions: {
    flag: "--partitions <n>",
    text: "partitions per topic; more than 1 keys by index",
    usual: "1",
    form: wholeNumber(1, 1000),
  },
  flushSize: {
    flag: "--flush-size <n>",
    text: "records per object",
    otherwise: habit("flushSize"),
    form: wholeNumber(1, 1e6),
  },
  sink: {
    flag: "--sink <property=value>",
    text: "another property of the S3 sink; may be repeated",
    start: [] as string[],
    form: texts,
  },
  giveUpAfter: {
    flag: "--give-up-after <time>",
    text: "how long to wait for and retry what is out of reach",
    usual: "60s",
    form: seconds(1, 86_400),
  },
  replay: {
    flag: "--replay <file>",
    text: "post the records of a rejects file (CSV, Parquet) again as well",
  },
  compareStream: {
    flag: "--compare-stream",
    text: "compare the clean tables with those of `stream`, row by row",
  },
  engine: {
    flag: "--engine <name>",
    text: "what runs sql/: duckdb (embedded), or databricks",
    usual: "duckdb",
    form: oneOf("duckdb", "databricks"),
  },
  for: {
    flag: "--for <time>",
    text: "post for so long, 30s, 5m; generates onward",
    form: duration,
  },
  rate: {
    flag: "--rate <n>",
    text: "records per second",
    otherwise: "as fast as it goes",
    form: wholeNumber(1, 1e6),
  },
  answers: { flag: "--answers", text: "the answers from the stream's tables at the end" },
  limits: {
    flag: "--limits <on|off>",
    text: "whether shards have AWS's throughput and no more",
    usual: "off",
    form: oneOf("on", "off"),
  },
  flushRecords: {
    flag: "--flush-records <n>",
    text: "commit at the latest after n",
    usual: "20000",
    form: wholeNumber(1, 1e6),
  },
  flushBytes: {
    flag: "--flush-bytes <n>",
    text: "... or n bytes",
    usual: String(2 ** 23),
    form: wholeNumber(1, 2 ** 28),
  },
  flushAge: {
    flag: "--flush-age <time>",
    text: "... or when a record is so old",
    usual: "1s",
    form: duration,
  },
  deltaDir: { flag: "--delta-dir <dir>", text: "Delta tables in a folder in place of the bucket" },
  acceptGap: {
    flag: "--accept-gap",
    text: "go on where records have left the stream unread, and say so",
  },
  faults: {
    flag: "--faults <how>",
    text: "none, or seeded: the simulator misbehaves by the seed",
    usual: "none",
    form: oneOf("none", "seeded"),
  },
} as const satisfies Record<string, Setting>;

/** Of the commands that run no pipeline. */
const others = {
  watch: { flag: "--watch", text: "check again, after each change, what the change touches" },
  junit: { flag: "--junit <file>", text: "the results for a build server" },
  new: { flag: "--new <model>", text: "draft a test of this model from sample rows" },
  mutate: {
    flag: "--mutate",
    text: "change the models one thing at a time, and list what no test notices",
  },
  failFast: { flag: "--fail-fast", text: "stop at the first failure" },
  port: {
    flag: "--port <service=port>",
    text: "another port; may be repeated",
    start: stablePorts,
    form: portOfService(stablePorts),
  },
  autoCreateTopics: { flag: "--auto-create-topics", text: "a topic appears by being asked for" },
  empty: { flag: "--empty", text: "without the pipeline's topics and streams" },
  printEnv: {
    flag: "--print-env",
    text: "print the export lines, passwords included, on standard output",
  },
  csv: { flag: "--csv", text: "the result as CSV", conflicts: "json" },
  rowsMax: {
    flag: "--rows-max <n>",
    text: "rows shown in a table",
    usual: "100",
    form: wholeNumber(1, 1e9),
  },
  format: {
    flag: "--format <name>",
    text: "csv or jsonl",
    usual: "jsonl",
    form: oneOf("csv", "jsonl"),
  },
} as const satisfies Record<string, Setting>;

export const settings = { ...world, ...endpoints, ...runs, ...others };

/** Those that stand in the environment, by their names here. */
export const variables = { id: world.id, ...endpoints };

/** The environment, or what stands for it. */
export type Settings = Partial<
  Record<(typeof variables)[keyof typeof variables]["variable"], string | undefined>
>;

/** What a setting is once it is checked. */
export type ValueOf<S> = S extends { form: (...given: never) => infer T } ? T
  : S extends { flag: `--no-${string}` } ? boolean
  : S extends { flag: `${string}<${string}` } | { variable: string } ? string
  : true;

/** The default as a value; undefined if there is none. */
export function usualOf<S extends Setting & { usual: string }>(
  name: string,
  setting: S,
): ValueOf<S> {
  return (setting.form?.(name, setting.usual) ?? setting.usual) as ValueOf<S>;
}

/** Flags that stand in place of variables, under the names of these. */
export function inPlace(flags: Readonly<Record<string, unknown>>): Settings {
  const given = Object.entries(variables).flatMap(([name, { variable }]) =>
    typeof flags[name] === "string" ? [[variable, flags[name]]] : []
  );
  return Object.fromEntries(given);
}
