/**
 * Log: the files in `_delta_log` -> the table as it stood at a version.
 *
 * Opening reads the newest checkpoint that can be read and the commits after it. The pointer
 * `_last_checkpoint` only saves listing: if it, or a checkpoint, is damaged or gone, an older
 * checkpoint or the commits alone serve as well, as long as no commit is missing. Log compaction
 * files are passed over, and so are checkpoints with a UUID in their names (feature v2Checkpoint).
 */
import { OutsideError, RunError } from "../errors.ts";
import type { DuckDbWarehouse } from "../warehouse/duckdb.ts";
import { type Action, decodeActions } from "./actions.ts";
import { readCheckpoint } from "./checkpoint_read.ts";
import { UnsupportedTable } from "./errors.ts";
import {
  checkpointFile,
  commitName,
  commitVersion,
  isOtherCheckpoint,
  lastCheckpointName,
  logFolder,
  logStart,
} from "./names.ts";
import { TableState } from "./state.ts";
import type { DeltaStorage, StoredFile } from "./storage.ts";

/** Commits that are read at the same time. */
const readsMax = 32;

export interface Checkpoint {
  version: number;
  files: string[];
}

/** What a listing of the log shows. */
interface Listing {
  commits: ReadonlySet<number>;
  /** Whole ones only, the newest first. */
  checkpoints: readonly Checkpoint[];
  /** Whether there are checkpoints of a form that needs a feature of its own. */
  hasOtherCheckpoints: boolean;
  latest: number;
}

export async function readCommit(storage: DeltaStorage, version: number): Promise<Action[] | null> {
  const name = commitName(version);
  const bytes = await storage.read(name);
  return bytes && decodeActions(bytes, `${storage.uri}/${name}`);
}

/**
 * The table at its newest version, or at the one given.
 * @returns null if there is no table
 * @throws {RunError} the log is damaged, or the version is not (or no longer) in it
 */
export async function loadState(
  storage: DeltaStorage,
  db: DuckDbWarehouse,
  wanted?: number,
): Promise<TableState | null> {
  const hint = await lastCheckpoint(storage);
  if (hint !== null && (wanted === undefined || hint <= wanted)) {
    const listing = await listLog(storage, hint);
    const loaded = listing.latest < 0 ? null : await loadFrom(storage, db, listing, wanted);
    if (loaded instanceof TableState) return loaded;
  }
  const listing = await listLog(storage, 0);
  if (listing.latest < 0) return null;
  const loaded = await loadFrom(storage, db, listing, wanted);
  if (loaded instanceof TableState) return loaded;
  if (!listing.hasOtherCheckpoints) throw new RunError(loaded);
  throw new UnsupportedTable(
    `${loaded}; it has checkpoints of the feature v2Checkpoint, which we do not know`,
  );
}

/** The version that `_last_checkpoint` points to; null if it says nothing that can be used. */
export async function lastCheckpoint(storage: DeltaStorage): Promise<number | null> {
  const bytes = await storage.read(lastCheckpointName);
  if (bytes === null) return null;
  try {
    const pointer: unknown = JSON.parse(new TextDecoder().decode(bytes));
    const version = typeof pointer === "object" && pointer !== null && "version" in pointer
      ? Number(pointer.version)
      : NaN;
    return Number.isSafeInteger(version) && version >= 0 ? version : null;
  } catch {
    return null;
  }
}

async function listLog(storage: DeltaStorage, from: number): Promise<Listing> {
  return readListing(await storage.list(logFolder, logStart(from)));
}

function readListing(files: readonly StoredFile[]): Listing {
  const commits = new Set<number>();
  const parts = new Map<string, Checkpoint & { partCount: number }>();
  let latest = -1;
  let hasOtherCheckpoints = false;
  for (const { name } of files) {
    const version = commitVersion(name);
    if (version !== null) commits.add(version);
    const part = checkpointFile(name);
    hasOtherCheckpoints ||= part === null && isOtherCheckpoint(name);
    latest = Math.max(latest, version ?? part?.version ?? -1);
    if (part === null) continue;
    const key = `${part.version}/${part.partCount}`;
    const known = parts.get(key) ?? { ...part, files: [] };
    known.files.push(name);
    parts.set(key, known);
  }
  const checkpoints = [...parts.values()].filter(({ files, partCount }) =>
    files.length === partCount
  );
  checkpoints.sort((a, b) => b.version - a.version);
  return { commits, checkpoints, hasOtherCheckpoints, latest };
}

/** The state, or why there is none. */
async function loadFrom(
  storage: DeltaStorage,
  db: DuckDbWarehouse,
  { commits, checkpoints, latest }: Listing,
  wanted = latest,
): Promise<TableState | string> {
  const cannot = `Cannot read ${storage.uri} at version ${wanted}`;
  if (wanted > latest) return `${cannot}: its newest version is ${latest}`;
  const found: string[] = [];
  for (const start of [...checkpoints.filter(({ version }) => version <= wanted), null]) {
    const from = start === null ? 0 : start.version + 1;
    const missing = firstMissing(commits, from, wanted);
    if (missing !== undefined) {
      found.push(`commit ${missing} is not there`);
      continue;
    }
    const state = new TableState(storage.uri);
    const trouble = start && await applyCheckpoint(storage, db, state, start);
    if (trouble === null) {
      await applyCommits(storage, state, from, wanted);
      return state;
    }
    found.push(trouble);
  }
  return `${cannot}: ${[...new Set(found)].join("; ")}`;
}

function firstMissing(commits: ReadonlySet<number>, from: number, to: number): number | undefined {
  for (let version = from; version <= to; version++) {
    if (!commits.has(version)) return version;
  }
  return undefined;
}

/** Null, or what is wrong with the checkpoint. */
async function applyCheckpoint(
  storage: DeltaStorage,
  db: DuckDbWarehouse,
  state: TableState,
  { version, files }: Checkpoint,
): Promise<string | null> {
  const [name = ""] = files;
  try {
    const paths = await Promise.all(files.map((file) => storage.local(file)));
    const actions = await readCheckpoint(db, paths, `${storage.uri}/${name}`);
    state.apply(version, actions, { isCheckpoint: true });
    return null;
  } catch (error) {
    if (error instanceof RunError || error instanceof OutsideError) {
      return `the checkpoint of version ${version} cannot be read (${error.message})`;
    }
    throw error;
  } finally {
    // Other than a data file, a checkpoint may be written again under its name.
    await storage.dropCopies((name) => files.includes(name));
  }
}

async function applyCommits(
  storage: DeltaStorage,
  state: TableState,
  from: number,
  to: number,
): Promise<void> {
  for (let start = from; start <= to; start += readsMax) {
    const versions = Array.from(
      { length: Math.min(readsMax, to - start + 1) },
      (_, at) => start + at,
    );
    const commits = await Promise.all(versions.map((version) => readCommit(storage, version)));
    for (const [at, actions] of commits.entries()) {
      if (actions === null) {
        throw new RunError(`Cannot read ${storage.uri}: commit ${start + at} is gone`);
      }
      state.apply(start + at, actions);
    }
  }
}

/** The newest version that a listing shows, from this one on; -1 if it shows none. */
export async function latestVersion(storage: DeltaStorage, from = 0): Promise<number> {
  return (await listLog(storage, from)).latest;
}

/** Takes in what was committed since. */
export async function refreshState(storage: DeltaStorage, state: TableState): Promise<void> {
  for (;;) {
    const actions = await readCommit(storage, state.version + 1);
    if (actions === null) return;
    state.apply(state.version + 1, actions);
  }
}
