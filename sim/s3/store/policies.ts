/**
 * Policies of buckets, as texts: each beside the other notes of its bucket, and gone with it.
 *
 *   .meta/<bucket>/policy.json    with a copy, see sim/storage/kept_text.ts
 *
 * One that is damaged shuts its bucket, and lifts nothing that it forbade. Read from the disk once:
 * what is changed there by hand counts from the next start on.
 */
import type { Faults } from "../../faults/plan.ts";
import { readKept, writeKept } from "../../storage/kept_text.ts";
import { printNote, type Tell } from "../../storage/tell.ts";
import { removeFile } from "./disk.ts";
import type { Objects } from "./objects.ts";

export class BucketPolicies {
  readonly #objects: Objects;
  readonly #faults: Faults;
  readonly #tell: Tell;
  readonly #texts = new Map<string, string | null>();

  constructor(objects: Objects, faults: Faults, tell: Tell = printNote) {
    this.#objects = objects;
    this.#faults = faults;
    this.#tell = tell;
  }

  #path(bucket: string): string {
    return this.#objects.notePath(bucket, "policy.json");
  }

  /**
   * The policy of a bucket; null if it has none.
   * @throws {DamagedFileError} if it can be read no more
   */
  text(bucket: string): string | null {
    const known = this.#texts.get(bucket);
    if (known !== undefined) return known;
    // Names of buckets that are not there come from strangers, and are not remembered.
    if (!this.#objects.hasBucket(bucket)) return null;
    const text = readKept(this.#path(bucket), this.#tell);
    this.#texts.set(bucket, text);
    return text;
  }

  /** @throws {StorageError} if there is no room; the policy is as before. */
  put(bucket: string, text: string): void {
    const path = this.#path(bucket);
    // A bucket that was made by hand has no folder for notes.
    Deno.mkdirSync(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    writeKept(path, text, this.#faults);
    this.#texts.set(bucket, text);
  }

  /** Of a bucket that has gone, with its notes. */
  forget(bucket: string): void {
    this.#texts.delete(bucket);
  }

  remove(bucket: string): void {
    const path = this.#path(bucket);
    removeFile(`${path}.copy`);
    removeFile(path);
    this.#texts.delete(bucket);
  }
}
