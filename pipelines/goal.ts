/**
 * Goal: what was acknowledged -> how far the stage that reads it has to come.
 *
 * Posting and reading run at the same time: posting raises the goal with every answer, and what
 * earlier runs had acknowledged raises it too; the reader is done when posting has finished and
 * every partition or shard is passed.
 */
export class Goal<Name extends string> {
  /** By topic or table, then by partition or shard number: the highest place. */
  protected readonly highestOf = new Map<Name, Map<number, bigint>>();
  #finished = false;

  /** A record was acknowledged at this place. */
  raise(name: Name, partition: number, offset: bigint): void {
    let partitions = this.highestOf.get(name);
    if (partitions === undefined) this.highestOf.set(name, partitions = new Map());
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
}
