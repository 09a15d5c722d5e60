/**
 * Topics: names -> ids, settings and partitions; kept in one file that is replaced as a whole.
 *
 *   <dir>/topics.json                 what there is
 *   <dir>/logs/<topic>.<id>/<index>/  one segment log per partition
 *
 * The id in the folder's name keeps a topic apart from a deleted one of the same name, also when a
 * crash left the deleted one's files; such leftovers are removed at the next start.
 */
import type { Faults } from "../faults/plan.ts";
import { readFileIfAny, replaceFile } from "../storage/append_file.ts";
import { isDeviceName, SafeFolder } from "../storage/safe_path.ts";
import type { World } from "../world.ts";
import { TopicConfig } from "./configs.ts";
import { type ErrorCode, errors, type Refusal } from "./errors.ts";
import { Partition } from "./partition.ts";

const partitionsMax = 10_000;

export interface Topic {
  readonly name: string;
  /** 32 hex digits. */
  readonly id: string;
  readonly partitions: Partition[];
  config: TopicConfig;
}

interface SavedTopic {
  name: string;
  id: string;
  partitionCount: number;
  configs: [string, string][];
}

export interface TopicsContext {
  dir: string;
  world: World;
  faults: Faults;
  /** 32 hex digits, never the same twice in one `dir`. */
  newId(): string;
}

export class Topics implements Disposable {
  readonly #context: TopicsContext;
  readonly #logs: SafeFolder;
  readonly #byName = new Map<string, Topic>();
  readonly #byId = new Map<string, Topic>();

  /** Opens what `dir` holds. */
  constructor(context: TopicsContext) {
    this.#context = context;
    this.#logs = new SafeFolder(context.dir).folder("logs");
    const saved = readFileIfAny(`${context.dir}/topics.json`);
    const topics: SavedTopic[] = saved === null ? [] : JSON.parse(new TextDecoder().decode(saved));
    for (const { name, id, partitionCount, configs } of topics) {
      this.#add(this.#make(name, id, partitionCount, new TopicConfig(configs)));
    }
    this.#removeLeftovers();
  }

  #removeLeftovers(): void {
    const known = new Set(this.all().map(folderOf));
    for (const { name } of [...Deno.readDirSync(this.#logs.path)]) {
      if (!known.has(name)) Deno.removeSync(`${this.#logs.path}/${name}`, { recursive: true });
    }
  }

  #make(name: string, id: string, partitionCount: number, config: TopicConfig): Topic {
    const topic: Topic = { name, id, partitions: [], config };
    this.#extend(topic, partitionCount);
    return topic;
  }

  #extend(topic: Topic, partitionCount: number): void {
    const { faults, world } = this.#context;
    for (let index = topic.partitions.length; index < partitionCount; index++) {
      const folder = () => this.#logs.at(folderOf(topic), String(index));
      topic.partitions.push(
        new Partition(index, folder, () => topic.config, faults, () => world.nowMs()),
      );
    }
  }

  #add(topic: Topic): void {
    this.#byName.set(topic.name, topic);
    this.#byId.set(topic.id, topic);
  }

  all(): Topic[] {
    return [...this.#byName.values()];
  }

  get(name: string): Topic | undefined {
    return this.#byName.get(name);
  }

  byId(id: string): Topic | undefined {
    return this.#byId.get(id);
  }

  partition(topic: string, index: number): Partition | undefined {
    return this.#byName.get(topic)?.partitions[index];
  }

  /**
   * The caller has checked name, number and settings.
   * @throws {StorageError} if it could not be written down; then there is no such topic.
   */
  create(name: string, partitionCount: number, config: TopicConfig): Topic {
    const id = this.#context.newId();
    const topic = this.#make(name, id, partitionCount, config);
    this.#add(topic);
    this.#saveOr(() => {
      this.#byName.delete(name);
      this.#byId.delete(id);
    });
    return topic;
  }

  /** @throws {StorageError} if it could not be written down; then the topic stays. */
  delete(topic: Topic): void {
    this.#byName.delete(topic.name);
    this.#byId.delete(topic.id);
    this.#saveOr(() => this.#add(topic));
    for (const partition of topic.partitions) partition[Symbol.dispose]();
    try {
      Deno.removeSync(this.#logs.at(folderOf(topic)), { recursive: true });
    } catch (error) {
      // A topic that nobody wrote to has no folder yet.
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }

  /** @throws {StorageError} if it could not be written down; then nothing changed. */
  addPartitions(topic: Topic, partitionCount: number): void {
    const before = topic.partitions.length;
    this.#extend(topic, partitionCount);
    this.#saveOr(() => topic.partitions.splice(before));
  }

  /** @throws {StorageError} if it could not be written down; then nothing changed. */
  configure(topic: Topic, config: TopicConfig): void {
    const before = topic.config;
    topic.config = config;
    this.#saveOr(() => topic.config = before);
  }

  #saveOr(undo: () => void): void {
    const saved = this.all().map(({ name, id, partitions, config }): SavedTopic => ({
      name,
      id,
      partitionCount: partitions.length,
      configs: config.entries(),
    }));
    const bytes = new TextEncoder().encode(JSON.stringify(saved, null, 1));
    try {
      replaceFile(`${this.#context.dir}/topics.json`, bytes, this.#context.faults);
    } catch (error) {
      undo();
      throw error;
    }
  }

  [Symbol.dispose](): void {
    for (const topic of this.all()) {
      for (const partition of topic.partitions) partition[Symbol.dispose]();
    }
  }
}

/**
 * File names have at most 255 bytes, topics' names 249. The id keeps names apart that differ in
 * case only; `~`, which no topic's name holds, those from Windows' devices.
 */
function folderOf({ name, id }: Topic): string {
  return `${isDeviceName(name) ? "~" : ""}${name.slice(0, 200)}.${id.slice(0, 16)}`;
}

/** Why no topic can have this name, or null. */
export function topicNameProblem(name: string): string | null {
  if (name === "") return "the empty string is not allowed";
  if (name === "." || name === "..") return `'${name}' is not allowed`;
  if (name.length > 249) {
    return `the length of '${name}' is longer than the max allowed length 249`;
  }
  return /^[a-zA-Z0-9._-]+$/.test(name)
    ? null
    : `'${name}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'`;
}

/** Why no topic can have this many partitions, or null. */
export function partitionCountProblem(count: number): Refusal | null {
  const refuse = (error: ErrorCode, message: string) => ({ error, message });
  if (count < 1) {
    return refuse(errors.INVALID_PARTITIONS, "Number of partitions must be larger than 0.");
  }
  if (count <= partitionsMax) return null;
  return refuse(
    errors.INVALID_PARTITIONS,
    `Number of partitions must be at most ${partitionsMax} in this broker.`,
  );
}
