/**
 * Rates: how much may happen in how long a time, by the clock that is passed in.
 *
 * A window slides: what was taken in the last `spanMs` never exceeds the limit, wherever one
 * begins to count. A clock that jumps back forgets what it took in the future.
 */
export class Window {
  /** Moments, ascending, and how much was taken in each. */
  readonly #taken: { atMs: number; amount: number }[] = [];
  #sum = 0;

  constructor(readonly max: number, readonly spanMs: number) {}

  #forget(nowMs: number): void {
    while (this.#taken.length > 0) {
      const { atMs, amount } = this.#taken[0]!;
      if (atMs > nowMs - this.spanMs && atMs <= nowMs) break;
      this.#taken.shift();
      this.#sum -= amount;
    }
    while ((this.#taken.at(-1)?.atMs ?? 0) > nowMs) this.#sum -= this.#taken.pop()!.amount;
  }

  /** Is there room for so much now? */
  has(nowMs: number, amount: number): boolean {
    this.#forget(nowMs);
    return this.#sum + amount <= this.max;
  }

  take(nowMs: number, amount: number): void {
    this.#forget(nowMs);
    this.#sum += amount;
    const last = this.#taken.at(-1);
    if (last?.atMs === nowMs) last.amount += amount;
    else this.#taken.push({ atMs: nowMs, amount });
  }

  /** Takes it if there is room. */
  tryTake(nowMs: number, amount: number): boolean {
    const hasRoom = this.has(nowMs, amount);
    if (hasRoom) this.take(nowMs, amount);
    return hasRoom;
  }
}

/** A store that begins full and is filled up steadily. */
export class Tank {
  #level: number;
  #filledMs = -Infinity;

  constructor(readonly max: number, readonly perMs: number) {
    this.#level = max;
  }

  tryTake(nowMs: number, amount: number): boolean {
    const passedMs = Math.max(0, nowMs - this.#filledMs);
    this.#level = Math.min(this.max, this.#level + passedMs * this.perMs);
    this.#filledMs = nowMs;
    if (this.#level < amount) return false;
    this.#level -= amount;
    return true;
  }
}

export const mebibyte = 1024 * 1024;
const secondMs = 1000;

/**
 * What one shard takes and gives.
 *
 * Documented: 1,000 records and 1 MiB a second in; 5 calls and 2 MiB a second out, and after an
 * answer of 10 MiB no call for 5 s. Documented: a larger record drains a reserve that is filled
 * up again. Assumed: the reserve is 10 MiB, fills with 1 MiB a second, and serves those alone.
 */
export class ShardRates {
  readonly #records = new Window(1000, secondMs);
  readonly #bytesIn = new Window(mebibyte, secondMs);
  readonly #reserve = new Tank(10 * mebibyte, mebibyte / secondMs);
  readonly #calls = new Window(5, secondMs);
  readonly #bytesOut = new Window(2 * mebibyte, secondMs);
  readonly #iterators = new Window(5, secondMs);
  #readAtMs = -Infinity;
  #restMs = 0;

  /** One record of so many bytes, its key included. */
  tryWrite(nowMs: number, bytes: number): boolean {
    if (!this.#records.has(nowMs, 1)) return false;
    const window = bytes > mebibyte ? this.#reserve : this.#bytesIn;
    if (!window.tryTake(nowMs, bytes)) return false;
    this.#records.take(nowMs, 1);
    return true;
  }

  tryRead(nowMs: number): boolean {
    const passedMs = nowMs - this.#readAtMs;
    if (passedMs >= 0 && passedMs < this.#restMs) return false;
    return this.#bytesOut.has(nowMs, 1) && this.#calls.tryTake(nowMs, 1);
  }

  /** After `tryRead`: how much the answer held. */
  didRead(nowMs: number, bytes: number): void {
    this.#bytesOut.take(nowMs, bytes);
    this.#readAtMs = nowMs;
    this.#restMs = bytes > 2 * mebibyte ? (bytes / (2 * mebibyte)) * secondMs : 0;
  }

  tryIterator(nowMs: number): boolean {
    return this.#iterators.tryTake(nowMs, 1);
  }
}

/** How often an action may be asked for. */
export interface Rate {
  max: number;
  spanMs: number;
  /** Counted for the whole account, or for each stream. */
  per: "account" | "stream";
}

export const fiveASecond: Rate = { max: 5, spanMs: secondMs, per: "account" };

/** The windows of all actions; null where no limits are enforced. */
export class ActionRates {
  readonly #windows = new Map<string, Window>();

  tryTake(action: string, stream: string, rate: Rate, nowMs: number): boolean {
    const key = rate.per === "stream" ? `${action} ${stream}` : action;
    let window = this.#windows.get(key);
    if (window === undefined) {
      // Names of streams that never were would add up.
      if (this.#windows.size >= 10_000) this.#windows.clear();
      this.#windows.set(key, window = new Window(rate.max, rate.spanMs));
    }
    return window.tryTake(nowMs, 1);
  }
}
