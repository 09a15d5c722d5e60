/**
 * The writes of S3 to the disk: whole files or none.
 *
 * Everything is written under a temporary name first and takes its own by a rename, which the
 * kernel does as one step: nobody ever sees half a file, and a killed process leaves only
 * temporary files, which the next start removes. Written means handed to the operating system.
 * Nothing is written through a link, nor is what lies behind one a file or folder of ours.
 */
import type { Faults } from "../../faults/plan.ts";
import { PlannedFullDisk } from "../../storage/disk_full.ts";
import type { SafeFolder } from "../../storage/safe_path.ts";
import { printNote, type Tell } from "../../storage/tell.ts";

/** What a file's identity is made of: a new version differs in at least one. */
export interface FileState {
  size: number;
  mtimeMs: number;
}

export class Disk {
  readonly #temporary: string;
  readonly #faults: Faults;
  readonly #tell: Tell;
  /** Said once each, however often the file is read. */
  readonly #told = new Set<string>();
  #count = 0;

  /** @throws {StorageError} if a link is where its own files are to be */
  constructor(readonly root: SafeFolder, faults: Faults, tell: Tell = printNote) {
    this.#temporary = root.at(".meta", ".tmp");
    this.#faults = faults;
    this.#tell = tell;
    removeTree(this.#temporary);
    Deno.mkdirSync(this.#temporary, { recursive: true });
  }

  #nextPath(): string {
    return `${this.root.mustBeClear(this.#temporary)}/${this.#count++}`;
  }

  /** Writes a temporary file and gives its path. */
  write(bytes: Uint8Array): string {
    const path = this.#nextPath();
    try {
      this.#mayFail();
      Deno.writeFileSync(path, bytes, { createNew: true });
      return path;
    } catch (error) {
      removeFile(path);
      throw error;
    }
  }

  /** Adds to a file, and makes it and its folder if need be. May write a part and then fail. */
  append(path: string, bytes: Uint8Array): void {
    this.#mayFail();
    this.root.mustBeClear(path);
    try {
      Deno.writeFileSync(path, bytes, { append: true });
    } catch (error) {
      if (!isMissing(error)) throw error;
      Deno.mkdirSync(parentOf(path), { recursive: true });
      Deno.writeFileSync(path, bytes, { append: true });
    }
  }

  /** Tells a person about damage, the same sentence once. */
  tell(sentence: string): void {
    if (this.#told.has(sentence)) return;
    this.#told.add(sentence);
    this.#tell(sentence);
  }

  /** A small file of ours; null if there is none, or if it is damaged, which is told. */
  readJson(path: string): unknown {
    const text = readText(path);
    if (text === null) return null;
    try {
      return JSON.parse(text);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      this.tell(`${path}: damaged (${error.message}), and passed over`);
      return null;
    }
  }

  /** A temporary file to be written bit by bit. */
  create(): TemporaryFile {
    return new TemporaryFile(this.#nextPath(), () => this.#mayFail());
  }

  #mayFail(): void {
    if (!this.#faults.strikes("disk.full")) return;
    throw new PlannedFullDisk();
  }
}

/** A file that goes away with this object unless it was `kept`. */
export class TemporaryFile implements Disposable {
  readonly path: string;
  readonly #file: Deno.FsFile;
  readonly #mayFail: () => void;
  #isOpen = true;
  #isKept = false;

  constructor(path: string, mayFail: () => void) {
    this.path = path;
    this.#mayFail = mayFail;
    this.#file = Deno.openSync(path, { write: true, createNew: true });
  }

  write(bytes: Uint8Array): void {
    this.#mayFail();
    for (let at = 0; at < bytes.length;) at += this.#file.writeSync(bytes.subarray(at));
  }

  /** Closes it and leaves it where it is: its path is somebody else's to remove now. */
  keep(): string {
    this.#close();
    this.#isKept = true;
    return this.path;
  }

  [Symbol.dispose](): void {
    this.#close();
    if (!this.#isKept) removeFile(this.path);
  }

  #close(): void {
    if (this.#isOpen) this.#file.close();
    this.#isOpen = false;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory;
}

/** The state of a regular file, which a link is not, or null where there is none. */
export function stateOf(path: string): FileState | null {
  try {
    const { isFile, size, mtime } = Deno.lstatSync(path);
    return isFile ? { size, mtimeMs: mtime?.getTime() ?? 0 } : null;
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

export function isFolder(path: string): boolean {
  try {
    return Deno.lstatSync(path).isDirectory;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

export function readText(path: string): string | null {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

/** Removes a file; false if there was none. */
export function removeFile(path: string): boolean {
  try {
    Deno.removeSync(path);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

export function removeTree(path: string): void {
  try {
    Deno.removeSync(path, { recursive: true });
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

/** Removes empty folders from `folder` up to, not including, `top`. */
export function prune(folder: string, top: string): void {
  while (folder.length > top.length) {
    try {
      // Not recursive: fails where something is left, which is how we know.
      Deno.removeSync(folder);
    } catch {
      return;
    }
    folder = parentOf(folder);
  }
}

export function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}

/** Entries of a folder; none if it is not there. */
export function entriesOf(folder: string): Deno.DirEntry[] {
  try {
    return [...Deno.readDirSync(folder)];
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}
