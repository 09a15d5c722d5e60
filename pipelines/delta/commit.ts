/**
 * Commit: actions -> the next version of a table, or the reason why not.
 *
 * A version belongs to whoever stores its file first. Who comes second reads the winner and goes
 * on to the next version, unless the two do not go together. After an unclear answer the version
 * is read back: if it carries our `txnId`, it is ours.
 *
 * Source: the Delta protocol, "Delta Log Entries"; facts of how Delta's own writers decide.
 */
import { OutsideError, RunError } from "../errors.ts";
import { type Action, type CommitInfo, encodeActions } from "./actions.ts";
import { DeltaConflict, Fenced } from "./errors.ts";
import { readCommit } from "./log.ts";
import { commitName, fileName } from "./names.ts";
import type { TableState } from "./state.ts";
import type { DeltaStorage } from "./storage.ts";

export interface Transaction {
  /** The version that the actions were made for. */
  readVersion: number;
  actions: readonly Action[];
  info: CommitInfo;
  /** Whether what it writes depends on all rows: any change of the data then counts. */
  readsAll: boolean;
  /** Ends at any rival at all, so that the caller decides anew. */
  alone?: boolean;
}

export interface Landed {
  version: number;
  /** Versions by others that came before ours since it was read. */
  rivals: number[];
}

/**
 * Commits, and takes the winners and itself into the state.
 *
 * @param txnId ours alone: by it we know our commit again
 * @throws {Fenced} a winner carries our application's id
 * @throws {DeltaConflict} a winner does not go together with this
 * @throws {OutsideError} the storage failed, and nothing of ours can be seen there
 */
export async function commit(
  storage: DeltaStorage,
  state: TableState,
  transaction: Transaction,
  txnId: string,
): Promise<Landed> {
  const rivals: number[] = [];
  for (let version = transaction.readVersion + 1; version <= state.version; version++) {
    refuseConflict(transaction, await winnerOf(storage, version), version, state.table);
    rivals.push(version);
  }
  const actions = [{ commitInfo: { ...transaction.info, txnId } }, ...transaction.actions];
  const bytes = encodeActions(actions);
  for (;;) {
    const version = state.version + 1;
    const winner = await tryVersion(storage, version, bytes, txnId);
    state.apply(version, winner ?? actions);
    if (winner === null) return { version, rivals };
    refuseConflict(transaction, winner, version, state.table);
    rivals.push(version);
  }
}

/** Null: the version is ours; else the actions of whose it is. */
async function tryVersion(
  storage: DeltaStorage,
  version: number,
  bytes: Uint8Array,
  txnId: string,
): Promise<readonly Action[] | null> {
  try {
    const outcome = await storage.putIfAbsent(commitName(version), bytes);
    if (outcome === "stored") return null;
  } catch (error) {
    if (!(error instanceof OutsideError)) throw error;
    const found = await readCommit(storage, version).catch(() => null);
    if (found === null) throw error;
    return isOurs(found, txnId) ? null : found;
  }
  const found = await winnerOf(storage, version);
  return isOurs(found, txnId) ? null : found;
}

function isOurs(actions: readonly Action[], txnId: string): boolean {
  return actions.some(({ commitInfo }) => commitInfo?.["txnId"] === txnId);
}

async function winnerOf(storage: DeltaStorage, version: number): Promise<readonly Action[]> {
  const actions = await readCommit(storage, version);
  if (actions !== null) return actions;
  throw new RunError(
    `Cannot commit to ${storage.uri}: commit ${version} by another was there and is gone`,
  );
}

/** Whether a winner's commit leaves ours possible. */
function refuseConflict(
  { actions, readsAll, alone = false }: Transaction,
  winner: readonly Action[],
  version: number,
  table: string,
): void {
  const cannot = `Cannot commit to ${table}: version ${version} by another`;
  for (const appId of actions.flatMap(({ txn }) => txn?.appId ?? [])) {
    if (!winner.some(({ txn }) => txn?.appId === appId)) continue;
    throw new Fenced(`${cannot} carries our id ${appId}: another worker with this id is writing`, {
      appId,
      tableVersion: version,
    });
  }
  const reason = conflictOf(actions, readsAll, winner, table) ??
    (alone ? "came between" : undefined);
  if (reason === undefined) return;
  throw new DeltaConflict(`${cannot} ${reason}; nothing of ours was committed, read it again`, {
    tableVersion: version,
  });
}

/** What the winner did that ours does not go together with. */
function conflictOf(
  ours: readonly Action[],
  readsAll: boolean,
  winner: readonly Action[],
  table: string,
): string | undefined {
  if (winner.some(({ protocol }) => protocol)) return "changed the protocol";
  if (winner.some(({ metaData }) => metaData)) return "changed the schema or the settings";
  if (readsAll && winner.some(({ add, remove }) => (add ?? remove)?.dataChange)) {
    return "changed the rows";
  }
  const removed = removedFiles(winner, table);
  const lost = [...removedFiles(ours, table)].find((name) => removed.has(name));
  return lost === undefined ? undefined : `removed ${lost}, which we remove as well`;
}

function removedFiles(actions: readonly Action[], table: string): Set<string> {
  return new Set(actions.flatMap(({ remove }) => remove ? [fileName(remove.path, table)] : []));
}

/** What every commit says of itself. */
export function commitInfo(
  operation: string,
  timestamp: number,
  operationParameters: Record<string, string>,
): CommitInfo {
  return { timestamp, operation, operationParameters, engineInfo: "pinterest-data-pipeline/0.1" };
}
