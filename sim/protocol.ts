/** What the main thread and the simulator's Worker say to each other. Plain data only. */

import type { SimEvent } from "./events.ts";
import type { IamMode, IamSeed } from "./iam/account/mod.ts";
import type { RecordedPrincipal } from "./iam/record.ts";
import type { ListenerName } from "./kafka/mod.ts";
import type { ApiKey, Stage, UsagePlan } from "./gateway/mod.ts";
import type { LoadedSource, LoadOptions, SourceFiles } from "./mysql/mod.ts";

export type { LoadedSource, LoadOptions, SourceFiles };

export const serviceNames = [
  "kafka",
  "kafkaRest",
  "kinesis",
  "gateway",
  "s3",
  "mysql",
  "databricks",
  "iam",
  "sts",
] as const;
export type ServiceName = typeof serviceNames[number];

/** Kafka has a port for each of its listeners; that of the service's own name is the plain one. */
export const kafkaPorts = {
  plain: "kafka",
  tls: "kafkaTls",
  scram: "kafkaScram",
  iam: "kafkaIam",
} as const satisfies Record<ListenerName, string>;
export type PortName = ServiceName | typeof kafkaPorts[ListenerName];

/** The ways into the broker. */
export interface KafkaPlan {
  listeners: readonly ListenerName[];
  /** Whether the listener for IAM is encrypted, as on MSK. */
  iamTls: boolean;
  user: string;
  password: string;
}

/** The API of the gateway, as it would be deployed. */
export interface GatewayPlan {
  /** OpenAPI 3.0 with Amazon's extensions. */
  definition: string;
  /** The first is that of the invoke URL. */
  stages: readonly [Stage, ...Stage[]];
  usagePlans: readonly UsagePlan[];
  keys: readonly ApiKey[];
  /** `host:port` of the definition behind which the REST proxy is. */
  restProxy: string;
  /** What the definition asks of callers, for their settings. */
  auth: "iam" | "key" | "none";
}

/** The parts of the simulated cloud, what they are called and where their files go. */
export interface SimPlan {
  /** Real path of the folder for all files; exists and is locked by the caller. */
  dir: string;
  seed: number;
  /** The `<id>` of every name. */
  id: string;
  region: string;
  bucket: string;
  /** Made at the start where they are not there yet, as the bucket is. */
  topics: readonly string[];
  streams: readonly string[];
  /** 0 or absent: any free port. */
  ports: Ports;
  kafka: KafkaPlan;
  /** Brokers to use in place of the simulated one, `host:port` each; null: simulate. */
  brokers: readonly string[] | null;
  autoCreateTopics: boolean;
  /** Whether shards of Kinesis have AWS's throughput and no more. */
  limits: "on" | "off";
  gateway: GatewayPlan;
  /** `none`, or `seeded`: faults and their odds come from the seed. */
  faults: "none" | "seeded";
  /** Twelve digits. */
  accountId: string;
  /** `<name>/<uuid>`, as in the ARN of a cluster. */
  cluster: string;
  /** Of the gateway. */
  apiId: string;
  /** Who there is. */
  identities: IamSeed;
  iam: IamMode;
  /** Whether what is asked for is kept. */
  records: boolean;
  /** What `aws:SecureTransport` says of requests without TLS. */
  loopbackIsSecure: boolean;
  /** Names of the roles that something of the pipeline takes on. */
  roles: Readonly<Record<"gateway" | "rest" | "sink" | "reader", string>>;
  /** `iamUser` logs in by tokens of IAM in place of a password. */
  mysql: { user: string; iamUser: string; password: string; database: string };
  databricks: {
    token: string;
    warehouseId: string;
    /** Of the service principal that may ask for tokens. */
    client: { id: string; secret: string };
  };
}

export type Ports = Partial<Record<PortName, number>>;

export type Request =
  | { id: number; call: "start"; plan: SimPlan }
  | { id: number; call: "loadSource"; files: SourceFiles; options: LoadOptions }
  | { id: number; call: "stopService"; service: ServiceName }
  | { id: number; call: "startService"; service: ServiceName }
  | { id: number; call: "hear" }
  | { id: number; call: "recorded" }
  | { id: number; call: "stop" };

/** An error loses its class on the way between threads: what is left of it. */
export interface Failure {
  name: string;
  message: string;
  stack: string;
}

/** What the Worker says without being asked. */
export type News =
  /** Which file, and what the system said. */
  | { news: "disk full"; what: string }
  /** A sentence about damage to files. */
  | { news: "damage"; what: string }
  /** A sentence about what would have been refused; each only once. */
  | { news: "would refuse"; what: string }
  /** What happened since the last time; only after `hear`. */
  | { news: "events"; events: SimEvent[] };

export type Answer =
  | {
    id: number;
    ok: true;
    ports: Ports;
    loaded: LoadedSource | null;
    recorded: RecordedPrincipal[] | null;
  }
  | { id: number; ok: false; failure: Failure };
