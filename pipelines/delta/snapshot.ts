/** Snapshot: one version of a table, to be looked at and queried. */
import type { DuckDbWarehouse } from "../warehouse/duckdb.ts";
import { groupsByColumns } from "./columns.ts";
import { type LiveFile, liveFiles, relationOf } from "./scan.ts";
import type { TableState } from "./state.ts";
import type { DeltaStorage } from "./storage.ts";
import type { DeltaColumn } from "./types.ts";

export class Snapshot {
  protected readonly storage: DeltaStorage;
  protected readonly db: DuckDbWarehouse;
  #state: TableState;

  constructor(storage: DeltaStorage, db: DuckDbWarehouse, state: TableState) {
    this.storage = storage;
    this.db = db;
    this.#state = state;
  }

  get uri(): string {
    return this.storage.uri;
  }

  get version(): number {
    return this.#state.version;
  }

  get columns(): readonly DeltaColumn[] {
    return this.#state.columns;
  }

  /** In the order in which they were added. */
  get files(): LiveFile[] {
    return liveFiles(this.#state);
  }

  get fileCount(): number {
    return this.#state.adds.size;
  }

  /**
   * A relation `(SELECT …)` to be put after FROM, with the declared columns and types. It holds
   * for this version, until its files are vacuumed or their copies dropped.
   * @throws a file that the log names is not there (vacuumed, for an old version)
   */
  async scan(): Promise<string> {
    return await relationOf(this.storage, this.#state);
  }

  /** The same in parts: the rows of files that lack the same of the columns added later. */
  async scanByColumns(): Promise<{ relation: string; lacks: string[] }[]> {
    const groups = await groupsByColumns(this.storage, this.db, this.#state);
    return await Promise.all(groups.map(async ({ lacks, names }) => ({
      relation: await relationOf(this.storage, this.#state, names),
      lacks,
    })));
  }

  protected get state(): TableState {
    return this.#state;
  }

  protected replaceState(state: TableState): void {
    this.#state = state;
  }
}
