/**
 * Sink: the four Delta tables of a stream, open for writing, and the database they share.
 *
 *   in    a target, or a folder for the tables
 *   out   a writer for each of `pin`, `geo`, `user`; the rejects; what they amount to
 *
 * One embedded database serves all: sessions of their own for the writers, one limit of memory,
 * one folder to spill into. Nothing of it outlives the run; everything that does is in the tables.
 */
import { pathToFileURL } from "node:url";
import type { RetryOptions } from "../clients/retry.ts";
import { openObjects, type S3Objects } from "../clients/s3.ts";
import { type DeltaStorage, type DeltaTable, diskStorage, s3Storage } from "../delta/mod.ts";
import type { OnStep } from "../steps.ts";
import { deltaFolderOf } from "../resources.ts";
import { deltaTableOf, perTable, type TableName, tableNames } from "../tables.ts";
import { asActor, type Target } from "../target.ts";
import { type DuckDbWarehouse, openDuckDb } from "../warehouse/duckdb.ts";
import { modelOf, type Models, modelsByName } from "../warehouse/models.ts";
import type { Nulled } from "../warehouse/nulled.ts";
import type { Totals } from "./checkpoint.ts";
import type { MaintenanceOptions } from "./maintenance.ts";
import { openRejects, type Rejects } from "./rejects.ts";
import type { TableSummary } from "./summary.ts";
import { type FlushLimits, openTableWriter, type TableCommit, type TableWriter } from "./write.ts";

export interface SinkOptions {
  /** Folder of what is only on its way; emptied at the start. */
  stateDir: string;
  flush: FlushLimits;
  /** A folder for the tables; null: `delta/` in the bucket. */
  deltaDir: string | null;
  /** How often the tables are checkpointed and compacted; default: what they find right. */
  maintenance?: Pick<MaintenanceOptions, "checkpointEvery" | "filesMax"> | undefined;
  onStep?: OnStep | undefined;
}

export interface SinkEvents {
  onCommit(commit: TableCommit): void;
  /** What the next `add` will throw. */
  onFailure(error: unknown): void;
  /** Something that does no harm did not work. */
  onTrouble(what: string): void;
}

/** What DuckDB may keep in memory; the rest goes to files. */
const memoryLimitBytes = 256_000_000;

export type DeltaName = TableName | "rejects";
const deltaNames: readonly DeltaName[] = [...tableNames, "rejects"];

/**
 * Opens the tables, creates those that are missing, and reads the keys that they hold.
 * @throws {UsageError} a table that we must not write to
 * @throws {RunError} a table that does not say how far its stream was read
 */
export async function openSink(
  target: Target,
  options: SinkOptions,
  retry: RetryOptions,
  events: SinkEvents,
): Promise<Sink> {
  const workDir = `${options.stateDir}/work`;
  await Deno.remove(workDir, { recursive: true }).catch(() => {});
  await Deno.mkdir(workDir, { recursive: true });
  await using opened = new AsyncDisposableStack();
  const objects = openObjects(asActor(target, "reader").s3, retry);
  opened.use(objects);
  if (options.deltaDir === null) await objects.check();
  const db = opened.use(
    await openDuckDb({
      tempDir: `${workDir}/spill`,
      memoryLimitBytes,
    }),
  );
  const models = await modelsByName();
  const storages = storagesOf(target, objects, options, workDir);
  const common = {
    id: target.id,
    db,
    maintenance: { ...options.maintenance, onTrouble: (what: string) => events.onTrouble(what) },
    onStep: options.onStep,
  };
  const rejects = opened.use(
    await openRejects({ ...common, storage: storages.rejects, workDir: `${workDir}/rejects` }),
  );
  const writers: Partial<Record<TableName, TableWriter>> = {};
  let first: TableWriter | undefined;
  for (const table of tableNames) {
    const holder = first;
    writers[table] = opened.use(
      await openTableWriter({
        ...common,
        table,
        storage: storages[table],
        rejects,
        mustHold: holder === undefined ? null : () => holder.mustHold(),
        model: modelOf(models, table),
        workDir: `${workDir}/${table}`,
        timing: retry.timing,
        flush: options.flush,
        onCommit: (commit) => events.onCommit(commit),
        onFailure: (error) => events.onFailure(error),
      }),
    );
    first ??= writers[table];
  }
  const lanes = writers as Record<TableName, TableWriter>;
  return new Sink({ db, models, storages, rejects, writers: lanes, workDir }, opened.move());
}

function storagesOf(
  { id }: Target,
  objects: S3Objects,
  { deltaDir, onStep }: SinkOptions,
  workDir: string,
): Record<DeltaName, DeltaStorage> {
  const hook = onStep === undefined ? {} : { onStep };
  const storages = deltaNames.map((name) => {
    const storage = deltaDir === null
      ? s3Storage(objects, deltaFolderOf(id, name), `${workDir}/fetched/${name}`, hook)
      : diskStorage(`${deltaDir}/${deltaTableOf(id, name)}`, hook);
    return [name, storage] as const;
  });
  return Object.fromEntries(storages) as Record<DeltaName, DeltaStorage>;
}

interface Parts {
  db: DuckDbWarehouse;
  models: Models;
  storages: Record<DeltaName, DeltaStorage>;
  rejects: Rejects;
  writers: Record<TableName, TableWriter>;
  workDir: string;
}

export class Sink implements AsyncDisposable {
  readonly db: DuckDbWarehouse;
  readonly models: Models;
  readonly writers: Readonly<Record<TableName, TableWriter>>;
  readonly rejects: Rejects;
  readonly workDir: string;
  readonly storages: Readonly<Record<DeltaName, DeltaStorage>>;
  /** What the tables had taken when they were opened. */
  readonly totalsBefore: Readonly<Record<TableName, Totals>>;
  readonly #opened: AsyncDisposableStack;
  readonly #versionsBefore: Record<DeltaName, number>;

  /** Use `openSink`. */
  constructor(parts: Parts, opened: AsyncDisposableStack) {
    this.db = parts.db;
    this.models = parts.models;
    this.writers = parts.writers;
    this.rejects = parts.rejects;
    this.workDir = parts.workDir;
    this.storages = parts.storages;
    this.totalsBefore = perTable((table) => this.writers[table].totals);
    this.#opened = opened;
    this.#versionsBefore = this.#versions();
  }

  get tables(): Record<DeltaName, DeltaTable> {
    return { ...perTable((table) => this.writers[table].table), rejects: this.rejects.table };
  }

  /** Commits to all four tables since they were opened, compactions among them. */
  get commits(): number {
    const now = this.#versions();
    return deltaNames.reduce((sum, name) => sum + now[name] - this.#versionsBefore[name], 0);
  }

  /** What the tables amount to now; `bucketDir` is the bucket's folder on this machine, if any. */
  async summaries(bucketDir: string | null): Promise<Record<string, TableSummary>> {
    const summaries: Record<string, TableSummary> = {};
    for (const [name, table] of Object.entries(this.tables)) {
      const { uri } = this.storages[name as DeltaName];
      await table.refresh();
      const [row] = await this.db.rows(`select count(*) as rows from ${await table.scan()}`);
      summaries[name] = {
        uri: await uriOf(uri),
        localPath: localPathOf(uri, bucketDir),
        version: table.version,
        rows: Number(row?.["rows"]),
        files: table.files.length,
      };
    }
    return summaries;
  }

  /** Rejects of each table and kind, most first. */
  async rejectCounts(): Promise<{ table: TableName; reason: string; count: number }[]> {
    const rows = await this.db.rows(`select "table" as name, split_part(reason, ': ', 1) as reason,
      count(*) as count from ${await this.rejects.table.scan()} group by all
      order by name, count desc, reason`);
    return tableNames.flatMap((table) =>
      rows.filter(({ name }) => name === table)
        .map(({ reason, count }) => ({ table, reason: String(reason), count: Number(count) }))
    );
  }

  /** Cells that held something and became null, of all batches of the tables. */
  get nulled(): Nulled[] {
    return tableNames.flatMap((table) => [...this.writers[table].nulled]);
  }

  /** Ends what is under way; batches that were not committed are read again by the next run. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#opened.disposeAsync();
    await Deno.remove(this.workDir, { recursive: true }).catch(() => {});
  }

  #versions(): Record<DeltaName, number> {
    const { pin, geo, user, rejects } = this.tables;
    return {
      pin: pin.version,
      geo: geo.version,
      user: user.version,
      rejects: rejects.version,
    };
  }
}

/** How people and other programs name a table: storage on disk knows only its path. */
async function uriOf(uri: string): Promise<string> {
  return uri.includes("://") ? uri : pathToFileURL(await Deno.realPath(uri)).href;
}

/** `s3://bucket/key` below the bucket's folder, a path as it is. */
function localPathOf(uri: string, bucketDir: string | null): string | null {
  if (!uri.includes("://")) return uri;
  if (bucketDir === null) return null;
  return `${bucketDir}/${uri.replace(/^s3:\/\/[^/]+\//, "")}`;
}
