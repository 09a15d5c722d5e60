/**
 * Gateway: records -> a Kafka topic, through API Gateway and the REST proxy behind it.
 *
 *   POST <gateway>/topics/<topic>   application/vnd.kafka.json.v2+json
 *        {"records":[{"value":{…}},{"key":7,"value":{…}}]}
 *   200  {"offsets":[{"partition":0,"offset":41,"error_code":null,"error":null},…],…}
 *
 * A 200 can carry failures and a 403 can carry successes, so every entry is read. What failed
 * and may succeed (429, 5xx, 408, no answer, entries with 50003) is sent again, and only that.
 * After an answer that never came the same records may be stored twice: delivery is at least
 * once, and whoever reads drops repeats. An entry with 50002 (record too large) is refused for
 * good; the others go on.
 *
 * Source: Confluent REST Proxy API reference, v2; API Gateway developer guide, error responses.
 * Left out: signed requests (the course's gateway has no authorizer).
 */
import { OutsideError } from "../errors.ts";
import { outside } from "./outside.ts";
import { gaveUp, pauseMs, type RetryOptions } from "./retry.ts";

/** Both as JSON text. */
export interface Outgoing {
  key?: string;
  value: string;
}

export type Outcome = { partition: number; offset: number } | { refused: string };

export interface Produced {
  /** One for each record, in order; undefined if it is not known to be stored or refused. */
  outcomes: (Outcome | undefined)[];
  /** How many records were sent once more, each time they were. */
  resentCount: number;
  /** Why it ended before every record had its outcome. */
  failure?: Error;
}

export interface Gateway {
  /** Sends records in order. Trouble comes back as `failure`, beside what was stored before it. */
  produce(topic: string, records: readonly Outgoing[]): Promise<Produced>;
}

const contentType = "application/vnd.kafka.json.v2+json";

export interface GatewayOptions extends RetryOptions {
  /** One call without an answer for this long counts as lost; default 35 s, API Gateway's 29. */
  answerTimeoutMs?: number;
}

export function openGateway(gatewayUrl: string, options: GatewayOptions): Gateway {
  return {
    produce: (topic, records) => new Delivery(gatewayUrl, topic, records, options).run(),
  };
}

/** One list of records on its way: what is still to be sent, and what became of the rest. */
class Delivery {
  readonly #url: string;
  readonly #records: readonly Outgoing[];
  readonly #options: GatewayOptions;
  readonly #outcomes: (Outcome | undefined)[];
  #pending: number[];
  #resentCount = 0;
  #failureCount = 0;
  #attemptCount = 0;
  #firstFailureMs = 0;

  constructor(
    gatewayUrl: string,
    topic: string,
    records: readonly Outgoing[],
    options: GatewayOptions,
  ) {
    this.#url = `${gatewayUrl}/topics/${encodeURIComponent(topic)}`;
    this.#records = records;
    this.#options = options;
    this.#outcomes = new Array<undefined>(records.length).fill(undefined);
    this.#pending = records.map((_, index) => index);
  }

  async run(): Promise<Produced> {
    try {
      while (this.#pending.length > 0) {
        const trouble = await this.#sendAll(this.#pending);
        this.#pending = this.#pending.filter((index) => this.#outcomes[index] === undefined);
        if (trouble !== undefined && this.#pending.length > 0) await this.#pause(trouble);
      }
      return { outcomes: this.#outcomes, resentCount: this.#resentCount };
    } catch (failure) {
      if (!(failure instanceof Error)) throw failure;
      return { outcomes: this.#outcomes, resentCount: this.#resentCount, failure };
    }
  }

  /** Sends the records of these indexes; returns the trouble that a later attempt may not meet. */
  async #sendAll(indexes: readonly number[]): Promise<OutsideError | undefined> {
    this.#options.signal?.throwIfAborted();
    this.#attemptCount++;
    try {
      const { status, text } = await this.#post(indexes);
      if (status === 413) return await this.#sendHalves(indexes, text);
      return this.#read(indexes, status, text);
    } catch (error) {
      this.#options.signal?.throwIfAborted();
      const told = outside(`post to ${this.#url}`, error, { retryable: true });
      if (!(told instanceof OutsideError) || !told.retryable) throw told;
      return told;
    }
  }

  async #post(indexes: readonly number[]): Promise<{ status: number; text: string }> {
    const records = indexes.map((index) => {
      const { key, value } = this.#records[index]!;
      return key === undefined ? `{"value":${value}}` : `{"key":${key},"value":${value}}`;
    });
    const body = `{"records":[${records.join(",")}]}`;
    const { answerTimeoutMs = 35_000, signal } = this.#options;
    return await within(answerTimeoutMs, signal, async (signal) => {
      const headers = { "content-type": contentType };
      const response = await fetch(this.#url, { method: "POST", headers, body, signal });
      return { status: response.status, text: await response.text() };
    });
  }

  /** Too much for one request: in two, until a single record is too much. */
  async #sendHalves(indexes: readonly number[], text: string): Promise<OutsideError | undefined> {
    const first = indexes[0];
    if (indexes.length === 1 && first !== undefined) {
      this.#outcomes[first] = { refused: `413: ${excerpt(text)}` };
      return undefined;
    }
    const middle = indexes.length >> 1;
    const trouble = await this.#sendAll(indexes.slice(0, middle));
    return trouble ?? await this.#sendAll(indexes.slice(middle));
  }

  #read(indexes: readonly number[], status: number, text: string): OutsideError | undefined {
    const entries = status === 200 || status === 401 || status === 403 ? entriesOf(text) : null;
    if (entries === null) throw refusal(this.#url, status, text);
    if (entries.length !== indexes.length) {
      throw new OutsideError(
        `Cannot read the answer of ${this.#url}: ${entries.length} offsets ` +
          `for ${indexes.length} records`,
        { retryable: false },
      );
    }
    let later: string | undefined;
    let fatal: string | undefined;
    for (let at = 0; at < indexes.length; at++) {
      const entry = entries[at]!;
      if (typeof entry.offset === "number" && typeof entry.partition === "number") {
        this.#outcomes[indexes[at]!] = { partition: entry.partition, offset: entry.offset };
        continue;
      }
      const told = `${entry.error_code ?? "no offset"}: ${entry.error ?? "no reason given"}`;
      if (entry.error_code === 50002) this.#outcomes[indexes[at]!] = { refused: told };
      else if (entry.error_code === 50003) later ??= told;
      else fatal ??= told;
    }
    if (fatal !== undefined) {
      throw new OutsideError(`Cannot post to ${this.#url}: a record was answered ${fatal}`, {
        retryable: false,
      });
    }
    return later === undefined
      ? undefined
      : new OutsideError(`a record was answered ${later}`, { retryable: true });
  }

  async #pause(trouble: OutsideError): Promise<void> {
    const { timing, limits, signal } = this.#options;
    const nowMs = timing.nowMs();
    if (this.#failureCount++ === 0) this.#firstFailureMs = nowMs;
    const pause = pauseMs(this.#failureCount, limits, timing.random);
    if (nowMs + pause - this.#firstFailureMs > limits.limitMs) {
      const forMs = nowMs - this.#firstFailureMs;
      throw gaveUp(`post to ${this.#url}`, this.#attemptCount, forMs, trouble);
    }
    await timing.sleep(pause, signal);
    this.#resentCount += this.#pending.length;
  }
}

/** Ends the work's signal after a time, or with ours; leaves no timer and no listener behind. */
async function within<T>(
  ms: number,
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const onAbort = () => controller.abort(signal?.reason);
  const late = new OutsideError(`no answer in ${ms / 1000} s`, { retryable: true });
  const timer = setTimeout(() => controller.abort(late), ms);
  signal?.addEventListener("abort", onAbort, { once: true });
  try {
    return await work(controller.signal);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  }
}

interface Entry {
  partition?: unknown;
  offset?: unknown;
  error_code?: unknown;
  error?: unknown;
}

/** The entries of a produce answer; null if the body is something else. */
function entriesOf(text: string): Entry[] | null {
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body !== "object" || body === null || !("offsets" in body)) return null;
    const { offsets } = body;
    if (!Array.isArray(offsets)) return null;
    return offsets.map((entry) => typeof entry === "object" && entry !== null ? entry : {});
  } catch {
    return null;
  }
}

const advice: Readonly<Record<number, string>> = {
  200: "this is not a REST proxy's answer: check GATEWAY_URL",
  403: "check GATEWAY_URL: host, stage, and that the gateway was deployed after its last change",
  404: "check the path of GATEWAY_URL and the {proxy+} resource",
  415: "the gateway changes the content type: let application/vnd.kafka.json.v2+json pass",
};

function refusal(url: string, status: number, text: string): OutsideError {
  const retryable = status === 408 || status === 429 || status >= 500;
  const hint = advice[status] === undefined ? "" : `; ${advice[status]}`;
  const said = `answered ${status} ${excerpt(text)}${hint}`;
  return new OutsideError(retryable ? said : `Cannot post to ${url}: ${said}`, { retryable });
}

function excerpt(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > 300 ? `${line.slice(0, 300)}…` : line;
}
