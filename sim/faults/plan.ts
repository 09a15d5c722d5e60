/**
 * Every fault by name, with what the client of the service sees; and the dice that decide
 * when one strikes.
 */
import type { World } from "../world.ts";

export const faultPoints = {
  "disk.full": "the next write to a file fails with ENOSPC",
  "kafka.produce.not_leader":
    "a produce request is answered NOT_LEADER_OR_FOLLOWER, nothing is stored",
  "kafka_rest.produce.retriable": "one record of a request is answered 50003, nothing is stored",
  "kinesis.put_records.throttle": "one record is refused, the call succeeds",
  "kinesis.get_records.throttle": "the read is refused, the iterator stays good",
  "kinesis.iterator_expired": "the iterator is refused as too old",
  "gateway.throttled": "the request is answered 429 Too Many Requests",
  "gateway.timeout": "the work is done, the answer is 504",
  "s3.slow_down": "the request is answered 503 SlowDown",
  "databricks.throttled": "the request is answered 429, nothing is done",
  "databricks.unavailable": "the request is answered 503, nothing is done",
  "databricks.link_expired": "the link to a chunk of a result is refused",
  "net.answer_lost": "the work is done, the connection closes before the answer",
} as const;

export type FaultPoint = keyof typeof faultPoints;

/** Asked by name at the place where the fault would happen. */
export interface Faults {
  strikes(point: FaultPoint): boolean;
}

/** Nothing ever goes wrong. */
export const noFaults: Faults = { strikes: () => false };

/** Fixed odds in [0, 1] for the named points, none for the others. */
export function faultsWithOdds(world: World, odds: Partial<Record<FaultPoint, number>>): Faults {
  return {
    strikes(point) {
      const chance = odds[point] ?? 0;
      return chance > 0 && world.random(`fault ${point}`)() < chance;
    },
  };
}

/**
 * The seed decides first which faults exist in this run, then how often each strikes, at most
 * `oddsMax`: seeds differ in kind, not only in amount. Each point rolls its own dice.
 */
export function faultsFromSeed(world: World, oddsMax = 0.05): Faults {
  const odds: Partial<Record<FaultPoint, number>> = {};
  for (const point of Object.keys(faultPoints) as FaultPoint[]) {
    if (point === "disk.full") continue;
    const roll = world.random(`odds ${point}`);
    odds[point] = roll() < 0.5 ? 0 : roll() ** 2 * oddsMax;
  }
  return faultsWithOdds(world, odds);
}
