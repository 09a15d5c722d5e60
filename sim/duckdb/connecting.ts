/**
 * Connecting: connections of an engine that are being made, so that nobody closes it under them.
 *
 * Observed (1.5.5): an instance that is closed while one of its connections is being made on another
 * thread ends the process with a segmentation fault.
 */
import type { DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";

export class Connecting {
  readonly #pending = new Set<Promise<unknown>>();

  async to(instance: DuckDBInstance | Promise<DuckDBInstance>): Promise<DuckDBConnection> {
    const connecting = Promise.resolve(instance).then((opened) => opened.connect());
    this.#pending.add(connecting);
    try {
      return await connecting;
    } finally {
      this.#pending.delete(connecting);
    }
  }

  /** Those that are under way now have come to their end, well or not. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#pending);
  }
}
