/**
 * S3 storage: the files of a table as objects below a prefix.
 *
 * A put is whole or not at all; put-if-absent is `If-None-Match: *`. DuckDB cannot read S3, so
 * that data files are fetched once into a folder of copies: they never change.
 */
import type { ListedObject, S3Objects } from "../clients/s3.ts";
import { RunError } from "../errors.ts";
import { writing } from "../results.ts";
import type { OnStep } from "../steps.ts";
import type { DeltaStorage } from "./storage.ts";

/**
 * @param prefix key of the table's root, without `/` at its end
 * @param workDir local folder for the copies; made when missing
 */
export function s3Storage(
  objects: S3Objects,
  prefix: string,
  workDir: string,
  { onStep }: { onStep?: OnStep } = {},
): DeltaStorage {
  const root = `${prefix.replace(/\/+$/, "")}/`;
  const uri = `${objects.uri}/${root.slice(0, -1)}`;
  const copies = new Copies(objects, root, workDir);
  return {
    uri,
    async list(below, after) {
      const from = after === undefined ? "" : root + after;
      const listed = await Array.fromAsync(objects.listAfter(root + below, from));
      return listed.map(({ key, ...rest }: ListedObject) => ({
        name: key.slice(root.length),
        ...rest,
      }));
    },
    read: async (name) => await objects.getBytes(root + name) ?? null,
    put: (name, bytes) => objects.put(root + name, bytes),
    async putIfAbsent(name, bytes) {
      await onStep?.("commit-staged");
      const outcome = await objects.putIfAbsent(root + name, bytes);
      if (outcome === "stored") await onStep?.("commit-stored");
      return outcome;
    },
    putFile: (name, localPath) => objects.putFile(root + name, localPath),
    delete: (name) => objects.delete(root + name),
    local: (name) => copies.path(name),
    dropCopies: (isUseless) => copies.drop(isUseless),
  };
}

/** At most this many objects are fetched at once. */
const fetchesMax = 8;

class Copies {
  readonly #objects: S3Objects;
  readonly #root: string;
  readonly #workDir: string;
  /** By name; a copy that is under way is waited for, not fetched twice. */
  readonly #paths = new Map<string, Promise<string>>();
  readonly #waiting: (() => void)[] = [];
  #fetchCount = 0;
  #nextNumber = 0;

  constructor(objects: S3Objects, root: string, workDir: string) {
    this.#objects = objects;
    this.#root = root;
    this.#workDir = workDir.replace(/(.)\/+$/, "$1");
  }

  async path(name: string): Promise<string> {
    const known = this.#paths.get(name);
    if (known !== undefined) return await known;
    const fetched = this.#inTurn(() => this.#fetch(name));
    this.#paths.set(name, fetched);
    try {
      return await fetched;
    } catch (error) {
      this.#paths.delete(name);
      throw error;
    }
  }

  async drop(isUseless: (name: string) => boolean): Promise<void> {
    for (const [name, path] of [...this.#paths]) {
      if (!isUseless(name)) continue;
      this.#paths.delete(name);
      await Deno.remove(await path).catch(() => {});
    }
  }

  async #fetch(name: string): Promise<string> {
    const bytes = await this.#objects.getBytes(this.#root + name);
    if (bytes === undefined) {
      const file = `${this.#objects.uri}/${this.#root}${name}`;
      throw new RunError(`Cannot read ${file}: there is no such file, though the log names it`);
    }
    await Deno.mkdir(this.#workDir, { recursive: true });
    const path = `${this.#workDir}/copy-${this.#nextNumber++}-${crypto.randomUUID()}.parquet`;
    await writing(path, () => Deno.writeFile(path, bytes, { createNew: true }), "--data");
    return path;
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    while (this.#fetchCount >= fetchesMax) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#fetchCount++;
    try {
      return await work();
    } finally {
      this.#fetchCount--;
      this.#waiting.shift()?.();
    }
  }
}
