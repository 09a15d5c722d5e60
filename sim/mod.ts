/**
 * The simulated cloud: a folder and a seed -> MySQL, Kafka, its REST proxy, Kinesis, API Gateway
 * and S3, each on a port of 127.0.0.1, in a Worker of this process.
 *
 * Its files are plain files below `dir` and stay there; starting again with the same folder
 * goes on from them, also after `kill -9`. Only one simulator at a time may use a folder.
 */
import type { GatewayRoute } from "./gateway/mod.ts";
import type {
  Answer,
  LoadedSource,
  LoadOptions,
  Ports,
  Request,
  ServiceName,
  SimPlan,
  SourceFiles,
} from "./protocol.ts";
import { type World, worldFromSeed } from "./world.ts";

export type { GatewayRoute } from "./gateway/mod.ts";
export type { LoadedSource, LoadOptions, ServiceName, SourceFiles } from "./protocol.ts";

export interface SimOptions {
  /** Folder for all files of the simulator; made if it is not there. */
  dir: string;
  /** Whether to begin with an empty folder; only one that a simulator made is ever emptied. */
  fresh?: boolean;
  seed: number;
  /** The `<id>` of topics, streams and buckets: twelve hex digits. Default: from the seed. */
  id?: string | undefined;
  region?: string | undefined;
  ports?: Partial<Record<ServiceName, number>> | undefined;
  /** Real brokers in place of the simulated one, `host:port` each. */
  brokers?: readonly string[] | undefined;
  /** Whether a topic appears by being asked for. Default: no, as on MSK. */
  autoCreateTopics?: boolean | undefined;
  /** Whether shards of Kinesis have AWS's throughput and no more. Default: on. */
  limits?: "on" | "off" | undefined;
  /** Methods of the gateway besides the batch leg. Default: none. */
  routes?: readonly GatewayRoute[] | undefined;
  faults?: "none" | "seeded" | undefined;
}

export interface Sim extends AsyncDisposable {
  /** Where everything is, under the names of environment variables. */
  readonly settings: Readonly<Record<string, string>>;
  readonly dir: string;
  /**
   * Gives the simulated MySQL its tables, in place of those it has.
   * @throws {Error} named SourceFileError if a file is missing or malformed.
   */
  loadSource(files: SourceFiles, options?: LoadOptions): Promise<LoadedSource>;
  /** Takes one service away, as an outage would: its port closes, its files stay. */
  stopService(service: ServiceName): Promise<void>;
  /** Brings it back on the same port. */
  startService(service: ServiceName): Promise<void>;
}

/**
 * Starts all services; they answer when this returns.
 * @throws {SimError} if the folder is in use, cannot be written, or a port is taken.
 */
export async function startSim(options: SimOptions): Promise<Sim> {
  const lock = await lockFolder(options.dir);
  if (options.fresh) await emptyFolder(options.dir);
  const thread = new WorkerThread();
  try {
    const plan = planOf(options);
    const { ports } = await thread.ask({ call: "start", plan });
    return {
      dir: options.dir,
      settings: settingsOf(plan, ports),
      async loadSource(files, options = {}) {
        const { loaded } = await thread.ask({ call: "loadSource", files, options });
        if (loaded === null) throw new Error("The simulator did not say what it loaded");
        return loaded;
      },
      stopService: async (service) => void await thread.ask({ call: "stopService", service }),
      startService: async (service) => void await thread.ask({ call: "startService", service }),
      async [Symbol.asyncDispose]() {
        await atMost(stopMs, thread.ask({ call: "stop" })).finally(() => thread.end());
        lock.close();
      },
    };
  } catch (error) {
    thread.end();
    lock.close();
    throw error;
  }
}

/** The simulator could not be started: the person can mend the reason. */
export class SimError extends Error {
  override readonly name = "SimError";
}

/**
 * One lock file a folder. The system releases it when the process ends, however it ends. The
 * lock file is also the sign that the folder is a simulator's: a folder of somebody else's
 * files does not get one.
 */
async function lockFolder(dir: string): Promise<Deno.FsFile> {
  let file: Deno.FsFile;
  try {
    await Deno.mkdir(dir, { recursive: true });
    const names = await Array.fromAsync(Deno.readDir(dir), (entry) => entry.name);
    if (names.length > 0 && !names.includes(".lock")) {
      throw new Error("it holds other files; name an empty or a new folder");
    }
    file = await Deno.open(`${dir}/.lock`, { create: true, write: true });
  } catch (error) {
    throw new SimError(`Cannot write to the simulator's folder ${dir}: ${messageOf(error)}`);
  }
  if (file.tryLockSync(true)) return file;
  file.close();
  throw new SimError(`The folder ${dir} is in use by another run: wait for it or name another one`);
}

async function emptyFolder(dir: string): Promise<void> {
  for await (const entry of Deno.readDir(dir)) {
    if (entry.name !== ".lock") await Deno.remove(`${dir}/${entry.name}`, { recursive: true });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Everything that is not given comes from the seed, so that two runs have the same names. */
function planOf(options: SimOptions): SimPlan {
  const world = worldFromSeed(options.seed);
  const id = options.id ?? world.id("pipeline");
  return {
    dir: options.dir,
    seed: options.seed,
    id,
    region: options.region ?? "us-east-1",
    bucket: `user-${id}-bucket`,
    ports: options.ports ?? {},
    brokers: options.brokers ?? null,
    autoCreateTopics: options.autoCreateTopics ?? false,
    limits: options.limits ?? "on",
    routes: options.routes ?? [],
    faults: options.faults ?? "none",
    credentials: credentialsOf(world, ""),
    gatewayCredentials: credentialsOf(world, "gateway "),
    mysql: {
      user: "project_user",
      password: world.id("mysql password", 16),
      database: "pinterest_data",
    },
    databricks: {
      token: `dapi${world.id("databricks token", 32)}`,
      warehouseId: world.id("databricks warehouse", 16),
      client: {
        id: world.id("databricks client", 32),
        secret: `dose${world.id("databricks secret", 32)}`,
      },
    },
  };
}

function credentialsOf(world: World, whose: string): SimPlan["credentials"] {
  return {
    accessKeyId: `AKIA${world.id(`${whose}access key`, 16).toUpperCase()}`,
    secretAccessKey: world.id(`${whose}secret key`, 40),
  };
}

/** The names are those that vendors' tools read, and those of `pipelines/target.ts`. */
function settingsOf(plan: SimPlan, ports: Ports): Record<string, string> {
  const { user, password, database } = plan.mysql;
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
    GATEWAY_URL: `http://127.0.0.1:${ports.gateway}/prod`,
    KAFKA_REST_URL: `http://127.0.0.1:${ports.kafkaRest}`,
    DATABRICKS_HOST: `http://127.0.0.1:${ports.databricks}`,
    DATABRICKS_TOKEN: plan.databricks.token,
    DATABRICKS_WAREHOUSE_ID: plan.databricks.warehouseId,
    KAFKA_BROKERS: plan.brokers?.join(",") ?? `127.0.0.1:${ports.kafka}`,
  };
}

/** Services say goodbye to their clients for so long at most; their files are whole at any time. */
const stopMs = 2000;

async function atMost(limitMs: number, work: Promise<unknown>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const limit = new Promise<void>((resolve) => timer = setTimeout(resolve, limitMs));
  await Promise.race([work, limit]).finally(() => clearTimeout(timer));
}

/** A request without its number; `Omit` alone would melt the union into one shape. */
type Call = Request extends infer R ? R extends Request ? Omit<R, "id"> : never : never;

type Done = Extract<Answer, { ok: true }>;

/** Questions to the Worker and their answers, matched by number. */
class WorkerThread {
  readonly #worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  readonly #waiting = new Map<number, PromiseWithResolvers<Done>>();
  #asked = 0;

  constructor() {
    this.#worker.addEventListener("message", (event) => this.#answered(event.data));
    this.#worker.addEventListener("error", (event) => {
      event.preventDefault();
      for (const { reject } of this.#waiting.values()) reject(new Error(event.message));
    });
  }

  ask(call: Call): Promise<Done> {
    const id = ++this.#asked;
    const answer = Promise.withResolvers<Done>();
    this.#waiting.set(id, answer);
    this.#worker.postMessage({ ...call, id });
    return answer.promise;
  }

  end(): void {
    this.#worker.terminate();
  }

  #answered(answer: Answer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if (answer.ok) waiting?.resolve(answer);
    else waiting?.reject(revived(answer.failure));
  }
}

/** An error under its own name again, with the stack of the thread that threw it. */
function revived(failure: { name: string; message: string; stack: string }): Error {
  const error = new Error(failure.message);
  error.name = failure.name;
  error.stack = failure.stack;
  return error;
}
