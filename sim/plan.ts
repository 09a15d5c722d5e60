/**
 * Plan: what is asked for, a seed and a folder's secrets -> the parts of the simulated cloud, and
 * where its clients find them, under the names of environment variables. Names are given: none of
 * a pipeline's is made up here.
 */
import { roleKey, userKey } from "./iam/principal.ts";
import { sha256Hex } from "./net/sigv4.ts";
import type { GatewayPlan, Ports, ServiceName, SimPlan } from "./protocol.ts";
import { serviceNames } from "./protocol.ts";
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
  ports?: Partial<Record<ServiceName, number>> | undefined;
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
  roles: { gateway: string };
}

/** The `<id>` of a pipeline that nobody gave one. */
export function idOfSeed(seed: number): string {
  return worldFromSeed(seed).id("pipeline");
}

/** The AWS account of everything that a seed decides. */
export function accountOfSeed(seed: number): string {
  return worldFromSeed(seed).accountId;
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
    gateway: gatewayOf(options.gateway ?? emptyGateway(gateway.stage), secrets),
    faults: options.faults ?? "none",
    // In the course a person's IAM user is named by the id.
    credentials: userKey(secrets, world.accountId, id),
    gatewayRole: `arn:aws:iam::${world.accountId}:role/${resources.roles.gateway}`,
    gatewayCredentials: roleKey(
      {
        accessKeyId: secrets.gatewayAccessKeyId,
        secretAccessKey: secrets.gatewaySecretAccessKey,
      },
      world.accountId,
      // Observed (public reports of CloudTrail): the session's name.
      { role: resources.roles.gateway, sessionName: "BackplaneAssumeRoleSession" },
    ),
    mysql: {
      user: database.user,
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

/** Each key comes of a secret of the folder, and does not tell it. */
function gatewayOf(given: GivenGateway, { gatewaySecretAccessKey }: Secrets): GatewayPlan {
  const valueOf = (id: string) => sha256Hex(`api key ${id} ${gatewaySecretAccessKey}`).slice(0, 40);
  return { ...given, keys: given.keys.map((key) => ({ ...key, value: valueOf(key.id) })) };
}

/**
 * The settings that a start with these options will have, but for ports and secrets, which are
 * nobody's: to judge a run by before anything is started.
 */
export function expectedSettings(options: SimOptions): Record<string, string> {
  const ports = Object.fromEntries(serviceNames.map((name) => [name, options.ports?.[name] || 1]));
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
    AWS_ACCESS_KEY_ID: plan.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: plan.credentials.secretAccessKey,
    AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${ports.s3}`,
    AWS_ENDPOINT_URL_KINESIS: `http://127.0.0.1:${ports.kinesis}`,
    S3_BUCKET: plan.bucket,
    MYSQL_URL: `mysql://${user}:${password}@127.0.0.1:${ports.mysql}/${database}`,
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
    KAFKA_BROKERS: plan.brokers?.join(",") ?? `127.0.0.1:${ports.kafka}`,
  };
}
