/**
 * Pace: records per second -> when the next ones may be sent, as a token bucket.
 *
 * In any stretch of time at most `rate * seconds + burst` records are let through. A stall no
 * longer than the burst is made up for; what is lost to a longer one stays lost, so that nobody
 * is flooded afterwards. A clock that jumps back counts as one that stood still, and one that
 * jumps ahead fills the bucket at most. One taker at a time.
 */
import type { Timing } from "../clients/retry.ts";

export interface PaceOptions {
  /** Records that may go at once; default a tenth of a second's worth, and at least two posts. */
  burst?: number;
}

/** Two posts of three records: one that goes, and room to make up for a nap that overran. */
const burstLeast = 6;
/** Shorter naps cost more than they bring. */
const napLeastMs = 5;

export class Pace {
  readonly #ratePerMs: number;
  readonly #burst: number;
  readonly #timing: Pick<Timing, "nowMs" | "sleep">;
  #tokens: number;
  #lastMs: number;

  /** @throws {RangeError} unless there is at least one record in 1,000 s. */
  constructor(
    recordsPerSecond: number,
    timing: Pick<Timing, "nowMs" | "sleep">,
    { burst = Math.max(burstLeast, recordsPerSecond / 10) }: PaceOptions = {},
  ) {
    if (!(recordsPerSecond >= 0.001 && recordsPerSecond < Infinity && burst >= 1)) {
      throw new RangeError(`Cannot keep a pace of ${recordsPerSecond} records/s, burst ${burst}`);
    }
    this.#ratePerMs = recordsPerSecond / 1000;
    this.#burst = burst;
    this.#timing = timing;
    this.#tokens = burst;
    this.#lastMs = timing.nowMs();
  }

  /**
   * Takes so many records' worth; what it returns ends when they may go. More than a burst waits
   * for a full bucket and leaves a debt.
   */
  take(count: number, signal?: AbortSignal): Promise<void> | undefined {
    return this.#tryTake(count) ? undefined : this.#wait(count, signal);
  }

  async #wait(count: number, signal: AbortSignal | undefined): Promise<void> {
    do {
      const missing = Math.min(count, this.#burst) - this.#tokens;
      const napMs = Math.max(missing / this.#ratePerMs, this.#napLeastMs);
      await this.#timing.sleep(napMs, signal);
    } while (!this.#tryTake(count));
  }

  /** Never so long that the bucket would run over. */
  get #napLeastMs(): number {
    return Math.max(1, Math.min(napLeastMs, this.#burst / this.#ratePerMs / 4));
  }

  #tryTake(count: number): boolean {
    const nowMs = this.#timing.nowMs();
    const gained = Math.max(0, nowMs - this.#lastMs) * this.#ratePerMs;
    this.#lastMs = nowMs;
    this.#tokens = Math.min(this.#burst, this.#tokens + gained);
    if (this.#tokens < Math.min(count, this.#burst)) return false;
    this.#tokens -= count;
    return true;
  }
}
