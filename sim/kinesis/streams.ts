/**
 * Streams: all streams of the account, each in a folder of its own below `<dir>`.
 *
 * A name may be a single dot, so folders carry an ending; names that differ in case only are apart
 * on any disk. What a crash left of a stream that was being made or deleted has another ending, and
 * is cleared away at the start.
 */
import { portableName } from "../storage/portable_name.ts";
import { SafeFolder } from "../storage/safe_path.ts";
import type { Account } from "./errors.ts";
import { streamNotFound } from "./errors.ts";
import { removeIfAny } from "./shard.ts";
import { Stream, type StreamState, type StreamWorld, unfinished } from "./stream.ts";

const ending = ".stream";

export class Streams implements Disposable {
  readonly #folder: SafeFolder;
  readonly #world: StreamWorld;
  readonly #account: Account;
  readonly #streams = new Map<string, Stream>();

  constructor(dir: string, world: StreamWorld, account: Account) {
    this.#folder = new SafeFolder(dir);
    this.#world = world;
    this.#account = account;
    for (const { name } of [...Deno.readDirSync(dir)]) {
      if (name.endsWith(ending + unfinished)) removeIfAny(this.#folder.at(name));
      if (!name.endsWith(ending)) continue;
      const stream = Stream.load(this.#folder.at(name), world);
      this.#streams.set(stream.name, stream);
    }
  }

  find(name: string): Stream | null {
    const stream = this.#streams.get(name);
    if (stream === undefined) return null;
    if (stream.settle()) return stream;
    this.#streams.delete(name);
    return null;
  }

  /** @throws {ServiceError} ResourceNotFoundException */
  get(name: string): Stream {
    const stream = this.find(name);
    if (stream === null) throw streamNotFound(name, this.#account);
    return stream;
  }

  /**
   * One that takes and gives records.
   * @throws {ServiceError} ResourceNotFoundException
   */
  usable(name: string): Stream {
    const stream = this.get(name);
    const isUsable = stream.status === "ACTIVE" || stream.status === "UPDATING";
    if (!isUsable) throw streamNotFound(name, this.#account);
    return stream;
  }

  /** In the order of their names. */
  all(): Stream[] {
    const found = [...this.#streams.keys()].map((name) => this.find(name));
    return found.filter((stream) => stream !== null)
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  create(state: StreamState): Stream {
    const path = this.#folder.at(portableName(state.name) + ending);
    const stream = Stream.create(path, state, this.#world);
    this.#streams.set(state.name, stream);
    return stream;
  }

  [Symbol.dispose](): void {
    this.#world.logs[Symbol.dispose]();
  }
}
