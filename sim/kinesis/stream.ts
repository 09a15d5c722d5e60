/**
 * Stream: its settings and shards, and the change that is under way.
 *
 *   <dir>/stream.json          all that is known of it; with a copy, see sim/storage/kept_text.ts
 *   <dir>/shardId-<n>/         the log of each shard; see shard.ts
 *
 * A change (being made, resharded, deleted) takes a while, as on AWS. It is written down when it is
 * asked for and carried out when somebody looks after that time, by the world's clock: there is no
 * timer, and a restart or a stopped clock changes nothing.
 */
import type { Faults } from "../faults/plan.ts";
import { DamagedFileError, parseKept, readKept, writeKept } from "../storage/kept_text.ts";
import { printNote, type Tell } from "../storage/tell.ts";
import { type HashKey, Ranges } from "./hash_keys.ts";
import type { LogPool } from "./log_pool.ts";
import { applyStep, type Step } from "./reshard.ts";
import { removeIfAny, Shard, type ShardState } from "./shard.ts";

export type StreamMode = "PROVISIONED" | "ON_DEMAND";
export type StreamStatus = "CREATING" | "DELETING" | "ACTIVE" | "UPDATING";

interface Change {
  status: Exclude<StreamStatus, "ACTIVE">;
  sinceMs: number;
  steps: Step[];
}

export interface StreamState {
  name: string;
  createdMs: number;
  mode: StreamMode;
  retentionHours: number;
  maxRecordSizeKiB: number;
  tags: [string, string][];
  /** Its resource policy; older files say nothing. */
  policy?: string | null;
  shards: ShardState[];
  /** Number of the next shard. */
  nextShard: number;
  change: Change | null;
  /** When the number of shards was changed lately. */
  shardCountUpdatesMs: number[];
  modeUpdatesMs: number[];
}

export interface StreamWorld {
  nowMs(): number;
  faults: Faults;
  logs: LogPool;
  /** How long a change takes. */
  transitionMs: number;
  tell?: Tell | undefined;
}

const hourMs = 3_600_000;
/** Behind the name of a folder whose stream is being made or deleted. */
export const unfinished = ".unfinished";

export class Stream {
  readonly #dir: string;
  readonly #world: StreamWorld;
  #state: StreamState;
  #shards = new Map<number, Shard>();
  #open: Ranges<Shard> | null = null;

  private constructor(dir: string, state: StreamState, world: StreamWorld) {
    this.#dir = dir;
    this.#state = state;
    this.#world = world;
    this.#takeShards();
  }

  /** @throws {StorageError} if it cannot be written down; there is no such stream then. */
  static create(dir: string, state: StreamState, world: StreamWorld): Stream {
    const draft = dir + unfinished;
    removeIfAny(draft);
    Deno.mkdirSync(draft, { recursive: true });
    writeKept(`${draft}/stream.json`, encodeState(state), world.faults);
    Deno.renameSync(draft, dir);
    return new Stream(dir, state, world);
  }

  /**
   * The stream in this folder.
   * @throws {DamagedFileError} if its note is missing or makes no sense.
   */
  static load(dir: string, world: StreamWorld): Stream {
    const path = `${dir}/stream.json`;
    const text = readKept(path, world.tell ?? printNote);
    if (text !== null) return new Stream(dir, decodeState(path, text), world);
    throw new DamagedFileError(
      `Cannot read ${path}: it and its copy are missing; put back one of the two, or move ${dir} ` +
        "away to go on without the stream",
    );
  }

  get state(): Readonly<StreamState> {
    return this.#state;
  }

  get name(): string {
    return this.#state.name;
  }

  get status(): StreamStatus {
    return this.#state.change?.status ?? "ACTIVE";
  }

  /** Records that arrived before this are gone. */
  get cutoffMs(): number {
    return this.#world.nowMs() - this.#state.retentionHours * hourMs;
  }

  /** All that can be read, in the order of their numbers; none while the stream is being made. */
  get shards(): Shard[] {
    if (this.status === "CREATING") return [];
    const { cutoffMs } = this;
    return [...this.#shards.values()].filter((shard) => !shard.isExpired(cutoffMs));
  }

  get openShards(): Shard[] {
    return this.shards.filter((shard) => shard.isOpen);
  }

  shard(index: number): Shard | undefined {
    const shard = this.#shards.get(index);
    if (shard === undefined || this.status === "CREATING") return undefined;
    return shard.isExpired(this.cutoffMs) ? undefined : shard;
  }

  /** The open shard whose range holds the key. */
  shardFor(key: HashKey): Shard {
    this.#open ??= new Ranges(
      [...this.#shards.values()].filter((shard) => shard.isOpen),
      (shard) => shard.state.startingHashKey,
    );
    return this.#open.find(key);
  }

  /** The shards that a closed one became. */
  childrenOf(shard: Shard): Shard[] {
    return [...this.#shards.values()].filter(({ state }) =>
      state.parents.includes(shard.state.index)
    );
  }

  /**
   * Changes what is written down, and only then what is so.
   * @throws {StorageError} if there is no room; nothing has changed.
   */
  update(changes: Partial<StreamState>): void {
    const next = { ...this.#state, ...changes };
    writeKept(`${this.#dir}/stream.json`, encodeState(next), this.#world.faults);
    this.#state = next;
    this.#takeShards();
  }

  begin(status: Change["status"], steps: Step[] = [], changes: Partial<StreamState> = {}): void {
    this.update({ ...changes, change: { status, sinceMs: this.#world.nowMs(), steps } });
  }

  /**
   * Carries out the change whose time has come. Returns whether there still is a stream.
   * @throws {StorageError} if it cannot be written down; it is tried again at the next look.
   */
  settle(): boolean {
    const { change } = this.#state;
    if (change === null) return true;
    const passedMs = this.#world.nowMs() - change.sinceMs;
    // A clock that was set back must not keep a change waiting for hours.
    if (passedMs >= 0 && passedMs < this.#world.transitionMs) return true;
    if (change.status === "DELETING") {
      this.delete();
      return false;
    }
    this.update(this.#resharded(change.steps));
    return true;
  }

  #resharded(steps: readonly Step[]): Partial<StreamState> {
    const { cutoffMs } = this;
    // What is older than the retention is forgotten at the occasion.
    const kept = this.#state.shards.filter(({ closedMs }) =>
      closedMs === null || closedMs >= cutoffMs
    );
    const shards = kept.map((shard) => ({ ...shard }));
    let { nextShard } = this.#state;
    for (const step of steps) {
      const children = applyStep(shards, step, nextShard, this.#world.nowMs());
      shards.push(...children);
      nextShard += children.length;
    }
    return { shards, nextShard, change: null };
  }

  /** Shards keep their rates and logs from one state to the next. */
  #takeShards(): void {
    const before = this.#shards;
    this.#shards = new Map();
    for (const state of this.#state.shards) {
      const known = before.get(state.index);
      const isSame = known !== undefined && known.state.closedMs === state.closedMs;
      const shard = isSame ? known : new Shard(state, this.#dir, this.#world.logs);
      this.#shards.set(state.index, shard);
    }
    for (const [index, shard] of before) if (!this.#shards.has(index)) shard.delete();
    this.#open = null;
  }

  /** The name goes first: only what is called unfinished is cleared away after a crash. */
  delete(): void {
    for (const shard of this.#shards.values()) shard.close();
    const rest = this.#dir + unfinished;
    removeIfAny(rest);
    Deno.renameSync(this.#dir, rest);
    removeIfAny(rest);
  }
}

/** Hash keys have more digits than a number of JSON holds. */
function encodeState(state: StreamState): string {
  return JSON.stringify(state, (_, value) => typeof value === "bigint" ? `${value}n` : value);
}

function decodeState(path: string, text: string): StreamState {
  const isWide = (name: string) => ["startingHashKey", "endingHashKey", "at"].includes(name);
  return parseKept(
    path,
    text,
    (name, value) => isWide(name) ? BigInt(String(value).slice(0, -1)) : value,
  ) as StreamState;
}
