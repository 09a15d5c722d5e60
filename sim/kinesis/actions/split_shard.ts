/**
 * SplitShard: one shard becomes two, at the hash key given; the parent takes no more records.
 *
 * Source: Kinesis Data Streams API reference, SplitShard; texts by mhart/kinesalite.
 */
import { onStream } from "../access.ts";
import {
  activeStreamOf,
  hashKey,
  type KinesisContext,
  refuseOnDemand,
  shardId,
  streamFields,
} from "../context.ts";
import { invalidArgument } from "../errors.ts";
import { requireShards } from "../limits.ts";
import { openShardOf } from "../lineage.ts";
import { fiveASecond } from "../rates.ts";
import { type Infer, required } from "../shapes.ts";

export const access = onStream;
export const shape = {
  ...streamFields,
  ShardToSplit: required(shardId),
  NewStartingHashKey: required(hashKey),
};
export const rate = fiveASecond;

/** @throws {ServiceError} InvalidArgumentException, ResourceInUseException, LimitExceededException */
export function splitShard(request: Infer<typeof shape>, ctx: KinesisContext): void {
  const stream = activeStreamOf(request, ctx);
  refuseOnDemand(stream, "SplitShard");
  const shard = openShardOf(request.ShardToSplit, stream, ctx);
  requireShards(1, ctx);
  const { startingHashKey: start, endingHashKey: end, index } = shard.state;
  const at = BigInt(request.NewStartingHashKey);
  if (at <= start + 1n || at >= end) {
    throw invalidArgument(
      `NewStartingHashKey ${at} used in SplitShard() on shard ${shard.id} in stream ` +
        `${stream.name} under account ${ctx.accountId} is not both greater than one plus the ` +
        `shard's StartingHashKey ${start} and less than the shard's EndingHashKey ${end}.`,
    );
  }
  stream.begin("UPDATING", [{ kind: "split", shard: index, at }]);
}
