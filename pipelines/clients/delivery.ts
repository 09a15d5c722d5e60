/**
 * Delivery: a list of records -> what became of each, over a gateway that answers late, in part
 * or not at all.
 *
 *   in    records in order, and the exchange that turns them into requests and reads the answers
 *   out   one outcome for each record, in order; trouble comes beside them, never instead
 *
 * What failed and may succeed (408, 429, 5xx, no answer, entries that say so) is sent again after
 * a pause, and only that. A request that is too much is sent in halves, until a single record is
 * too much: that one is refused for good, the others go on. After an answer that never came the
 * same records may be stored twice: delivery is at least once, and whoever reads drops repeats.
 *
 * Where an exchange names an order, records of one key never share a request: the second waits
 * until the first is known to be stored, however often that one had to be sent.
 */
import { OutsideError } from "../errors.ts";
import { excerpt } from "./answers.ts";
import { type Authorize, forbiddenText, plain } from "./gateway_auth.ts";
import { outside } from "./outside.ts";
import { gaveUp, NoAnswer, pauseAfter, pauseMs, type RetryOptions } from "./retry.ts";

/** Where it was stored: topic partition and offset, or shard number and sequence number. */
export type Outcome = { partition: number; offset: bigint } | { refused: string };

export interface Produced {
  /** One for each record, in order; undefined if it is not known to be stored or refused. */
  outcomes: (Outcome | undefined)[];
  /** How many records were sent once more, each time they were. */
  resentCount: number;
  /** Why it ended before every record had its outcome. */
  failure?: Error;
}

export interface GatewayOptions extends RetryOptions {
  /** One call without an answer for this long counts as lost; default 35 s, API Gateway's 29. */
  answerTimeoutMs?: number;
  /** Header fields that let a request through. Default: it needs none. */
  authorize?: Authorize | undefined;
}

/** What an answer says of one record. */
export type Verdict = Outcome | { later: string } | { fatal: string };

/** The request as a whole was too much; if it had one record, it is refused for this. */
export interface TooMuch {
  tooMuch: string;
}

/** How records are put into a request, and what its answers mean. */
export interface Exchange<R> {
  url: string;
  method: "POST" | "PUT";
  contentType: string;
  /** Records whose key is the same text keep their order; default: they may pass each other. */
  orderOf?(record: R): string | undefined;
  body(records: readonly R[]): string;
  /**
   * A verdict for each of `count` records, in order.
   * @throws {OutsideError} if the answer is none about records
   */
  read(status: number, text: string, count: number): readonly Verdict[] | TooMuch;
}

const utf8 = new TextEncoder();

/** Sends records until each has its outcome, or time is up, or the answer is no for good. */
export function deliver<R>(
  exchange: Exchange<R>,
  records: readonly R[],
  options: GatewayOptions,
): Promise<Produced> {
  return new Delivery(exchange, records, options).run();
}

/** One list of records on its way: what is still to be sent, and what became of the rest. */
class Delivery<R> {
  readonly #exchange: Exchange<R>;
  readonly #records: readonly R[];
  readonly #options: GatewayOptions;
  readonly #outcomes: (Outcome | undefined)[];
  #pending: number[];
  #resentCount = 0;
  #failureCount = 0;
  #attemptCount = 0;
  /** When the first attempt began of those that stored nothing. */
  #fruitlessSinceMs: number;
  /** The last that was news of the other side. */
  #trouble: OutsideError | undefined;

  constructor(exchange: Exchange<R>, records: readonly R[], options: GatewayOptions) {
    this.#exchange = exchange;
    this.#records = records;
    this.#options = options;
    this.#outcomes = new Array<undefined>(records.length).fill(undefined);
    this.#pending = records.map((_, index) => index);
    this.#fruitlessSinceMs = options.timing.nowMs();
  }

  async run(): Promise<Produced> {
    try {
      while (this.#pending.length > 0) {
        const round = this.#nextRound();
        const trouble = await this.#sendAll(round);
        const left = round.filter((index) => this.#outcomes[index] === undefined);
        if (left.length < round.length) {
          this.#pending = this.#pending.filter((index) => this.#outcomes[index] === undefined);
          this.#fruitlessSinceMs = this.#options.timing.nowMs();
        }
        if (trouble !== undefined && left.length > 0) await this.#pause(trouble, left.length);
      }
      return { outcomes: this.#outcomes, resentCount: this.#resentCount };
    } catch (failure) {
      if (!(failure instanceof Error)) throw failure;
      return { outcomes: this.#outcomes, resentCount: this.#resentCount, failure };
    }
  }

  /** What may be sent now: of every order the first record that is not done. */
  #nextRound(): readonly number[] {
    const { orderOf } = this.#exchange;
    if (orderOf === undefined) return this.#pending;
    const met = new Set<string>();
    return this.#pending.filter((index) => {
      const order = orderOf(this.#records[index]!);
      if (order === undefined) return true;
      if (met.has(order)) return false;
      met.add(order);
      return true;
    });
  }

  /** Sends the records of these indexes; returns the trouble that a later attempt may not meet. */
  async #sendAll(indexes: readonly number[]): Promise<OutsideError | undefined> {
    this.#options.signal?.throwIfAborted();
    this.#attemptCount++;
    try {
      const { status, text } = await this.#send(indexes);
      const read = this.#exchange.read(status, text, indexes.length);
      if ("tooMuch" in read) return await this.#sendHalves(indexes, read.tooMuch);
      return this.#take(indexes, read);
    } catch (error) {
      this.#options.signal?.throwIfAborted();
      const told = outside(`post to ${this.#exchange.url}`, error, { retryable: true });
      if (!(told instanceof OutsideError) || !told.retryable) throw told;
      return told;
    }
  }

  async #send(indexes: readonly number[]): Promise<{ status: number; text: string }> {
    const { url, method, contentType } = this.#exchange;
    const text = this.#exchange.body(indexes.map((index) => this.#records[index]!));
    const body = utf8.encode(text);
    const { answerTimeoutMs = 35_000, signal, limits, timing } = this.#options;
    const { authorize = plain } = this.#options;
    const leftMs = limits.limitMs - (timing.nowMs() - this.#fruitlessSinceMs);
    return await within(Math.min(answerTimeoutMs, leftMs), signal, async (signal) => {
      const headers = await authorize({ url, method, contentType, body });
      const response = await fetch(url, { method, headers, body, signal });
      return { status: response.status, text: await response.text() };
    });
  }

  /** Too much for one request: in two, until a single record is too much. */
  async #sendHalves(indexes: readonly number[], why: string): Promise<OutsideError | undefined> {
    const first = indexes[0];
    if (indexes.length === 1 && first !== undefined) {
      this.#outcomes[first] = { refused: why };
      return undefined;
    }
    const middle = indexes.length >> 1;
    const trouble = await this.#sendAll(indexes.slice(0, middle));
    return trouble ?? await this.#sendAll(indexes.slice(middle));
  }

  #take(indexes: readonly number[], verdicts: readonly Verdict[]): OutsideError | undefined {
    let later: string | undefined;
    let fatal: string | undefined;
    for (let at = 0; at < indexes.length; at++) {
      const verdict = verdicts[at]!;
      if ("later" in verdict) later ??= verdict.later;
      else if ("fatal" in verdict) fatal ??= verdict.fatal;
      else this.#outcomes[indexes[at]!] = verdict;
    }
    if (fatal !== undefined) {
      const { url } = this.#exchange;
      throw new OutsideError(`Cannot post to ${url}: a record was answered ${fatal}`, {
        retryable: false,
      });
    }
    return later === undefined
      ? undefined
      : new OutsideError(`a record was answered ${later}`, { retryable: true });
  }

  async #pause(trouble: OutsideError, leftCount: number): Promise<void> {
    const { timing, limits } = this.#options;
    const nowMs = timing.nowMs();
    const pause = pauseMs(++this.#failureCount, limits, timing.random);
    this.#trouble = trouble instanceof NoAnswer ? this.#trouble ?? trouble : trouble;
    const forMs = nowMs - this.#fruitlessSinceMs;
    const what = `post to ${this.#exchange.url}`;
    if (forMs + pause > limits.limitMs) {
      throw gaveUp(what, this.#attemptCount, forMs, this.#trouble, "GATEWAY_URL");
    }
    await pauseAfter(what, trouble, pause, this.#options);
    this.#resentCount += leftCount;
  }
}

/** Ends the work's signal after a time, or with ours; leaves no timer and no listener behind. */
export async function within<T>(
  ms: number,
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const onAbort = () => controller.abort(signal?.reason);
  const late = new NoAnswer(`no answer in ${Math.round(ms) / 1000} s`);
  const timer = setTimeout(() => controller.abort(late), ms);
  signal?.addEventListener("abort", onAbort, { once: true });
  try {
    return await work(controller.signal);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  }
}

/** Is the answer about the moment rather than about what was asked? */
export function mayPass(status: number): boolean {
  return status === 408 || status === 429 || status >= 500;
}

/** An answer that is none about records, as the error it stands for. */
export function refusal(
  url: string,
  answer: { status: number; text: string },
  { retryable, advice }: { retryable: boolean; advice: string | undefined },
): OutsideError {
  const hint = advice === undefined ? "" : `; ${advice}`;
  const said = `answered ${toldBy(answer)}${hint}`;
  return new OutsideError(retryable ? said : `Cannot post to ${url}: ${said}`, { retryable });
}

/** An answer of another length than the request says nothing about any of its records. */
export function wrongCount(url: string, what: string, found: number, count: number): OutsideError {
  return new OutsideError(
    `Cannot read the answer of ${url}: ${found} ${what} for ${count} records`,
    { retryable: false },
  );
}

/** The whole of what a gateway says when it forbids: who may not do what is at its end. */
function toldBy({ status, text }: { status: number; text: string }): string {
  const words = status === 403 ? forbiddenText(text) : null;
  return `${status} ${words ?? excerpt(text)}`;
}
