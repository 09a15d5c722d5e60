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
  /** The folder of `batch` with its tables and answers. */
  batchOut: string;
  /** What the source gave, and what others put behind it. */
  records: Record<Table, [SourceRecord[], SourceRecord[]]>;
}

/** Runs everything; the cloud is gone when this returns, its files are not. */
export async function notebookWorld(folder: string, posts: number): Promise<NotebookWorld> {
  await using world = await attached(folder, posts);
  const { id, data } = world.place;
  await json<StreamJson>(...world.words());
  using client = new Client(world.sim);
  const records = { pin: [[], []], geo: [[], []], user: [[], []] } as NotebookWorld["records"];
  for (const table of tables) {
    const stream = streamOf(id, table);
    const given = await client.read(stream);
    await client.put(stream, oddOf(table));
    const known = new Set(given.map(({ sequenceNumber }) => sequenceNumber));
    const all = await client.read(stream);
    records[table] = [given, all.filter(({ sequenceNumber }) => !known.has(sequenceNumber))];
  }
  const streamed = await json<StreamJson>(...world.words());
  const out = `${folder}/batch-out`;
  const batched = await json<BatchJson>(
    ...["batch", "--endpoints", `${data}/endpoints.env`, "--out", out, "--flush-size", "50"],
  );
  const bucket = `user-${id}-bucket`;
  return {
    id,
    bucket,
    bucketDir: `${data}/s3/${bucket}`,
    streamed,
    batched,
    batchOut: `${out}/batch`,
    records,
  };
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
 * Lays records out as the file with this number, for a source that reads the oldest file first;
 * in no order within the file.
 */
export async function writeRecordFile(
  dir: string,
  number: number,
  records: readonly SourceRecord[],
): Promise<void> {
  await Deno.mkdir(dir, { recursive: true });
  const path = `${dir}/${number}.json`;
  const lines = records.toReversed().map((record) => `${JSON.stringify(record)}\n`);
  await Deno.writeTextFile(path, lines.join(""));
  const second = 1_600_000_000 + number;
  await Deno.utime(path, second, second);
}
