/**
 * Vacuum: the files of a table's folder -> those that nobody needs any more are deleted.
 *
 * A file stays if a version of the last `olderThanMs` has it, or if it is younger than that: it
 * may belong to a commit that is still to be made. Folders and files whose names begin with `_`
 * or `.` are never touched: the log is there, and what others keep beside the table.
 */
import { UsageError } from "../errors.ts";
import type { Metadata } from "./actions.ts";
import type { TableState } from "./state.ts";
import type { DeltaStorage } from "./storage.ts";

export interface VacuumOptions {
  /** Default: the table's own `delta.deletedFileRetentionDuration`, 7 days if it has none. */
  olderThanMs?: number;
  /** Deletes nothing. */
  dryRun?: boolean;
  /**
   * Allows less than the table's own time. Whoever reads or writes longer than that loses files
   * under their hands.
   */
  allowShort?: boolean;
}

export interface Vacuumed {
  /** Names of the files. */
  files: string[];
  bytes: number;
}

const weekMs = 7 * 86_400_000;

export async function vacuumFiles(
  storage: DeltaStorage,
  state: TableState,
  nowMs: number,
  { olderThanMs = retentionMs(state.metadata), dryRun = false, allowShort = false }: VacuumOptions,
): Promise<Vacuumed> {
  const ownMs = retentionMs(state.metadata);
  if (!(olderThanMs >= 0)) throw new UsageError(`Cannot keep files for ${olderThanMs} ms`);
  if (olderThanMs < ownMs && !allowShort) {
    throw new UsageError(
      `Cannot vacuum ${storage.uri} of files older than ${hours(olderThanMs)}: the table keeps ` +
        `them for ${hours(ownMs)}; a reader or writer at work could lose its files`,
    );
  }
  const beforeMs = nowMs - olderThanMs;
  const files = (await storage.list("")).filter(({ name, modifiedMs }) =>
    !isHidden(name) && modifiedMs < beforeMs && !isNeeded(state, name, beforeMs)
  );
  if (!dryRun) {
    for (const { name } of files) await storage.delete(name);
  }
  return {
    files: files.map(({ name }) => name),
    bytes: files.reduce((sum, { size }) => sum + size, 0),
  };
}

function isHidden(name: string): boolean {
  return name.split("/").some((part) => part.startsWith("_") || part.startsWith("."));
}

function isNeeded(state: TableState, name: string, beforeMs: number): boolean {
  const removed = state.removes.get(name);
  return state.adds.has(name) ||
    (removed !== undefined && (removed.deletionTimestamp ?? 0) >= beforeMs);
}

const unitMs: Readonly<Record<string, number>> = {
  second: 1000,
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
  week: weekMs,
};

/** How long a removed file stays. */
export function retentionMs({ configuration }: Metadata): number {
  return intervalMs(configuration["delta.deletedFileRetentionDuration"], weekMs);
}

/** A duration of a table's settings; endless if it is in words that we do not know. */
export function intervalMs(text: string | undefined, defaultMs: number): number {
  if (text === undefined) return defaultMs;
  const words = text.trim().toLowerCase().replace(/^interval\s+/, "");
  if (!/^([0-9]+\s+[a-z]+\s*)+$/.test(words)) return Infinity;
  let ms = 0;
  for (const [, count, unit = ""] of words.matchAll(/([0-9]+)\s+([a-z]+?)s?(?=\s|$)/g)) {
    ms += Number(count) * (unitMs[unit] ?? Infinity);
  }
  return ms;
}

function hours(ms: number): string {
  return `${Math.round(ms / 36_000) / 100} hours`;
}
