/**
 * Newcomers: clients that have not logged in yet, each with a limit for it.
 *
 * Documented: MySQL 8.0, `connect_timeout`: ten seconds for the whole of a login.
 */
import type { Channel } from "./wire/channel.ts";

export const connectMs = 10_000;

export class Newcomers {
  /** The one that came first is the first. */
  readonly #timers = new Map<Channel, ReturnType<typeof setTimeout>>();

  arrive(channel: Channel): void {
    this.#timers.set(channel, setTimeout(() => this.#sendAway(channel), connectMs));
  }

  /** It has logged in, or is gone. */
  leave(channel: Channel): void {
    clearTimeout(this.#timers.get(channel));
    this.#timers.delete(channel);
  }

  /** Makes a place for another one; false where all have logged in. */
  endOldest(): boolean {
    for (const channel of this.#timers.keys()) {
      this.#sendAway(channel);
      return true;
    }
    return false;
  }

  #sendAway(channel: Channel): void {
    this.leave(channel);
    channel.destroy();
  }
}
