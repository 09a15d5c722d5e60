/**
 * Positions: how far each shard of a stream has been read, as stored in a commit.
 *
 * A sequence number is a decimal of about 56 digits: it is kept as text, and compared as the
 * number it is. A shard that is not named was never read: it begins at its oldest record.
 */

/** The position of a closed shard whose last record was read. */
export const shardEnd = "SHARD_END";

/** Shard id -> sequence number of the last record read, or `shardEnd`. */
export type Positions = Readonly<Record<string, string>>;

/** Negative, zero or positive, as `a` comes before, is, or comes after `b`; `shardEnd` is last. */
export function compareSequence(a: string, b: string): number {
  if (a === b) return 0;
  if (a === shardEnd) return 1;
  if (b === shardEnd) return -1;
  const [left, right] = [BigInt(a), BigInt(b)];
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

/** Whether the record is at or below the position of its shard: it was read before. */
export function isPast(positions: Positions, shardId: string, sequenceNumber: string): boolean {
  const position = positions[shardId];
  return position !== undefined && compareSequence(sequenceNumber, position) <= 0;
}
