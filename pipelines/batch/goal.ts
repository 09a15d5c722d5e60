/** Goal of landing: the highest acknowledged offset of every topic-partition. */
import { Goal } from "../goal.ts";

export class LandingGoal extends Goal<string> {
  /** The highest acknowledged offset of every topic-partition that has one. */
  *highest(): Generator<{ topic: string; partition: number; offset: bigint }> {
    for (const [topic, partitions] of this.highestOf) {
      for (const [partition, offset] of partitions) yield { topic, partition, offset };
    }
  }
}

/** A goal for the first of several ingests: what it raises counts, its end is not the end. */
export class PartOfGoal extends LandingGoal {
  readonly #whole: LandingGoal;

  constructor(whole: LandingGoal) {
    super();
    this.#whole = whole;
  }

  override raise(topic: string, partition: number, offset: bigint): void {
    this.#whole.raise(topic, partition, offset);
  }
}
