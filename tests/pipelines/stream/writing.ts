/** What the tests of write.ts share: a stream in memory, a writer on disk, and what must come out. */
import assert from "node:assert/strict";
import type { Timing } from "../../../pipelines/clients/retry.ts";
import { type DeltaStorage, diskStorage, openTable } from "../../../pipelines/delta/mod.ts";
import { compareSequence, isPast, type Positions } from "../../../pipelines/stream/positions.ts";
import type { Page } from "../../../pipelines/stream/page_queue.ts";
import { openRejects, type Rejects } from "../../../pipelines/stream/rejects.ts";
import {
  openTableWriter,
  type TableCommit,
  type TableWriter,
  type TableWriterOptions,
} from "../../../pipelines/stream/write.ts";
import type { OnStep } from "../../../pipelines/steps.ts";
import { type DuckDbWarehouse, openDuckDb, type Row } from "../../../pipelines/warehouse/duckdb.ts";
import type { Model } from "../../../pipelines/warehouse/models.ts";
import { user } from "../batch/landed_objects.ts";
import { bytesOf, type Given, id, modelOf, recordOf, shardId } from "./streaming.ts";

/** Real time, but for the age of a batch: that passes when a test says so. */
export class TestTiming implements Timing {
  readonly #sleepers = new Set<() => void>();
  /** Added to what the clock says; tests let it jump. */
  jumpMs = 0;
  /** What was slept for, in order. */
  readonly slept: number[] = [];

  nowMs(): number {
    return performance.now() + this.jumpMs;
  }

  random(): number {
    return 0.5;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    this.slept.push(ms);
    return new Promise((resolve, reject) => {
      const wake = () => {
        this.#sleepers.delete(wake);
        resolve();
      };
      this.#sleepers.add(wake);
      signal?.addEventListener("abort", () => {
        this.#sleepers.delete(wake);
        reject(signal.reason);
      });
    });
  }

  /** Everybody's time is over. */
  wake(): void {
    for (const wake of this.#sleepers) wake();
  }
}

/** A stream of `user` records: one list for each shard. */
export class TestStream {
  readonly shards: Given[][];

  constructor(shards: Given[][]) {
    this.shards = shards;
  }

  get recordCount(): number {
    return this.shards.flat().length;
  }

  /** Pages from these positions, shard by turns, each of so many records. */
  *pages(from: Positions, size: number): Generator<Page> {
    const rest = this.shards.map((records, shard) =>
      records.map((record, n) => recordOf(record, n))
        .filter(({ sequenceNumber }) => !isPast(from, shardId(shard), sequenceNumber))
    );
    while (rest.some((records) => records.length > 0)) {
      for (const [shard, records] of rest.entries()) {
        const page = records.splice(0, size);
        const position = page.at(-1)?.sequenceNumber;
        if (position === undefined) continue;
        yield { shardId: shardId(shard), records: page, position, behindMs: 0 };
      }
    }
  }
}

export interface OpenOptions {
  /** A database of its own, as another process has; else writers follow one another on one. */
  ownDb?: boolean;
  /** Default: that of sql/. */
  model?: Model;
  onStep?: OnStep;
  /** Makes the storage of the clean table a worse one. */
  storage?: (whole: DeltaStorage) => DeltaStorage;
  timing?: Timing;
  flush?: TableWriterOptions["flush"];
  maintenance?: TableWriterOptions["maintenance"];
  onCommit?: (commit: TableCommit) => void;
  onFailure?: (error: unknown) => void;
}

/** The `user` table and its rejects in a folder; writers are opened on it one after the other. */
export class Tables implements AsyncDisposable {
  readonly folder: string;
  readonly db: DuckDbWarehouse;
  readonly model: Model;

  private constructor(folder: string, db: DuckDbWarehouse, model: Model) {
    this.folder = folder;
    this.db = db;
    this.model = model;
  }

  static async create(): Promise<Tables> {
    const folder = await Deno.makeTempDir();
    const db = await openDuckDb({ tempDir: `${folder}/spill`, threads: 2 });
    return new Tables(folder, db, await modelOf("user"));
  }

  storage(name: "user" | "rejects" = "user", onStep?: OnStep) {
    return diskStorage(`${this.folder}/${name}`, onStep ? { onStep } : {});
  }

  async openWriter(
    { ownDb = false, storage = (whole) => whole, ...options }: OpenOptions = {},
  ): Promise<OpenWriter> {
    const { onStep } = options;
    await using opened = new AsyncDisposableStack();
    const common = {
      id,
      db: ownDb ? opened.use(await openDuckDb({ threads: 1 })) : this.db,
      workDir: `${this.folder}/work`,
      maintenance: options.maintenance,
      ...(onStep && { onStep }),
    };
    const rejects = opened.use(
      await openRejects({ ...common, storage: this.storage("rejects", onStep) }),
    );
    const writer = opened.use(
      await openTableWriter({
        timing: new TestTiming(),
        ...options,
        ...common,
        table: "user",
        storage: storage(this.storage("user", onStep)),
        rejects,
        model: options.model ?? this.model,
      }),
    );
    return new OpenWriter(writer, rejects, opened.move());
  }

  async rows(name: "user" | "rejects" = "user"): Promise<Row[]> {
    const table = await openTable(this.storage(name), this.db, { workDir: `${this.folder}/work` });
    assert.ok(table);
    return await this.db.rows(`from ${await table.scan()} order by all`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.db.close();
    await Deno.remove(this.folder, { recursive: true });
  }
}

export class OpenWriter implements AsyncDisposable {
  readonly writer: TableWriter;
  readonly rejects: Rejects;
  readonly #opened: AsyncDisposableStack;

  constructor(writer: TableWriter, rejects: Rejects, opened: AsyncDisposableStack) {
    this.writer = writer;
    this.rejects = rejects;
    this.#opened = opened;
  }

  /** Reads on where the table left off, until the end of the stream. */
  async follow(stream: TestStream, pageSize: number): Promise<void> {
    for (const page of stream.pages(this.writer.from, pageSize)) await this.writer.add(page);
    await this.writer.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#opened.disposeAsync();
  }
}

/** A `user` row as cleaning makes it, worked out by hand. */
export function cleanUser(record: unknown): Row | null {
  if (typeof record !== "object" || record === null || record instanceof Uint8Array) return null;
  const of = record as Record<string, unknown>;
  const ind = Number(of["ind"]);
  if (!Number.isInteger(ind) || !("first_name" in of)) return null;
  return {
    ind,
    user_name: `${of["first_name"]} ${of["last_name"]}`,
    age: Number(of["age"]),
    date_joined: `${String(of["date_joined"]).replace(" ", "T")}Z`,
  };
}

/**
 * Every record of the stream is in the table, a duplicate of what is there, or a reject, and
 * counted once; in which order the shards were read does not matter.
 */
export async function assertExact(
  tables: Tables,
  stream: TestStream,
  totals: TableWriter["totals"],
): Promise<void> {
  const rows = await tables.rows();
  const byInd = new Map(rows.map((row) => [row["ind"], JSON.stringify(row)]));
  assert.equal(byInd.size, rows.length, "each ind once");
  const rejected = new Set<string>();
  const usable = new Map<unknown, Set<string>>();
  for (const [shard, records] of stream.shards.entries()) {
    for (const [n, record] of records.entries()) {
      const clean = cleanUser(record);
      const text = JSON.stringify(clean);
      if (clean !== null) {
        usable.set(clean["ind"], (usable.get(clean["ind"]) ?? new Set()).add(text));
      }
      if (clean === null || byInd.get(clean["ind"]) !== text) {
        const { sequenceNumber } = recordOf(record, n);
        rejected.add(`${shardId(shard)}/${sequenceNumber}/${bytesOf(record).toBase64()}`);
      }
    }
  }
  assert.deepEqual([...byInd.keys()], [...usable.keys()].sort((a, b) => Number(a) - Number(b)));
  for (const [ind, text] of byInd) {
    assert.ok(usable.get(ind)?.has(text), `a row that was sent: ${text}`);
  }
  const found = (await tables.rows("rejects"))
    .map(({ shard, sequence_number, bytes }) => `${shard}/${sequence_number}/${bytes}`);
  assert.deepEqual(found.toSorted(), [...rejected].sort(), "each reject once");
  assert.deepEqual(totals, {
    read: stream.recordCount,
    committed: rows.length,
    duplicates: stream.recordCount - rows.length - rejected.size,
    rejected: rejected.size,
  });
}

/** The highest sequence number of each shard. */
export function endOf(stream: TestStream): Record<string, string> {
  return Object.fromEntries(stream.shards.map((records, shard) => {
    const all = records.map((record, n) => recordOf(record, n).sequenceNumber);
    return [shardId(shard), all.sort(compareSequence).at(-1) ?? ""];
  }));
}

/** Two shards: rows, repeats, other contents (also across the shards), and what is no record. */
export function mixedStream(): TestStream {
  const users = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, at) => user(from + at));
  return new TestStream([
    [...users(0, 8), "no JSON", ...users(4, 9), user(3, { age: 99 }), user(30, { age: 41 })],
    [...users(20, 26), { index: 5, title: "a pin" }, user(30), user(21), user(2, { age: 98 })],
  ]);
}

/** The end of a process at a step. */
export class Death extends Error {}
