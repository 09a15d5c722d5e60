/**
 * Retry: an attempt that may fail -> its result, or a clear end.
 *
 * Only what its client calls retryable is tried again, after a pause that doubles from
 * `baseMs` to `capMs` and is cut by chance to between half and the whole, so that many clients
 * do not come back in step. The limit holds for the attempts too: one that is not answered within
 * what is left of it is the last. Clock and chance are passed in.
 */
import type { Listener } from "../events.ts";
import { OutsideError } from "../errors.ts";

/** Time and chance, as a client sees them. */
export interface Timing {
  /** Milliseconds; only differences count. */
  nowMs(): number;
  /** In [0, 1). */
  random(): number;
  /** Rejects with the signal's reason as soon as it is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export interface RetryLimits {
  /** Gives up when so much time has passed without success; default 60,000. */
  limitMs: number;
  /** First pause; default 100. */
  baseMs: number;
  /** Longest pause; default 5,000. */
  capMs: number;
}

export const defaultRetryLimits: RetryLimits = { limitMs: 60_000, baseMs: 100, capMs: 5_000 };

/** Trouble that passes, and when: nothing is tried again before `afterMs`. */
export class LaterError extends OutsideError {
  constructor(message: string, readonly afterMs: number) {
    super(message, { retryable: true });
  }
}

/** Nothing came for as long as was waited. */
export class NoAnswer extends OutsideError {
  constructor(message: string) {
    super(message, { retryable: true });
  }
}

export interface RetryOptions {
  timing: Timing;
  limits: RetryLimits;
  signal?: AbortSignal | undefined;
  /** What a person looks at when something stays out of reach, as in "check <setting>". */
  setting?: string | undefined;
  /** Told of each failure that is tried again. */
  tell?: Listener | undefined;
}

/** The pause before the attempt that follows `failureCount` failures, in milliseconds. */
export function pauseMs(failureCount: number, limits: RetryLimits, random: () => number): number {
  const whole = Math.min(limits.capMs, limits.baseMs * 2 ** (failureCount - 1));
  return whole * (0.5 + random() / 2);
}

/**
 * Tries until the attempt succeeds, fails for good, or the limit is reached.
 *
 * @param what what is tried, as in "Cannot <what>"
 * @throws {OutsideError} with the number of attempts and the last trouble in its message
 */
export async function retrying<T>(
  what: string,
  attempt: () => Promise<T>,
  options: RetryOptions,
): Promise<T> {
  const { timing, limits, signal, setting } = options;
  const beginMs = timing.nowMs();
  let trouble: OutsideError | undefined;
  for (let failureCount = 1;; failureCount++) {
    signal?.throwIfAborted();
    const leftMs = limits.limitMs - (timing.nowMs() - beginMs);
    try {
      return await inTime(leftMs, attempt());
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof OutsideError) || !error.retryable) throw error;
      // To be cut short by the limit is no news of the other side.
      trouble = error instanceof NoAnswer && trouble !== undefined ? trouble : error;
      const nowMs = timing.nowMs();
      const asked = error instanceof LaterError ? error.afterMs : 0;
      const pause = Math.max(asked, pauseMs(failureCount, limits, timing.random));
      if (nowMs + pause - beginMs > limits.limitMs) {
        throw gaveUp(what, failureCount, nowMs - beginMs, trouble, setting);
      }
      await pauseAfter(what, error, pause, options);
    }
  }
}

/** The pause before another attempt, and why there has to be one. */
export async function pauseAfter(
  what: string,
  { message }: Error,
  ms: number,
  { timing, signal, tell }: Pick<RetryOptions, "timing" | "signal" | "tell">,
): Promise<void> {
  tell?.trouble?.({ what: failed(what, message), againInMs: ms });
  await timing.sleep(ms, signal);
}

/** `Cannot <what>: <reason>`; some reasons say the first half themselves. */
function failed(what: string, reason: string): string {
  const prefix = `Cannot ${what}: `;
  return reason.startsWith(prefix) ? reason : prefix + reason;
}

/** The clear end: what was tried, how often and for how long, and what was found last. */
export function gaveUp(
  what: string,
  attemptCount: number,
  forMs: number,
  cause: Error,
  setting?: string,
): OutsideError {
  const often = attemptCount === 1 ? "once" : `${attemptCount} times`;
  const seconds = (forMs / 1000).toFixed(forMs < 10_000 ? 1 : 0);
  const prefix = failed(what, "");
  const last = failed(what, cause.message).slice(prefix.length);
  const hint = setting === undefined
    ? ""
    : `; check ${setting}, or wait longer with --give-up-after`;
  const told = `${prefix}tried ${often} in ${seconds} s, last trouble: ${last}${hint}`;
  return new OutsideError(told, { retryable: false, cause });
}

/**
 * Waits for an answer so long and no longer. Who has not answered by then is let be: what becomes
 * of the work does not matter any more.
 * @throws {NoAnswer} retryable
 */
export function inTime<T>(ms: number, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = () => reject(new NoAnswer(`no answer in ${Math.round(ms) / 1000} s`));
    const timer = setTimeout(late, ms);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** The real clock's pause. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    }, ms);
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}

/**
 * Ends with the signal's reason as soon as it is aborted, and lets the work be. Not a race with
 * a promise that lives as long as the signal: that one would hold every result there ever was.
 */
export function abortable<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
