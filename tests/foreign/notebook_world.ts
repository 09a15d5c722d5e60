/**
 * What a notebook is compared with: a run of `stream` and one of `batch` over the same posts in
 * one simulated cloud, with other people's odd records in the streams, and what the streams hold
 * as files that take the place of the Kinesis source.
 */
import {
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  ListShardsCommand,
  PutRecordsCommand,
} from "@aws-sdk/client-kinesis";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { columns } from "../../fixtures/posts.ts";
import { landedEdgeRows } from "../../fixtures/edges.ts";
import { oddRecords } from "../../fixtures/records.ts";
import type { Sim } from "../../sim/mod.ts";
import { json, type Summary as BatchJson } from "../simulation/harness.ts";
import { type Table, tables } from "../simulation/stream_source.ts";
import { attached, type StreamJson } from "../simulation/stream_world.ts";

/** A record as the Kinesis source of a cluster gives it, its data in base64. */
export interface SourceRecord {
  partitionKey: string;
  data: string;
  stream: string;
  shardId: string;
  sequenceNumber: string;
  approximateArrivalTimestamp: string;
}

export interface NotebookWorld {
  id: string;
  bucket: string;
  /** Folder with the objects of the bucket as files. */
  bucketDir: string;
  streamed: StreamJson;
  batched: BatchJson;
  /** Where `batch` put its results. */
  batchOut: string;
  records: Record<Table, SourceRecord[]>;
}

/** Runs everything; the cloud is gone when this returns, its files are not. */
export async function notebookWorld(folder: string, posts: number): Promise<NotebookWorld> {
  await using world = await attached(folder, posts);
  const { id, data } = world.place;
  await json<StreamJson>(...world.words());
  using client = new Client(world.sim);
  for (const table of tables) await client.put(streamOf(id, table), oddOf(table));
  const streamed = await json<StreamJson>(...world.words());
  const batchOut = `${folder}/batch`;
  const batched = await json<BatchJson>(
    ...["batch", "--endpoints", `${data}/endpoints.env`, "--out", batchOut, "--flush-size", "200"],
  );
  const records = { pin: [], geo: [], user: [] } as Record<Table, SourceRecord[]>;
  for (const table of tables) records[table] = await client.read(streamOf(id, table));
  const bucket = `user-${id}-bucket`;
  return { id, bucket, bucketDir: `${data}/s3/${bucket}`, streamed, batched, batchOut, records };
}

export const streamOf = (id: string, table: Table) => `streaming-${id}-${table}`;

/** What a stream takes unless its owner asked for more. */
const recordBytesMax = 1_048_576;

/**
 * Records that no source ever gave, and rows with something odd in every column. Without the one
 * that Spark's JSON reader gives up on: it is rejected as well, but for being no JSON.
 */
function oddOf(table: Table): Uint8Array[] {
  const rows = landedEdgeRows(table).map((cells) =>
    Object.fromEntries(columns[table].map((name, at) => [name, cells[at]]))
  );
  const odd = oddRecords()
    .filter((record) => record.table === table && record.name !== "deep nesting of arrays")
    .flatMap(({ value }) => value === null || value.length > recordBytesMax ? [] : [value]);
  return [...rows.map((row) => encoder.encode(JSON.stringify(row))), ...odd];
}

const encoder = new TextEncoder();

class Client implements Disposable {
  readonly #sdk: KinesisClient;

  constructor({ settings }: Sim) {
    this.#sdk = new KinesisClient({
      endpoint: settings["AWS_ENDPOINT_URL_KINESIS"] ?? "",
      region: settings["AWS_REGION"] ?? "",
      credentials: {
        accessKeyId: settings["AWS_ACCESS_KEY_ID"] ?? "",
        secretAccessKey: settings["AWS_SECRET_ACCESS_KEY"] ?? "",
      },
      requestHandler: new NodeHttpHandler(),
    });
  }

  /** All under one key, so that they keep their order. */
  async put(StreamName: string, records: readonly Uint8Array[]): Promise<void> {
    for (let at = 0; at < records.length; at += 100) {
      const Records = records.slice(at, at + 100).map((Data) => ({ PartitionKey: "odd", Data }));
      const answer = await this.#sdk.send(new PutRecordsCommand({ StreamName, Records }));
      if (answer.FailedRecordCount !== 0) throw new Error("Records were refused");
    }
  }

  /** All that a stream holds, shard by shard. */
  async read(stream: string): Promise<SourceRecord[]> {
    const { Shards = [] } = await this.#sdk.send(new ListShardsCommand({ StreamName: stream }));
    const found: SourceRecord[] = [];
    for (const { ShardId = "" } of Shards) {
      for await (const record of this.#shard(stream, ShardId)) found.push(record);
    }
    return found;
  }

  async *#shard(stream: string, shardId: string): AsyncGenerator<SourceRecord> {
    let { ShardIterator: next } = await this.#sdk.send(
      new GetShardIteratorCommand({
        StreamName: stream,
        ShardId: shardId,
        ShardIteratorType: "TRIM_HORIZON",
      }),
    );
    while (next !== undefined) {
      const page = await this.#sdk.send(new GetRecordsCommand({ ShardIterator: next }));
      for (const record of page.Records ?? []) {
        yield {
          partitionKey: record.PartitionKey ?? "",
          data: (record.Data ?? new Uint8Array()).toBase64(),
          stream,
          shardId,
          sequenceNumber: record.SequenceNumber ?? "",
          approximateArrivalTimestamp: record.ApproximateArrivalTimestamp?.toISOString() ?? "",
        };
      }
      if (page.MillisBehindLatest === 0) return;
      next = page.NextShardIterator;
    }
  }

  [Symbol.dispose](): void {
    this.#sdk.destroy();
  }
}

/**
 * Lays records out as `of` files, the first `count` of them, for a source that reads the oldest
 * file first: each shard in order over the files, and in no order within a file.
 */
export async function writeRecordFiles(
  dir: string,
  records: readonly SourceRecord[],
  { count, of }: { count: number; of: number },
): Promise<void> {
  await Deno.mkdir(dir, { recursive: true });
  const shards = [...Map.groupBy(records, ({ shardId }) => shardId).values()];
  for (let file = 0; file < count; file++) {
    const part = shards.flatMap((shard) =>
      shard.slice(Math.floor(shard.length * file / of), Math.floor(shard.length * (file + 1) / of))
    );
    const path = `${dir}/${file}.json`;
    const lines = part.reverse().map((record) => `${JSON.stringify(record)}\n`);
    await Deno.writeTextFile(`${dir}/.${file}`, lines.join(""));
    const second = 1_600_000_000 + file;
    await Deno.utime(`${dir}/.${file}`, second, second);
    await Deno.rename(`${dir}/.${file}`, path);
  }
}
