/**
 * Append file: bytes -> the end of a file, all of them or none.
 *
 * What `append` returned from has reached the operating system and survives `kill -9` (not a power
 * cut: nothing is synced). If the disk is full, what was written of it is cut off again, and the
 * file is as it was before. A link is no file of ours: neither read nor written through.
 *
 * Everything is synchronous: one short system call on cached pages costs less than a way through a
 * thread pool, and nobody else can write in between.
 */
import type { Faults } from "../faults/plan.ts";
import { PlannedFullDisk, tellIfFull } from "./disk_full.ts";
import { lstatIfAny } from "./lstat.ts";

/** The disk took no more; the file is as before. The service answers in its vendor's words. */
export class StorageError extends Error {
  override readonly name: string = "StorageError";
}

export class AppendFile implements Disposable {
  readonly #file: Deno.FsFile;
  readonly #faults: Faults;
  #size: number;
  /** Where the next read or write of the file would happen. */
  #cursor = 0;

  /** @throws {StorageError} if the file can be neither opened nor made. */
  constructor(readonly path: string, faults: Faults) {
    refuseLink(path);
    try {
      this.#file = Deno.openSync(path, { read: true, write: true, create: true });
    } catch (cause) {
      tellIfFull(path, cause);
      throw new StorageError(`Cannot open ${path}: ${reasonOf(cause)}`, { cause });
    }
    this.#size = this.#file.statSync().size;
    this.#faults = faults;
  }

  get size(): number {
    return this.#size;
  }

  /**
   * Returns where the bytes begin.
   * @throws {StorageError} if there is no room for all of them.
   */
  append(bytes: Uint8Array): number {
    const position = this.#size;
    try {
      this.#seek(position);
      if (this.#faults.strikes("disk.full")) {
        this.#cursor += this.#file.writeSync(bytes.subarray(0, bytes.length >> 1));
        throw new PlannedFullDisk();
      }
      for (let done = 0; done < bytes.length;) {
        const count = this.#file.writeSync(bytes.subarray(done));
        done += count;
        this.#cursor += count;
      }
    } catch (cause) {
      tellIfFull(this.path, cause);
      this.truncate(position);
      const what = `Cannot append ${bytes.length} bytes to ${this.path}`;
      throw new StorageError(`${what}: ${reasonOf(cause)}`, { cause });
    }
    this.#size = position + bytes.length;
    return position;
  }

  /** Fills `buffer` from `position` on as far as the file goes; returns how many bytes. */
  read(buffer: Uint8Array, position: number): number {
    this.#seek(position);
    const wanted = Math.min(buffer.length, this.#size - position);
    let done = 0;
    while (done < wanted) {
      const count = this.#file.readSync(buffer.subarray(done, wanted));
      if (count === null) break;
      done += count;
      this.#cursor += count;
    }
    return done;
  }

  /** Cuts everything behind `size` off. */
  truncate(size: number): void {
    this.#size = size;
    this.#file.truncateSync(size);
  }

  #seek(position: number): void {
    if (this.#cursor === position) return;
    this.#cursor = this.#file.seekSync(position, Deno.SeekMode.Start);
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }
}

/** @throws {StorageError} if a link is where a file of ours is to be. */
function refuseLink(path: string): void {
  if (lstatIfAny(path)?.isSymlink !== true) return;
  throw new StorageError(`Cannot use ${path}: it is a link, which is not followed`);
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

/**
 * Puts a whole small file in place of the old one: readers see the old content or the new.
 * @param mode who may read it, from its first byte on; default: whoever the system lets
 * @throws {StorageError} if there is no room; the old file stays.
 */
export function replaceFile(path: string, bytes: Uint8Array, faults: Faults, mode?: number): void {
  const draft = `${path}.new`;
  try {
    if (faults.strikes("disk.full")) throw new PlannedFullDisk();
    refuseLink(draft);
    if (mode === undefined) Deno.writeFileSync(draft, bytes);
    else writeNew(draft, bytes, mode);
    Deno.renameSync(draft, path);
  } catch (cause) {
    tellIfFull(path, cause);
    throw new StorageError(`Cannot write ${path}: ${reasonOf(cause)}`, { cause });
  }
}

/** One that a crash left would keep its mode. */
function writeNew(path: string, bytes: Uint8Array, mode: number): void {
  if (lstatIfAny(path) !== null) Deno.removeSync(path);
  Deno.writeFileSync(path, bytes, { createNew: true, mode });
}

/**
 * The file's bytes, or null if there is none.
 * @throws {StorageError} if it is a link.
 */
export function readFileIfAny(path: string): Uint8Array<ArrayBuffer> | null {
  refuseLink(path);
  try {
    return Deno.readFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}
