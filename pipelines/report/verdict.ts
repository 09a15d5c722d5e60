/**
 * Verdict: what a run came to -> the first sentence of its last line, and what was left out of it.
 */
import type { TableName } from "../tables.ts";

type Counts = Readonly<Record<TableName, number>>;

export interface Judged {
  reconciled: boolean;
  hops: { rejected: Counts; unreadable?: Counts };
}

/**
 * Rejects stand beside the promise, because what was rejected did not arrive.
 * @param promise what holds of every other row, e.g. `every row arrived exactly once`
 */
export function verdict({ reconciled, hops }: Judged, promise: string, rejects: string): string {
  if (!reconciled) return "NOT reconciled: see above.";
  const parts = [
    counted(sum(hops.rejected), "rejected"),
    counted(sum(hops.unreadable), "unreadable"),
  ].filter((part) => part !== null);
  if (parts.length === 0) return `Reconciled: ${promise}.`;
  return `Reconciled: ${promise}; ${parts.join(", ")}: ${rejects}.`;
}

function counted(count: number, what: string): string | null {
  if (count === 0) return null;
  return `${count.toLocaleString("en-GB")} ${count === 1 ? "was" : "were"} ${what}`;
}

function sum(counts: Counts | undefined): number {
  return counts === undefined ? 0 : counts.pin + counts.geo + counts.user;
}

/** How much in which time, and so how fast: one interval for all three. */
export function speed(count: number, what: string, seconds: number): string {
  const shown = (number: number) => number.toLocaleString("en-GB");
  const whole = rate(count, seconds);
  const perSecond = shown(whole >= 10 ? whole : Number((count / seconds).toPrecision(2)));
  return `${shown(count)} ${what} in ${seconds.toFixed(1)} s (${perSecond} ${what}/s)`;
}

/** A second, rounded; of nothing at all, nothing. */
export function rate(count: number, seconds: number): number {
  return Math.round(count / Math.max(seconds, 0.001));
}

/** Of the tables that an answer reads, those that were left out. */
export function leftOut(reads: readonly string[], without: readonly TableName[]): TableName[] {
  return without.filter((table) => reads.includes(table));
}

/** Why an answer is empty. */
export function emptyBecause(missing: readonly TableName[]): string {
  const verb = missing.length === 1 ? "was" : "were";
  return `Empty: ${missing.join(" and ")} ${verb} left out (--without ${missing.join(",")})`;
}
