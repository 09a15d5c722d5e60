/**
 * Lineage: the shards that a stream lists -> which may be read now, and what is missing.
 *
 * Shards split and merge, and a key moves to a child of its shard. A child begins only when its
 * parents are drained: so the records of a key stay in order. A parent that is neither listed nor
 * being read was trimmed away long ago and holds nobody back.
 */
import type { Shard } from "../clients/kinesis.ts";
import { type Positions, shardEnd } from "./positions.ts";

/** Records that can no longer be read, or may be lost: what is known about them. */
export interface Gap {
  stream: string;
  shardId: string;
  /** Where reading should have gone on. */
  position: string;
  /** What was found instead, as a clause. */
  found: string;
}

/** What this run knows of its shards. */
export interface Progress {
  begun: ReadonlySet<string>;
  drained: ReadonlySet<string>;
}

/** The shards whose turn has come. */
export function readable(shards: readonly Shard[], { begun, drained }: Progress): Shard[] {
  const listed = new Set(shards.map(({ shardId }) => shardId));
  const holdsBack = (parent: string) =>
    !drained.has(parent) && (listed.has(parent) || begun.has(parent));
  return shards.filter(({ shardId, parents }) =>
    !drained.has(shardId) && !begun.has(shardId) && !parents.some(holdsBack)
  );
}

/** Where the listed shards do not go on from the stored positions. */
export function gaps(stream: string, shards: readonly Shard[], from: Positions): Gap[] {
  const listed = new Map(shards.map((shard) => [shard.shardId, shard]));
  const found: Gap[] = [];
  for (const [shardId, position] of Object.entries(from)) {
    const clause = mismatch(position, listed.get(shardId));
    if (clause !== undefined) found.push({ stream, shardId, position, found: clause });
  }
  return found.length > 0 ? found : broken(stream, shards, from);
}

function mismatch(position: string, shard: Shard | undefined): string | undefined {
  if (position !== shardEnd) {
    return shard === undefined ? "the stream no longer lists that shard" : undefined;
  }
  if (shard === undefined || shard.endingSequenceNumber !== null) return undefined;
  return "that shard is open: the stream must have been deleted and made anew";
}

/**
 * All that is known is drained, and no listed shard descends from it: a whole generation came
 * and went unread. What came and went beside shards that are still read cannot be told from
 * shards that were trimmed before the first run, and is not looked for.
 */
function broken(stream: string, shards: readonly Shard[], from: Positions): Gap[] {
  const known = Object.keys(from).sort();
  const last = known.at(-1);
  if (last === undefined || shards.length === 0) return [];
  const goesOn = shards.some(({ shardId, parents }) =>
    shardId in from || parents.some((parent) => parent in from)
  );
  if (goesOn) return [];
  const found = "the stream lists neither that shard nor its children any more";
  return [{ stream, shardId: last, position: from[last] ?? shardEnd, found }];
}
