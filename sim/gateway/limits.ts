/** Quotas of a REST API. Source: API Gateway developer guide, "Amazon API Gateway quotas". */
export const limits = {
  /** Of a request's or a response's body; cannot be raised. */
  payloadBytesMax: 10_485_760,
  /** Of path and query together. */
  urlLengthMax: 10_240,
  /** How long an integration may take; longer ones need a raised quota. */
  timeoutMs: 29_000,
  timeoutMsMin: 50,
  templateBytesMax: 300 * 1024,
  apiKeyLength: { min: 20, max: 128 },
  stageName: /^[A-Za-z0-9_-]{1,128}$/,
} as const;

/** A token bucket: `ratePerSecond` on average, `burst` at once. */
export interface Throttle {
  ratePerSecond: number;
  burst: number;
}

export class TokenBucket {
  readonly #throttle: Throttle;
  readonly #nowMs: () => number;
  #tokens: number;
  #filledMs: number;

  constructor(throttle: Throttle, nowMs: () => number) {
    this.#throttle = throttle;
    this.#nowMs = nowMs;
    this.#tokens = throttle.burst;
    this.#filledMs = nowMs();
  }

  /** Takes one token; false if there is none. */
  take(): boolean {
    const { ratePerSecond, burst } = this.#throttle;
    const nowMs = this.#nowMs();
    const grown = Math.max(0, nowMs - this.#filledMs) / 1000 * ratePerSecond;
    this.#tokens = Math.min(burst, this.#tokens + grown);
    this.#filledMs = nowMs;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
