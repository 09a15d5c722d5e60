/**
 * Topics: names -> ids, settings and partitions; kept in one file that is replaced as a whole.
 *
 *   <dir>/topics.json                 what there is; with a copy, see sim/storage/kept_text.ts
 *   <dir>/logs/<topic>.<id>/<index>/  one segment log per partition
 *   <dir>/logs/<topic>.<id>.deleted/  what a crash left of a deleted topic; removed at the next start
 *   <dir>/logs/<topic>.<id>.aside/    records of no topic that is known; told once, and left alone
 *
 * The id in the folder's name keeps a topic apart from a deleted one of the same name. A folder is
 * removed only if its own name says so: topics.json alone is no reason to delete records.
 */
import type { Faults } from "../faults/plan.ts";
import { DamagedFileError, parseKept, readKept, writeKept } from "../storage/kept_text.ts";
import { isDeviceName } from "../storage/portable_name.ts";
import { SafeFolder } from "../storage/safe_path.ts";
import { printNote, type Tell } from "../storage/tell.ts";
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
  tell?: Tell | undefined;
  /** 32 hex digits, never the same twice in one `dir`. */
  newId(): string;
}

const deleted = ".deleted";
const aside = ".aside";

export class Topics implements Disposable {
  readonly #context: TopicsContext;
  readonly #logs: SafeFolder;
  readonly #byName = new Map<string, Topic>();
  readonly #byId = new Map<string, Topic>();
  readonly #tell: Tell;

  /**
   * Opens what `dir` holds.
   * @throws {DamagedFileError} if there are records, but no topics.json to be believed.
   */
  constructor(context: TopicsContext) {
    this.#context = context;
    this.#tell = context.tell ?? printNote;
    this.#logs = new SafeFolder(context.dir).folder("logs");
    for (const { name, id, partitionCount, configs } of this.#readSaved()) {
      this.#add(this.#make(name, id, partitionCount, new TopicConfig(configs)));
    }
    this.#tidy();
    for (const topic of this.all()) this.#takeUpPartitions(topic);
  }

  #readSaved(): SavedTopic[] {
    const path = `${this.#context.dir}/topics.json`;
    const text = readKept(path, this.#tell);
    if (text !== null) return parseKept(path, text) as SavedTopic[];
    const folders = namesIn(this.#logs.path)
      .filter((name) => !name.endsWith(deleted) && !name.endsWith(aside));
    if (folders.length === 0) return [];
    throw new DamagedFileError(
      `Cannot read ${path}: it and its copy are missing, and ${this.#logs.path} has records of ` +
        `${folders.join(", ")}; put back one of the two, or begin with another folder`,
    );
  }

  /** Ends what a crash interrupted, and sets aside what belongs to nobody. */
  #tidy(): void {
    const known = new Set(this.all().map(folderOf));
    for (const name of namesIn(this.#logs.path)) {
      const path = `${this.#logs.path}/${name}`;
      const isDeleted = name.endsWith(deleted);
      if (known.has(name) || name.endsWith(aside)) continue;
      if (isDeleted && known.has(name.slice(0, -deleted.length))) {
        Deno.renameSync(path, path.slice(0, -deleted.length));
      } else if (isDeleted) {
        Deno.removeSync(path, { recursive: true });
      } else {
        Deno.renameSync(path, path + aside);
        this.#tell(`${path}: records of no topic in topics.json, set aside as ${path}${aside}`);
      }
    }
  }

  /** A topic has at least the partitions that it has records in. */
  #takeUpPartitions(topic: Topic): void {
    const folder = this.#logs.at(folderOf(topic));
    const indexes = namesIn(folder).filter((name) => /^[0-9]{1,5}$/.test(name)).map(Number);
    const before = topic.partitions.length;
    const count = Math.max(...indexes.map((index) => index + 1), before);
    if (count === before || count > partitionsMax) return;
    this.addPartitions(topic, count);
    this.#tell(`${folder}: has ${count} partitions where topics.json said ${before}; all are kept`);
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
      const nowMs = () => world.nowMs();
      topic.partitions.push(
        new Partition(index, folder, () => topic.config, faults, nowMs, this.#tell),
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
    const folder = this.#logs.at(folderOf(topic));
    // A topic that nobody wrote to has no folder yet.
    const hasFolder = namesIn(folder).length > 0;
    if (hasFolder) Deno.renameSync(folder, folder + deleted);
    this.#byName.delete(topic.name);
    this.#byId.delete(topic.id);
    this.#saveOr(() => {
      this.#add(topic);
      if (hasFolder) Deno.renameSync(folder + deleted, folder);
    });
    for (const partition of topic.partitions) partition[Symbol.dispose]();
    if (hasFolder) Deno.removeSync(folder + deleted, { recursive: true });
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
    const text = JSON.stringify(saved, null, 1);
    try {
      writeKept(`${this.#context.dir}/topics.json`, text, this.#context.faults);
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

function namesIn(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].map(({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
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
