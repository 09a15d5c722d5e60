/**
 * The simulated cloud: a folder and a seed -> MySQL, Kafka, its REST proxy, Kinesis, API Gateway
 * and S3, each on a port of 127.0.0.1, in a Worker of this process.
 *
 * Its files are plain files below `dir` and stay there; starting again with the same folder
 * goes on from them, also after `kill -9`. Only one simulator at a time may use a folder.
 */
/// <reference lib="deno.unstable" />
import type { SimEvent } from "./events.ts";
import { DataFolder } from "./folder.ts";
import { mayRead, type WorkerPermissions, workerPermissions } from "./permissions.ts";
import { personSettings, planOf, settingsOf, type SimOptions } from "./plan.ts";
import { checkPorts } from "./ports.ts";
import type {
  Answer,
  LoadedSource,
  LoadOptions,
  News,
  Request,
  ServiceName,
  SourceFiles,
} from "./protocol.ts";
import type { RecordedPrincipal } from "./iam/record.ts";
import { printNote, type Tell } from "./storage/tell.ts";

export { SimError } from "./errors.ts";
export type { SimEvent } from "./events.ts";
export { expectedSettings, type Identities, idOfSeed, placeOf, type SimOptions } from "./plan.ts";
export type { RecordedPrincipal } from "./iam/record.ts";
export type { LoadedSource, LoadOptions, ServiceName, SourceFiles } from "./protocol.ts";

export interface Sim extends AsyncDisposable {
  /** Where everything is, under the names of environment variables. */
  readonly settings: Readonly<Record<string, string>>;
  /** The same, with the keys of the person who runs the pipeline, not the administrator's. */
  readonly personSettings: Readonly<Record<string, string>>;
  readonly dir: string;
  /** Fires when its disk has taken no more; the reason names the file and says why. */
  readonly diskFull: AbortSignal;
  /**
   * Gives the simulated MySQL its tables, in place of those it has. The files lie in
   * `<dir>/source`, or the start was told of them.
   * @throws {Error} named SourceFileError if a file is missing or malformed.
   */
  loadSource(files: SourceFiles, options?: LoadOptions): Promise<LoadedSource>;
  /** From now on what happens is told, in batches and a moment later; to one listener. */
  hear(tell: (event: SimEvent) => void): Promise<void>;
  /** What each user and role has asked for; only where the start was told to keep it. */
  recorded(): Promise<RecordedPrincipal[]>;
  /** Takes one service away, as an outage would: its port closes, its files stay. */
  stopService(service: ServiceName): Promise<void>;
  /** Brings it back on the same port. */
  startService(service: ServiceName): Promise<void>;
}

/**
 * Starts all services; they answer when this returns. What can be refused is refused before
 * anything is written.
 * @throws {SimError} if the folder is in use, another pipeline's or cannot be written, or a port
 * is taken.
 */
export async function startSim(options: SimOptions): Promise<Sim> {
  const { dir, resources, fresh = false } = options;
  const folder = await DataFolder.claim(dir, { id: resources.id, fresh });
  let thread: WorkerThread | null = null;
  try {
    checkPorts(options.ports ?? {});
    const secrets = await folder.prepare();
    const plan = planOf({ ...options, dir: await Deno.realPath(dir) }, secrets);
    const permissions = workerPermissions({
      dir: plan.dir,
      sources: options.sources ?? [],
      brokers: plan.brokers ?? [],
    });
    thread = new WorkerThread(permissions, options.tell ?? printNote);
    const { ports } = await thread.ask({ call: "start", plan });
    return running(
      thread,
      folder,
      permissions,
      settingsOf(plan, ports),
      personSettings(plan, ports),
    );
  } catch (error) {
    thread?.end();
    folder[Symbol.dispose]();
    throw error;
  }
}

function running(
  thread: WorkerThread,
  folder: DataFolder,
  permissions: WorkerPermissions,
  settings: Record<string, string>,
  person: Record<string, string>,
): Sim {
  return {
    dir: folder.dir,
    diskFull: thread.diskFull,
    settings,
    personSettings: { ...settings, ...person },
    async loadSource(files, options = {}) {
      for (const path of Object.values(files).flat()) checkReadable(path, permissions);
      const { loaded } = await thread.ask({ call: "loadSource", files, options });
      if (loaded === null) throw new Error("The simulator did not say what it loaded");
      return loaded;
    },
    async hear(tell) {
      thread.tellEvent = tell;
      await thread.ask({ call: "hear" });
    },
    async recorded() {
      const { recorded } = await thread.ask({ call: "recorded" });
      return recorded ?? [];
    },
    stopService: async (service) => void await thread.ask({ call: "stopService", service }),
    startService: async (service) => void await thread.ask({ call: "startService", service }),
    async [Symbol.asyncDispose]() {
      await atMost(stopMs, thread.ask({ call: "stop" })).finally(() => thread.end());
      folder[Symbol.dispose]();
    },
  };
}

/** What the Worker may do is settled at its start, so this is a mistake of whoever started it. */
function checkReadable(path: string, permissions: WorkerPermissions): void {
  if (mayRead(path, permissions)) return;
  throw new RangeError(`Cannot load ${path}: startSim() was not told of it in \`sources\``);
}

/** Services say goodbye to their clients for so long at most; their files are whole at any time. */
const stopMs = 2000;

async function atMost(limitMs: number, work: Promise<unknown>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const limit = new Promise<void>((resolve) => timer = setTimeout(resolve, limitMs));
  await Promise.race([work, limit]).finally(() => clearTimeout(timer));
}

function openWorker(permissions: WorkerPermissions): Worker {
  const deno = { permissions };
  return new Worker(new URL("./worker.ts", import.meta.url), { type: "module", deno });
}

/** A request without its number; `Omit` alone would melt the union into one shape. */
type Call = Request extends infer R ? R extends Request ? Omit<R, "id"> : never : never;

type Done = Extract<Answer, { ok: true }>;

/** Questions to the Worker and their answers, matched by number. */
class WorkerThread {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, PromiseWithResolvers<Done>>();
  readonly #diskFull = new AbortController();
  #asked = 0;
  tellEvent: (event: SimEvent) => void = () => {};

  constructor(permissions: WorkerPermissions, tell: Tell) {
    this.#worker = openWorker(permissions);
    this.#worker.addEventListener("message", ({ data }: MessageEvent<Answer | News>) => {
      if ("news" in data) this.#hear(data, tell);
      else this.#answered(data);
    });
    this.#worker.addEventListener("error", (event) => {
      event.preventDefault();
      endProcess(event.message);
    });
  }

  get diskFull(): AbortSignal {
    return this.#diskFull.signal;
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

  #hear(news: News, tell: Tell): void {
    if (news.news === "damage" || news.news === "would refuse") tell(news.what);
    else if (news.news === "disk full") this.#diskFull.abort(new Error(news.what));
    else for (const event of news.events) this.tellEvent(event);
  }

  #answered(answer: Answer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if (answer.ok) waiting?.resolve(answer);
    else waiting?.reject(revived(answer.failure));
  }
}

/**
 * What nobody caught in the Worker has ended it with all its ports, and whoever waits for one of
 * them would wait without end, the folder locked. So it ends the process, whatever runs in it.
 */
function endProcess(reason: string): never {
  console.error(`Error: The simulated cloud has ended by a mistake of its own: ${reason}`);
  Deno.exit(1);
}

/** An error under its own name again, with the stack of the thread that threw it. */
function revived(failure: { name: string; message: string; stack: string }): Error {
  const error = new Error(failure.message);
  error.name = failure.name;
  error.stack = failure.stack;
  return error;
}
