/** What is told of streams and shards, under its names on the wire. */
import { arnOf, type KinesisContext } from "./context.ts";
import { hashKeyMax } from "./hash_keys.ts";
import { type Shard, shardIdOf } from "./shard.ts";
import type { Stream } from "./stream.ts";

export function describeShard(shard: Shard): Record<string, unknown> {
  const { parents: [parent, adjacent], startingHashKey, endingHashKey } = shard.state;
  const ending = shard.endingSequenceNumber;
  return {
    ShardId: shard.id,
    ...(parent !== undefined && { ParentShardId: shardIdOf(parent) }),
    ...(adjacent !== undefined && { AdjacentParentShardId: shardIdOf(adjacent) }),
    HashKeyRange: describeRange(startingHashKey, endingHashKey),
    SequenceNumberRange: {
      StartingSequenceNumber: shard.startingSequenceNumber,
      ...(ending !== null && { EndingSequenceNumber: ending }),
    },
  };
}

function describeRange(start: bigint, end: bigint): Record<string, string> {
  return {
    StartingHashKey: String(start),
    EndingHashKey: String(end > hashKeyMax ? hashKeyMax : end),
  };
}

/** What the last page of a closed shard names. */
export function describeChild({ id, state }: Shard): Record<string, unknown> {
  return {
    ShardId: id,
    ParentShards: state.parents.map(shardIdOf),
    HashKeyRange: describeRange(state.startingHashKey, state.endingHashKey),
  };
}

export function describeStream(stream: Stream, ctx: KinesisContext): Record<string, unknown> {
  const { name, createdMs, mode, retentionHours } = stream.state;
  return {
    StreamName: name,
    StreamARN: arnOf(name, ctx),
    StreamStatus: stream.status,
    StreamModeDetails: { StreamMode: mode },
    RetentionPeriodHours: retentionHours,
    StreamCreationTimestamp: new Date(createdMs),
    EnhancedMonitoring: [{ ShardLevelMetrics: [] }],
    EncryptionType: "NONE",
  };
}
