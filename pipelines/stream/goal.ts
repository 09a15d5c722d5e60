/**
 * Goal of reading: the highest acknowledged sequence number of every shard of a table's stream.
 *
 * A closed shard that was read to its end is past every record it ever had. A shard without a
 * position was not begun.
 */
import { Goal } from "../goal.ts";
import { shardIdOf, shardNumberOf, type TableName } from "../tables.ts";
import type { Awaited } from "./lost.ts";
import { isPast, type Positions } from "./positions.ts";

export class ReadingGoal extends Goal<TableName> {
  /** Has posting finished, and do these positions pass all that was acknowledged of this table? */
  isReached(table: TableName, positions: Positions): boolean {
    return this.finished && this.awaited(table, positions).length === 0;
  }

  /** The last acknowledged record of every shard that these positions do not pass. */
  awaited(table: TableName, positions: Positions): Awaited[] {
    return [...this.highestOf.get(table) ?? []]
      .map(([shard, number]) => ({ shardId: shardIdOf(shard), sequenceNumber: String(number) }))
      .filter(({ shardId, sequenceNumber }) => !isPast(positions, shardId, sequenceNumber));
  }

  /** What was acknowledged of this shard will never be read. */
  giveUp(table: TableName, shardId: string): void {
    const shard = shardNumberOf(shardId);
    if (shard !== undefined) this.highestOf.get(table)?.delete(shard);
  }
}
