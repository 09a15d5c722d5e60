/**
 * A simulated cloud in the test's own process, for streams that attach to it: services can be taken
 * away, and the vendor's client is there to reshard and to put records past the pipeline.
 */
import {
  CreateStreamCommand,
  DescribeStreamSummaryCommand,
  KinesisClient,
  ListShardsCommand,
  MergeShardsCommand,
  PutRecordsCommand,
  SplitShardCommand,
  UpdateStreamModeCommand,
} from "@aws-sdk/client-kinesis";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { shellLines } from "../../pipelines/cli/settings_file.ts";
import type { Sim } from "../../sim/mod.ts";
import { type GivenOptions, startSim } from "../start_sim.ts";
import { until } from "./harness.ts";
import { bucketTables, type Place } from "./stream_checks.ts";
import { dirtySource, fileNames, type Lines, type Table, tables } from "./stream_source.ts";

/** What the tests look at in the JSON of `stream`. */
export interface StreamJson {
  ok: boolean;
  reconciled: boolean;
  id: string;
  limits: string | null;
  hops: Record<string, Record<Table, number>>;
  thisRun: Record<string, Record<Table, number>>;
  commits: number;
  latencyMs: { p50: number; p95: number; max: number } | null;
  recordsPerSecond: number;
  tables: Record<string, { uri: string; localPath: string; version: number; rows: number }>;
  answers: Record<string, { rows: number; file: string; without?: string[] }>;
  rejects: { table: string; reason: string; count: number }[];
  gaps: { stream: string; shardId: string; position: string; found: string }[];
  problems: { table: string; what: string; count: number }[];
}

export interface Attached extends AsyncDisposable {
  sim: Sim;
  place: Place;
  lines: Lines;
  vendor: Vendor;
  /** What attaches a stream; its state is kept in a folder of this name. */
  words(state?: string): string[];
}

/** Starts a simulator with a dirty source, or with some of its tables. */
export async function attached(
  folder: string,
  posts: number,
  { loaded = tables, ...options }: Partial<GivenOptions> & { loaded?: readonly Table[] } = {},
): Promise<Attached> {
  const lines = await dirtySource({ posts, seed: 3, dir: `${folder}/source` });
  for (const table of tables) if (!loaded.includes(table)) lines[table] = [];
  const data = `${folder}/sim`;
  const sim = await startSim({
    dir: data,
    seed: 3,
    sources: [`${folder}/source`],
    ...options,
  });
  const sources = loaded.map((table) =>
    [fileNames[table], `${folder}/source/${fileNames[table]}.jsonl`] as const
  );
  await sim.loadSource(Object.fromEntries(sources));
  const endpoints = `${data}/endpoints.env`;
  await Deno.writeTextFile(endpoints, shellLines(sim.settings));
  const id = sim.settings["PIPELINE_ID"] ?? "";
  const vendor = new Vendor(sim, id);
  return {
    sim,
    place: { id, data, delta: bucketTables(data, id) },
    lines,
    vendor,
    words: (state = "state") => [
      ...["stream", "--endpoints", endpoints, "--out", `${folder}/out-${state}`],
      ...["--data", `${folder}/${state}`, "--batch-size", "50"],
    ],
    async [Symbol.asyncDispose]() {
      vendor[Symbol.dispose]();
      await sim[Symbol.asyncDispose]();
    },
  };
}

/** Whether a table has so many commits behind its creation. */
export async function hasCommits(delta: string, name: string, count: number): Promise<boolean> {
  return await commitCount(delta, name) >= count;
}

/** Commits of a table behind its creation; 0 if there is no table. */
export async function commitCount(delta: string, name: string): Promise<number> {
  const names = async (dir: string) =>
    await Array.fromAsync(Deno.readDir(dir), (entry) => entry.name).catch(() => []);
  const table = (await names(delta)).find((entry) => entry.endsWith(`_${name}_table`));
  const commits = (await names(`${delta}/${table}/_delta_log`))
    .filter((entry) => /^[0-9]{20}\.json$/.test(entry));
  return Math.max(0, commits.length - 1);
}

/** Waits until rows of a table were acknowledged. */
export async function untilPosted(state: string, table: Table, count = 1): Promise<void> {
  await until(`${count} posted`, async () => {
    const text = await Deno.readTextFile(`${state}/posted-${table}.csv`).catch(() => "");
    return text.split("\n").length > count;
  });
}

/** Does something while a process stands still, so that it happens in the middle of its work. */
export async function whileStopped<T>(
  child: Deno.ChildProcess,
  work: () => Promise<T>,
): Promise<T> {
  child.kill("SIGSTOP");
  try {
    return await work();
  } finally {
    child.kill("SIGCONT");
  }
}

/** The vendor's client, as somebody who looks after the streams. */
export class Vendor implements Disposable {
  readonly #sdk: KinesisClient;
  readonly #id: string;

  constructor({ settings }: Sim, id: string) {
    this.#id = id;
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

  /** Makes the stream of a table with one shard, before the pipeline would. */
  async create(table: Table): Promise<void> {
    await this.#sdk.send(
      new CreateStreamCommand({ StreamName: this.#name(table), ShardCount: 1 }),
    );
    await this.#active(table);
  }

  /** Shards are the user's own affair from now on. */
  async provision(table: Table): Promise<void> {
    const { StreamDescriptionSummary: found } = await this.#sdk.send(
      new DescribeStreamSummaryCommand({ StreamName: this.#name(table) }),
    );
    const StreamARN = found?.StreamARN ?? "";
    const StreamModeDetails = { StreamMode: "PROVISIONED" as const };
    await this.#sdk.send(new UpdateStreamModeCommand({ StreamARN, StreamModeDetails }));
    await this.#active(table);
  }

  /** Splits the open shard with the lowest hash keys in two. */
  async split(table: Table): Promise<void> {
    const [{ shardId, start, end }] = await this.#openShards(table);
    await this.#sdk.send(
      new SplitShardCommand({
        StreamName: this.#name(table),
        ShardToSplit: shardId,
        NewStartingHashKey: String((start + end) / 2n),
      }),
    );
    await this.#active(table);
  }

  /** Makes one of the two open shards with the lowest hash keys. */
  async merge(table: Table): Promise<void> {
    const [one, two] = await this.#openShards(table);
    await this.#sdk.send(
      new MergeShardsCommand({
        StreamName: this.#name(table),
        ShardToMerge: one.shardId,
        AdjacentShardToMerge: two?.shardId ?? "",
      }),
    );
    await this.#active(table);
  }

  /** Puts rows as somebody else's records, in order for each key. */
  async put(table: Table, rows: readonly { key: string; text: string }[]): Promise<void> {
    const { FailedRecordCount: failed } = await this.#sdk.send(
      new PutRecordsCommand({
        StreamName: this.#name(table),
        Records: rows.map(({ key: PartitionKey, text }) => ({
          PartitionKey,
          Data: new TextEncoder().encode(text),
        })),
      }),
    );
    if (failed !== 0) throw new Error(`${failed} records were refused`);
  }

  async #openShards(table: Table) {
    const { Shards = [] } = await this.#sdk.send(
      new ListShardsCommand({ StreamName: this.#name(table) }),
    );
    const open = Shards
      .filter(({ SequenceNumberRange: range }) => range?.EndingSequenceNumber === undefined)
      .map(({ ShardId: shardId = "", HashKeyRange: range }) => ({
        shardId,
        start: BigInt(range?.StartingHashKey ?? 0),
        end: BigInt(range?.EndingHashKey ?? 0),
      }))
      .sort((a, b) => a.start < b.start ? -1 : 1);
    const [first, ...rest] = open;
    if (first === undefined) throw new Error(`No open shard of ${table}`);
    return [first, ...rest] as const;
  }

  async #active(table: Table): Promise<void> {
    await until(`${table} active`, async () => {
      const { StreamDescriptionSummary: found } = await this.#sdk.send(
        new DescribeStreamSummaryCommand({ StreamName: this.#name(table) }),
      );
      return found?.StreamStatus === "ACTIVE";
    });
  }

  #name(table: Table): string {
    return `streaming-${this.#id}-${table}`;
  }

  [Symbol.dispose](): void {
    this.#sdk.destroy();
  }
}
