/** What the tests of clients share: a clock that jumps, and folders that vanish. */
import type { Timing } from "../../../pipelines/clients/retry.ts";

/** Pauses take no time and are written down; chance is always in the middle. */
export function testTiming(): Timing & { sleptMs: number[] } {
  let nowMs = 0;
  const sleptMs: number[] = [];
  return {
    sleptMs,
    nowMs: () => nowMs,
    random: () => 0.5,
    sleep(ms, signal) {
      signal?.throwIfAborted();
      sleptMs.push(ms);
      nowMs += ms;
      return Promise.resolve();
    },
  };
}
