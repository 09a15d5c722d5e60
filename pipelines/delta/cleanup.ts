/**
 * Cleanup: the files of a log -> those that no version of the last days needs are deleted.
 *
 *   in    a listing of `_delta_log`, the table's `delta.logRetentionDuration` (30 days by default)
 *   out   deleted, the oldest first: commits, checkpoints and checksums before the newest whole
 *         checkpoint that every younger commit can be read from
 *
 * A commit is as old as its file, as for Spark, and never older than the one before it; the limit is
 * the beginning of a day, so that there is something to look for once a day only. What remains can be
 * read whatever moment a crash comes at: files go in the order of their versions, after a checkpoint
 * was read that replaces them. Each checkpoint pays for so many deletions at most. A table with
 * `delta.enableExpiredLogCleanup` = false keeps everything.
 *
 * Source: delta-io/delta, MetadataCleanup.
 */
import type { DuckDbWarehouse } from "../warehouse/duckdb.ts";
import { readCheckpoint } from "./checkpoint_read.ts";
import type { Metadata } from "./actions.ts";
import { checkpointFile, commitVersion, logFolder } from "./names.ts";
import type { DeltaStorage, StoredFile } from "./storage.ts";
import { intervalMs } from "./vacuum.ts";

const dayMs = 86_400_000;
const defaultRetentionMs = 30 * dayMs;
/** Deletions that one checkpoint may cost. */
const deletionsMax = 1_000;

/** What may go, and the checkpoint that must be whole for it. */
export interface Expired {
  /** In the order of their versions. */
  names: string[];
  checkpoint: string[];
}

/** @param beforeMs commits before this are too old to be asked for */
export function expiredOf(files: readonly StoredFile[], beforeMs: number): Expired | null {
  const firstKept = firstNotBefore(files, beforeMs);
  const start = wholeCheckpoints(files).findLast(({ version }) => version <= firstKept);
  if (start === undefined) return null;
  const names = files.map(({ name }) => name)
    .filter((name) => (versionOf(name) ?? Infinity) < start.version);
  return names.length === 0 ? null : { names, checkpoint: start.names };
}

/** The version of the first commit that is young enough; the newest one in any case. */
function firstNotBefore(files: readonly StoredFile[], beforeMs: number): number {
  let [atMs, newest] = [-Infinity, -1];
  for (const { name, modifiedMs } of files) {
    const version = commitVersion(name);
    if (version === null) continue;
    atMs = Math.max(modifiedMs, atMs + 1);
    if (atMs >= beforeMs) return version;
    newest = version;
  }
  return newest;
}

/** In the order of their versions. */
function wholeCheckpoints(files: readonly StoredFile[]): { version: number; names: string[] }[] {
  const byKind = new Map<string, { version: number; partCount: number; names: string[] }>();
  for (const { name } of files) {
    const part = checkpointFile(name);
    if (part === null) continue;
    const key = `${part.version}/${part.partCount}`;
    const known = byKind.get(key) ?? { ...part, names: [] };
    byKind.set(key, known);
    known.names.push(name);
  }
  return [...byKind.values()].filter(({ names, partCount }) => names.length === partCount)
    .sort((a, b) => a.version - b.version);
}

/** Of a commit, a checkpoint or a checksum; null for what else lies in the log. */
function versionOf(name: string): number | null {
  const found = /^_delta_log\/([0-9]{20})[.](json|crc|checkpoint[.].*parquet)$/.exec(name)?.[1];
  return found === undefined ? null : Number(found);
}

export class LogCleanup {
  readonly #storage: DeltaStorage;
  readonly #db: DuckDbWarehouse;
  #doneMs = -Infinity;
  #waiting: string[] = [];

  constructor(storage: DeltaStorage, db: DuckDbWarehouse) {
    this.#storage = storage;
    this.#db = db;
  }

  /** After a checkpoint. */
  async run({ configuration }: Metadata, nowMs: number): Promise<void> {
    if (configuration["delta.enableExpiredLogCleanup"]?.toLowerCase() === "false") return;
    const keptMs = intervalMs(configuration["delta.logRetentionDuration"], defaultRetentionMs);
    const beforeMs = Math.floor((nowMs - keptMs) / dayMs) * dayMs;
    if (beforeMs > this.#doneMs) await this.#look(beforeMs);
    for (const name of this.#waiting.splice(0, deletionsMax)) await this.#storage.delete(name);
  }

  async #look(beforeMs: number): Promise<void> {
    const expired = expiredOf(await this.#storage.list(logFolder), beforeMs);
    if (expired !== null) await this.#mustRead(expired.checkpoint);
    this.#waiting = expired?.names ?? [];
    this.#doneMs = beforeMs;
  }

  /** @throws {RunError} the checkpoint that is to replace the older files is not whole */
  async #mustRead(names: readonly string[]): Promise<void> {
    const paths = await Promise.all(names.map((name) => this.#storage.local(name)));
    await readCheckpoint(this.#db, paths, `${this.#storage.uri}/${names[0]}`);
    await this.#storage.dropCopies((name) => names.includes(name));
  }
}
