/**
 * Objects and buckets on disk: plain files at `<bucket>/<key>`, notes about them in `.meta/`.
 *
 * The folders are the truth: a file put there by hand is an object, a folder at the top is a
 * bucket. Changes happen without a pause between check and rename, so conditional writes of
 * concurrent clients come one after the other. A name from the wire becomes a path only once it is
 * a bucket's or a key's, and no path leads through a link.
 */
import { existsSync } from "node:fs";
import type { World } from "../../world.ts";
import type { SafeFolder } from "../../storage/safe_path.ts";
import type { Checksum } from "../checksums.ts";
import { refusal } from "../errors.ts";
import {
  type Disk,
  entriesOf,
  type FileState,
  isFolder,
  parentOf,
  prune,
  removeFile,
  removeTree,
  stateOf,
} from "./disk.ts";
import { printNote, type Tell } from "../../storage/tell.ts";
import { ChangedFiles } from "./changed.ts";
import { digestOf, Notes, type PackCache } from "./notes.ts";
import {
  type Cursor,
  folderOfPrefix,
  type Found,
  merged,
  walkEscaped,
  walkPlain,
} from "./listing.ts";
import {
  bucketFolder,
  bucketOfFolder,
  escapedPath,
  isBucketName,
  isPath,
  isPlain,
} from "./paths.ts";

/** What is known about an object besides its bytes. */
export interface ObjectNote {
  /** Without quotes. */
  etag: string;
  modifiedMs: number;
  /** Headers that come back as they were given, by lower-case name: content-type and so on. */
  headers: Record<string, string>;
  /** User metadata, by name without `x-amz-meta-`. */
  user: Record<string, string>;
  checksum: Checksum | null;
  tags: Record<string, string>;
  /** Sizes of the parts of a multipart object, and the upload they came from. */
  parts: { uploadId: string; sizes: number[] } | null;
}

export interface StoredObject {
  key: string;
  path: string;
  size: number;
  file: FileState;
  note: ObjectNote;
}

interface Lying {
  path: string;
  file: FileState;
}

/** Says no by throwing; given what stands under the key now. */
export type Precondition = (current: StoredObject | null) => void;

const nothing: readonly Found[] = [];
const newKeyOnly = /^(AlreadyExists|NotADirectory|IsADirectory)$/;

export class Objects {
  readonly disk: Disk;
  readonly #folder: SafeFolder;
  readonly #world: World;
  readonly #changed: ChangedFiles;
  readonly #notes = new Map<string, Notes>();
  /** Buckets with keys under escaped names, which most have not. */
  readonly #hasEscaped: Set<string>;

  /** @param tell hears of each object once that is not what was stored */
  constructor(disk: Disk, world: World, tell: Tell = printNote) {
    this.disk = disk;
    this.#changed = new ChangedFiles(tell);
    this.#folder = disk.root;
    this.#world = world;
    const escaped = entriesOf(this.#folder.at(".escaped")).map((entry) => entry.name);
    this.#hasEscaped = new Set(escaped.map(bucketOfFolder).filter((bucket) => bucket !== null));
  }

  bucketPath(bucket: string): string {
    return `${this.#folder.path}/${folderOf(bucket)}`;
  }

  #escapedRoot(bucket: string): string {
    return `${this.#folder.path}/.escaped/${folderOf(bucket)}`;
  }

  #metaPath(bucket: string): string {
    return `${this.#folder.path}/.meta/${folderOf(bucket)}`;
  }

  /** The path of a note about a bucket itself. @throws {StorageError} if a link is in the way */
  notePath(bucket: string, name: string): string {
    return this.#folder.mustBeClear(`${this.#metaPath(bucket)}/${name}`);
  }

  #notesOf(bucket: string): Notes {
    let notes = this.#notes.get(bucket);
    if (notes === undefined) {
      const stateNow = (key: string) => this.#findFile(bucket, key)?.file ?? null;
      notes = new Notes(this.#metaPath(bucket), this.disk, 2, stateNow);
      this.#notes.set(bucket, notes);
    }
    return notes;
  }

  hasBucket(bucket: string): boolean {
    return isFolder(this.bucketPath(bucket));
  }

  /** @throws {S3Error} NoSuchBucket */
  needBucket(bucket: string): void {
    if (!this.hasBucket(bucket)) throw refusal("NoSuchBucket", { BucketName: bucket });
  }

  /** @throws {S3Error} BucketAlreadyExists if a file or a link has the name */
  createBucket(bucket: string): void {
    const [path, meta] = [
      this.bucketPath(bucket),
      this.#folder.mustBeClear(this.#metaPath(bucket)),
    ];
    if (!this.#folder.isClear(path) || existsSync(path)) {
      throw refusal("BucketAlreadyExists", { BucketName: bucket });
    }
    Deno.mkdirSync(meta, { recursive: true });
    const createdMs = this.#world.nowMs();
    const about = this.disk.write(new TextEncoder().encode(JSON.stringify({ createdMs })));
    Deno.renameSync(about, `${meta}/bucket.json`);
    Deno.mkdirSync(path, { recursive: true });
  }

  /** @throws {S3Error} BucketNotEmpty */
  deleteBucket(bucket: string): void {
    for (const _ of this.keys(bucket)) throw refusal("BucketNotEmpty", { BucketName: bucket });
    for (const path of [this.#escapedRoot(bucket), this.#metaPath(bucket)]) {
      removeTree(this.#folder.mustBeClear(path));
    }
    removeTree(this.bucketPath(bucket));
    this.#hasEscaped.delete(bucket);
    this.#notes.delete(bucket);
  }

  /** All buckets by name, with the time of their creation. */
  buckets(): { name: string; createdMs: number }[] {
    const names = entriesOf(this.#folder.path).map((entry) => bucketOfFolder(entry.name))
      .filter((name) => name !== null);
    return names.filter((name) => isBucketName(name) && this.hasBucket(name)).sort().map((
      name,
    ) => ({ name, createdMs: this.#createdMs(name) }));
  }

  #createdMs(bucket: string): number {
    const parsed = this.disk.readJson(`${this.#metaPath(bucket)}/bucket.json`);
    if (isRecord(parsed) && typeof parsed.createdMs === "number") return parsed.createdMs;
    return Deno.statSync(this.bucketPath(bucket)).mtime?.getTime() ?? 0;
  }

  /** Every key of a bucket, in no useful order. */
  *keys(bucket: string): Generator<string> {
    for (const { key } of this.walk(bucket, "", { after: "", skip: null })) yield key;
  }

  /** The objects of a bucket whose keys begin with `prefix`, in the order of their bytes. */
  walk(bucket: string, prefix: string, cursor: Cursor): Generator<Found> {
    const [plain, escaped] = [this.bucketPath(bucket), this.#escapedRoot(bucket)];
    const folder = folderOfPrefix(prefix);
    const isOpen = folder === "" || isPath(folder.slice(0, -1)) &&
        this.#folder.isClear(`${plain}/${folder.slice(0, -1)}`);
    const hasEscaped = this.#hasEscaped.has(bucket) && this.#folder.isClear(escaped);
    return merged(
      isOpen ? walkPlain(plain, prefix, cursor) : nothing,
      hasEscaped ? walkEscaped(escaped, prefix, cursor) : nothing,
      cursor,
    );
  }

  find(bucket: string, key: string): StoredObject | null {
    const found = this.#findFile(bucket, key);
    return found === null ? null : this.#describe(bucket, key, found);
  }

  /** Where the object of this key lies, if there is one: the plain file wins. */
  #findFile(bucket: string, key: string): Lying | null {
    const plain = isPath(key) ? this.#lyingAt(`${this.bucketPath(bucket)}/${key}`) : null;
    if (plain !== null || !this.#hasEscaped.has(bucket)) return plain;
    return this.#lyingAt(`${this.#escapedRoot(bucket)}/${escapedPath(key)}`);
  }

  #lyingAt(path: string): Lying | null {
    // Asked first: a new key is the usual case, and an exception costs four times as much.
    if (!existsSync(path) || !this.#folder.isClear(path)) return null;
    const file = stateOf(path);
    return file === null ? null : { path, file };
  }

  /** The object at a path that was found to belong to the key; null if it has gone. */
  open(bucket: string, key: string, path: string, packs: PackCache): StoredObject | null {
    const file = stateOf(path);
    return file === null ? null : this.#describe(bucket, key, { path, file }, packs);
  }

  #describe(bucket: string, key: string, { path, file }: Lying, packs?: PackCache): StoredObject {
    const note = this.#notesOf(bucket).read(key, file, isObjectNote, packs) ??
      (packs === undefined ? this.#noteOfTouched(bucket, key, { path, file }) : null);
    return { key, path, size: file.size, file, note: note ?? noteByHand(file) };
  }

  /** The note of a file that was touched and still is what it was; read and told one at a time. */
  #noteOfTouched(bucket: string, key: string, { path, file }: Lying): ObjectNote | null {
    const notes = this.#notesOf(bucket);
    const note = notes.latest(key, isObjectNote);
    if (note === null || !this.#changed.isStill(`${bucket}/${key}`, path, file, note)) return null;
    notes.append(key, file, note);
    return note;
  }

  /**
   * Makes a temporary file an object, replacing what was there.
   * @throws {S3Error} NoSuchBucket, or what `check` throws; the file is removed then
   */
  put(bucket: string, key: string, from: string, note: ObjectNote, check: Precondition): void {
    try {
      const old = this.find(bucket, key);
      check(old);
      this.#notesOf(bucket).commit(key, from, note, old?.file ?? null, () => {
        if (old !== null) Deno.renameSync(from, old.path);
        else this.#placeNew(bucket, key, from);
      });
    } catch (error) {
      removeFile(from);
      throw error;
    }
  }

  /** Gives a file its plain path, or its escaped one where that is not safe or not free. */
  #placeNew(bucket: string, key: string, from: string): void {
    // Asked only where a folder is missing: it may be the bucket, removed while the body came.
    const mayMake = () => this.needBucket(bucket);
    const plain = `${this.bucketPath(bucket)}/${key}`;
    if (isPlain(key) && this.#isOpen(plain) && tryPlace(from, plain, mayMake)) return;
    this.#hasEscaped.add(bucket);
    const path = `${this.#escapedRoot(bucket)}/${escapedPath(key)}`;
    if (this.#isOpen(path) && tryPlace(from, path, mayMake)) return;
    throw new Error(`Cannot store '${key}': ${path} is in use`);
  }

  /** Whether no link is on the way to a path; one at its end is replaced, not followed. */
  #isOpen(path: string): boolean {
    return this.#folder.isClear(parentOf(path));
  }

  /** Replaces what is known about an object and leaves its bytes. */
  annotate(bucket: string, object: StoredObject, note: ObjectNote): void {
    this.#notesOf(bucket).append(object.key, object.file, note);
  }

  delete(bucket: string, object: StoredObject): void {
    removeFile(object.path);
    const top = object.path.startsWith(`${this.#escapedRoot(bucket)}/`)
      ? this.#escapedRoot(bucket)
      : this.bucketPath(bucket);
    prune(parentOf(object.path), top);
  }

  nowMs(): number {
    return this.#world.nowMs();
  }
}

/** Renames, making the folders on the way; false where a file or folder is in the way. */
function tryPlace(from: string, to: string, mayMake: () => void): boolean {
  try {
    try {
      Deno.renameSync(from, to);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      mayMake();
      Deno.mkdirSync(parentOf(to), { recursive: true });
      Deno.renameSync(from, to);
    }
    return true;
  } catch (error) {
    if (error instanceof Error && newKeyOnly.test(error.constructor.name)) return false;
    throw error;
  }
}

/**
 * What can be told about a file that somebody put there: time and size make its ETag. It looks
 * like that of a multipart object, which no client takes for the MD5 of the bytes.
 */
function noteByHand({ size, mtimeMs }: FileState): ObjectNote {
  return {
    etag: `${digestOf(`${size} ${mtimeMs}`).slice(0, 32)}-1`,
    modifiedMs: mtimeMs,
    headers: { "content-type": "binary/octet-stream" },
    user: {},
    checksum: null,
    tags: {},
    parts: null,
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/** Our own file, so its first fields tell enough. */
function isObjectNote(value: unknown): value is ObjectNote {
  return isRecord(value) && typeof value.etag === "string" && isRecord(value.headers);
}

/** The last wall: requests with such a name were refused long before. */
function folderOf(bucket: string): string {
  if (isBucketName(bucket)) return bucketFolder(bucket);
  throw new TypeError(`Cannot make a path of ${JSON.stringify(bucket)}: it is no bucket's name`);
}
