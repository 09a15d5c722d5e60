/**
 * History: the commits of a log, one by one, and which of them was the newest at a time.
 */
import { RunError, UsageError } from "../errors.ts";
import type { CommitInfo } from "./actions.ts";
import { readCommit } from "./log.ts";
import { commitVersion, logFolder } from "./names.ts";
import type { TableState } from "./state.ts";
import type { DeltaStorage } from "./storage.ts";

export interface HistoryEntry {
  version: number;
  /** What the writer's clock said; null if it did not say. */
  timestampMs: number | null;
  operation: string | null;
  info: CommitInfo;
}

/** The newest first; ends where the log was cleaned. */
export async function readHistory(
  storage: DeltaStorage,
  newest: number,
  limit: number,
): Promise<HistoryEntry[]> {
  const entries: HistoryEntry[] = [];
  for (let version = newest; version >= 0 && entries.length < limit; version--) {
    const actions = await readCommit(storage, version);
    if (actions === null) break;
    const info = actions.find(({ commitInfo }) => commitInfo)?.commitInfo ?? {};
    const { timestamp, operation } = info;
    entries.push({
      version,
      timestampMs: typeof timestamp === "number" ? timestamp : null,
      operation: typeof operation === "string" ? operation : null,
      info,
    });
  }
  return entries;
}

/** The newest commit of a series; a checkpoint knows its number, but not what it said. */
export async function newestCommitOf(
  storage: DeltaStorage,
  state: TableState,
  appId: string,
): Promise<{ version: number; info: CommitInfo } | null> {
  const known = state.txns.get(appId);
  if (known === undefined) return null;
  for (let version = state.version; known.commit === null && version >= 0; version--) {
    const actions = await readCommit(storage, version);
    if (actions === null) return null;
    const carriesIt = actions.some(({ txn }) =>
      txn?.appId === appId && txn.version === known.txn.version
    );
    if (!carriesIt) continue;
    const info = actions.find(({ commitInfo }) => commitInfo)?.commitInfo ?? {};
    known.commit = { version, info };
  }
  return known.commit;
}

/**
 * The newest version that was there at a time. A commit's time is that of its file, and at least
 * a millisecond after the commit before it, so that a clock that jumps back changes no order.
 */
export async function versionAt(
  storage: DeltaStorage,
  state: TableState,
  timestampMs: number,
): Promise<number> {
  if (state.metadata.configuration["delta.enableInCommitTimestamps"] === "true") {
    throw new UsageError(
      `Cannot read ${storage.uri} as of a time: it keeps its times within the commits; ` +
        `ask for a version`,
    );
  }
  let [found, beforeMs] = [-1, -Infinity];
  let first: number | undefined;
  for (const { name, modifiedMs } of await storage.list(logFolder)) {
    const version = commitVersion(name);
    if (version === null || version > state.version) continue;
    beforeMs = Math.max(modifiedMs, beforeMs + 1);
    first ??= beforeMs;
    if (beforeMs <= timestampMs) found = version;
  }
  if (found >= 0) return found;
  const oldest = first === undefined ? "never" : new Date(first).toISOString();
  throw new RunError(
    `Cannot read ${storage.uri} as of ${new Date(timestampMs).toISOString()}: its oldest commit ` +
      `is of ${oldest}`,
  );
}
