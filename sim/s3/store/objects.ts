/**
 * Objects and buckets on disk: plain files at `<bucket>/<key>`, notes about them in `.meta/`.
 *
 * The folders are the truth: a file put there by hand is an object, a folder at the top is a
 * bucket. Changes happen without a pause between check and rename, so conditional writes of
 * concurrent clients come one after the other.
 */
import { existsSync } from "node:fs";
import type { World } from "../../world.ts";
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
import { digestOf, Notes, type PackCache } from "./notes.ts";
import { walkEscaped, walkPlain } from "./listing.ts";
import { escapedPath, isPlain } from "./paths.ts";

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

/** Says no by throwing; given what stands under the key now. */
export type Precondition = (current: StoredObject | null) => void;

const newKeyOnly = /^(AlreadyExists|NotADirectory|IsADirectory)$/;

export class Objects {
  readonly root: string;
  readonly disk: Disk;
  readonly #world: World;
  readonly #notes = new Map<string, Notes>();
  /** Buckets with keys under escaped names, which most have not. */
  readonly #hasEscaped: Set<string>;

  constructor(root: string, disk: Disk, world: World) {
    this.root = root;
    this.disk = disk;
    this.#world = world;
    Deno.mkdirSync(`${root}/.meta`, { recursive: true });
    this.#hasEscaped = new Set(entriesOf(`${root}/.escaped`).map((entry) => entry.name));
  }

  bucketPath(bucket: string): string {
    return `${this.root}/${bucket}`;
  }

  escapedRoot(bucket: string): string {
    return `${this.root}/.escaped/${bucket}`;
  }

  #notesOf(bucket: string): Notes {
    let notes = this.#notes.get(bucket);
    if (notes === undefined) {
      const stateNow = (key: string) => stateOf(this.#pathOf(bucket, key));
      notes = new Notes(`${this.root}/.meta/${bucket}`, this.disk, 2, stateNow);
      this.#notes.set(bucket, notes);
    }
    return notes;
  }

  hasBucket(bucket: string): boolean {
    return isBucketName(bucket) && isFolder(this.bucketPath(bucket));
  }

  /** @throws {S3Error} NoSuchBucket */
  needBucket(bucket: string): void {
    if (!this.hasBucket(bucket)) throw refusal("NoSuchBucket", { BucketName: bucket });
  }

  createBucket(bucket: string): void {
    Deno.mkdirSync(`${this.root}/.meta/${bucket}`, { recursive: true });
    const createdMs = this.#world.nowMs();
    const about = this.disk.write(new TextEncoder().encode(JSON.stringify({ createdMs })));
    Deno.renameSync(about, `${this.root}/.meta/${bucket}/bucket.json`);
    Deno.mkdirSync(this.bucketPath(bucket), { recursive: true });
  }

  /** @throws {S3Error} BucketNotEmpty */
  deleteBucket(bucket: string): void {
    for (const _ of this.keys(bucket)) throw refusal("BucketNotEmpty", { BucketName: bucket });
    removeTree(this.bucketPath(bucket));
    removeTree(this.escapedRoot(bucket));
    removeTree(`${this.root}/.meta/${bucket}`);
    this.#hasEscaped.delete(bucket);
    this.#notes.delete(bucket);
  }

  /** All buckets by name, with the time of their creation. */
  buckets(): { name: string; createdMs: number }[] {
    const names = entriesOf(this.root).map((entry) => entry.name).filter((name) =>
      this.hasBucket(name)
    );
    return names.sort().map((name) => ({ name, createdMs: this.#createdMs(name) }));
  }

  #createdMs(bucket: string): number {
    const parsed = this.disk.readJson(`${this.root}/.meta/${bucket}/bucket.json`);
    if (isRecord(parsed) && typeof parsed.createdMs === "number") return parsed.createdMs;
    return Deno.statSync(this.bucketPath(bucket)).mtime?.getTime() ?? 0;
  }

  /** Every key of a bucket, in no useful order. */
  *keys(bucket: string): Generator<string> {
    const all = { after: "", skip: null };
    for (const { key } of walkPlain(this.bucketPath(bucket), "", all)) yield key;
    for (const { key } of walkEscaped(this.escapedRoot(bucket), "", all)) yield key;
  }

  /** Where the object of this key lies, if there is one. */
  #pathOf(bucket: string, key: string): string {
    const plain = `${this.bucketPath(bucket)}/${key}`;
    // Where a plain path is free nothing lies escaped; where a folder or file was in the way, it may.
    if (isPlain(key) && (!this.#hasEscaped.has(bucket) || stateOf(plain) !== null)) return plain;
    return `${this.escapedRoot(bucket)}/${escapedPath(key)}`;
  }

  find(bucket: string, key: string): StoredObject | null {
    const path = this.#pathOf(bucket, key);
    // Asked first: a new key is the usual case, and an exception costs four times as much.
    return existsSync(path) ? this.open(bucket, key, path) : null;
  }

  /** The object at a path that is known to belong to the key; null if it has gone. */
  open(bucket: string, key: string, path: string, packs?: PackCache): StoredObject | null {
    const file = stateOf(path);
    if (file === null) return null;
    const note = this.#notesOf(bucket).read(key, file, isObjectNote, packs) ?? noteByHand(file);
    return { key, path, size: file.size, file, note };
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
    if (isPlain(key) && tryPlace(from, `${this.bucketPath(bucket)}/${key}`, mayMake)) return;
    this.#hasEscaped.add(bucket);
    const path = `${this.escapedRoot(bucket)}/${escapedPath(key)}`;
    if (!tryPlace(from, path, mayMake)) throw new Error(`Cannot store '${key}': ${path} is in use`);
  }

  /** Replaces what is known about an object and leaves its bytes. */
  annotate(bucket: string, object: StoredObject, note: ObjectNote): void {
    this.#notesOf(bucket).append(object.key, object.file, note);
  }

  delete(bucket: string, object: StoredObject): void {
    removeFile(object.path);
    const top = object.path.startsWith(`${this.escapedRoot(bucket)}/`)
      ? this.escapedRoot(bucket)
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

/** Documented: 3 to 63 lower-case letters, digits, dots and hyphens; no address, no `..`. */
export function isBucketName(name: string): boolean {
  return /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) && !/\.\.|\.-|-\./.test(name) &&
    !/^[0-9]+(\.[0-9]+){3}$/.test(name);
}
