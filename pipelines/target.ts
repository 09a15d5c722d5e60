/**
 * Target: settings (environment, an endpoints file, flags) -> where everything is, checked and frozen.
 *
 * The simulator writes the same settings for itself that a person exports for AWS, so nothing
 * behind this file knows which of the two it talks to. Each setting replaces one endpoint by
 * itself. All problems are reported at once; a secret is never part of a message.
 */
import { UsageError } from "./errors.ts";
import type { MysqlTarget } from "./forms.ts";
import { bucketOf } from "./resources.ts";
import { Secret } from "./secret.ts";
import { type Setting, type Settings, usualOf, type ValueOf, variables } from "./settings.ts";

export type { MysqlTarget } from "./forms.ts";
export { Secret } from "./secret.ts";
export type { Settings } from "./settings.ts";

/** Keys that sign. */
export interface KeyPair {
  accessKeyId: string;
  secretAccessKey: Secret;
  /** Of credentials that end by themselves. */
  sessionToken: Secret | null;
}

/** A role that other credentials take on. */
export interface RoleToAssume {
  roleArn: string;
  /** As it stands in what the services record. */
  sessionName: string;
  /** Null: the default chain of the AWS SDK finds them. */
  by: KeyPair | null;
  region: string;
  /** Of STS; null: AWS's own endpoint of the region. */
  endpoint: string | null;
}

export type Credentials = KeyPair | RoleToAssume;

/**
 * Who works in a pipeline: the person who runs it (posts, makes topics and streams), the sink that
 * lands records in S3, the reader of landed objects and streams, who keeps the tables.
 */
export type Actor = "person" | "sink" | "reader";

export interface S3Target {
  /** Null: AWS's own endpoint of the region. Otherwise path-style addresses below this one. */
  endpoint: string | null;
  region: string;
  bucket: string;
  /** Null: the default chain of the AWS SDK finds them. */
  credentials: Credentials | null;
}

export interface KinesisTarget {
  /** Null: AWS's own endpoint of the region. */
  endpoint: string | null;
  region: string;
  credentials: Credentials | null;
}

export interface KafkaTarget {
  /** `host:port` each. */
  brokers: readonly string[];
  /** Null: in plain text. */
  tls: {
    /** Of the authority of the brokers' certificates; null: those of the system. */
    caFile: string | null;
  } | null;
  auth: KafkaAuth;
}

export type KafkaAuth =
  | { kind: "none" }
  | { kind: "scram"; username: string; password: Secret }
  | { kind: "iam"; region: string; credentials: S3Target["credentials"] };

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
  gatewayAuth: "iam" | "key" | "none";
  /** Of `key`; null for the others. */
  gatewayKey: Secret | null;
  kafka: KafkaTarget;
  s3: S3Target;
  kinesis: KinesisTarget;
  /** Null: the default chain of the AWS SDK finds them. */
  actors: Readonly<Record<Actor, Credentials | null>>;
}

/** The same services, spoken to by one of the actors. */
export function asActor(target: Target, actor: Actor): Target {
  const credentials = target.actors[actor];
  const { auth } = target.kafka;
  return {
    ...target,
    kafka: { ...target.kafka, auth: auth.kind === "iam" ? { ...auth, credentials } : auth },
    s3: { ...target.s3, credentials },
    kinesis: { ...target.kinesis, credentials },
  };
}

/** The pipelines; each needs some of the endpoints. */
export type PipelineName = "batch" | "stream";

type Name = keyof typeof variables;
type Value<K extends Name> = ValueOf<typeof variables[K]>;

/** Settings on their way to a target; what is wrong with any of them is told at the end. */
class Reading {
  readonly #given: Settings;
  readonly #problems: string[] = [];

  constructor(given: Settings) {
    this.#given = given;
  }

  /** As it was given; null where nobody set it; an empty text sets nothing. */
  text(name: Name): string | null {
    return this.#given[variables[name].variable] || null;
  }

  /** Null where nobody set it, and beside a problem. */
  value<K extends Name>(name: K): Value<K> | null {
    const { variable, form }: Setting & { variable: keyof Settings } = variables[name];
    const text = this.text(name);
    if (text === null) return null;
    try {
      return (form?.(variable, text) ?? text) as Value<K>;
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      this.problem(error.message);
      return null;
    }
  }

  /** Null only beside a problem: whoever goes on is stopped by `checked`. */
  needed<K extends Name>(name: K): Value<K> {
    const { variable, text } = variables[name];
    if (this.text(name) === null) this.problem(`${variable} is not set: ${text}`);
    return this.value(name) as Value<K>;
  }

  problem(sentence: string): void {
    this.#problems.push(sentence);
  }

  /** @throws {UsageError} one line for each missing or malformed setting. */
  checked<T>(target: T): T {
    if (this.#problems.length > 0) throw new UsageError(this.#problems.join("\n"));
    return deepFreeze(target);
  }
}

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
  const reading = new Reading(given);
  // In the order in which a person reads the settings, and so the problems.
  const id = reading.needed("id");
  const mysql = reading.needed("mysqlUrl");
  const gatewayUrl = reading.needed("gatewayUrl");
  const gatewayAuth = reading.value("gatewayAuth") ?? "none";
  const gatewayKey = gatewayAuth === "key" ? new Secret(reading.needed("gatewayKey")) : null;
  const brokers = pipeline === "batch"
    ? reading.needed("kafkaBrokers")
    : reading.value("kafkaBrokers") ?? [];
  const auth = kafkaAuth(reading);
  const tls = kafkaTls(reading);
  const { bucket, region } = placeOf(reading, id);
  const s3Endpoint = reading.value("s3Endpoint");
  const kinesisEndpoint = reading.value("kinesisEndpoint");
  const credentials = credentialsOf(reading);
  const actors = {
    person: credentials,
    sink: roleOf(reading, "sinkRole", credentials, { id, region }) ?? credentials,
    reader: roleOf(reading, "readerRole", credentials, { id, region }) ?? credentials,
  };
  return reading.checked({
    name,
    id,
    region,
    mysql,
    gatewayUrl,
    gatewayAuth,
    gatewayKey,
    kafka: {
      brokers,
      tls,
      auth: auth === "iam" ? { kind: "iam", region, credentials } : auth,
    },
    s3: { endpoint: s3Endpoint, region, bucket, credentials },
    kinesis: { endpoint: kinesisEndpoint, region, credentials },
    actors,
  });
}

/** What names are made of. */
export interface Names {
  id: string;
  bucket: string;
  region: string;
}

/**
 * Names without endpoints; the id is made if nobody gave one.
 * @throws {UsageError} one line for each malformed setting.
 */
export function readNames(given: Settings, idOfSeed: () => string): Names {
  const reading = new Reading(given);
  const id = reading.value("id") ?? idOfSeed();
  return reading.checked({ id, ...placeOf(reading, id) });
}

function placeOf(reading: Reading, id: string): Omit<Names, "id"> {
  return {
    bucket: reading.value("bucket") ?? bucketOf(id),
    region: reading.value("region") ?? usualOf("AWS_REGION", variables.region),
  };
}

/** Null: this actor has no role of its own. */
function roleOf(
  reading: Reading,
  name: "sinkRole" | "readerRole",
  by: KeyPair | null,
  { id, region }: { id: string; region: string },
): RoleToAssume | null {
  const roleArn = reading.value(name);
  if (roleArn === null) return null;
  return { roleArn, sessionName: id, by, region, endpoint: reading.value("stsEndpoint") };
}

/** How to get in; where a token is for, and whose, is added to `iam`. */
function kafkaAuth(reading: Reading): Exclude<KafkaAuth, { kind: "iam" }> | "iam" {
  const how = reading.value("kafkaAuth") ?? usualOf("KAFKA_AUTH", variables.kafkaAuth);
  if (how === "scram") {
    const username = reading.needed("kafkaUsername");
    return { kind: "scram", username, password: new Secret(reading.needed("kafkaPassword")) };
  }
  // The usual region will not do: a token for another one is refused in words that do not say so.
  if (how === "iam" && reading.text("region") === null) {
    reading.problem("AWS_REGION is not set: KAFKA_AUTH=iam signs for the region of the brokers");
  }
  return how === "iam" ? "iam" : { kind: "none" };
}

function kafkaTls(reading: Reading): KafkaTarget["tls"] {
  const how = reading.text("kafkaAuth") ?? "none";
  const wanted = reading.value("kafkaTls");
  if (how === "tls" && wanted === "off") {
    reading.problem(
      "KAFKA_AUTH=tls and KAFKA_TLS=off contradict each other: leave one of them out",
    );
  }
  const isOn = wanted === null ? how !== "none" : wanted === "on";
  return isOn ? { caFile: reading.value("kafkaCaFile") } : null;
}

function credentialsOf(reading: Reading): KeyPair | null {
  const [key, secret] = [reading.value("accessKeyId"), reading.value("secretAccessKey")];
  const token = reading.value("sessionToken");
  if (key === null || secret === null) {
    if (key !== secret) reading.problem(together("accessKeyId", "secretAccessKey"));
    return null;
  }
  return {
    accessKeyId: key,
    secretAccessKey: new Secret(secret),
    sessionToken: token === null ? null : new Secret(token),
  };
}

function together(one: Name, other: Name): string {
  return `${variables[one].variable} and ${variables[other].variable} go together: only one is set`;
}

/**
 * Checks the settings of `--engine databricks` and gives them their types.
 * @throws {UsageError} one line for each missing or malformed setting.
 */
export function readDatabricksTarget(given: Settings): DatabricksTarget {
  const reading = new Reading(given);
  return reading.checked({
    host: reading.needed("databricksHost"),
    auth: databricksAuth(reading),
    warehouseId: reading.needed("databricksWarehouse"),
    catalog: reading.value("databricksCatalog"),
    schema: reading.value("databricksSchema"),
  });
}

function databricksAuth(reading: Reading): DatabricksTarget["auth"] {
  const id = reading.value("databricksClientId");
  const secret = reading.value("databricksClientSecret");
  const token = reading.value("databricksToken");
  if (token === null && id !== null && secret !== null) {
    return { kind: "oauth", clientId: id, clientSecret: new Secret(secret) };
  }
  const isHalf = token === null && id !== secret;
  if (isHalf) reading.problem(together("databricksClientId", "databricksClientSecret"));
  return { kind: "token", token: new Secret(isHalf ? "" : reading.needed("databricksToken")) };
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
  for (const credentials of new Set(Object.values(target.actors))) {
    if (credentials === null || !("roleArn" in credentials)) continue;
    urls.push(credentials.endpoint ?? `https://sts.${target.region}.amazonaws.com`);
  }
  return [
    ...[...new Set(urls)].map((url) => new URL(url)).map(({ hostname, port, protocol }) =>
      `${hostname}:${port || (protocol === "https:" ? 443 : 80)}`
    ),
    ...(pipeline === "batch" ? target.kafka.brokers : []),
    `${target.mysql.host}:${target.mysql.port}`,
  ];
}

function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !(value instanceof Secret)) {
    for (const inner of Object.values(value)) deepFreeze(inner);
    Object.freeze(value);
  }
  return value;
}
