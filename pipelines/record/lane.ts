/**
 * Lane: the rows of one table -> acknowledged records and a ledger line for each, in source order.
 *
 * Rows are entered in the ledger in source order, each after its acknowledgement, so a run that
 * is killed anywhere loses nothing and repeats at most the requests that were in flight. A later
 * run walks its source along the ledger and sends only what that lacks. A row that is refused for
 * good (too large for a record) is entered without a place, counted and named; the others go on.
 */
import type { Outcome, Produced } from "../clients/delivery.ts";
import { contentHash } from "./content.ts";
import { RunError, UsageError } from "../errors.ts";
import type { Listener } from "../events.ts";
import type { Journey } from "./journey.ts";
import { keyText, type Ledger, type LedgerEntry, type Place } from "./ledger.ts";
import type { Row } from "../posts.ts";
import { sourceTables, type TableName } from "../tables.ts";

/** A row on its way. */
export interface Outbound {
  /** Its key, as the source gave it. */
  key: unknown;
  /** The row as JSON text. */
  value: string;
  hash: string;
}

/** Where the rows of a lane go, and who is told of what becomes of them. */
export interface Destination {
  /** As people know it: the name of the topic or the stream. */
  name: string;
  send(rows: readonly Outbound[]): Promise<Produced>;
  /** A row has its place; told of the rows of earlier runs too. */
  onPlaced(place: Place): void;
  /** Awaited between an answer and its entry; `sinceMs`: when the oldest of its rows was taken. */
  onAnswer?(outcomes: readonly (Outcome | undefined)[], sinceMs: number): Promise<void>;
}

export interface LaneOptions {
  /** Records per request. */
  batchSize: number;
  /** Requests at the same time; more than one loosen the order. */
  inFlightMax: number;
  /** UTF-16 units per request. */
  requestCharsMax: number;
  /** Rows wait no longer than this for others; null: until the request is full or the end. */
  lingerMs: number | null;
  nowMs(): number;
  /** The first error, as soon as it is known; `send` and `finish` throw it too. */
  onFailure(error: Error): void;
  /** Told after every entry: the rows acknowledged so far, earlier runs included. */
  tell?: Listener | undefined;
  journey?: Journey | null | undefined;
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

/** With so many refused it is not the rows that are wrong. */
const refusedMax = 1_000;
const refusalsNamed = 100;

export class Lane implements AsyncDisposable {
  readonly table: TableName;
  readonly counts: TableIngest = { source: 0, posted: 0, postedThisRun: 0, resent: 0, refused: 0 };
  /** The first of the refused rows. */
  readonly refusals: Refused[] = [];
  /** Rows of earlier runs are still to be met. */
  hasRecords = true;
  readonly #ledger: Ledger;
  readonly #recorded: AsyncGenerator<LedgerEntry[]>;
  readonly #destination: Destination;
  readonly #options: LaneOptions;
  readonly #keyName: string;
  readonly #inFlight = new Set<Promise<void>>();
  #page: LedgerEntry[] = [];
  #pageAt = 0;
  #waiting: Outbound[] = [];
  #waitingChars = 0;
  #waitingSinceMs = 0;
  #lingering: ReturnType<typeof setTimeout> | undefined;
  /** What waits has waited long enough. */
  #isDue = false;
  #lastEntered: Promise<void> = Promise.resolve();
  #failure: Error | undefined;

  constructor(ledger: Ledger, destination: Destination, options: LaneOptions) {
    this.table = ledger.table;
    this.#ledger = ledger;
    this.#recorded = ledger.recorded();
    this.#destination = destination;
    this.#options = options;
    this.#keyName = sourceTables[ledger.table].key;
  }

  /**
   * Is this row, at this position, in the ledger of an earlier run?
   * @throws {UsageError} if another row is.
   */
  async isRecorded(row: Row): Promise<boolean> {
    const entry = await this.#nextRecorded();
    if (entry === undefined) return false;
    const key = keyText(row[this.#keyName]);
    if (entry.key !== key || entry.hash !== contentHash(this.table, row)) {
      throw this.#changed(key, entry);
    }
    this.#meet(entry);
    return true;
  }

  /** Takes a row; true if the request is full and has to be sent before the next one. */
  add(row: Row): boolean {
    if (this.#waiting.length === 0) this.#begin();
    const value = JSON.stringify(row);
    const hash = contentHash(this.table, row);
    this.counts.source++;
    this.#waiting.push({ key: row[this.#keyName], value, hash });
    this.#waitingChars += value.length;
    return this.#waiting.length >= this.#options.batchSize ||
      this.#waitingChars >= this.#options.requestCharsMax;
  }

  /** Sends what waits, as soon as a request may be made. */
  async send(): Promise<void> {
    while (this.#waiting.length > 0 && this.#isBusy) await Promise.race(this.#inFlight);
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#waiting.length > 0) this.#dispatch();
  }

  /** Sends the rest and waits for every answer. */
  async finish(): Promise<void> {
    await this.send();
    await Promise.all(this.#inFlight);
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** @throws {UsageError} if earlier runs posted more rows than the source has. */
  async checkEnd(): Promise<void> {
    if (this.hasRecords && await this.#nextRecorded() !== undefined) throw this.#tooFew();
  }

  /** Counts the rows of earlier runs that the source was not read up to. */
  async meetRest(): Promise<void> {
    if (!this.hasRecords) return;
    for (;;) {
      const entry = await this.#nextRecorded();
      if (entry === undefined) return;
      this.#meet(entry);
    }
  }

  /** Sends nothing more, waits for what is in flight, and closes the ledger. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#rest();
    await Promise.all(this.#inFlight);
    await this.#recorded.return(undefined);
    this.#ledger[Symbol.dispose]();
  }

  get #isBusy(): boolean {
    return this.#inFlight.size >= this.#options.inFlightMax;
  }

  /** The first row of a request: from now on it waits for others. */
  #begin(): void {
    this.#waitingSinceMs = this.#options.nowMs();
    if (this.#options.lingerMs === null) return;
    this.#lingering = setTimeout(() => {
      this.#isDue = true;
      this.#dispatchIfDue();
    }, this.#options.lingerMs);
  }

  /** Nothing waits, or nothing that waits is to be sent. */
  #rest(): void {
    clearTimeout(this.#lingering);
    this.#isDue = false;
  }

  #dispatchIfDue(): void {
    if (this.#isDue && !this.#isBusy && this.#failure === undefined) this.#dispatch();
  }

  #dispatch(): void {
    const batch = this.#waiting;
    this.#waiting = [];
    this.#waitingChars = 0;
    this.#rest();
    const request = this.#request(batch, this.#waitingSinceMs, this.#lastEntered)
      .catch((error) => {
        this.#failure ??= error;
        this.#options.onFailure(error);
      })
      .finally(() => {
        this.#inFlight.delete(request);
        this.#dispatchIfDue();
      });
    this.#lastEntered = request;
    this.#inFlight.add(request);
  }

  async #request(
    batch: readonly Outbound[],
    sinceMs: number,
    entered: Promise<void>,
  ): Promise<void> {
    const produced = await this.#destination.send(batch);
    await entered;
    // An earlier request failed: what came after it is sent again by the next run.
    if (this.#failure !== undefined) return;
    this.counts.resent += produced.resentCount;
    await this.#destination.onAnswer?.(produced.outcomes, sinceMs);
    this.#enter(batch, produced.outcomes);
    if (produced.failure !== undefined) throw produced.failure;
    if (this.counts.refused > refusedMax) throw this.#allRefused();
  }

  /** Writes the outcomes down, up to the first row without one. */
  #enter(batch: readonly Outbound[], outcomes: readonly (Outcome | undefined)[]): void {
    const entries: LedgerEntry[] = [];
    for (let at = 0; at < batch.length; at++) {
      const outcome = outcomes[at];
      if (outcome === undefined) break;
      const { key, hash } = batch[at]!;
      const entry = { key: keyText(key), hash, place: "refused" in outcome ? null : outcome };
      if ("refused" in outcome) this.#refuse(entry.key, outcome.refused);
      entries.push(entry);
    }
    this.#ledger.append(entries);
    for (const entry of entries) {
      this.#count(entry);
      if (entry.place !== null) this.counts.postedThisRun++;
    }
    const { tell, journey } = this.#options;
    tell?.counts?.({ hop: "posted", table: this.table, count: this.counts.posted });
    const [row, entry] = [batch[0], entries[0]];
    if (row !== undefined && entry?.place) {
      journey?.posted(this.table, entry.key, row.value, entry.place);
    }
  }

  /** A row of an earlier run. */
  #meet(entry: LedgerEntry): void {
    this.counts.source++;
    this.#count(entry);
    if (entry.place === null) this.#refuse(entry.key, "refused in an earlier run");
  }

  #count({ place }: LedgerEntry): void {
    if (place === null) {
      this.counts.refused++;
      return;
    }
    this.counts.posted++;
    this.#destination.onPlaced(place);
  }

  #refuse(key: string, reason: string): void {
    if (this.refusals.length >= refusalsNamed) return;
    this.refusals.push({ table: this.table, key, reason });
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

  #changed(key: string, entry: LedgerEntry): UsageError {
    return new UsageError(
      `The source has changed since this folder was filled: ${this.table} row ` +
        `${this.counts.source + 1} (key ${key}) is not the row that was posted ` +
        `(key ${entry.key}) according to ${this.#ledger.path}. ` +
        `Use the same source, seed and order, or another --data folder`,
    );
  }

  #tooFew(): UsageError {
    return new UsageError(
      `The source is shorter than what this folder was filled from: it ends after ` +
        `${this.counts.source} ${this.table} rows, and ${this.#ledger.path} has more. ` +
        `Use the same source and at least the same --rows, or another --data folder`,
    );
  }

  #allRefused(): RunError {
    const { name } = this.#destination;
    const { key, reason } = this.refusals[0] ?? { key: "", reason: "" };

    return new RunError(
      `Cannot post to ${name}: more than ${refusedMax} rows were refused, ` +
        `the first (key ${key}) with ${reason}. Mend it, then start with another --data`,
    );
  }
}
