/**
 * Claim: the series of commits of an id -> ours from now on, whoever wrote them before.
 *
 * A claim is a commit without rows that carries the next number of its series: put-if-absent makes
 * it one worker's, and the next commit of an older worker is fenced off by it. All workers claim the
 * same series first. Who loses the race for that one is refused before it has written anything; who
 * wins it has the right to the others until somebody claims the first one after him, and so claims
 * them again where an older worker came between. Of two workers that both go on, the older one is
 * thus refused at its next claim or commit, and the newer one by nobody. What a crash leaves of a
 * claim is a number, and hinders no later one.
 */
import { Fenced } from "../delta/mod.ts";

/**
 * Reads how far a series is, and gives what commits its next number; that number is fixed by then.
 */
export type Read<T> = () => Promise<() => Promise<T>>;

/** Throws where the first series is no longer ours; null for the first series itself. */
export type MustHold = (() => Promise<void>) | null;

/**
 * The order is what makes it safe: read, then see whether the first series is still ours, then
 * commit. A claim that an older worker makes in between has the number that we are about to take.
 *
 * @throws {Fenced} another worker was quicker at the first series, or what `mustHold` throws
 */
export async function claim<T>(read: Read<T>, mustHold: MustHold): Promise<T> {
  for (;;) {
    const commit = await read();
    await mustHold?.();
    try {
      return await commit();
    } catch (error) {
      if (!(error instanceof Fenced) || mustHold === null) throw error;
    }
  }
}
