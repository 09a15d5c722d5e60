/**
 * State: the actions of a log, version after version -> the table as it stands.
 *
 * Replay is incremental: a commit costs as much as it has actions, however large the table.
 *
 * Source: the Delta protocol, "Action Reconciliation".
 */
import { RunError } from "../errors.ts";
import type { Action, Add, CommitInfo, Metadata, Protocol, Remove, Txn } from "./actions.ts";
import { UnsupportedTable } from "./errors.ts";
import { fileName } from "./names.ts";
import { checkReadable } from "./protocol.ts";
import { type DeltaColumn, parseSchema } from "./types.ts";

/** The newest transaction of an application, and what its commit said, where we have seen it. */
export interface KnownTxn {
  txn: Txn;
  /** Null: it came from a checkpoint, which does not say. */
  commit: { version: number; info: CommitInfo } | null;
}

export class TableState {
  /** For messages. */
  readonly table: string;
  /** -1 before the first commit. */
  version = -1;
  /** The checkpoint that the replay began with; -1: none. */
  checkpointVersion = -1;
  /** By the name of the file on storage. */
  readonly adds = new Map<string, Add>();
  readonly removes = new Map<string, Remove>();
  readonly txns = new Map<string, KnownTxn>();
  #protocol: Protocol | null = null;
  #metadata: Metadata | null = null;
  #columns: DeltaColumn[] = [];

  constructor(table: string) {
    this.table = table;
  }

  get protocol(): Protocol {
    if (this.#protocol === null) throw this.#without("protocol");
    return this.#protocol;
  }

  get metadata(): Metadata {
    if (this.#metadata === null) throw this.#without("metaData");
    return this.#metadata;
  }

  get columns(): readonly DeltaColumn[] {
    return this.#columns;
  }

  /**
   * Takes the actions of a commit, or all those of a checkpoint.
   * @throws {UnsupportedTable} it became a table that we cannot read
   */
  apply(version: number, actions: readonly Action[], { isCheckpoint = false } = {}): void {
    let info: CommitInfo = {};
    let isOther = false;
    for (const action of actions) {
      if (action.commitInfo) info = action.commitInfo;
      if (action.protocol) this.#protocol = action.protocol;
      if (action.metaData) this.#metadata = action.metaData;
      isOther ||= action.protocol !== undefined || action.metaData !== undefined;
    }
    if (isOther || this.version < 0) {
      checkReadable(this.protocol, this.metadata, this.table);
      this.#columns = parseSchema(this.metadata.schemaString, this.table);
    }
    for (const action of actions) {
      // Within a commit the order means nothing: a path is added or removed, never both.
      if (action.remove) this.#remove(action.remove);
      if (action.add) this.#add(action.add);
      if (action.txn) {
        const commit = isCheckpoint ? null : { version, info };
        this.txns.set(action.txn.appId, { txn: action.txn, commit });
      }
    }
    this.version = version;
    if (isCheckpoint) this.checkpointVersion = version;
  }

  /** Forgets removed files whose time is over. */
  dropRemovesBefore(timeMs: number): void {
    for (const [name, { deletionTimestamp = 0 }] of this.removes) {
      if (deletionTimestamp < timeMs) this.removes.delete(name);
    }
  }

  #add(add: Add): void {
    const name = fileName(add.path, this.table);
    if (add.deletionVector !== undefined) {
      throw new UnsupportedTable(
        `Cannot read ${this.table}: rows of ${name} are deleted by a deletion vector`,
      );
    }
    this.removes.delete(name);
    this.adds.set(name, add);
  }

  #remove(remove: Remove): void {
    const name = fileName(remove.path, this.table);
    this.adds.delete(name);
    this.removes.set(name, remove);
  }

  #without(action: string): RunError {
    return new RunError(`Cannot read ${this.table}: its log has no ${action}`);
  }
}
