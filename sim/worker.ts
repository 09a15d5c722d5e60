/**
 * The Worker in which the simulated cloud lives: starts its services, one port each, and does
 * what the main thread asks, one request after the other.
 *
 * Heavy libraries (DuckDB) are loaded by the services that need them, when they need them, so
 * that every port answers within moments of the process's start.
 */
import { Batch, Events } from "./events.ts";
import { faultsFromSeed, noFaults } from "./faults/plan.ts";
import { startDatabricks } from "./databricks/mod.ts";
import { startGateway } from "./gateway/mod.ts";
import { startIam, startSts } from "./identity/mod.ts";
import { type KafkaBroker, type ListenerOptions, startKafka } from "./kafka/mod.ts";
import { type KafkaRestOptions, startKafkaRest } from "./kafka_rest/mod.ts";
import { startKinesis } from "./kinesis/mod.ts";
import { type MysqlServer, startMysql } from "./mysql/mod.ts";
import { type Account, openAccount, RoleError } from "./iam/account/mod.ts";
import type { Refusal } from "./iam/door.ts";
import type { AccessKey } from "./iam/principal.ts";
import { type RecordedPrincipal, Recorder } from "./iam/record.ts";
import { folderOf } from "./permissions.ts";
import { portError } from "./ports.ts";
import type {
  Answer,
  LoadedSource,
  LoadOptions,
  News,
  Ports,
  Request,
  ServiceName,
  SimPlan,
  SourceFiles,
} from "./protocol.ts";
import { kafkaPorts } from "./protocol.ts";
import { startS3 } from "./s3/mod.ts";
import type { Service, ServiceContext } from "./service.ts";
import { onDiskFull } from "./storage/disk_full.ts";
import { SafeFolder } from "./storage/safe_path.ts";
import { worldFromSeed } from "./world.ts";

const stopOrder = [
  "databricks",
  "gateway",
  "kafkaRest",
  "kinesis",
  "mysql",
  "s3",
  "kafka",
  "sts",
  "iam",
] as const;

/** Those of AWS that take on a role by themselves. */
const services = { gateway: "apigateway.amazonaws.com", machine: "ec2.amazonaws.com" };

/** The services of one plan, by name, and how to start each. */
class Cloud {
  readonly #plan: SimPlan;
  readonly #running = new Map<ServiceName, Service>();
  readonly #ports: Ports = {};
  readonly #recorder = new Recorder();
  readonly #account: Account;
  #source: { files: SourceFiles; options: LoadOptions } | null = null;

  constructor(plan: SimPlan) {
    this.#plan = plan;
    Object.assign(this.#ports, plan.ports);
    this.#account = openAccount({
      dir: `${plan.dir}/iam`,
      world: worldFromSeed(plan.seed),
      region: plan.region,
      mode: plan.iam,
      seed: plan.identities,
      loopbackIsSecure: plan.loopbackIsSecure,
      asked: plan.records ? (asked) => this.#recorder.add(asked) : undefined,
      told: wouldRefuse(),
      tell: (what) => send({ news: "damage", what }),
    });
  }

  recorded(): RecordedPrincipal[] {
    return this.#recorder.recorded();
  }

  get ports(): Ports {
    return { ...this.#ports };
  }

  /** Who is spoken to before who speaks, because the latter is told an address. */
  async startAll(): Promise<void> {
    await Promise.all((["iam", "sts"] as const).map((name) => this.start(name)));
    if (this.#plan.brokers === null) await this.start("kafka");
    await Promise.all((["kafkaRest", "kinesis"] as const).map((name) => this.start(name)));
    await Promise.all((["gateway", "s3", "mysql"] as const).map((name) => this.start(name)));
    await this.start("databricks");
  }

  async start(name: ServiceName): Promise<void> {
    if (this.#running.has(name)) return;
    const port = this.#ports[name] ?? 0;
    const service = await this.#open(name, port).catch((error) => {
      throw portError(error, name, port);
    });
    this.#running.set(name, service);
    this.#ports[name] = service.port;
    if (name === "kafka") Object.assign(this.#ports, portsOf(service as KafkaBroker));
    if (name !== "mysql" || this.#source === null) return;
    await this.load(this.#source.files, this.#source.options);
  }

  async stop(name: ServiceName): Promise<void> {
    const service = this.#running.get(name);
    this.#running.delete(name);
    await service?.[Symbol.asyncDispose]();
  }

  /** From the front to the back, so that nothing is asked of a part that has gone. */
  async stopAll(): Promise<void> {
    for (const name of stopOrder) await this.stop(name);
    this.#account[Symbol.dispose]();
  }

  async load(files: SourceFiles, options: LoadOptions): Promise<LoadedSource> {
    this.#source = { files, options };
    const server = this.#running.get("mysql") as MysqlServer | undefined;
    if (server === undefined) throw new Error("The simulated MySQL is stopped");
    return await server.load(files, options);
  }

  #open(name: ServiceName, port: number): Promise<Service> {
    const plan = this.#plan;
    const context = this.#context(name);
    switch (name) {
      case "kafka":
        return startKafka(context, {
          listeners: this.#listeners(),
          door: this.#account,
          region: plan.region,
          ...clusterOf(plan),
          users: { [plan.kafka.user]: plan.kafka.password },
          autoCreateTopics: plan.autoCreateTopics,
          topics: plan.topics,
        });
      case "kafkaRest":
        return startKafkaRest(context, { port, ...this.#brokers() });
      case "gateway":
        return startGateway(context, {
          port,
          region: plan.region,
          ...plan.gateway,
          services: { kinesis: `http://127.0.0.1:${this.#ports.kinesis}` },
          hosts: { [plan.gateway.restProxy]: `127.0.0.1:${this.#ports.kafkaRest}` },
          apiId: plan.apiId,
          door: this.#account,
          roleSession: (roleArn) => this.#gatewaySession(roleArn),
        });
      case "kinesis":
        return startKinesis(context, {
          port,
          region: plan.region,
          door: this.#account,
          limits: plan.limits,
          streams: plan.streams,
        });
      case "s3":
        return startS3(context, {
          port,
          region: plan.region,
          door: this.#account,
          buckets: [plan.bucket],
        });
      case "databricks":
        return startDatabricks(context, {
          port,
          token: plan.databricks.token,
          clients: [plan.databricks.client],
          warehouseId: plan.databricks.warehouseId,
          s3: {
            endpoint: `http://127.0.0.1:${this.#ports.s3}`,
            region: plan.region,
            credentials: this.#sessions("reader", "databricks"),
          },
        });
      case "mysql":
        return startMysql(context, {
          port,
          ...plan.mysql,
          iamUsers: { names: [plan.mysql.iamUser], door: this.#account, region: plan.region },
        });
      case "iam":
        return startIam(context, { port, region: plan.region, account: this.#account });
      case "sts":
        return startSts(context, { port, region: plan.region, account: this.#account });
    }
  }

  #listeners(): ListenerOptions {
    const { listeners, iamTls } = this.#plan.kafka;
    return Object.fromEntries(
      listeners.map((name) => {
        const port = this.#ports[kafkaPorts[name]] ?? 0;
        return [name, name === "iam" ? { port, tls: iamTls } : { port }];
      }),
    );
  }

  /** The machine of the REST proxy comes in as its role, wherever roles come in at all. */
  #brokers(): Pick<KafkaRestOptions, "brokers" | "auth"> {
    const { brokers, kafka: { listeners, iamTls }, region } = this.#plan;
    if (brokers !== null) return { brokers };
    if (!listeners.includes("iam")) return { brokers: [this.#addressOf("plain")] };
    const credentials = this.#sessions("rest", "i-0f00000000000000d");
    const caCerts = iamTls ? { caCerts: [Deno.readTextFileSync(this.#caFile())] } : {};
    return { brokers: [this.#addressOf("iam")], auth: { region, credentials, ...caCerts } };
  }

  #caFile(): string {
    const { caFile } = this.#running.get("kafka") as KafkaBroker;
    if (caFile === null) throw new TypeError("A broker with TLS has no authority");
    return caFile;
  }

  /** As API Gateway takes on the role of an integration; null: that role does not let it. */
  #gatewaySession(roleArn: string): AccessKey | null {
    const name = /:role\/(?:.*\/)?([^/]+)$/.exec(roleArn)?.[1];
    if (name === undefined) return null;
    try {
      // Observed (public reports of CloudTrail): the session's name.
      return this.#account.sessionOf(name, "BackplaneAssumeRoleSession", services.gateway);
    } catch (error) {
      if (error instanceof RoleError) return null;
      throw error;
    }
  }

  /** The keys of a role, as a machine that has it finds them. */
  #sessions(role: "rest" | "reader", sessionName: string): () => AccessKey {
    const service = role === "rest" ? services.machine : undefined;
    return () => this.#account.sessionOf(this.#plan.roles[role], sessionName, service);
  }

  #addressOf(listener: keyof ListenerOptions): string {
    return `127.0.0.1:${this.#ports[kafkaPorts[listener]]}`;
  }

  #context(service: ServiceName): ServiceContext {
    const world = worldFromSeed(this.#plan.seed);
    const dir = new SafeFolder(`${this.#plan.dir}/${folderOf(service)}`).path;
    const faults = this.#plan.faults === "none" ? noFaults : faultsFromSeed(world);
    const tell = (what: string) => send({ news: "damage", what });
    return { world, faults, dir, tell, events };
  }
}

/** MSK's form of a name and what stands behind it. */
function clusterOf({ cluster }: SimPlan): { clusterName: string; clusterUuid: string } {
  const [clusterName = "", clusterUuid = ""] = cluster.split("/");
  return { clusterName, clusterUuid };
}

function portsOf({ ports }: KafkaBroker): Ports {
  const entries = Object.entries(kafkaPorts).map(([name, port]) =>
    [port, ports[name as keyof typeof kafkaPorts]] as const
  );
  return Object.fromEntries(entries.filter(([, port]) => port !== null));
}

/** Each sentence once, however often it would be said. */
function wouldRefuse(): (refusal: Refusal) => void {
  const said = new Set<string>();
  return ({ message }) => {
    if (said.has(message) || said.size >= 1000) return;
    said.add(message);
    send({ news: "would refuse", what: `Would be refused: ${message}` });
  };
}

function send(news: News): void {
  self.postMessage(news);
}

const events = new Events(Date.now);

const happened = new Batch((events) => send({ news: "events", events }));

let cloud: Cloud | null = null;

/** Gives what was loaded, where that was asked for. */
async function serve(request: Request): Promise<LoadedSource | void> {
  if (request.call === "hear") return events.hear((event) => happened.add(event));
  if (request.call === "start") {
    cloud = new Cloud(request.plan);
    return await cloud.startAll();
  }
  if (cloud === null) throw new Error(`The simulator was asked to ${request.call} before start`);
  switch (request.call) {
    case "loadSource":
      return await cloud.load(request.files, request.options);
    case "stopService":
      return await cloud.stop(request.service);
    case "startService":
      return await cloud.start(request.service);
    case "stop":
      await cloud.stopAll();
      return happened.flush();
  }
}

async function answer(request: Request): Promise<Answer> {
  try {
    const loaded = await serve(request) ?? null;
    const recorded = request.call === "recorded" ? cloud?.recorded() ?? null : null;
    return { id: request.id, ok: true, ports: cloud?.ports ?? {}, loaded, recorded };
  } catch (error) {
    const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
    return { id: request.id, ok: false, failure: { name, message, stack: stack ?? "" } };
  }
}

onDiskFull((what) => send({ news: "disk full", what }));

let before: Promise<unknown> = Promise.resolve();
self.addEventListener("message", (event: MessageEvent<Request>) => {
  before = before.then(async () => self.postMessage(await answer(event.data)));
});
