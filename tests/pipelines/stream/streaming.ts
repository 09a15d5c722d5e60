/** What the tests of a stream's writing share: records, pages, and a transform on a database. */
import type { KinesisRecord } from "../../../pipelines/clients/kinesis.ts";
import { Batch } from "../../../pipelines/stream/batch.ts";
import type { Page } from "../../../pipelines/stream/page_queue.ts";
import { type Judged, Transform } from "../../../pipelines/stream/transform.ts";
import type { TableName } from "../../../pipelines/tables.ts";
import { type DuckDbWarehouse, openDuckDb, type Row } from "../../../pipelines/warehouse/duckdb.ts";
import { readHeader } from "../../../sql/dialect/mod.ts";
import { type Model, readModels } from "../../../pipelines/warehouse/models.ts";

export const id = "0a1b2c3d4e5f";

/** What a record is given as: an object, or the very text or bytes of its data. */
export type Given = Record<string, unknown> | string | Uint8Array;

const encoder = new TextEncoder();

export function bytesOf(given: Given): Uint8Array {
  if (given instanceof Uint8Array) return given;
  return encoder.encode(typeof given === "string" ? given : JSON.stringify(given));
}

export const shardId = (index: number) => `shardId-${String(index).padStart(12, "0")}`;

/** As long as Kinesis writes them, so that no number type holds them. */
export const sequence = (n: number) => String(4967n * 10n ** 52n + BigInt(n));

export function recordOf(given: Given, n: number): KinesisRecord {
  return {
    sequenceNumber: sequence(n),
    partitionKey: String(n),
    data: bytesOf(given),
    arrivalMs: 0,
  };
}

/** A page of a shard whose first record has sequence number `start`. */
export function pageOf(shard: number, start: number, given: readonly Given[]): Page {
  const records = given.map((record, at) => recordOf(record, start + at));
  const position = sequence(start + given.length - 1);
  return { shardId: shardId(shard), records, position, behindMs: 0 };
}

export async function modelOf(table: TableName): Promise<Model> {
  const models = await readModels(new URL("../../../sql/", import.meta.url));
  const model = models.find(({ name }) => name === table);
  if (model === undefined) throw new RangeError(`No model ${table}`);
  return model;
}

/** A transform of its own, and the rows that it keeps. */
export class Cleaner implements AsyncDisposable {
  readonly db: DuckDbWarehouse;
  readonly transform: Transform;
  readonly kept: Row[] = [];
  readonly #folder: string;

  private constructor(db: DuckDbWarehouse, transform: Transform, folder: string) {
    this.db = db;
    this.transform = transform;
    this.#folder = folder;
  }

  static async open(table: TableName): Promise<Cleaner> {
    const folder = await Deno.makeTempDir();
    const db = await openDuckDb({ tempDir: `${folder}/spill`, threads: 2 });
    const model = await modelOf(table);
    const transform = await Transform.open(db, {
      table,
      stream: `streaming-${id}-${table}`,
      model,
      workDir: folder,
    });
    return new Cleaner(db, transform, folder);
  }

  /** Judges a batch of these pages, keeps its clean rows, and counts them as seen. */
  async take(...pages: Page[]): Promise<Judged> {
    const batch = new Batch();
    for (const page of pages) batch.add(page, page.records);
    const judged = await this.transform.judge(batch.close());
    this.kept.push(...await this.db.rows(`${this.transform.query} order by ind`));
    await this.transform.accept();
    return judged;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.db.close();
    await Deno.remove(this.#folder, { recursive: true });
  }
}

/** The model of `user` with one column more: the offset that a time was posted with. */
export function withZone(model: Model): Model {
  const text = model.text.replace("date_joined timestamp\n", "date_joined timestamp, zone string\n")
    .replace(
      "0) as utc_offset\n",
      "0) as utc_offset,\n        nullif(regexp_extract(after_seconds, '[+-][0-9:]+', 0), '') as zone\n",
    )
    .replace("as date_joined\nfrom zoned", "as date_joined,\n    zone\nfrom zoned");
  return { ...model, text, header: readHeader(text) };
}
