/**
 * Delta table: queries -> rows of a table that every Delta reader can open, version by version.
 *
 *   in    DuckDB queries, checked against the table's schema
 *   out   Parquet files and a log of commits; relations that DuckDB can query
 *
 * A commit is there whole or not at all, whatever happens to its writer: files that no commit
 * names are litter, which `vacuum` takes away. Several writers may append to one table at the
 * same time, each finds the next free version; what does not go together is refused with the
 * reason. A `txn` makes a commit one of a series: a second writer of the series is fenced off.
 * Every so many commits a checkpoint is written, so that opening does not read the whole log.
 *
 * Calls on one table run one after the other, except that a compaction reads and writes its
 * files beside them.
 *
 * Source: the Delta protocol; facts of how Delta's own writers behave.
 * Left out: writing partitioned tables, deletion vectors, column mapping, cleaning of old
 * commits out of the log.
 */
import { OutsideError, RunError } from "../errors.ts";
import type { OnStep } from "../steps.ts";
import type { DuckDbWarehouse } from "../warehouse/duckdb.ts";
import { quoted } from "../warehouse/quoting.ts";
import type { Action, CommitInfo } from "./actions.ts";
import { writeCheckpoint } from "./checkpoint_write.ts";
import { commit, commitInfo, type Landed, type Transaction } from "./commit.ts";
import { compactionGroups, type CompactOptions, rowsOf } from "./compact.ts";
import { writeDataFile, type WrittenFile } from "./data_file.ts";
import { LogCleanup } from "./cleanup.ts";
import { columnsSince, groupsByColumns } from "./columns.ts";
import { DeltaConflict, Fenced } from "./errors.ts";
import { type HistoryEntry, newestCommitOf, readHistory, versionAt } from "./history.ts";
import { latestVersion, loadState, refreshState } from "./log.ts";
import type { CommitExtra, Committed, TableOptions } from "./options.ts";
import { checkRemovable, checkWritable } from "./protocol.ts";
import { conform, queryColumns } from "./schema.ts";
import { Snapshot } from "./snapshot.ts";
import { relationOf } from "./scan.ts";
import type { TableState } from "./state.ts";
import type { DeltaStorage } from "./storage.ts";
import { checkColumns, type DeltaColumn, schemaString } from "./types.ts";
import { retentionMs, type Vacuumed, vacuumFiles, type VacuumOptions } from "./vacuum.ts";

const defaultCheckpointEvery = 20;
/** A checkpoint is put off until the commits since pay for it: one for so many of its rows. */
const checkpointRowsPerCommit = 50;
/** Commits that opening has to read at most. */
const checkpointEveryMax = 500;
/** After such a pause the log is listed, not only asked for the next version. */
const staleMs = 600_000;

export class DeltaTable extends Snapshot {
  readonly #workDir: string;
  readonly #nowMs: () => number;
  readonly #newId: () => string;
  readonly #onStep: OnStep | undefined;
  readonly #onTrouble: (error: Error) => void;
  readonly #checkpointEvery: number;
  readonly #cleanup: LogCleanup;
  /** The last one that was written, or tried. */
  #checkpointVersion: number;
  #seenMs: number;
  #queue: Promise<unknown> = Promise.resolve();

  /** Use `createTable` or `openTable`. */
  private constructor(
    storage: DeltaStorage,
    db: DuckDbWarehouse,
    state: TableState,
    options: TableOptions,
  ) {
    super(storage, db, state);
    this.#workDir = options.workDir.replace(/(.)\/+$/, "$1");
    this.#nowMs = options.nowMs ?? Date.now;
    this.#newId = options.newId ?? (() => crypto.randomUUID());
    this.#onStep = options.onStep;
    this.#onTrouble = options.onTrouble ?? (() => {});
    this.#checkpointEvery = options.checkpointEvery ?? defaultCheckpointEvery;
    this.#cleanup = new LogCleanup(storage, db);
    this.#checkpointVersion = state.checkpointVersion;
    this.#seenMs = this.#nowMs();
  }

  static async of(
    storage: DeltaStorage,
    db: DuckDbWarehouse,
    state: TableState,
    options: TableOptions,
  ): Promise<DeltaTable> {
    await Deno.mkdir(options.workDir, { recursive: true });
    return new DeltaTable(storage, db, state, options);
  }

  /** Takes in what others have committed; returns the version. */
  async refresh(): Promise<number> {
    return await this.#exclusive(async () => {
      await this.#refresh();
      return this.version;
    });
  }

  /** The number of the newest commit of a series; null if there is none. */
  txnVersion(appId: string): number | null {
    return this.state.txns.get(appId)?.txn.version ?? null;
  }

  /**
   * What the newest commit of a series says; null if there is none, or if it is no longer in
   * the log.
   */
  async newestInfo(appId: string): Promise<{ version: number; info: CommitInfo } | null> {
    return await newestCommitOf(this.storage, this.state, appId);
  }

  /**
   * Adds the rows of a query. Without rows there is no file; with neither rows nor `txn` there is
   * no commit.
   *
   * @throws {RunError} the query does not fit the schema
   * @throws {Fenced} another worker writes under the same `txn.appId`
   * @throws {DeltaConflict} the schema was changed meanwhile
   */
  async append(query: string, extra: CommitExtra = {}): Promise<Committed> {
    return await this.#exclusive(() => this.#write(query, extra, { mode: "Append" }));
  }

  /**
   * A commit without rows: for what its `txn` and `info` say.
   * @throws {Fenced} another worker writes under the same `txn.appId`
   */
  async mark(extra: CommitExtra & Required<Pick<CommitExtra, "txn">>): Promise<Committed> {
    return await this.#exclusive(async () => {
      await this.#prepare();
      this.#refuseOld(extra);
      const operation = "STREAMING UPDATE";
      return await this.#commit([], {
        operation,
        mode: "Append",
        files: [],
        extra,
        readsAll: false,
      });
    });
  }

  /** Replaces all rows by those of a query, in one commit. */
  async overwrite(query: string, extra: CommitExtra = {}): Promise<Committed> {
    return await this.#exclusive(() => this.#write(query, extra, { mode: "Overwrite" }));
  }

  /** Adds nullable columns; rows that are there have null in them. */
  async addColumns(columns: readonly DeltaColumn[]): Promise<Committed> {
    return await this.#exclusive(async () => {
      await this.#prepare();
      return await this.#commit([this.#withColumns(columns)], {
        operation: "ADD COLUMNS",
        files: [],
        extra: {},
        readsAll: false,
      });
    });
  }

  /**
   * Writes several small files as one; the rows stay what they are.
   * @returns null if there was nothing to do
   * @throws {DeltaConflict} a rival removed what was compacted; the table is as it was
   */
  async compact(options: CompactOptions = {}): Promise<Committed | null> {
    const { groups, readVersion } = await this.#exclusive(async () => {
      await this.#prepare();
      const found = await Promise.all(
        compactionGroups(this.state, options)
          .map((names) => groupsByColumns(this.storage, this.db, this.state, names)),
      );
      const groups = found.flat().filter(({ names }) => names.length > 1).map((group) => ({
        ...group,
        rows: rowsOf(this.state, group.names),
        removes: group.names.map((name) => this.#removeOf(name, false)),
      }));
      return { groups, readVersion: this.version };
    });
    const actions: Action[] = [];
    const files: WrittenFile[] = [];
    for (const { names, lacks, rows, removes } of groups) {
      const relation = await relationOf(this.storage, this.state, names);
      const columns = this.columns.filter(({ name }) => !lacks.includes(name));
      const selected = columns.map(({ name }) => quoted(name)).join(", ");
      const written = await this.#writeFile(`SELECT ${selected} FROM ${relation}`, columns);
      if ((written?.rows ?? 0) !== rows) {
        throw new RunError(
          `Cannot compact ${this.uri}: its files should have ${rows} rows, ` +
            `but ${written?.rows ?? 0} were read`,
        );
      }
      actions.push(...removes);
      if (written === null) continue;
      actions.push(await this.#store(written, false));
      files.push(written);
    }
    if (actions.length === 0) return null;
    await this.#onStep?.("compaction-staged");
    return await this.#exclusive(() =>
      this.#commit(actions, {
        operation: "OPTIMIZE",
        files,
        extra: {},
        readsAll: false,
        readVersion,
      })
    );
  }

  /** Writes a checkpoint of the current version. */
  async checkpoint(): Promise<void> {
    await this.#exclusive(() => this.#writeCheckpoint());
  }

  /**
   * Deletes files that no version of the last `olderThanMs` has, and that are older than that.
   * @returns what was deleted, or would be
   * @throws {UsageError} the window is shorter than the table's, and `allowShort` is not set
   */
  async vacuum(options: VacuumOptions = {}): Promise<Vacuumed> {
    return await this.#exclusive(async () => {
      await this.#prepare();
      return await vacuumFiles(this.storage, this.state, this.#nowMs(), options);
    });
  }

  /** The newest commits first. */
  async history(limit = 100): Promise<HistoryEntry[]> {
    return await readHistory(this.storage, this.version, limit);
  }

  /** The table as it stood at a version or at a time. */
  async at(point: { version: number } | { timestampMs: number }): Promise<Snapshot> {
    const version = "version" in point
      ? point.version
      : await versionAt(this.storage, this.state, point.timestampMs);
    const state = await loadState(this.storage, this.db, version);
    if (state === null) throw new RunError(`Cannot read ${this.uri}: the table is gone`);
    return new Snapshot(this.storage, this.db, state);
  }

  /** Drops local copies of files that are no longer live; no query may be reading them. */
  async dropCopies(): Promise<void> {
    await this.storage.dropCopies((name) => !this.state.adds.has(name));
  }

  async #write(
    query: string,
    extra: CommitExtra,
    { mode }: { mode: "Append" | "Overwrite" },
  ): Promise<Committed> {
    await this.#prepare();
    const isOverwrite = mode === "Overwrite";
    if (isOverwrite) checkRemovable(this.state.metadata, "overwrite", this.uri);
    this.#refuseOld(extra);
    const selected = await queryColumns(this.db, query);
    const conformed = conform(query, selected, this.columns, this.uri);
    const readVersion = this.version;
    const written = await this.#writeFile(conformed, this.columns);
    const actions: Action[] = [];
    if (isOverwrite) {
      actions.push(...[...this.state.adds.keys()].map((name) => this.#removeOf(name, true)));
    }
    if (written) actions.push(await this.#store(written, true));
    if (actions.length === 0 && extra.txn === undefined) return this.#nothing();
    return await this.#commit(actions, {
      operation: extra.txn ? "STREAMING UPDATE" : "WRITE",
      mode,
      files: written ? [written] : [],
      extra,
      readsAll: isOverwrite,
      readVersion,
    });
  }

  #nothing(): Committed {
    return { version: this.version, rivals: [], rows: 0, bytes: 0, files: [], isNew: false };
  }

  /** Ours must be the next of its series, or somebody else goes on with it. */
  #refuseOld({ txn }: CommitExtra): void {
    const known = txn && this.txnVersion(txn.appId);
    if (txn === undefined || known === undefined || known === null || known < txn.version) return;
    throw new Fenced(
      `Cannot commit to ${this.uri}: ${txn.appId} ${txn.version} is not new, the table is at ` +
        `${known}: another worker with this id is writing, or the commit was made already`,
      { appId: txn.appId, tableVersion: this.version },
    );
  }

  #withColumns(added: readonly DeltaColumn[]): Action {
    const columns = [...this.columns, ...columnsSince(added, this.version + 1)];
    checkColumns(columns, this.uri);
    return { metaData: { ...this.state.metadata, schemaString: schemaString(columns) } };
  }

  async #writeFile(
    query: string,
    columns: readonly DeltaColumn[],
  ): Promise<WrittenFile | null> {
    const name = `part-00000-${this.#newId()}-c000.snappy.parquet`;
    return await writeDataFile(this.db, query, columns, `${this.#workDir}/${name}`);
  }

  /** To the table's storage, where it is litter until a commit names it. */
  async #store({ localPath, size, stats }: WrittenFile, dataChange: boolean): Promise<Action> {
    const path = localPath.slice(this.#workDir.length + 1);
    try {
      await this.storage.putFile(path, localPath);
    } finally {
      await Deno.remove(localPath).catch(() => {});
    }
    await this.#onStep?.("parquet-written");
    const modificationTime = this.#nowMs();
    return { add: { path, partitionValues: {}, size, modificationTime, dataChange, stats } };
  }

  #removeOf(name: string, dataChange: boolean): Action {
    const add = this.state.adds.get(name);
    if (add === undefined) throw new TypeError(`No live file is called ${name}`);
    const { path, partitionValues, size } = add;
    const deletionTimestamp = this.#nowMs();
    return {
      remove: {
        ...{ path, deletionTimestamp, dataChange },
        ...{ extendedFileMetadata: true, partitionValues, size },
      },
    };
  }

  async #commit(actions: Action[], { operation, mode, files, extra, readsAll, readVersion }: {
    operation: string;
    mode?: string;
    files: readonly WrittenFile[];
    extra: CommitExtra;
    readsAll: boolean;
    readVersion?: number;
  }): Promise<Committed> {
    const timestamp = this.#nowMs();
    const txn = extra.txn && { ...extra.txn, lastUpdated: timestamp };
    const rows = files.reduce((sum, file) => sum + file.rows, 0);
    const info = {
      ...extra.info,
      ...commitInfo(extra.operation ?? operation, timestamp, mode ? { mode } : {}),
      isBlindAppend: mode === "Append" && !actions.some(({ metaData }) => metaData),
      operationMetrics: { numFiles: String(files.length), numOutputRows: String(rows) },
    };
    const transaction = {
      readVersion: readVersion ?? this.version,
      actions: txn ? [{ txn }, ...actions] : actions,
      info,
      readsAll,
      alone: extra.alone ?? false,
    };
    const landed = await this.#land(transaction, actions);
    await this.#checkpointIfDue();
    return {
      ...landed,
      rows,
      bytes: files.reduce((sum, file) => sum + file.size, 0),
      files: actions.flatMap(({ add }) => add?.path ?? []),
      isNew: true,
    };
  }

  /** Files of a commit that certainly was not made are taken away. */
  async #land(
    transaction: Transaction,
    actions: readonly Action[],
  ): Promise<Landed> {
    try {
      const landed = await commit(this.storage, this.state, transaction, this.#newId());
      this.#seenMs = this.#nowMs();
      return landed;
    } catch (error) {
      if (error instanceof DeltaConflict || error instanceof Fenced) {
        const paths = actions.flatMap(({ add }) => add?.path ?? []);
        await Promise.all(paths.map((path) => this.storage.delete(path).catch(() => {})));
      }
      throw error;
    }
  }

  /** Before each write. */
  async #prepare(): Promise<void> {
    if (Math.abs(this.#nowMs() - this.#seenMs) > staleMs) await this.#refresh();
    const { protocol, metadata } = this.state;
    checkWritable(protocol, metadata, this.columns, this.uri);
  }

  /**
   * Usually asks for the next version only. After a long pause that version may have been
   * cleaned out of the log while later ones are there.
   */
  async #refresh(): Promise<void> {
    const isStale = Math.abs(this.#nowMs() - this.#seenMs) > staleMs;
    await refreshState(this.storage, this.state);
    if (isStale && await latestVersion(this.storage, this.version) > this.version) {
      const fresh = await loadState(this.storage, this.db);
      if (fresh === null) throw new RunError(`Cannot read ${this.uri}: the table is gone`);
      this.replaceState(fresh);
    }
    this.#seenMs = this.#nowMs();
  }

  async #checkpointIfDue(): Promise<void> {
    if (this.#checkpointEvery === 0) return;
    const rows = this.state.adds.size + this.state.removes.size;
    const needed = Math.max(
      this.#checkpointEvery,
      Math.min(checkpointEveryMax, Math.floor(rows / checkpointRowsPerCommit)),
    );
    if (this.version - this.#checkpointVersion < needed) return;
    try {
      await this.#writeCheckpoint();
    } catch (error) {
      if (!(error instanceof RunError || error instanceof OutsideError)) throw error;
      this.#onTrouble(error);
    }
  }

  async #writeCheckpoint(): Promise<void> {
    const { protocol, metadata } = this.state;
    checkWritable(protocol, metadata, this.columns, this.uri);
    this.#checkpointVersion = this.version;
    this.state.dropRemovesBefore(this.#nowMs() - retentionMs(metadata));
    await writeCheckpoint(this.storage, this.db, this.state, {
      workDir: this.#workDir,
      id: this.#newId(),
      onStep: this.#onStep,
    });
    await this.#cleanup.run(metadata, this.#nowMs());
  }

  async #exclusive<T>(work: () => Promise<T>): Promise<T> {
    const before = this.#queue;
    const mine = (async () => {
      await before.catch(() => {});
      return await work();
    })();
    this.#queue = mine.catch(() => {});
    return await mine;
  }
}
