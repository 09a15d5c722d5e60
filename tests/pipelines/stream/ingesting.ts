/** What the tests of ingest share: posts, a start against a gateway, and looks at what it left. */
import { openGatewayStreams } from "../../../pipelines/clients/gateway_streams.ts";
import { ledgerPaths } from "../../../pipelines/record/ledger.ts";
import type { Post } from "../../../pipelines/posts.ts";
import { ReadingGoal } from "../../../pipelines/stream/goal.ts";
import { ingest, type IngestOptions, type IngestWorks } from "../../../pipelines/stream/ingest.ts";
import type { Positions } from "../../../pipelines/stream/positions.ts";
import { shardIdOf, streamOf, type TableName } from "../../../pipelines/tables.ts";
import type { StreamsGateway } from "../clients/streams_gateway.ts";
import { testTiming } from "../clients/testing.ts";

export const id = "abc123def456";
export const limits = { limitMs: 10_000, baseMs: 100, capMs: 1_000 };

/** `n` tells two posts of one index apart. */
export function post(index: unknown, n = index): Post {
  return {
    index,
    rows: {
      pin: { index, title: `title ${n}` },
      geo: { ind: index, country: `country ${n}` },
      user: { ind: index, first_name: `name ${n}` },
    },
    pauseSeconds: 0,
  };
}

export const postsOf = (count: number): Post[] => Array.from({ length: count }, (_, n) => post(n));

export async function* batches(posts: Post[], size = 7): AsyncGenerator<Post[]> {
  for (let at = 0; at < posts.length; at += size) {
    yield await Promise.resolve(posts.slice(at, at + size));
  }
}

export async function inFolder<T>(run: (folder: string) => Promise<T>): Promise<T> {
  const folder = await Deno.makeTempDir();
  try {
    return await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

export function start(
  posts: Post[] | AsyncIterable<Post[]>,
  gateway: StreamsGateway,
  ledgerFolder: string,
  options: Partial<IngestOptions> = {},
  works: Partial<IngestWorks> = {},
) {
  const goal = new ReadingGoal();
  const streams = openGatewayStreams(gateway.url, { timing: testTiming(), limits });
  const source = Array.isArray(posts) ? batches(posts) : posts;
  const done = ingest(source, { gateway: streams, ledgerFolder, goal, ...works }, {
    id,
    batchSize: 5,
    ...options,
  });
  return { goal, done };
}

/** The ledger's lines as [key, hash, shard, sequence]. */
export async function ledgerOf(folder: string, table: TableName): Promise<string[][]> {
  const text = await Deno.readTextFile(ledgerPaths(folder)[table]);
  return text.split("\n").slice(0, -1).map((line) => line.split(","));
}

/** The last record of every shard: where a reader is that has read everything. */
export function endsOf(gateway: StreamsGateway, table: TableName): Positions {
  const records = gateway.stored.get(streamOf(id, table)) ?? [];
  return Object.fromEntries(
    records.map(({ shard, sequence }) => [shardIdOf(shard), String(sequence)]),
  );
}
