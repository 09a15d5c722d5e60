/**
 * Ingest: posts -> acknowledged records in the topics `<id>.pin`, `<id>.geo`, `<id>.user`.
 *
 *   in    posts in source order
 *   out   one record per row; a ledger line per row; the goal of landing
 *
 * Delivery is at least once, and a rerun sends only what the ledger lacks (lane.ts). A row that
 * the topic refuses for good (over 1 MiB) is entered without a place, counted and named.
 *
 * Rows of a table that share one request keep their order, and so do its requests as long as
 * `inFlightMax` is 1. A record that had to be sent again comes after the others of its request.
 */
import type { Gateway, Outgoing } from "../clients/gateway.ts";
import type { Listener } from "../events.ts";
import type { Journey } from "../record/journey.ts";
import type { Destination, Outbound } from "../record/lane.ts";
import type { LedgerOptions } from "../record/ledger.ts";
import { type Ingested, post } from "../record/posting.ts";
import type { Post } from "../posts.ts";
import { topicOf } from "../tables.ts";
import type { LandingGoal } from "./goal.ts";

export type { TableIngest } from "../record/lane.ts";
export type { Ingested } from "../record/posting.ts";

export interface IngestWorks {
  gateway: Gateway;
  /** Folder of the ledgers; made if it does not exist. */
  ledgerFolder: string;
  goal: LandingGoal;
  /** Waits for the pauses of posts; default: none are made. */
  sleep?: ((ms: number, signal?: AbortSignal) => Promise<void>) | undefined;
  tell?: Listener | undefined;
  journey?: Journey | null | undefined;
  ledger?: LedgerOptions;
}

export interface IngestOptions {
  id: string;
  /** Records per request; default 500. More than about 2,000 gain nothing. */
  batchSize?: number;
  /** Requests of one table at the same time; default 1, and more loosen the order. */
  inFlightMax?: number;
  /** Records carry their row's key, so that rows of one index share a partition. */
  keyed?: boolean;
  signal?: AbortSignal | undefined;
}

/** UTF-16 units per request: at three bytes each still below API Gateway's 10 MB. */
const requestCharsMax = 3_000_000;

/**
 * @throws {OutsideError} when the gateway stays away
 * @throws {RunError} when the ledger cannot be written, or the topics refuse everything
 * @throws {UsageError} when the source is not the one that the ledger was written from
 */
export async function ingest(
  posts: AsyncIterable<Post[]>,
  works: IngestWorks,
  { id, batchSize = 500, inFlightMax = 1, keyed = false, signal }: IngestOptions,
): Promise<Ingested> {
  const { sleep } = works;
  const ingested = await post(posts, (table) => topic(topicOf(id, table), keyed, works), {
    ...works,
    batchSize,
    inFlightMax,
    requestCharsMax,
    lingerMs: null,
    nowMs: () => performance.now(),
    hold: ({ pauseSeconds }, _rowCount, signal) =>
      pauseSeconds === 0 ? undefined : sleep?.(pauseSeconds * 1000, signal),
    signal,
  });
  works.goal.finish();
  return ingested;
}

/** The way to one topic. */
function topic(name: string, keyed: boolean, { gateway, goal }: IngestWorks): Destination {
  return {
    name,
    send: (rows) => gateway.produce(name, rows.map((row) => recordOf(row, keyed))),
    onPlaced: ({ partition, offset }) => goal.raise(name, partition, offset),
  };
}

function recordOf({ key, value }: Outbound, keyed: boolean): Outgoing {
  return keyed && key !== null && key !== undefined
    ? { key: JSON.stringify(key), value }
    : { value };
}
