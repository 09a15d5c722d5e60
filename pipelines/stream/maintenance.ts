/**
 * Maintenance: a table with more and more small files and commits -> few files, quick to open.
 *
 * Checkpoints and compactions run beside the appends, on a session and a view of the table of
 * their own; what they change (`dataChange: false`) does not concern an append. A compaction or
 * a checkpoint that fails is told and tried again later: the table is right without it.
 */
import { type DeltaTable, openTable } from "../delta/mod.ts";
import type { DeltaStorage } from "../delta/storage.ts";
import { OutsideError, RunError } from "../errors.ts";
import type { DuckDbWarehouse } from "../warehouse/duckdb.ts";

export interface MaintenanceOptions {
  /** Commits between two checkpoints of the log; default 50. */
  checkpointEvery?: number | undefined;
  /** So many small files are made into one; default 24. */
  filesMax?: number | undefined;
  /** A file below this size is small; default 16 MiB. */
  smallBytes?: number | undefined;
  /** Told of what failed, and that the run goes on. */
  onTrouble?: ((what: string) => void) | undefined;
}

export interface MaintenanceWorks {
  db: DuckDbWarehouse;
  storage: DeltaStorage;
  workDir: string;
}

export class Maintenance implements AsyncDisposable {
  readonly #works: MaintenanceWorks;
  readonly #checkpointEvery: number;
  readonly #filesMax: number;
  readonly #smallBytes: number;
  readonly #onTrouble: (what: string) => void;
  #own: { db: DuckDbWarehouse; table: DeltaTable } | null = null;
  #underWay: Promise<void> | null = null;
  #bug: { error: unknown } | null = null;
  /** The version at the last look. */
  #seenVersion: number | null = null;
  #retryAtVersion = 0;

  constructor(works: MaintenanceWorks, options: MaintenanceOptions = {}) {
    this.#works = works;
    this.#checkpointEvery = options.checkpointEvery ?? 50;
    this.#filesMax = options.filesMax ?? 24;
    this.#smallBytes = options.smallBytes ?? 16 << 20;
    this.#onTrouble = options.onTrouble ?? (() => {});
  }

  /**
   * Begins what the table needs after a commit, and returns at once; it waits only when the
   * small files became twice as many as they should be.
   */
  async after(table: DeltaTable): Promise<void> {
    if (this.#bug !== null) throw this.#bug.error;
    const smallCount = this.#smallCount(table);
    const compact = smallCount > this.#filesMax && table.version >= this.#retryAtVersion;
    const checkpoint = this.#passesCheckpoint(table.version);
    if (this.#underWay === null && (checkpoint || compact)) {
      this.#underWay = this.#work({ checkpoint, compact, version: table.version })
        .finally(() => this.#underWay = null);
    }
    if (smallCount > 2 * this.#filesMax) await this.#underWay;
  }

  /** Waits for what is under way. */
  async settle(): Promise<void> {
    await this.#underWay;
    if (this.#bug !== null) throw this.#bug.error;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#underWay;
    this.#own?.db.close();
  }

  #smallCount(table: DeltaTable): number {
    return table.files.filter(({ size }) => size < this.#smallBytes).length;
  }

  /**
   * Whether the version passed a multiple of `checkpointEvery` since the last look: counted from
   * zero, so that runs that end early have their checkpoints too.
   */
  #passesCheckpoint(version: number): boolean {
    if (this.#underWay !== null) return false;
    const before = this.#seenVersion ?? version - 1;
    this.#seenVersion = version;
    return Math.floor(version / this.#checkpointEvery) > Math.floor(before / this.#checkpointEvery);
  }

  /** Never rejects: what is no trouble outside is thrown by the next `after`. */
  async #work(
    { checkpoint, compact, version }: { checkpoint: boolean; compact: boolean; version: number },
  ): Promise<void> {
    try {
      const table = await this.#table();
      await table.refresh();
      if (compact) await table.compact({ targetBytes: this.#smallBytes, minFiles: 2 });
      if (checkpoint) await table.checkpoint();
    } catch (error) {
      if (!(error instanceof RunError || error instanceof OutsideError)) this.#bug = { error };
      else this.#tell(error, version);
    }
  }

  #tell(error: Error, version: number): void {
    this.#retryAtVersion = version + this.#filesMax;
    this.#onTrouble(
      `The small files of ${this.#works.storage.uri} stay as they are for now: ` +
        error.message,
    );
  }

  async #table(): Promise<DeltaTable> {
    if (this.#own !== null) return this.#own.table;
    const { storage, workDir } = this.#works;
    const db = await this.#works.db.session();
    const table = await openTable(storage, db, { workDir });
    if (table === null) throw new RunError(`Cannot find the table ${storage.uri}`);
    this.#own = { db, table };
    return table;
  }
}
