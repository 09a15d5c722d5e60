/**
 * Target: settings (environment, an endpoints file, flags) -> where everything is, checked and frozen.
 *
 * The simulator writes the same settings for itself that a person exports for AWS, so nothing
 * behind this file knows which of the two it talks to. Each setting replaces one endpoint by
 * itself. All problems are reported at once; a secret is never part of a message.
 */
import { isMysqlUrl, ownHost, plainMysqlUrl, withoutPasswords, withOwnHost } from "./addresses.ts";
import { UsageError } from "./errors.ts";

/** A text that does not show itself in logs, templates or JSON. */
export class Secret {
  readonly #value: string;
  constructor(value: string) {
    this.#value = value;
  }
  /** The one way to the text itself. */
  reveal(): string {
    return this.#value;
  }
  toString(): string {
    return "[secret]";
  }
  toJSON(): string {
    return "[secret]";
  }
  [Symbol.for("Deno.customInspect")](): string {
    return "[secret]";
  }
}

export interface MysqlTarget {
  host: string;
  port: number;
  user: string;
  password: Secret;
  database: string;
  /** `?ssl=true` in the URL: speak TLS and check the server's name. */
  tls: boolean;
}

export interface S3Target {
  /** Null: AWS's own endpoint of the region. Otherwise path-style addresses below this one. */
  endpoint: string | null;
  region: string;
  bucket: string;
  /** Null: the default chain of the AWS SDK finds them. */
  credentials: { accessKeyId: string; secretAccessKey: Secret; sessionToken: Secret | null } | null;
}

export interface KinesisTarget {
  /** Null: AWS's own endpoint of the region. */
  endpoint: string | null;
  region: string;
  credentials: S3Target["credentials"];
}

export interface KafkaTarget {
  /** `host:port` each. */
  brokers: readonly string[];
  auth: "none" | "iam";
}

export interface DatabricksTarget {
  /** `https://<workspace>.cloud.databricks.com`, no slash at the end. */
  host: string;
  auth:
    | { kind: "token"; token: Secret }
    | { kind: "oauth"; clientId: string; clientSecret: Secret };
  /** Of the SQL warehouse that runs the statements. */
  warehouseId: string;
  /** Null: the workspace's default. */
  catalog: string | null;
  /** Null: `default`. */
  schema: string | null;
}

export interface Target {
  name: "sim" | "aws";
  /** Twelve hex digits: the prefix of every name. */
  id: string;
  region: string;
  mysql: MysqlTarget;
  /** Invoke URL with its stage, no slash at the end. */
  gatewayUrl: string;
  kafka: KafkaTarget;
  s3: S3Target;
  kinesis: KinesisTarget;
}

/** The settings by name, as environment variables: what each one is, for help and for errors. */
export const settings = {
  PIPELINE_ID: "the <id> of all names: twelve hex digits",
  AWS_REGION: "region, e.g. us-east-1",
  AWS_ACCESS_KEY_ID: "credentials (optional: the AWS SDK's default chain)",
  AWS_SECRET_ACCESS_KEY: "credentials (optional)",
  AWS_SESSION_TOKEN: "credentials (optional)",
  AWS_ENDPOINT_URL_S3: "S3 endpoint (optional: AWS's own)",
  AWS_ENDPOINT_URL_KINESIS: "Kinesis endpoint (optional: AWS's own)",
  S3_BUCKET: "bucket (optional: user-<id>-bucket)",
  MYSQL_URL: "source, mysql://user:password@host:port/database[?ssl=true]",
  GATEWAY_URL: "invoke URL with its stage, https://….execute-api.….amazonaws.com/<stage>",
  KAFKA_BROKERS: "brokers, host:port,host:port",
  KAFKA_AUTH: "none or iam (optional: none)",
  DATABRICKS_HOST: "workspace, https://<workspace>.cloud.databricks.com (--engine databricks)",
  DATABRICKS_TOKEN: "personal access token (or DATABRICKS_CLIENT_ID and DATABRICKS_CLIENT_SECRET)",
  DATABRICKS_CLIENT_ID: "service principal for OAuth (in place of DATABRICKS_TOKEN)",
  DATABRICKS_CLIENT_SECRET: "secret of the service principal",
  DATABRICKS_WAREHOUSE_ID: "SQL warehouse that runs the statements, e.g. 0123456789abcdef",
  DATABRICKS_CATALOG: "catalog for the tables (optional: the workspace's default)",
  DATABRICKS_SCHEMA: "schema for the tables (optional: default)",
} as const;

export type Settings = Partial<Record<keyof typeof settings, string | undefined>>;

/** The pipelines; each needs some of the endpoints. */
export type PipelineName = "batch" | "stream";

/**
 * Checks all settings and gives them their types. Brokers may be missing where nobody asks for
 * them: the stream has none.
 * @throws {UsageError} one line for each missing or malformed setting.
 */
export function readTarget(
  name: "sim" | "aws",
  given: Settings,
  pipeline: PipelineName = "batch",
): Target {
  const problems: string[] = [];
  const need = (key: keyof Settings): string => {
    const value = given[key];
    if (value) return value;
    problems.push(`${key} is not set: ${settings[key]}`);
    return "";
  };
  const id = need("PIPELINE_ID");
  if (id && !/^[0-9a-f]{12}$/.test(id)) {
    problems.push(`PIPELINE_ID is '${id}': must be twelve hex digits`);
  }
  const region = given.AWS_REGION || "us-east-1";
  const endpointOf = (key: keyof Settings): string | null =>
    given[key] ? parseHttpUrl(key, given[key], problems) : null;
  // In the order in which a person reads the settings, and so the problems.
  const mysql = parseMysqlUrl(need("MYSQL_URL"), problems);
  const gatewayUrl = parseHttpUrl("GATEWAY_URL", need("GATEWAY_URL"), problems);
  const brokers = pipeline === "batch" ? need("KAFKA_BROKERS") : given.KAFKA_BROKERS ?? "";
  const kafka: KafkaTarget = {
    brokers: parseBrokers(brokers, problems),
    auth: parseAuth(given.KAFKA_AUTH, problems),
  };
  const s3Endpoint = endpointOf("AWS_ENDPOINT_URL_S3");
  const kinesisEndpoint = endpointOf("AWS_ENDPOINT_URL_KINESIS");
  const credentials = parseCredentials(given, problems);
  const bucket = given.S3_BUCKET || `user-${id}-bucket`;
  const target: Target = {
    name,
    id,
    region,
    mysql,
    gatewayUrl,
    kafka,
    s3: { endpoint: s3Endpoint, region, bucket, credentials },
    kinesis: { endpoint: kinesisEndpoint, region, credentials },
  };
  if (problems.length > 0) throw new UsageError(problems.join("\n"));
  return deepFreeze(target);
}

/**
 * Checks the settings of `--engine databricks` and gives them their types.
 * @throws {UsageError} one line for each missing or malformed setting.
 */
export function readDatabricksTarget(given: Settings): DatabricksTarget {
  const problems: string[] = [];
  const target: DatabricksTarget = {
    host: parseDatabricksHost(given.DATABRICKS_HOST, problems),
    auth: parseDatabricksAuth(given, problems),
    warehouseId: given.DATABRICKS_WAREHOUSE_ID ?? "",
    catalog: given.DATABRICKS_CATALOG || null,
    schema: given.DATABRICKS_SCHEMA || null,
  };
  if (target.warehouseId === "") {
    problems.push(`DATABRICKS_WAREHOUSE_ID is not set: ${settings.DATABRICKS_WAREHOUSE_ID}`);
  } else if (!/^[0-9a-zA-Z-]+$/.test(target.warehouseId)) {
    problems.push(
      "DATABRICKS_WAREHOUSE_ID must be the id alone, e.g. 0123456789abcdef: " +
        "the last part of the warehouse's HTTP path",
    );
  }
  if (problems.length > 0) throw new UsageError(problems.join("\n"));
  return deepFreeze(target);
}

/** A bare name, as other programs take it, is spoken to by https. */
function parseDatabricksHost(text: string | undefined, problems: string[]): string {
  if (!text) {
    problems.push(`DATABRICKS_HOST is not set: ${settings.DATABRICKS_HOST}`);
    return "";
  }
  const host = parseHttpUrl(
    "DATABRICKS_HOST",
    text.includes("://") ? text : `https://${text}`,
    problems,
  );
  const url = URL.parse(host);
  if (url !== null && url.pathname !== "/") {
    problems.push(`DATABRICKS_HOST is '${text}': must be the host alone, without a path`);
  }
  return host;
}

function parseDatabricksAuth(given: Settings, problems: string[]): DatabricksTarget["auth"] {
  const { DATABRICKS_TOKEN: token, DATABRICKS_CLIENT_ID: id, DATABRICKS_CLIENT_SECRET: secret } =
    given;
  if (token) return { kind: "token", token: new Secret(token) };
  if (id && secret) return { kind: "oauth", clientId: id, clientSecret: new Secret(secret) };
  problems.push(
    id || secret
      ? "DATABRICKS_CLIENT_ID and DATABRICKS_CLIENT_SECRET go together: only one is set"
      : `DATABRICKS_TOKEN is not set: ${settings.DATABRICKS_TOKEN}`,
  );
  return { kind: "token", token: new Secret("") };
}

/** Every host that a pipeline talks to here, as `host:port`, for a check of permissions. */
export function hostsOf(target: Target, pipeline: PipelineName = "batch"): string[] {
  const urls = [
    target.gatewayUrl,
    target.s3.endpoint ?? `https://s3.${target.region}.amazonaws.com`,
  ];
  if (pipeline === "stream") {
    urls.push(target.kinesis.endpoint ?? `https://kinesis.${target.region}.amazonaws.com`);
  }
  return [
    ...urls.map((url) => new URL(url)).map(({ hostname, port, protocol }) =>
      `${hostname}:${port || (protocol === "https:" ? 443 : 80)}`
    ),
    ...(pipeline === "batch" ? target.kafka.brokers : []),
    `${target.mysql.host}:${target.mysql.port}`,
  ];
}

/** Parses a source URL; what is wrong goes to `problems`, without the password. */
export function parseMysqlUrl(text: string, problems: string[]): MysqlTarget {
  const empty = { host: "", port: 0, user: "", password: new Secret(""), database: "", tls: false };
  if (!text) return empty;
  const url = isMysqlUrl(text) ? URL.parse(plainMysqlUrl(text)) : null;
  if (url === null || url.hostname === "") {
    problems.push("MYSQL_URL must look like mysql://user:password@host:port/database");
    return empty;
  }
  const [database, user, password] = [url.pathname.slice(1), url.username, url.password]
    .map(decoded);
  if (database === undefined || user === undefined || password === undefined) {
    problems.push("MYSQL_URL has a % that is no escape: write %25 for a percent sign");
    return empty;
  }
  if (database === "") problems.push("MYSQL_URL names no database: add /pinterest_data at its end");
  const tls = url.searchParams.get("ssl") === "true";
  const host = url.hostname.replace(/^\[|\]$/g, "");
  return {
    host: tls ? host : ownHost(host),
    port: url.port === "" ? 3306 : Number(url.port),
    user: user || "root",
    password: new Secret(password),
    database,
    tls,
  };
}

/** Undefined if a `%` in it is not followed by two hex digits that make UTF-8. */
function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function parseHttpUrl(key: string, text: string, problems: string[]): string {
  if (!text) return "";
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    const shown = withoutPasswords(text);
    problems.push(`${key} is '${shown}': must begin with http:// or https://`);
    return "";
  }
  if (url.username !== "" || url.password !== "") {
    problems.push(`${key} holds a user or a password before its host: must be without them`);
    return "";
  }
  return withOwnHost(text).replace(/\/+$/, "");
}

/** `host:port,host:port` as a list. */
export function parseBrokers(text: string, problems: string[]): string[] {
  const brokers = text.split(",").map((broker) => broker.trim()).filter((broker) => broker !== "")
    .map((broker) => broker.replace(/^[^\s:@]+(?=:)/, ownHost));
  for (const broker of brokers) {
    if (!/^[^\s:@]+:[0-9]{1,5}$/.test(broker)) {
      problems.push(`KAFKA_BROKERS has '${withoutPasswords(broker)}': each must be host:port`);
    }
  }
  return brokers;
}

function parseAuth(text: string | undefined, problems: string[]): "none" | "iam" {
  if (!text || text === "none") return "none";
  if (text !== "iam") problems.push(`KAFKA_AUTH is '${text}': must be none or iam`);
  return "iam";
}

function parseCredentials(given: Settings, problems: string[]): S3Target["credentials"] {
  const { AWS_ACCESS_KEY_ID: key, AWS_SECRET_ACCESS_KEY: secret, AWS_SESSION_TOKEN: token } = given;
  if (!key && !secret) return null;
  if (!key || !secret) {
    problems.push("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY go together: only one is set");
    return null;
  }
  return {
    accessKeyId: key,
    secretAccessKey: new Secret(secret),
    sessionToken: token ? new Secret(token) : null,
  };
}

function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !(value instanceof Secret)) {
    for (const inner of Object.values(value)) deepFreeze(inner);
    Object.freeze(value);
  }
  return value;
}
