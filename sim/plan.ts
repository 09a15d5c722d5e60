/**
 * Plan: what is asked for, a seed and a folder's secrets -> the parts of the simulated cloud, and
 * where its clients find them, under the names of environment variables. Names are given: none of
 * a pipeline's is made up here.
 */
import type { IamMode, IamSeed } from "./iam/account/mod.ts";
import type { ListenerName } from "./kafka/mod.ts";
import type { GatewayPlan, Ports, SimPlan } from "./protocol.ts";
import { kafkaPorts, serviceNames } from "./protocol.ts";
import { drawSecrets, type Secrets } from "./secrets.ts";
import type { Tell } from "./storage/tell.ts";
import { worldFromSeed } from "./world.ts";

export interface SimOptions {
  /** Folder for all files of the simulator; made if it is not there. */
  dir: string;
  /** Whether to begin with an empty folder; only one that a simulator made is ever emptied. */
  fresh?: boolean;
  seed: number;
  /** By name what there is. */
  resources: SimResources;
  /** Whether its topics and streams are made at once, as its bucket is. Default: no. */
  prepared?: boolean | undefined;
  ports?: Ports | undefined;
  /** The ways into Kafka. Default: for identities of IAM alone, unencrypted. */
  kafka?: { listeners: readonly ListenerName[]; iamTls: boolean } | undefined;
  /** Real brokers in place of the simulated one, `host:port` each. */
  brokers?: readonly string[] | undefined;
  /** Files and folders outside of `dir` that `loadSource` may be given later. Default: none. */
  sources?: readonly string[] | undefined;
  /** Whether a topic appears by being asked for. Default: no, as on MSK. */
  autoCreateTopics?: boolean | undefined;
  /** Whether shards of Kinesis have AWS's throughput and no more. Default: on. */
  limits?: "on" | "off" | undefined;
  /** The API of the gateway. Default: one without methods. */
  gateway?: GivenGateway | undefined;
  faults?: "none" | "seeded" | undefined;
  /** Who there is, and what they may do. */
  identities: Identities;
  /** Default: `enforce`. */
  iam?: IamMode | undefined;
  /** What counts as `aws:SecureTransport`: every request from this machine, or those over TLS. */
  secureTransport?: "loopback" | "tls" | undefined;
  /** Whether what is asked for is kept, for `recorded`. Default: no. */
  record?: boolean | undefined;
  /** Told about damage to files of the folder, a sentence each. Default: lines on stderr. */
  tell?: Tell | undefined;
}

/** As it would be deployed; the values of its keys are the folder's. */
export interface GivenGateway extends Omit<GatewayPlan, "keys"> {
  keys: readonly { id: string; name: string }[];
}

/** The names of one pipeline. */
export interface SimResources {
  /** The folder of the files belongs to it. */
  id: string;
  region: string;
  bucket: string;
  database: { name: string; user: string };
  topics: Readonly<Record<string, string>>;
  streams: Readonly<Record<string, string>>;
  gateway: { stage: string };
  roles: Readonly<Record<RoleName, string>>;
}

/** The roles that something of a pipeline takes on. */
export type RoleName = "gateway" | "rest" | "sink" | "reader";

/** Texts of policies. */
export interface Identities {
  /** Of the person who runs the pipeline. */
  person: string;
  roles: Readonly<Record<RoleName, { trust: string; permissions: string }>>;
}

/** What policies name besides a pipeline's own names. */
export interface SimPlace {
  /** Twelve digits. */
  accountId: string;
  /** `<name>/<uuid>`, as in the ARN of a cluster. */
  cluster: string;
  /** Of the gateway. */
  apiId: string;
}

/** Where a start with these options will be. */
export function placeOf({ seed, resources }: Pick<SimOptions, "seed" | "resources">): SimPlace {
  const world = worldFromSeed(seed);
  const digits = world.id("kafka cluster", 32);
  const uuid = [0, 8, 12, 16, 20].map((at, index, all) => digits.slice(at, all[index + 1]));
  return {
    accountId: world.accountId,
    cluster: `${resources.id}-cluster/${uuid.join("-")}-1`,
    apiId: world.id("gateway api", 10),
  };
}

/** The `<id>` of a pipeline that nobody gave one. */
export function idOfSeed(seed: number): string {
  return worldFromSeed(seed).id("pipeline");
}

/** What is nobody's to name comes from the seed, so that two runs have the same. */
export function planOf(options: SimOptions, secrets: Secrets): SimPlan {
  const world = worldFromSeed(options.seed);
  const { resources, prepared = false } = options;
  const { id, region, bucket, database, gateway } = resources;
  return {
    dir: options.dir,
    seed: options.seed,
    id,
    region,
    bucket,
    topics: prepared ? Object.values(resources.topics) : [],
    streams: prepared ? Object.values(resources.streams) : [],
    ports: options.ports ?? {},
    brokers: options.brokers ?? null,
    autoCreateTopics: options.autoCreateTopics ?? false,
    limits: options.limits ?? "on",
    kafka: {
      ...options.kafka ?? { listeners: ["iam"], iamTls: false },
      user: database.user,
      password: secrets.kafkaPassword,
    },
    gateway: gatewayOf(options.gateway ?? emptyGateway(gateway.stage), secrets),
    faults: options.faults ?? "none",
    ...placeOf(options),
    iam: options.iam ?? "enforce",
    records: options.record ?? false,
    loopbackIsSecure: options.secureTransport !== "tls",
    identities: seedOf(options, secrets),
    roles: resources.roles,
    mysql: {
      user: database.user,
      iamUser: `${database.user}_iam`,
      password: secrets.mysqlPassword,
      database: database.name,
    },
    databricks: {
      token: secrets.databricksToken,
      warehouseId: world.id("databricks warehouse", 16),
      client: {
        id: world.id("databricks client", 32),
        secret: secrets.databricksClientSecret,
      },
    },
  };
}

/** The name of the user to whom the keys of the settings belong. */
const administrator = "administrator";

function seedOf({ resources, identities }: SimOptions, secrets: Secrets): IamSeed {
  const { person, roles } = identities;
  return {
    administrator: {
      name: administrator,
      accessKeyId: secrets.accessKeyId,
      secretAccessKey: secrets.secretAccessKey,
    },
    users: [{
      // In the course a person's IAM user is named by the id.
      name: resources.id,
      accessKeyId: secrets.personAccessKeyId,
      secretAccessKey: secrets.personSecretAccessKey,
      policies: { person },
    }],
    roles: (Object.keys(roles) as RoleName[]).map((role) => ({
      name: resources.roles[role],
      trust: roles[role].trust,
      policies: { [role]: roles[role].permissions },
      instanceProfile: role === "rest",
    })),
  };
}

/** What stands in place of the administrator's settings for whoever is the person. */
export function personSettings(plan: SimPlan, ports: Ports): Record<string, string> {
  const [person] = plan.identities.users;
  return {
    ...kafkaSettings(plan, ports, ["iam", "plain", "scram", "tls"]),
    AWS_ACCESS_KEY_ID: person?.accessKeyId ?? "",
    AWS_SECRET_ACCESS_KEY: person?.secretAccessKey ?? "",
  };
}

function emptyGateway(stage: string): GivenGateway {
  const info = { title: "Nothing", version: "1" };
  return {
    definition: JSON.stringify({ openapi: "3.0.1", info, paths: {} }),
    stages: [{ name: stage }],
    usagePlans: [],
    keys: [],
    restProxy: "",
    auth: "none",
  };
}

/** A folder has the secret of one key. */
function gatewayOf(given: GivenGateway, { gatewayApiKey: value }: Secrets): GatewayPlan {
  const [key, ...others] = given.keys;
  if (others.length > 0) throw new TypeError("A simulated gateway has one API key at most");
  return { ...given, keys: key === undefined ? [] : [{ ...key, value }] };
}

/**
 * The settings that a start with these options will have, but for ports and secrets, which are
 * nobody's: to judge a run by before anything is started.
 */
export function expectedSettings(options: SimOptions): Record<string, string> {
  const names = [...serviceNames, ...Object.values(kafkaPorts)];
  const ports = Object.fromEntries(names.map((name) => [name, options.ports?.[name] || 1]));
  return settingsOf(planOf(options, drawSecrets()), ports);
}

/** The names are those that vendors' tools read, and those of `pipelines/target.ts`. */
export function settingsOf(plan: SimPlan, ports: Ports): Record<string, string> {
  const { user, password, database } = plan.mysql;
  const { auth, stages: [stage], keys: [key] } = plan.gateway;
  return {
    PIPELINE_ID: plan.id,
    AWS_REGION: plan.region,
    AWS_DEFAULT_REGION: plan.region,
    AWS_ACCESS_KEY_ID: plan.identities.administrator.accessKeyId,
    AWS_SECRET_ACCESS_KEY: plan.identities.administrator.secretAccessKey,
    AWS_ENDPOINT_URL_IAM: `http://127.0.0.1:${ports.iam}`,
    AWS_ENDPOINT_URL_STS: `http://127.0.0.1:${ports.sts}`,
    SINK_ROLE_ARN: roleArn(plan, "sink"),
    READER_ROLE_ARN: roleArn(plan, "reader"),
    AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${ports.s3}`,
    AWS_ENDPOINT_URL_KINESIS: `http://127.0.0.1:${ports.kinesis}`,
    S3_BUCKET: plan.bucket,
    MYSQL_URL: `mysql://${user}:${password}@127.0.0.1:${ports.mysql}/${database}`,
    MYSQL_IAM_USER: plan.mysql.iamUser,
    MYSQL_HOST: "127.0.0.1",
    MYSQL_TCP_PORT: String(ports.mysql),
    MYSQL_PWD: password,
    GATEWAY_URL: `http://127.0.0.1:${ports.gateway}/${stage.name}`,
    GATEWAY_AUTH: auth,
    ...(auth === "key" ? { GATEWAY_API_KEY: key?.value ?? "" } : {}),
    KAFKA_REST_URL: `http://127.0.0.1:${ports.kafkaRest}`,
    DATABRICKS_HOST: `http://127.0.0.1:${ports.databricks}`,
    DATABRICKS_TOKEN: plan.databricks.token,
    DATABRICKS_WAREHOUSE_ID: plan.databricks.warehouseId,
    ...kafkaSettings(plan, ports, ["plain", "iam", "scram", "tls"]),
  };
}

function roleArn({ accountId, roles }: SimPlan, role: RoleName): string {
  return `arn:aws:iam::${accountId}:role/${roles[role]}`;
}

/** By the first way in that there is; the others have names of their own. */
function kafkaSettings(
  plan: SimPlan,
  ports: Ports,
  preferred: readonly ListenerName[],
): Record<string, string> {
  const { brokers, kafka } = plan;
  if (brokers !== null) return { KAFKA_BROKERS: brokers.join(","), KAFKA_AUTH: "none" };
  const { listeners, iamTls, user, password } = kafka;
  const at = (name: ListenerName) => `127.0.0.1:${ports[kafkaPorts[name]]}`;
  const [first = "plain"] = preferred.filter((name) => listeners.includes(name));
  const isTls = first === "iam" ? iamTls : first !== "plain";
  const more = listeners.filter((name) => name !== first)
    .map((name) => [`KAFKA_BROKERS_${name.toUpperCase()}`, at(name)]);
  const caFile = `${plan.dir}/kafka/tls/ca.pem`;
  const isEncrypted = listeners.some((name) => name === "iam" ? iamTls : name !== "plain");
  return {
    KAFKA_BROKERS: at(first),
    KAFKA_AUTH: authOf[first],
    KAFKA_TLS: isTls ? "on" : "off",
    ...Object.fromEntries(more),
    ...(isEncrypted ? { KAFKA_CA_FILE: caFile } : {}),
    ...(listeners.includes("scram") ? { KAFKA_USERNAME: user, KAFKA_PASSWORD: password } : {}),
  };
}

const authOf = { plain: "none", tls: "tls", scram: "scram", iam: "iam" } as const;
