/**
 * Multipart uploads on disk: one folder each below `.meta/.uploads/`, a file and notes per part.
 *
 * They survive a restart as objects do, and are invisible to whoever looks at the bucket.
 */
import type { SafeFolder } from "../../storage/safe_path.ts";
import type { World } from "../../world.ts";
import type { ChecksumName, ChecksumType } from "../checksums.ts";
import { refusal } from "../errors.ts";
import { type Disk, entriesOf, removeFile, removeTree, stateOf } from "./disk.ts";
import { Notes, PackCache } from "./notes.ts";

export interface Upload {
  id: string;
  bucket: string;
  key: string;
  initiatedMs: number;
  /** What the object will carry: see `ObjectNote`. */
  headers: Record<string, string>;
  user: Record<string, string>;
  tags: Record<string, string>;
  checksumName: ChecksumName | null;
  checksumType: ChecksumType;
  /** What stood under the key then; not known of uploads that an older version began. */
  stood?: Standing | null;
}

/** The version of an object. */
export interface Standing {
  etag: string;
  modifiedMs: number;
}

export interface PartNote {
  /** Hex MD5, without quotes. */
  etag: string;
  modifiedMs: number;
  checksum: { name: ChecksumName; value: string } | null;
}

export interface Part extends PartNote {
  number: number;
  path: string;
  size: number;
}

export class Uploads {
  readonly #root: SafeFolder;
  readonly #disk: Disk;
  readonly #world: World;
  /** Uploads whose parts are being joined: nobody else may touch them meanwhile. */
  readonly #joining = new Set<string>();

  constructor(disk: Disk, world: World) {
    this.#root = disk.root.folder(".meta", ".uploads");
    this.#disk = disk;
    this.#world = world;
  }

  #folder(id: string): string {
    return this.#root.at(id);
  }

  #notes(id: string): Notes {
    const folder = this.#folder(id);
    return new Notes(folder, this.#disk, 0, (number) => stateOf(`${folder}/${number}`));
  }

  create(upload: Omit<Upload, "id" | "initiatedMs">): Upload {
    const made = { ...upload, id: this.#newId(), initiatedMs: this.#world.nowMs() };
    const path = this.#disk.write(new TextEncoder().encode(JSON.stringify(made)));
    Deno.mkdirSync(this.#folder(made.id));
    Deno.renameSync(path, `${this.#folder(made.id)}/upload.json`);
    return made;
  }

  /** The same seed makes the same ids again: those of an earlier run may still be in use. */
  #newId(): string {
    for (;;) {
      const id = this.#world.id("s3 upload", 32);
      if (entriesOf(this.#folder(id)).length === 0) return id;
    }
  }

  /** @throws {S3Error} NoSuchUpload */
  need(bucket: string, key: string, id: string): Upload {
    const upload = this.#read(id);
    if (upload !== null && upload.bucket === bucket && upload.key === key) return upload;
    throw refusal("NoSuchUpload", { UploadId: id });
  }

  #read(id: string): Upload | null {
    if (!/^[0-9a-f]{32}$/.test(id)) return null;
    // What it was meant for is unknown then: its parts stay, and nobody finds the upload.
    return this.#disk.readJson(`${this.#folder(id)}/upload.json`) as Upload | null;
  }

  list(bucket: string): Upload[] {
    const all = entriesOf(this.#root.path).map((entry) => this.#read(entry.name));
    return all.filter((upload) => upload !== null).filter((upload) => upload.bucket === bucket);
  }

  /** Makes a temporary file a part; the file is gone if this throws. */
  putPart(upload: Upload, number: number, from: string, note: PartNote): void {
    try {
      this.#mustRest(upload.id);
      this.need(upload.bucket, upload.key, upload.id);
      const path = `${this.#folder(upload.id)}/${number}`;
      const place = () => Deno.renameSync(from, path);
      this.#notes(upload.id).commit(String(number), from, note, stateOf(path), place);
    } catch (error) {
      removeFile(from);
      throw error;
    }
  }

  /** The parts that are there, by number. */
  parts(id: string): Part[] {
    const [notes, packs] = [this.#notes(id), new PackCache()];
    const numbers = entriesOf(this.#folder(id)).map((entry) => entry.name)
      .filter((name) => /^[0-9]+$/.test(name)).map(Number);
    return numbers.sort((a, b) => a - b).map((number) => this.#part(id, number, notes, packs))
      .filter((part) => part !== null);
  }

  #part(id: string, number: number, notes: Notes, packs: PackCache): Part | null {
    const path = `${this.#folder(id)}/${number}`;
    const state = stateOf(path);
    if (state === null) return null;
    const note = notes.read(String(number), state, isPartNote, packs);
    return note === null ? null : { number, path, size: state.size, ...note };
  }

  /** @throws {S3Error} OperationAborted while its parts are being joined */
  remove(id: string): void {
    this.#mustRest(id);
    removeTree(this.#folder(id));
  }

  /** Keeps the upload as it is while `work` runs, and removes it if that comes to an end. */
  async join<T>(id: string, work: () => Promise<T>): Promise<T> {
    this.#mustRest(id);
    this.#joining.add(id);
    try {
      const done = await work();
      removeTree(this.#folder(id));
      return done;
    } finally {
      this.#joining.delete(id);
    }
  }

  #mustRest(id: string): void {
    if (this.#joining.has(id)) throw refusal("OperationAborted");
  }
}

function isPartNote(value: unknown): value is PartNote {
  return typeof value === "object" && value !== null && "etag" in value;
}
