/**
 * Burst: the same trouble a thousand times -> one line on standard error.
 *
 * A burst ends when nothing happened for a while; the next trouble is told again.
 */
const quietMs = 10_000;

export class Burst {
  #lastMs = -Infinity;

  /** Whether there was trouble in the last moments. */
  get isOn(): boolean {
    return performance.now() - this.#lastMs < quietMs;
  }

  tell(text: string): void {
    if (!this.isOn) console.error(text);
    this.#lastMs = performance.now();
  }
}
