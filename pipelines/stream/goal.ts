/**
 * Goal of reading: the highest acknowledged sequence number of every shard of a table's stream.
 *
 * A closed shard that was read to its end is past every record it ever had. A shard without a
 * position was not begun.
 */
import { Goal } from "../goal.ts";
import { shardIdOf, type TableName } from "../tables.ts";
import { isPast, type Positions } from "./positions.ts";

export class ReadingGoal extends Goal<TableName> {
  /** Has posting finished, and do these positions pass all that was acknowledged of this table? */
  isReached(table: TableName, positions: Positions): boolean {
    if (!this.finished) return false;
    for (const [shardNumber, sequenceNumber] of this.highestOf.get(table) ?? []) {
      if (!isPast(positions, shardIdOf(shardNumber), sequenceNumber.toString())) return false;
    }
    return true;
  }
}
