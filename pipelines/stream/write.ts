/**
 * Write: pages of one stream -> commits of its Delta table, every record in exactly one of them.
 *
 *   in    pages as they are read, from `from` on; a page may come again
 *   out   commits: clean rows with the positions after them and the totals since the beginning;
 *         before each, where there are any, the rejects of the same records
 *
 * A batch ends by records, bytes or age, whichever is first, and is committed while the next one
 * is collected; a page waits when both are full. Positions, totals and rows are one commit under
 * a `txn` with the batch's number: a process that dies leaves a batch committed or not, and the
 * next one goes on behind what is committed. Rejects of a batch whose clean rows were not
 * committed keep their verdict (rejects.ts). Opening claims the table (claim.ts), so that an older
 * worker with the same id stops at its next commit. Rows that others append are taken into account from the next batch on.
 *
 * A column that cleaning makes and the table has not is added when it is opened; any other change
 * of columns is refused.
 *
 * Left out: undoing what others did to the table; a change of its columns by others, and rows that
 * others removed, end the run.
 */
import type { Timing } from "../clients/retry.ts";
import { DeltaConflict, type DeltaTable, Fenced, openOrCreateTable } from "../delta/mod.ts";
import { missingColumns } from "../delta/columns.ts";
import { readCommit } from "../delta/log.ts";
import { columnsOf } from "../delta/model_columns.ts";
import type { DeltaStorage } from "../delta/storage.ts";
import { RunError } from "../errors.ts";
import type { OnStep } from "../steps.ts";
import { streamOf, type TableName } from "../tables.ts";
import type { DuckDbWarehouse } from "../warehouse/duckdb.ts";
import type { Model } from "../warehouse/models.ts";
import { addNulled, type Nulled } from "../warehouse/nulled.ts";
import { Batch, placeOf } from "./batch.ts";
import {
  appIdOf,
  type Checkpoint,
  encodeMirror,
  mirrorName,
  readCheckpoint,
  type Totals,
} from "./checkpoint.ts";
import { claim, type MustHold } from "./claim.ts";
import { atWork } from "./fencing.ts";
import { Maintenance, type MaintenanceOptions, tableOptions } from "./maintenance.ts";
import { isPast, type Positions } from "./positions.ts";
import type { Page } from "./page_queue.ts";
import type { Rejects } from "./rejects.ts";
import { type Judged, Transform } from "./transform.ts";

export interface FlushLimits {
  /** Default 20,000. */
  records: number;
  /** Of the records' data; default 8 MiB. */
  bytes: number;
  /** Since the first record of the batch; default 1,000. */
  ageMs: number;
}

const defaultFlush: FlushLimits = { records: 20_000, bytes: 8 << 20, ageMs: 1_000 };

export interface TableWriterOptions {
  id: string;
  table: TableName;
  /** The process's database; a session of its own is opened on it. */
  db: DuckDbWarehouse;
  /** Of this table alone. */
  storage: DeltaStorage;
  rejects: Rejects;
  /** Throws where another worker has claimed the first table; null, the default, for that one. */
  mustHold?: MustHold;
  /** `sql/clean/<table>.sql`. */
  model: Model;
  /** Folder for what is on its way into the engine. */
  workDir: string;
  timing: Timing;
  flush?: Partial<FlushLimits> | undefined;
  maintenance?: MaintenanceOptions | undefined;
  onStep?: OnStep | undefined;
  onCommit?: ((commit: TableCommit) => void) | undefined;
  /** Told at once what the next `add` or `flush` throws. */
  onFailure?: ((error: unknown) => void) | undefined;
}

/** One commit of clean rows. */
export interface TableCommit {
  table: TableName;
  /** Of the Delta table. */
  version: number;
  /** Records that this batch read, and clean rows that it added. */
  read: number;
  rows: number;
  /** After it. */
  positions: Positions;
  totals: Totals;
  tookMs: number;
}

/**
 * Opens the table, or creates it, claims it, and reads what it holds already.
 * @throws {RunError} the table does not say how far its stream was read
 * @throws {UsageError} the table is one that we must not write to
 */
export async function openTableWriter(options: TableWriterOptions): Promise<TableWriter> {
  const { id, table: name, storage, workDir, model, rejects } = options;
  await using opened = new AsyncDisposableStack();
  const db = opened.use(await options.db.session());
  const columns = columnsOf(model);
  const table = await openOrCreateTable(storage, db, { columns, ...tableOptions(options) });
  missingColumns(table.columns, columns, storage.uri); // Refused before anything is written.
  const checkpoint = await claimTable(table, options);
  await addColumns(table, options);
  const stream = streamOf(id, name);
  const transform = await Transform.open(db, { table: name, stream, model, workDir });
  await transform.remember(await table.scanByColumns());
  const ahead = await rejects.ahead(appIdOf(id, name), stream, checkpoint.positions);
  const maintenance = opened.use(new Maintenance(options));
  const works = { table, transform, maintenance, ahead };
  return new TableWriter(options, works, checkpoint, opened.move());
}

/** The number after the last batch, with its positions: nothing was read in between. */
async function claimTable(table: DeltaTable, options: TableWriterOptions): Promise<Checkpoint> {
  const { id, table: name, storage, rejects, mustHold = null } = options;
  const appId = appIdOf(id, name);
  const read = async () => {
    await table.refresh();
    const before = await readCheckpoint(table, storage, appId);
    const next = { ...before, batch: before.batch + 1 };
    return async () => {
      await table.mark({ txn: { appId, version: next.batch }, info: { ...next } });
      return next;
    };
  };
  try {
    const checkpoint = await claim(read, mustHold);
    await rejects.claim(appId, mustHold ?? (() => mustBeLast(table, checkpoint, options)));
    await mirror(checkpoint, options);
    return checkpoint;
  } catch (error) {
    throw explained(error, options);
  }
}

/** @throws {RunError} another worker has claimed the table, or committed to it */
async function mustBeLast(
  table: DeltaTable,
  { batch }: Checkpoint,
  options: TableWriterOptions,
): Promise<void> {
  await table.refresh();
  const appId = appIdOf(options.id, options.table);
  if (table.txnVersion(appId) === batch) return;
  const { version: tableVersion } = table;
  const lost = new Fenced(`${appId} ${batch} is not the last`, { appId, tableVersion });
  throw atWork(lost, options);
}

interface Works {
  table: DeltaTable;
  transform: Transform;
  maintenance: Maintenance;
  /** Rejects that are committed already, by `placeOf`. */
  ahead: Map<string, string>;
}

export class TableWriter implements AsyncDisposable {
  /** Where reading begins. */
  readonly from: Positions;
  /** Totals when it was opened. */
  readonly since: Totals;
  readonly #options: TableWriterOptions;
  readonly #works: Works;
  readonly #opened: AsyncDisposableStack;
  readonly #flushAt: FlushLimits;
  #checkpoint: Checkpoint;
  /** The version of the table whose rows are all among the seen ones. */
  #seenVersion: number;
  #open: Batch;
  /** Ends the wait for the open batch's age. */
  #ageing: AbortController | null = null;
  #isDue = false;
  /** The batch that is being committed; never rejects. */
  #committing: Promise<void> | null = null;
  /** Positions after the batch that is being committed. */
  #underWay: Positions | null = null;
  #failure: { error: unknown } | null = null;
  #closed = false;

  /** Use `openTableWriter`. */
  constructor(
    options: TableWriterOptions,
    works: Works,
    checkpoint: Checkpoint,
    opened: AsyncDisposableStack,
  ) {
    this.#options = options;
    this.#works = works;
    this.#checkpoint = checkpoint;
    this.#seenVersion = works.table.version;
    this.#opened = opened;
    this.#flushAt = { ...defaultFlush, ...options.flush };
    this.#open = new Batch(works.ahead);
    this.from = checkpoint.positions;
    this.since = checkpoint.totals;
  }

  /** Since the table's first batch, committed. */
  get totals(): Totals {
    return this.#checkpoint.totals;
  }

  /** Cells of the table that held something and became null. */
  get nulled(): readonly Nulled[] {
    return this.#checkpoint.nulled;
  }

  /** Up to here everything is committed. */
  get positions(): Positions {
    return this.#checkpoint.positions;
  }

  get table(): DeltaTable {
    return this.#works.table;
  }

  /**
   * For the opening of the other tables; nothing has been added by then.
   * @throws {RunError} another worker has claimed this table
   */
  async mustHold(): Promise<void> {
    await mustBeLast(this.#works.table, this.#checkpoint, this.#options);
  }

  /**
   * Takes a page; waits while a full batch waits behind the one that is being committed.
   * @throws what ended the writing
   */
  async add(page: Page): Promise<void> {
    this.#throwFailure();
    this.#open.add(page, this.#notYetRead(page));
    if (this.#open.recordCount === 0) return;
    if (this.#isFull) this.#isDue = true;
    this.#ageing ??= this.#age();
    this.#commitNext();
    while (this.#isFull) {
      await this.#committing;
      this.#throwFailure();
    }
  }

  /** Commits all that was added. */
  async flush(): Promise<void> {
    for (;;) {
      this.#throwFailure();
      this.#isDue = true;
      this.#commitNext();
      if (this.#committing === null) break;
      await this.#committing;
    }
    this.#isDue = false;
  }

  /** Flushes, and waits for what is done in the background. */
  async close(): Promise<void> {
    await this.flush();
    await this.#works.maintenance.settle();
  }

  /** Ends the work without committing what is not yet. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#ageing?.abort();
    await this.#committing;
    await this.#opened.disposeAsync();
  }

  get #isFull(): boolean {
    const { recordCount, byteCount } = this.#open;
    return recordCount >= this.#flushAt.records || byteCount >= this.#flushAt.bytes;
  }

  #throwFailure(): void {
    if (this.#failure !== null) throw this.#failure.error;
    if (this.#closed) throw new TypeError("Cannot write: the writer is closed");
  }

  /** A page that comes again: what is committed, or waits for it, is dropped. */
  #notYetRead({ shardId, records }: Page): Page["records"] {
    const [first] = records;
    const positions = this.#open.positionsAfter(this.#underWay ?? this.#checkpoint.positions);
    if (first === undefined || !isPast(positions, shardId, first.sequenceNumber)) return records;
    return records.filter(({ sequenceNumber }) => !isPast(positions, shardId, sequenceNumber));
  }

  /** Makes the open batch due when it is old; a flush in between ends the wait. */
  #age(): AbortController {
    const ageing = new AbortController();
    this.#options.timing.sleep(this.#flushAt.ageMs, ageing.signal).then(() => {
      this.#isDue = true;
      this.#commitNext();
    }, () => {});
    return ageing;
  }

  /** Begins with the open batch, if it is due and nothing else is under way. */
  #commitNext(): void {
    const isIdle = this.#committing === null && this.#failure === null && !this.#closed;
    if (!isIdle || !this.#isDue || this.#open.recordCount === 0) return;
    const batch = this.#open;
    this.#ageing?.abort();
    this.#ageing = null;
    this.#isDue = false;
    this.#open = new Batch(this.#works.ahead);
    this.#underWay = batch.positionsAfter(this.#checkpoint.positions);
    this.#committing = this.#commit(batch).catch((error) => {
      this.#failure = { error };
      this.#options.onFailure?.(error);
    }).finally(() => {
      this.#committing = null;
      this.#underWay = null;
      this.#commitNext();
    });
  }

  async #commit(batch: Batch): Promise<void> {
    const { timing, table: name, onStep, onCommit } = this.#options;
    const { table, transform, maintenance } = this.#works;
    const startMs = timing.nowMs();
    const closed = batch.close();
    const judged = await transform.judge(closed);
    const positions = batch.positionsAfter(this.#checkpoint.positions);
    const next: Checkpoint = {
      batch: this.#checkpoint.batch + 1,
      positions,
      totals: added(this.#checkpoint.totals, closed.records.length, judged),
      nulled: addNulled(this.#checkpoint.nulled, judged.nulled),
    };
    await this.#commitRejects(judged, positions);
    const version = await this.#commitClean(next);
    this.#forgetAhead(judged);
    this.#checkpoint = next;
    const tookMs = Math.max(0, timing.nowMs() - startMs);
    const [read, rows] = [closed.records.length, judged.committed];
    onCommit?.({ table: name, version, read, rows, positions, totals: next.totals, tookMs });
    await onStep?.("before-mirror");
    await mirror(next, this.#options);
    await maintenance.after(table);
  }

  async #commitRejects({ rejects }: Judged, positions: Positions): Promise<void> {
    const { id, table, onStep } = this.#options;
    const { ahead } = this.#works;
    const fresh = rejects.filter(({ shard, sequenceNumber }) =>
      !ahead.has(placeOf(shard, sequenceNumber))
    );
    if (fresh.length === 0) return;
    await this.#options.rejects.commit(appIdOf(id, table), fresh, positions);
    await onStep?.("rejects-committed");
  }

  #forgetAhead({ rejects }: Judged): void {
    const { ahead } = this.#works;
    if (ahead.size === 0) return;
    for (const { shard, sequenceNumber } of rejects) ahead.delete(placeOf(shard, sequenceNumber));
  }

  /** Returns the version of the commit. */
  async #commitClean(checkpoint: Checkpoint): Promise<number> {
    const { id, table: name, storage } = this.#options;
    const { table, transform, maintenance } = this.#works;
    try {
      await table.append(transform.query, {
        txn: { appId: appIdOf(id, name), version: checkpoint.batch },
        info: { ...checkpoint },
        operation: "STREAMING UPDATE",
      });
    } catch (error) {
      throw explained(error, this.#options);
    }
    const { version } = table;
    const others = await othersBetween(storage, this.#seenVersion, version);
    if (others.removedAt !== null) throw rowsRemoved(storage, others.removedAt);
    if (others.added) {
      await maintenance.settle(); // It drops copies of files that are no longer live.
      await transform.remember(await table.scanByColumns());
    } else await transform.accept();
    this.#seenVersion = version;
    return version;
  }
}

/** The file before the last stays until this one is there: one of them is always whole. */
async function mirror(checkpoint: Checkpoint, options: TableWriterOptions): Promise<void> {
  const { id, table, storage, onStep } = options;
  const appId = appIdOf(id, table);
  await storage.put(mirrorName(appId, checkpoint.batch), encodeMirror(checkpoint));
  await onStep?.("mirror-staged");
  if (checkpoint.batch > 1) await storage.delete(mirrorName(appId, checkpoint.batch - 1));
}

function added(before: Totals, read: number, { committed, duplicates, rejects }: Judged): Totals {
  return {
    read: before.read + read,
    committed: before.committed + committed,
    duplicates: before.duplicates + duplicates,
    rejected: before.rejected + rejects.length,
  };
}

/** What others did between two versions; compactions change no rows. */
async function othersBetween(
  storage: DeltaStorage,
  before: number,
  ours: number,
): Promise<{ added: boolean; removedAt: number | null }> {
  let added = false;
  for (let version = before + 1; version < ours; version++) {
    for (const { add, remove } of await readCommit(storage, version) ?? []) {
      if (remove?.dataChange === true) return { added, removedAt: version };
      added ||= add?.dataChange === true;
    }
  }
  return { added, removedAt: null };
}

function rowsRemoved(storage: DeltaStorage, version: number): RunError {
  return new RunError(
    `Cannot go on writing ${storage.uri}: version ${version}, by another program, removed rows. ` +
      "What was committed before and after stands. Look at the table's history, and restore an " +
      "older version or begin a new table under another --id",
  );
}

function explained(error: unknown, options: TableWriterOptions): unknown {
  if (error instanceof Fenced) return atWork(error, options);
  if (!(error instanceof DeltaConflict)) return error;
  return new RunError(
    `Cannot go on writing ${options.storage.uri}: ${error.message}. Nothing of this batch is in ` +
      "the table; once the other program is done, run again with the same --data to go on",
    { cause: error },
  );
}

/** Ours by now: nobody of this id adds them at the same time. */
async function addColumns(table: DeltaTable, options: TableWriterOptions): Promise<void> {
  const missing = missingColumns(table.columns, columnsOf(options.model), table.uri);
  if (missing.length === 0) return;
  try {
    await table.addColumns(missing);
  } catch (error) {
    throw explained(error, options);
  }
}
