/**
 * Interruption: a statement that is to end -> interrupts until it has.
 *
 * Observed (1.5.5): DuckDB forgets an interrupt that comes before a statement has begun, so one
 * alone may be lost between the call and its thread.
 */
import type { DuckDBConnection } from "@duckdb/node-api";

const everyMs = 20;

export class Interruption {
  readonly #connections: () => readonly DuckDBConnection[];
  #timer: ReturnType<typeof setInterval> | undefined;

  /** @param connection on which the statement runs, or those on one of which it does */
  constructor(connection: DuckDBConnection | (() => readonly DuckDBConnection[])) {
    this.#connections = typeof connection === "function" ? connection : () => [connection];
  }

  get hasBegun(): boolean {
    return this.#timer !== undefined;
  }

  begin(): void {
    const interrupt = () => this.#connections().forEach((one) => one.interrupt());
    interrupt();
    this.#timer ??= setInterval(interrupt, everyMs);
  }

  /** The statement has ended. */
  end(): void {
    clearInterval(this.#timer);
  }
}
