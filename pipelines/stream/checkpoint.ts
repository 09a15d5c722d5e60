/**
 * Checkpoint: what a table says of how far its stream was read -> where a writer goes on.
 *
 *   in    the table's log; the mirror `_checkpoints/<appId>/<N>.json` beside it
 *   out   N, the number of the last batch, with positions and totals after it
 *
 * The `txn` action of the newest snapshot is the truth about N. Positions and totals stand in the
 * commit that carries it; that commit's JSON may be cleaned up one day, and a checkpoint of the
 * log keeps no `commitInfo`, so both are mirrored in a file after each commit. The mirror counts
 * only if its N is that of the snapshot.
 */
import type { DeltaTable } from "../delta/mod.ts";
import type { DeltaStorage } from "../delta/storage.ts";
import { RunError } from "../errors.ts";
import type { Nulled } from "../warehouse/nulled.ts";
import type { Positions } from "./positions.ts";

/** Since the table's first batch: read = committed + duplicates + rejected. */
export interface Totals {
  read: number;
  committed: number;
  duplicates: number;
  rejected: number;
}

export const noTotals: Totals = { read: 0, committed: 0, duplicates: 0, rejected: 0 };

export interface Checkpoint {
  /** Number of the last batch; 0 before the first. */
  batch: number;
  positions: Positions;
  totals: Totals;
  /** Cells that held something and became null, since the table's first batch. */
  nulled: readonly Nulled[];
}

/** The application whose transactions are the batches of a table. */
export function appIdOf(id: string, table: string): string {
  return `stream-${id}-${table}`;
}

/**
 * Where the last batch of this application left off.
 * @throws {RunError} there was one, and nothing says any more how far it reached
 */
export async function readCheckpoint(
  table: DeltaTable,
  storage: DeltaStorage,
  appId: string,
): Promise<Checkpoint> {
  const batch = table.txnVersion(appId);
  if (batch === null) return { batch: 0, positions: {}, totals: noTotals, nulled: [] };
  const newest = await table.newestInfo(appId);
  const found = parseCheckpoint(newest?.info, batch) ?? await readMirror(storage, appId, batch);
  if (found !== null) return found;
  throw new RunError(
    `Cannot go on writing ${storage.uri}: its log holds batch ${batch} of ${appId}, but neither ` +
      `that commit nor ${mirrorName(appId, batch)} says how far the stream was read. ` +
      `Restore that file, or begin a new table under another --id`,
  );
}

async function readMirror(
  storage: DeltaStorage,
  appId: string,
  batch: number,
): Promise<Checkpoint | null> {
  const bytes = await storage.read(mirrorName(appId, batch));
  if (bytes === null) return null;
  try {
    return parseCheckpoint(JSON.parse(new TextDecoder().decode(bytes)), batch);
  } catch {
    return null; // Half a file: worth as much as none.
  }
}

export function mirrorName(appId: string, batch: number): string {
  return `_checkpoints/${appId}/${batch}.json`;
}

export function encodeMirror(checkpoint: Checkpoint): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(checkpoint));
}

/** What a commit of ours, or its mirror, says; null if it says nothing of the kind. */
export function parseCheckpoint(info: unknown, batch: number): Checkpoint | null {
  if (!isObject(info)) return null;
  const { batch: of = batch, positions, totals, nulled = [] } = info;
  if (of !== batch || !isObject(positions) || !isObject(totals)) return null;
  const entries = Object.entries(positions);
  if (!entries.every((entry): entry is [string, string] => typeof entry[1] === "string")) {
    return null;
  }
  if (!isNulled(nulled)) return null;
  const counts = Object.keys(noTotals).map((name) => totals[name]);
  if (!counts.every((count): count is number => Number.isSafeInteger(count))) return null;
  const [read = 0, committed = 0, duplicates = 0, rejected = 0] = counts;
  return {
    batch,
    positions: Object.fromEntries(entries),
    totals: { read, committed, duplicates, rejected },
    nulled,
  };
}

/** Batches of older versions say nothing of it. */
function isNulled(value: unknown): value is Nulled[] {
  return Array.isArray(value) &&
    value.every((one) =>
      isObject(one) && typeof one.table === "string" && typeof one.column === "string" &&
      Number.isSafeInteger(one.cells) && Array.isArray(one.examples) &&
      one.examples.every((example) => typeof example === "string")
    );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
