/**
 * MergeShards: two neighbours become one; the parents take no more records.
 *
 * Source: Kinesis Data Streams API reference, MergeShards; texts by mhart/kinesalite.
 */
import { onStream } from "../access.ts";
import {
  activeStreamOf,
  type KinesisContext,
  refuseOnDemand,
  shardId,
  streamFields,
} from "../context.ts";
import { invalidArgument } from "../errors.ts";
import { openShardOf } from "../lineage.ts";
import { fiveASecond } from "../rates.ts";
import { type Infer, required } from "../shapes.ts";

export const access = onStream;
export const shape = {
  ...streamFields,
  ShardToMerge: required(shardId),
  AdjacentShardToMerge: required(shardId),
};
export const rate = fiveASecond;

/** @throws {ServiceError} InvalidArgumentException, ResourceInUseException */
export function mergeShards(request: Infer<typeof shape>, ctx: KinesisContext): void {
  const stream = activeStreamOf(request, ctx);
  refuseOnDemand(stream, "MergeShards");
  const one = openShardOf(request.ShardToMerge, stream, ctx);
  const other = openShardOf(request.AdjacentShardToMerge, stream, ctx);
  // Assumed: either may be named first.
  const [left, right] = one.state.startingHashKey < other.state.startingHashKey
    ? [one, other]
    : [other, one];
  if (left.state.endingHashKey + 1n !== right.state.startingHashKey) {
    throw invalidArgument(
      `Shards ${one.id} and ${other.id} in stream ${stream.name} under account ` +
        `${ctx.accountId} are not an adjacent pair of shards eligible for merging`,
    );
  }
  const step = { kind: "merge", left: left.state.index, right: right.state.index } as const;
  stream.begin("UPDATING", [step]);
}
