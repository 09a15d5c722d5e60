/**
 * Posting: posts -> three lanes, one for each table, until the source ends or posting is stopped.
 *
 *   in    posts in source order
 *   out   what became of the rows, by table; the ledgers of all of them
 *
 * A post is begun or it is not: its rows are handed to their lanes together. When posting is
 * stopped, what was begun is still sent and acknowledged; when the run is aborted, it is not.
 */
import { abortable } from "../clients/retry.ts";
import {
  type Destination,
  Lane,
  type LaneOptions,
  type Refused,
  type TableIngest,
} from "./lane.ts";
import { Ledger, type LedgerOptions } from "./ledger.ts";
import type { Post, Row } from "../posts.ts";
import { type TableName, tableNames } from "../tables.ts";

export interface PostingOptions extends Omit<LaneOptions, "onFailure"> {
  /** Folder of the ledgers; made if it does not exist. */
  ledgerFolder: string;
  ledger?: LedgerOptions | undefined;
  /** Holds a post back, of which `rowCount` rows are to be sent; told to end by the signal. */
  hold?(post: Post, rowCount: number, signal: AbortSignal): Promise<void> | undefined;
  /** Ends the run at once. */
  signal?: AbortSignal | undefined;
  /** Ends posting after the posts that were begun: the rest of the source stays where it is. */
  stopPosting?: AbortSignal | undefined;
}

export interface Ingested {
  tables: Record<TableName, TableIngest>;
  /** The first of the refused rows. */
  refusals: Refused[];
}

/**
 * @throws {OutsideError} when the gateway stays away
 * @throws {RunError} when the ledger cannot be written, or the destinations refuse everything
 * @throws {UsageError} when the source is not the one that the ledger was written from
 */
export async function post(
  posts: AsyncIterable<Post[]>,
  destinationOf: (table: TableName) => Destination,
  options: PostingOptions,
): Promise<Ingested> {
  const lanes: Lane[] = [];
  const broken = new AbortController();
  const onFailure = (error: Error) => broken.abort(error);
  try {
    for (const table of tableNames) {
      const ledger = await Ledger.open(options.ledgerFolder, table, options.ledger);
      lanes.push(new Lane(ledger, destinationOf(table), { ...options, onFailure }));
    }
    const isWhole = await sendPosts(posts, lanes, broken.signal, options);
    for (const lane of lanes) await lane.finish();
    for (const lane of lanes) await (isWhole ? lane.checkEnd() : lane.meetRest());
    return resultOf(lanes);
  } finally {
    await Promise.allSettled(lanes.map((lane) => lane[Symbol.asyncDispose]()));
  }
}

/** True if the source was read to its end, false if posting was stopped before. */
async function sendPosts(
  posts: AsyncIterable<Post[]>,
  lanes: readonly Lane[],
  broken: AbortSignal,
  { hold, signal, stopPosting }: PostingOptions,
): Promise<boolean> {
  const signals = [signal, stopPosting, broken].filter((one) => one !== undefined);
  const end = AbortSignal.any(signals);
  try {
    for await (const batch of untilAborted(posts, end)) {
      for (const post of batch) {
        end.throwIfAborted();
        await sendPost(post, lanes, (rowCount) => hold?.(post, rowCount, end));
      }
    }
    return true;
  } catch (error) {
    signal?.throwIfAborted();
    broken.throwIfAborted();
    if (stopPosting?.aborted && error === stopPosting.reason) return false;
    throw error;
  }
}

async function sendPost(
  post: Post,
  lanes: readonly Lane[],
  hold: (rowCount: number) => Promise<void> | undefined,
): Promise<void> {
  const rows: { lane: Lane; row: Row }[] = [];
  for (const lane of lanes) {
    const row = post.rows[lane.table];
    if (row === undefined) continue;
    if (lane.hasRecords && await lane.isRecorded(row)) continue;
    rows.push({ lane, row });
  }
  if (rows.length === 0) return;
  const held = hold(rows.length);
  if (held !== undefined) await held;
  for (const { lane, row } of rows) {
    const isFull = lane.add(row);
    if (isFull) await lane.send();
  }
}

/** A source that does not answer must not hold back a Ctrl-C. */
async function* untilAborted<T>(items: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  const iterator = items[Symbol.asyncIterator]();
  try {
    for (;;) {
      const { done, value } = await abortable(iterator.next(), signal);
      if (done === true) return;
      yield value;
    }
  } finally {
    const closed = iterator.return?.();
    if (signal.aborted) closed?.catch(() => {});
    else await closed;
  }
}

function resultOf(lanes: readonly Lane[]): Ingested {
  const tables = Object.fromEntries(lanes.map((lane) => [lane.table, lane.counts]));
  return {
    tables: tables as Record<TableName, TableIngest>,
    refusals: lanes.flatMap((lane) => lane.refusals),
  };
}
