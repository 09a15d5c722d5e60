/**
 * Safe paths: a folder of the simulator and names -> a path that stays inside of that folder.
 *
 * Every path below the data folder is made here. What came over a wire was judged by its service
 * before, in the vendor's words; what still is no single name here is a bug of ours. Links are
 * never followed, neither to read nor to write, wherever they lead and whenever they were made:
 * what lies behind one is not the simulator's.
 *
 * Left out: somebody who swaps a folder for a link between our look and our step.
 */
import { StorageError } from "./append_file.ts";
import { isMissing, lstatIfAny } from "./lstat.ts";

const nameBytesMax = 255;
const encoder = new TextEncoder();

/** Whether this is the name of one entry of a folder, on the disk at hand. */
export function isEntryName(name: string): boolean {
  if (name === "" || name === "." || name === ".." || /[/\0]/.test(name)) return false;
  // A UTF-16 unit is three bytes of UTF-8 at most: most names need no counting.
  return name.length * 3 <= nameBytesMax || encoder.encode(name).length <= nameBytesMax;
}

/** A folder that no path leaves. */
export class SafeFolder {
  readonly path: string;
  readonly #real: string;

  /** Makes the folder if need be, for its owner alone. */
  constructor(path: string) {
    Deno.mkdirSync(path, { recursive: true, mode: 0o700 });
    this.path = path;
    this.#real = realPath(path);
  }

  /**
   * The path of these names, one below the other.
   * @throws {StorageError} if a link is in the way
   */
  at(...names: readonly string[]): string {
    const wrong = names.find((name) => !isEntryName(name));
    if (wrong !== undefined) {
      throw new TypeError(`Cannot make a path of ${JSON.stringify(wrong)}: it is no single name`);
    }
    return this.mustBeClear([this.path, ...names].join("/"));
  }

  /** The folder of these names, which is made if need be. @throws {StorageError} as `at` */
  folder(...names: readonly string[]): SafeFolder {
    return new SafeFolder(this.at(...names));
  }

  /** @throws {StorageError} if a link is in the way */
  mustBeClear(path: string): string {
    if (this.isClear(path)) return path;
    throw new StorageError(`Cannot use ${path}: a link is in the way, which is not followed`);
  }

  /**
   * Whether a path below this folder is, as far as it exists, what it says: no link on the way
   * nor at its end, and no other name that the disk takes for it.
   */
  isClear(path: string): boolean {
    try {
      return realPath(path) === this.#real + path.slice(this.path.length);
    } catch (error) {
      if (!isMissing(error)) throw error;
      // What cannot be resolved although it is there leads nowhere, or in a circle.
      if (lstatIfAny(path) !== null) return false;
      return path === this.path || this.isClear(path.slice(0, path.lastIndexOf("/")));
    }
  }
}

/** With the slashes that we write, on Windows too. */
function realPath(path: string): string {
  const real = Deno.realPathSync(path);
  return Deno.build.os === "windows" ? real.replaceAll("\\", "/") : real;
}
