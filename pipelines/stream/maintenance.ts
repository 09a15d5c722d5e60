/**
 * Maintenance: a table with more and more small files -> few files, whatever the run's length.
 *
 * Compactions run beside the appends, on a session and a view of the table of their own; what
 * they change (`dataChange: false`) does not concern an append. One that fails is told and tried
 * again later: the table is right without it.
 */
import { type DeltaTable, openTable } from "../delta/mod.ts";
import type { DeltaStorage } from "../delta/storage.ts";
import { OutsideError, RunError } from "../errors.ts";
import type { OnStep } from "../steps.ts";
import type { DuckDbWarehouse } from "../warehouse/duckdb.ts";

export interface MaintenanceOptions {
  /** Commits between two checkpoints of the log; default: what the table finds right. */
  checkpointEvery?: number | undefined;
  /** A table with more live files than this is compacted where it pays; default 24. */
  filesMax?: number | undefined;
  /** Told of what failed, and that the run goes on. */
  onTrouble?: ((what: string) => void) | undefined;
}

export interface MaintenanceWorks {
  db: DuckDbWarehouse;
  storage: DeltaStorage;
  workDir: string;
  maintenance?: MaintenanceOptions | undefined;
  onStep?: OnStep | undefined;
}

/** Commits between two tries: so many files of a size are worth being one. */
const commitsBetween = 8;
const defaultFilesMax = 24;

/** How a stream's tables are opened: the writer's own view, which writes the checkpoints too. */
export function tableOptions({ workDir, maintenance = {}, onStep }: MaintenanceWorks) {
  const { checkpointEvery, onTrouble } = maintenance;
  return {
    workDir,
    ...(onStep && { onStep }),
    ...(checkpointEvery !== undefined && { checkpointEvery }),
    ...(onTrouble && { onTrouble: (error: Error) => onTrouble(error.message) }),
  };
}

export class Maintenance implements AsyncDisposable {
  readonly #works: MaintenanceWorks;
  readonly #filesMax: number;
  #own: { db: DuckDbWarehouse; table: DeltaTable } | null = null;
  #underWay: Promise<void> | null = null;
  #bug: { error: unknown } | null = null;
  #triedVersion = -commitsBetween;

  constructor(works: MaintenanceWorks) {
    this.#works = works;
    this.#filesMax = works.maintenance?.filesMax ?? defaultFilesMax;
  }

  /**
   * Begins what the table needs after a commit, and returns at once; it waits only when there are
   * twice as many files as there should be.
   */
  async after({ version, files: { length: fileCount } }: DeltaTable): Promise<void> {
    this.#throwBug();
    if (fileCount <= this.#filesMax) return;
    if (this.#underWay === null && version >= this.#triedVersion + commitsBetween) {
      this.#triedVersion = version;
      this.#underWay = this.#compact().finally(() => this.#underWay = null);
    }
    if (fileCount > 2 * this.#filesMax) await this.#underWay;
  }

  /** Waits for what is under way. */
  async settle(): Promise<void> {
    await this.#underWay;
    this.#throwBug();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#underWay;
    this.#own?.db.close();
  }

  #throwBug(): void {
    if (this.#bug !== null) throw this.#bug.error;
  }

  /** Never rejects: what is no trouble outside is thrown by the next call of ours. */
  async #compact(): Promise<void> {
    try {
      const table = await this.#table();
      await table.refresh();
      await table.compact();
      // Nothing of this view is being queried between two compactions.
      await table.dropCopies();
    } catch (error) {
      if (!(error instanceof RunError || error instanceof OutsideError)) this.#bug = { error };
      else {
        const what = `The small files of ${this.#works.storage.uri} stay as they are for now`;
        this.#works.maintenance?.onTrouble?.(`${what}: ${error.message}`);
      }
    }
  }

  async #table(): Promise<DeltaTable> {
    if (this.#own !== null) return this.#own.table;
    const { storage, workDir, onStep } = this.#works;
    const db = await this.#works.db.session();
    const options = { workDir, checkpointEvery: 0, ...(onStep && { onStep }) };
    const table = await openTable(storage, db, options);
    if (table === null) throw new RunError(`Cannot find the table ${storage.uri}`);
    this.#own = { db, table };
    return table;
  }
}
