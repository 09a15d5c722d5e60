/**
 * Rejects: the records that cannot be used -> one Delta table for the three streams.
 *
 *   in    rejects of a batch, the positions after it
 *   out   rows (table, reason, stream, shard, sequence_number, bytes in base64), each record once
 *
 * The rejects of a batch are committed before its clean rows, in a transaction of the stream's
 * own. A process that dies between the two leaves rejects of records that will be read again:
 * `ahead` names them, so that they keep their verdict and are not written twice. The three
 * writers of a process take turns.
 *
 * Rows of source files that no reader could take were in no stream: they are committed once, with
 * stream, shard and number null.
 */
import { type DeltaTable, Fenced, openOrCreateTable } from "../delta/mod.ts";
import type { DeltaStorage } from "../delta/storage.ts";
import { writing } from "../results.ts";
import type { OnStep } from "../steps.ts";
import type { TableName } from "../tables.ts";
import { unreadableRows } from "../record/unreadable.ts";
import type { DuckDbWarehouse } from "../warehouse/duckdb.ts";
import { placeOf } from "./batch.ts";
import { appIdOf } from "./checkpoint.ts";
import { claim, type MustHold } from "./claim.ts";
import { atWork } from "./fencing.ts";
import { Maintenance, type MaintenanceOptions, tableOptions } from "./maintenance.ts";
import { compareSequence, isPast, type Positions } from "./positions.ts";
import { literal, quoted } from "../warehouse/quoting.ts";

export interface Reject {
  table: TableName;
  reason: string;
  stream: string;
  shard: string;
  sequenceNumber: string;
  /** Base64 of the record's data. */
  bytes: string;
}

export const rejectColumns = ["table", "reason", "stream", "shard", "sequence_number", "bytes"]
  .map((name) => ({ name, type: "string" as const }));

export interface RejectsOptions {
  id: string;
  /** The process's database; a session of its own is opened on it. */
  db: DuckDbWarehouse;
  storage: DeltaStorage;
  /** Folder for what is on its way into the engine. */
  workDir: string;
  maintenance?: MaintenanceOptions | undefined;
  onStep?: OnStep | undefined;
}

export async function openRejects(options: RejectsOptions): Promise<Rejects> {
  await using opened = new AsyncDisposableStack();
  const db = opened.use(await options.db.session());
  await Deno.mkdir(options.workDir, { recursive: true });
  const { storage } = options;
  const created = { columns: rejectColumns, ...tableOptions(options) };
  const table = await openOrCreateTable(storage, db, created);
  const maintenance = opened.use(new Maintenance(options));
  return new Rejects(options, table, maintenance, opened.move());
}

export class Rejects implements AsyncDisposable {
  readonly table: DeltaTable;
  readonly #options: RejectsOptions;
  readonly #maintenance: Maintenance;
  readonly #opened: AsyncDisposableStack;
  #lastTurn: Promise<unknown> = Promise.resolve();
  #fileCount = 0;

  /** Use `openRejects`. */
  constructor(
    options: RejectsOptions,
    table: DeltaTable,
    maintenance: Maintenance,
    opened: AsyncDisposableStack,
  ) {
    this.#options = options;
    this.table = table;
    this.#maintenance = maintenance;
    this.#opened = opened;
  }

  /**
   * The rejects of records beyond these positions: `placeOf` the record to its reason. They were
   * committed by a batch whose clean rows were not.
   */
  ahead(appId: string, stream: string, positions: Positions): Promise<Map<string, string>> {
    return this.#inTurn(async () => {
      const beyond = new Map<string, string>();
      if (!isAhead(await this.#positionsOf(appId), positions)) return beyond;
      const rows = `select shard, sequence_number as number, reason
        from ${await this.table.scan()} where stream = ${literal(stream)}
          and ${isBeyond(positions)}`;
      for await (const batch of this.#options.db.batches(rows)) {
        for (const { shard, number, reason } of batch) {
          beyond.set(placeOf(String(shard), String(number)), String(reason));
        }
      }
      return beyond;
    });
  }

  /** Makes the series ours: an older worker's next commit in it is fenced off. */
  claim(appId: string, mustHold: MustHold): Promise<unknown> {
    const read = async () => {
      await this.table.refresh();
      const version = (this.table.txnVersion(appId) ?? 0) + 1;
      const positions = await this.#positionsOf(appId);
      const info = positions === null ? {} : { positions };
      return () => this.table.mark({ txn: { appId, version }, info });
    };
    return this.#inTurn(() => claim(read, mustHold));
  }

  /**
   * Commits the rejects of a batch.
   * @throws {RunError} another worker with this id is at work
   */
  commit(appId: string, rejects: readonly Reject[], positions: Positions): Promise<void> {
    return this.#inTurn(async () => {
      const path = `${this.#options.workDir}/rejects-${this.#fileCount++}.jsonl`;
      try {
        const longest = await writing(path, () => writeLines(path, rejects), "--data");
        await this.table.append(`from ${scanRejects(path, longest)}`, {
          txn: { appId, version: (this.table.txnVersion(appId) ?? 0) + 1 },
          info: { positions: highest(await this.#positionsOf(appId) ?? {}, positions) },
          operation: "STREAMING UPDATE",
        });
      } catch (error) {
        throw error instanceof Fenced ? atWork(error, this.#options) : error;
      } finally {
        await Deno.remove(path).catch(() => {});
      }
      await this.#maintenance.after(this.table);
    });
  }

  /** Commits what could not be read of the source, unless an earlier run did. */
  takeUnreadable(path: string | null): Promise<void> {
    return this.#inTurn(async () => {
      if (path === null) return;
      const rows = `(from ${unreadableRows(path)} except all
        select "table", reason, bytes from ${await this.table.scan()} where stream is null)`;
      const [row] = await this.#options.db.rows(`select count(*) as count from ${rows}`);
      if (Number(row?.["count"]) === 0) return;
      const appId = appIdOf(this.#options.id, "unreadable");
      await this.table.append(
        `select "table", reason, null::varchar as stream, null::varchar as shard,
          null::varchar as sequence_number, bytes from ${rows}`,
        { txn: { appId, version: (this.table.txnVersion(appId) ?? 0) + 1 } },
      ).catch((error) => {
        throw error instanceof Fenced ? atWork(error, this.#options) : error;
      });
    });
  }

  /** Waits for what is under way. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#lastTurn.catch(() => {});
    await this.#opened.disposeAsync();
  }

  /** Null if there were commits, and none tells any more. */
  async #positionsOf(appId: string): Promise<Positions | null> {
    if (this.table.txnVersion(appId) === null) return {};
    const newest = await this.table.newestInfo(appId);
    const positions = newest?.info["positions"];
    if (typeof positions !== "object" || positions === null) return null;
    return Object.fromEntries(Object.entries(positions).map(([id, at]) => [id, String(at)]));
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#lastTurn.then(work, work);
    this.#lastTurn = turn.catch(() => {});
    return turn;
  }
}

function isAhead(rejects: Positions | null, clean: Positions): boolean {
  return rejects === null ||
    Object.entries(rejects).some(([shard, position]) => !isPast(clean, shard, position));
}

function highest(a: Positions, b: Positions): Positions {
  const all = { ...a };
  for (const [shard, position] of Object.entries(b)) {
    const known = all[shard];
    if (known === undefined || compareSequence(position, known) > 0) all[shard] = position;
  }
  return all;
}

/** Sequence numbers are decimals of more digits than any number type has: by length, then text. */
function isBeyond(positions: Positions): string {
  const cases = Object.entries(positions).map(([shard, position]) => {
    const beyond = /^[0-9]+$/.test(position)
      ? `(length(number), number) > (${position.length}, ${literal(position)})`
      : "false";
    return `when ${literal(shard)} then ${beyond.replaceAll("number", "sequence_number")}`;
  });
  return cases.length === 0 ? "true" : `case shard ${cases.join(" ")} else true end`;
}

/** Returns the bytes of the longest line. */
async function writeLines(path: string, rejects: readonly Reject[]): Promise<number> {
  const encoder = new TextEncoder();
  using file = await Deno.open(path, { write: true, create: true, truncate: true });
  let longest = 0;
  for (const { sequenceNumber, ...others } of rejects) {
    const line = JSON.stringify({ ...others, sequence_number: sequenceNumber });
    const bytes = encoder.encode(`${line}\n`);
    for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
    longest = Math.max(longest, bytes.length);
  }
  return longest;
}

function scanRejects(path: string, longestLineBytes: number): string {
  const columns = rejectColumns.map(({ name }) => `${quoted(name)}: 'VARCHAR'`).join(", ");
  return `read_json(${literal(path)}, format = 'newline_delimited', columns = {${columns}},
    maximum_object_size = ${Math.max(16 << 20, 2 * longestLineBytes)})`;
}
