/**
 * Goal: what ingest had acknowledged -> how far landing has to come.
 *
 * Both stages run at the same time: ingest raises the goal with every answer, land looks at it
 * between two batches, and is done when ingest has finished and every partition is passed.
 */
export class LandingGoal {
  readonly #highest = new Map<string, Map<number, bigint>>();
  #finished = false;

  /** A record was acknowledged at this offset. */
  raise(topic: string, partition: number, offset: bigint): void {
    let partitions = this.#highest.get(topic);
    if (partitions === undefined) this.#highest.set(topic, partitions = new Map());
    const highest = partitions.get(partition);
    if (highest === undefined || offset > highest) partitions.set(partition, offset);
  }

  /** Nothing will be raised any more. */
  finish(): void {
    this.#finished = true;
  }

  get finished(): boolean {
    return this.#finished;
  }

  /** The highest acknowledged offset of every topic-partition that has one. */
  *highest(): Generator<{ topic: string; partition: number; offset: bigint }> {
    for (const [topic, partitions] of this.#highest) {
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
