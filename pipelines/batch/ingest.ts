/**
 * Ingest: posts -> acknowledged records in the topics `<id>.pin`, `<id>.geo`, `<id>.user`.
 *
 *   in    posts in source order
 *   out   one record per row; a ledger line per row; the goal of landing
 *
 * Delivery is at least once, and a rerun sends only what the ledger lacks: rows are entered
 * there in source order, each after its acknowledgement, so a run that is killed anywhere loses
 * nothing and repeats at most the requests that were in flight. A row that the topic refuses
 * for good (over 1 MiB) is entered without a place, counted and named; the others go on.
 *
 * Rows of a table that share one request keep their order, and so do its requests as long as
 * `inFlightMax` is 1. A record that had to be sent again comes after the others of its request.
 */
import type { Gateway, Outcome, Outgoing } from "../clients/gateway.ts";
import { abortable } from "../clients/retry.ts";
import { contentHash } from "../content.ts";
import { RunError, UsageError } from "../errors.ts";
import { keyText, Ledger, type LedgerEntry, type LedgerOptions } from "../ledger.ts";
import type { Post, Row } from "../posts.ts";
import { sourceTables, type TableName, tableNames, topicOf } from "../tables.ts";
import type { LandingGoal } from "./goal.ts";

export interface IngestWorks {
  gateway: Gateway;
  /** Folder of the ledgers; made if it does not exist. */
  ledgerFolder: string;
  goal: LandingGoal;
  /** Waits for the pauses of posts; default: none are made. */
  sleep?: ((ms: number, signal?: AbortSignal) => Promise<void>) | undefined;
  /** Called after every ledger entry with the rows acknowledged so far, earlier runs included. */
  onPosted?: ((table: TableName, postedCount: number) => void) | undefined;
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

export interface Refused {
  table: TableName;
  key: string;
  reason: string;
}

export interface TableIngest {
  /** Rows read from the source. */
  source: number;
  /** Rows acknowledged, earlier runs included. */
  posted: number;
  postedThisRun: number;
  /** How often a record was sent once more in this run. */
  resent: number;
  /** Rows refused for good, earlier runs included. */
  refused: number;
}

export interface Ingested {
  tables: Record<TableName, TableIngest>;
  /** The first of the refused rows. */
  refusals: Refused[];
}

/** With so many refused it is not the rows that are wrong. */
const refusedMax = 1_000;
const refusalsNamed = 100;
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
  options: IngestOptions,
): Promise<Ingested> {
  const lanes: Lane[] = [];
  const refusals: Refused[] = [];
  try {
    for (const table of tableNames) {
      const ledger = await Ledger.open(works.ledgerFolder, table, works.ledger);
      lanes.push(new Lane(ledger, works, options, refusals));
    }
    for await (const batch of untilAborted(posts, options.signal)) {
      for (const post of batch) await sendPost(post, lanes, works, options);
    }
    for (const lane of lanes) await lane.finish();
    works.goal.finish();
    return { tables: countsOf(lanes), refusals };
  } finally {
    await Promise.allSettled(lanes.map((lane) => lane.settle()));
    for (const lane of lanes) lane[Symbol.dispose]();
  }
}

/** A source that does not answer must not hold back a Ctrl-C. */
async function* untilAborted<T>(
  items: AsyncIterable<T>,
  signal: AbortSignal | undefined,
): AsyncGenerator<T> {
  const iterator = items[Symbol.asyncIterator]();
  try {
    for (;;) {
      const { done, value } = await abortable(iterator.next(), signal);
      if (done === true) return;
      yield value;
    }
  } finally {
    const closed = iterator.return?.();
    if (signal?.aborted) closed?.catch(() => {});
    else await closed;
  }
}

async function sendPost(
  post: Post,
  lanes: readonly Lane[],
  { sleep }: IngestWorks,
  { signal }: IngestOptions,
): Promise<void> {
  signal?.throwIfAborted();
  let isPaused = post.pauseSeconds === 0 || sleep === undefined;
  for (const lane of lanes) {
    const row = post.rows[lane.table];
    if (row === undefined) continue;
    if (lane.hasRecords && await lane.isRecorded(row)) continue;
    if (!isPaused && sleep !== undefined) {
      isPaused = true;
      await sleep(post.pauseSeconds * 1000, signal);
    }
    const full = lane.add(row);
    if (full) await lane.send();
  }
}

function countsOf(lanes: readonly Lane[]): Record<TableName, TableIngest> {
  return Object.fromEntries(
    lanes.map((lane) => [lane.table, lane.counts]),
  ) as Record<TableName, TableIngest>;
}

interface Waiting {
  key: string;
  hash: string;
  record: Outgoing;
}

/** One table on its way: the rows that wait for a request, and the requests in flight. */
class Lane implements Disposable {
  readonly table: TableName;
  readonly counts: TableIngest = { source: 0, posted: 0, postedThisRun: 0, resent: 0, refused: 0 };
  /** Rows of earlier runs are still to be met. */
  hasRecords = true;
  readonly #ledger: Ledger;
  readonly #recorded: AsyncGenerator<LedgerEntry[]>;
  readonly #works: IngestWorks;
  readonly #options: Required<Pick<IngestOptions, "batchSize" | "inFlightMax" | "keyed">>;
  readonly #topic: string;
  readonly #keyName: string;
  readonly #refusals: Refused[];
  readonly #inFlight = new Set<Promise<void>>();
  #page: LedgerEntry[] = [];
  #pageAt = 0;
  #waiting: Waiting[] = [];
  #waitingChars = 0;
  #lastEntered: Promise<void> = Promise.resolve();
  #failure: Error | undefined;

  constructor(ledger: Ledger, works: IngestWorks, options: IngestOptions, refusals: Refused[]) {
    const { batchSize = 500, inFlightMax = 1, keyed = false } = options;
    this.table = ledger.table;
    this.#ledger = ledger;
    this.#recorded = ledger.recorded();
    this.#works = works;
    this.#options = { batchSize, inFlightMax, keyed };
    this.#topic = topicOf(options.id, ledger.table);
    this.#keyName = sourceTables[ledger.table].key;
    this.#refusals = refusals;
  }

  /**
   * Is this row, at this position, in the ledger of an earlier run?
   * @throws {UsageError} if another row is.
   */
  async isRecorded(row: Row): Promise<boolean> {
    const entry = await this.#nextRecorded();
    if (entry === undefined) return false;
    const number = ++this.counts.source;
    const key = keyText(row[this.#keyName]);
    if (entry.key !== key || entry.hash !== contentHash(this.table, row)) {
      throw new UsageError(
        `The source has changed since this folder was filled: ${this.table} row ${number} ` +
          `(key ${key}) is not the row that was posted (key ${entry.key}) according to ` +
          `${this.#ledger.path}. Use the same source, seed and order, or another --data folder`,
      );
    }
    this.#count(entry);
    if (entry.place === null) this.#refuse(key, "refused in an earlier run");
    return true;
  }

  /** Takes a row; true if the request is full and has to be sent before the next one. */
  add(row: Row): boolean {
    const key = row[this.#keyName];
    const value = JSON.stringify(row);
    const record: Outgoing = this.#options.keyed && key !== null && key !== undefined
      ? { key: JSON.stringify(key), value }
      : { value };
    this.counts.source++;
    this.#waiting.push({ key: keyText(key), hash: contentHash(this.table, row), record });
    this.#waitingChars += value.length;
    return this.#waiting.length >= this.#options.batchSize ||
      this.#waitingChars >= requestCharsMax;
  }

  /** Sends what waits, as soon as a request may be made. */
  async send(): Promise<void> {
    while (this.#inFlight.size >= this.#options.inFlightMax) await Promise.race(this.#inFlight);
    if (this.#failure !== undefined) throw this.#failure;
    const batch = this.#waiting;
    if (batch.length === 0) return;
    this.#waiting = [];
    this.#waitingChars = 0;
    const request = this.#request(batch, this.#lastEntered)
      .catch((error) => {
        this.#failure ??= error;
      })
      .finally(() => this.#inFlight.delete(request));
    this.#lastEntered = request;
    this.#inFlight.add(request);
  }

  /** Sends the rest and waits for every answer. */
  async finish(): Promise<void> {
    await this.send();
    await this.settle();
    if (this.#failure !== undefined) throw this.#failure;
    if (this.hasRecords && await this.#nextRecorded() !== undefined) throw this.#tooFew();
  }

  async settle(): Promise<void> {
    await Promise.all(this.#inFlight);
  }

  [Symbol.dispose](): void {
    this.#ledger[Symbol.dispose]();
  }

  async #request(batch: readonly Waiting[], entered: Promise<void>): Promise<void> {
    const produced = await this.#works.gateway.produce(
      this.#topic,
      batch.map((waiting) => waiting.record),
    );
    await entered;
    // An earlier request failed: what came after it is sent again by the next run.
    if (this.#failure !== undefined) return;
    this.counts.resent += produced.resentCount;
    this.#enter(batch, produced.outcomes);
    if (produced.failure !== undefined) throw produced.failure;
    if (this.counts.refused > refusedMax) throw this.#allRefused();
  }

  /** Writes the outcomes down, up to the first row without one. */
  #enter(batch: readonly Waiting[], outcomes: readonly (Outcome | undefined)[]): void {
    const entries: LedgerEntry[] = [];
    for (const [at, { key, hash }] of batch.entries()) {
      const outcome = outcomes[at];
      if (outcome === undefined) break;
      if ("refused" in outcome) this.#refuse(key, outcome.refused);
      entries.push({ key, hash, place: "refused" in outcome ? null : outcome });
    }
    this.#ledger.append(entries);
    for (const entry of entries) {
      this.#count(entry);
      if (entry.place !== null) this.counts.postedThisRun++;
    }
    this.#works.onPosted?.(this.table, this.counts.posted);
  }

  #count({ place }: LedgerEntry): void {
    if (place === null) {
      this.counts.refused++;
      return;
    }
    this.counts.posted++;
    this.#works.goal.raise(this.#topic, place.partition, BigInt(place.offset));
  }

  #refuse(key: string, reason: string): void {
    if (this.#refusals.length >= refusalsNamed) return;
    this.#refusals.push({ table: this.table, key, reason });
  }

  async #nextRecorded(): Promise<LedgerEntry | undefined> {
    while (this.#pageAt >= this.#page.length) {
      const { done, value } = await this.#recorded.next();
      if (done === true) {
        this.hasRecords = false;
        return undefined;
      }
      this.#page = value;
      this.#pageAt = 0;
    }
    return this.#page[this.#pageAt++];
  }

  #tooFew(): UsageError {
    return new UsageError(
      `The source is shorter than what this folder was filled from: it ends after ` +
        `${this.counts.source} ${this.table} rows, and ${this.#ledger.path} has more. ` +
        `Use the same source and at least the same --rows, or another --data folder`,
    );
  }

  #allRefused(): RunError {
    const { key, reason } = this.#refusals[0] ?? { key: "", reason: "" };
    return new RunError(
      `Cannot post to ${this.#topic}: more than ${refusedMax} rows were refused, ` +
        `the first (key ${key}) with ${reason}. Mend the topic, then start with another --data`,
    );
  }
}
