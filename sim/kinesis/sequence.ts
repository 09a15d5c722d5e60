/**
 * Sequence numbers: shard, place in it and time of arrival <-> decimal texts of 56 digits.
 *
 * As hexadecimal digits, the most significant first:
 *   2, shard creation second (9), last digit of the shard number (1), place (16), 00,
 *   arrival second (9), shard number (8), 2
 *
 * They grow with the place in the shard, whatever the clock does, and the numbers of a child are
 * above those of its parents, because it is made in a later second. Nothing of them is stored:
 * the place is the offset in the log plus one, and the arrival time stands in the record batch.
 *
 * Source: the layout of AWS's numbers as decoded by mhart/kinesalite.
 */

/** What a closed shard ends with: higher than the place of any record. */
export const lastPlace = 0x7fff_ffff_ffff_ffffn;

export interface SequenceParts {
  createdSecond: number;
  shardIndex: number;
  /** Zero: the start of the shard, before its first record. */
  place: bigint;
  arrivalSecond: number;
}

/** How much a number grows by one place. */
export const placeStep = 1n << 80n;

export function sequenceValue(parts: SequenceParts): bigint {
  const { createdSecond, shardIndex, place, arrivalSecond } = parts;
  const head = (2n << 40n) | (BigInt(createdSecond) << 4n) | BigInt(shardIndex & 15);
  const tail = (BigInt(arrivalSecond) << 36n) | (BigInt(shardIndex) << 4n) | 2n;
  return (head << 144n) | (place << 80n) | tail;
}

export function sequenceText(parts: SequenceParts): string {
  return sequenceValue(parts).toString();
}

/** Null if no shard of ours can have given this number out. */
export function parseSequence(text: string): SequenceParts | null {
  const value = BigInt(text);
  if (value >> 184n !== 2n || (value & 15n) !== 2n) return null;
  const place = (value >> 80n) & 0xffff_ffff_ffff_ffffn;
  const shardIndex = Number((value >> 4n) & 0xffff_ffffn);
  if (place > lastPlace || shardIndex > 0x7fff_ffff) return null;
  return {
    createdSecond: Number((value >> 148n) & 0xf_ffff_ffffn),
    shardIndex,
    place,
    arrivalSecond: Number((value >> 36n) & 0xf_ffff_ffffn),
  };
}
