/**
 * DescribeStream: what a stream is, with its shards, a hundred at a time.
 *
 * Source: Kinesis Data Streams API reference, DescribeStream.
 */
import { onStream } from "../access.ts";
import {
  type Answer,
  type KinesisContext,
  shardId,
  shardIndexOf,
  streamFields,
  streamOf,
} from "../context.ts";
import { describeShard, describeStream as described } from "../describe.ts";
import type { Rate } from "../rates.ts";
import { type Infer, integer } from "../shapes.ts";

export const access = onStream;
export const shape = {
  ...streamFields,
  Limit: integer({ min: 1, max: 10_000 }),
  ExclusiveStartShardId: shardId,
};
export const rate: Rate = { max: 10, spanMs: 1000, per: "account" };

/** @throws {ServiceError} ResourceNotFoundException */
export function describeStream(request: Infer<typeof shape>, ctx: KinesisContext): Answer {
  const stream = streamOf(request, ctx);
  const { Limit: limit = 100, ExclusiveStartShardId: after } = request;
  const start = after === undefined ? -1 : shardIndexOf(after) ?? -1;
  const rest = stream.shards.filter(({ state }) => state.index > start);
  return {
    StreamDescription: {
      ...described(stream, ctx),
      Shards: rest.slice(0, limit).map(describeShard),
      HasMoreShards: rest.length > limit,
    },
  };
}
