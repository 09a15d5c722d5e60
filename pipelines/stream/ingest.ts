/**
 * Ingest: posts -> acknowledged records in the streams `streaming-<id>-pin`, `-geo` and `-user`.
 *
 *   in    posts in source order
 *   out   one record per row, keyed by its index; a ledger line per row; the goal of reading
 *
 * Delivery is at least once, and a rerun sends only what the ledger lacks (lane.ts).
 *
 * Rows of one key keep their order, and their repeats do no harm to it: a key has one shard, a
 * table has one request in flight, and a request in which something failed is completed before
 * the next one (clients/gateway_streams.ts keeps the order inside). So the first record of each
 * row comes before the first record of every later row with its key. Rows without a usable key
 * have no order.
 *
 * A row does not wait longer than `lingerMs` for others to fill its request.
 */
import type { Outcome } from "../clients/delivery.ts";
import {
  type GatewayStreams,
  noKey,
  requestRecordsMax,
  type StreamRecord,
} from "../clients/gateway_streams.ts";
import type { Listener } from "../events.ts";
import type { Journey } from "../record/journey.ts";
import type { Destination, Outbound } from "../record/lane.ts";
import type { LedgerOptions } from "../record/ledger.ts";
import { type Ingested, post } from "../record/posting.ts";
import type { Post } from "../posts.ts";
import type { OnStep } from "../steps.ts";
import { streamOf, type TableName } from "../tables.ts";
import type { ReadingGoal } from "./goal.ts";
import type { Latency } from "./latency.ts";
import type { Pace } from "./pace.ts";

export interface IngestWorks {
  gateway: GatewayStreams;
  /** Folder of the ledgers; made if it does not exist. */
  ledgerFolder: string;
  goal: ReadingGoal;
  /** Told of every answer, with the time at which the oldest of its rows was taken. */
  latency?: Latency | undefined;
  /** Default: flat out. */
  pace?: Pace | undefined;
  /** The clock of `latency`; default `performance.now()`. */
  nowMs?: (() => number) | undefined;
  tell?: Listener | undefined;
  journey?: Journey | null | undefined;
  onStep?: OnStep | undefined;
  ledger?: LedgerOptions | undefined;
}

export interface IngestOptions {
  id: string;
  /** Records per request; default and most 500. */
  batchSize?: number | undefined;
  /** Default 100. */
  lingerMs?: number | undefined;
  /** Ends the run at once. */
  signal?: AbortSignal | undefined;
  /** Ends posting: what was begun is still acknowledged, the goal is finished, no error. */
  stopPosting?: AbortSignal | undefined;
}

/** UTF-16 units per request: at three bytes each, and in base64, still below 10 MB. */
const requestCharsMax = 2_200_000;

/**
 * @throws {OutsideError} when the gateway stays away
 * @throws {RunError} when the ledger cannot be written, or the streams refuse everything
 * @throws {UsageError} when the source is not the one that the ledger was written from
 */
export async function ingest(
  posts: AsyncIterable<Post[]>,
  works: IngestWorks,
  { id, batchSize = requestRecordsMax, lingerMs = 100, signal, stopPosting }: IngestOptions,
): Promise<Ingested> {
  const { pace, nowMs = () => performance.now() } = works;
  const ingested = await post(posts, (table) => stream(streamOf(id, table), table, works), {
    ...works,
    batchSize: Math.min(batchSize, requestRecordsMax),
    inFlightMax: 1,
    requestCharsMax,
    lingerMs,
    nowMs,
    hold: (_post, rowCount, signal) => pace?.take(rowCount, signal),
    signal,
    stopPosting,
  });
  works.goal.finish();
  return ingested;
}

/** The way to one stream. */
function stream(name: string, table: TableName, works: IngestWorks): Destination {
  const { gateway, goal, latency, onStep } = works;
  return {
    name,
    send: (rows) => gateway.putRecords(name, rows.map(recordOf)),
    onPlaced: ({ partition, offset }) => goal.raise(table, partition, offset),
    async onAnswer(outcomes, sinceMs) {
      if (latency !== undefined) tell(latency, table, outcomes, sinceMs);
      const isAnyStored = outcomes.some((outcome) => outcome !== undefined);
      if (isAnyStored) await onStep?.("put-unacknowledged");
    },
  };
}

function recordOf({ key, value }: Outbound): StreamRecord {
  return { partitionKey: partitionKeyOf(key), data: value };
}

/** `7`, `"7"` and `7.0` are one key; what is no whole number will be no `ind`. */
export function partitionKeyOf(key: unknown): string {
  const number = typeof key === "string" && key.trim() !== "" ? Number(key) : key;
  return Number.isSafeInteger(number) ? String(number) : noKey;
}

/** By shard: how many records there are, and the last of them. */
function tell(
  latency: Latency,
  table: TableName,
  outcomes: readonly (Outcome | undefined)[],
  sinceMs: number,
): void {
  const shards = new Map<number, { highest: bigint; count: number }>();
  for (const outcome of outcomes) {
    if (outcome === undefined || "refused" in outcome) continue;
    const { partition, offset } = outcome;
    const shard = shards.get(partition);
    if (shard === undefined) shards.set(partition, { highest: offset, count: 1 });
    else {
      shard.count++;
      if (offset > shard.highest) shard.highest = offset;
    }
  }
  for (const [shardNumber, { highest, count }] of shards) {
    latency.posted(table, shardNumber, highest, count, sinceMs);
  }
}
