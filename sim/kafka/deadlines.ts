/**
 * Deadlines: things to do when the world's clock has reached a time.
 *
 * The clock may be a test's, which moves without any timer knowing: so we look at it every few
 * milliseconds while anything is due at all, and `runDue` looks at once.
 */
const lookEveryMs = 25;

export class Deadlines implements Disposable {
  readonly #nowMs: () => number;
  readonly #due = new Map<object, { atMs: number; action: () => void }>();
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Does `action` in `delayMs`, instead of what `owner` had planned. */
  set(owner: object, delayMs: number, action: () => void): void {
    this.#due.set(owner, { atMs: this.#nowMs() + delayMs, action });
    this.#timer ??= setInterval(() => this.runDue(), lookEveryMs);
  }

  clear(owner: object): void {
    this.#due.delete(owner);
    if (this.#due.size === 0) this.#stop();
  }

  runDue(): void {
    const nowMs = this.#nowMs();
    for (const [owner, { atMs, action }] of [...this.#due]) {
      // An action may have moved another owner's deadline meanwhile.
      if (atMs > nowMs || this.#due.get(owner)?.action !== action) continue;
      this.#due.delete(owner);
      action();
    }
    if (this.#due.size === 0) this.#stop();
  }

  #stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  [Symbol.dispose](): void {
    this.#due.clear();
    this.#stop();
  }
}
