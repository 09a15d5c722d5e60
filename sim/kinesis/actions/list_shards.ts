/**
 * ListShards: the shards of a stream, those closed within the retention included, a thousand at
 * a time or as the filter says.
 *
 * Source: Kinesis Data Streams API reference, ListShards and ShardFilter.
 */
import { onShards } from "../access.ts";
import {
  type Answer,
  type KinesisContext,
  shardId,
  shardIndexOf,
  streamFields,
  streamNameOf,
} from "../context.ts";
import { describeShard } from "../describe.ts";
import { invalidArgument, notActive, streamNotFound } from "../errors.ts";
import type { Rate } from "../rates.ts";
import { type Infer, integer, required, string, structure, timestamp } from "../shapes.ts";
import type { Shard } from "../shard.ts";
import type { Stream } from "../stream.ts";
import { makeShardsToken, readShardsToken, type ShardsToken } from "../tokens.ts";

const shardFilter = {
  Type: required(string({
    oneOf: [
      "AFTER_SHARD_ID",
      "AT_TRIM_HORIZON",
      "FROM_TRIM_HORIZON",
      "AT_LATEST",
      "AT_TIMESTAMP",
      "FROM_TIMESTAMP",
    ],
  })),
  ShardId: shardId,
  Timestamp: timestamp(),
};
type Filter = Infer<typeof shardFilter>;

export const access = onShards;
export const shape = {
  ...streamFields,
  NextToken: string({ min: 1, max: 1_048_576 }),
  ExclusiveStartShardId: shardId,
  MaxResults: integer({ min: 1, max: 10_000 }),
  StreamCreationTimestamp: timestamp(),
  ShardFilter: structure(shardFilter, "ShardFilter"),
};
export const rate: Rate = { max: 1000, spanMs: 1000, per: "stream" };

/** @throws {ServiceError} ResourceNotFoundException, ExpiredNextTokenException, ResourceInUseException */
export function listShards(request: Infer<typeof shape>, ctx: KinesisContext): Answer {
  const nowMs = ctx.nowMs();
  const from = startOf(request, ctx, nowMs);
  const stream = ctx.streams.get(from.stream);
  if (stream.state.createdMs !== from.createdMs) throw streamNotFound(from.stream, ctx);
  if (stream.status === "CREATING" || stream.status === "DELETING") {
    throw notActive(stream.name, stream.status, ctx);
  }
  const limit = request.MaxResults ?? 1000;
  const filter: Filter | null = from.filter === "" ? null : JSON.parse(from.filter);
  const rest = filtered(stream, filter, nowMs)
    .filter(({ state }) => state.index > from.afterShard);
  const page = rest.slice(0, limit);
  const next = { ...from, afterShard: page.at(-1)?.state.index ?? from.afterShard, madeMs: nowMs };
  return {
    Shards: page.map(describeShard),
    ...(rest.length > limit && { NextToken: makeShardsToken(next) }),
  };
}

function startOf(
  request: Infer<typeof shape>,
  ctx: KinesisContext,
  nowMs: number,
): ShardsToken {
  const { NextToken: token, StreamName: name, StreamARN: arn } = request;
  if (token !== undefined) {
    if (name === undefined && arn === undefined) return readShardsToken(token, nowMs);
    throw invalidArgument("NextToken and StreamName cannot be provided together.");
  }
  if (name === undefined && arn === undefined) {
    throw invalidArgument("Either NextToken or StreamName should be provided.");
  }
  const stream = ctx.streams.get(streamNameOf(request, ctx));
  const { ExclusiveStartShardId: after, ShardFilter: filter } = request;
  return {
    stream: stream.name,
    createdMs: stream.state.createdMs,
    afterShard: after === undefined ? -1 : shardIndexOf(after) ?? -1,
    filter: filter === undefined ? "" : JSON.stringify(filter),
    madeMs: nowMs,
  };
}

function filtered(stream: Stream, filter: Filter | null, nowMs: number): Shard[] {
  const { shards, cutoffMs } = stream;
  switch (filter?.Type) {
    case "AFTER_SHARD_ID":
      return shards.filter(({ state }) => state.index > indexGiven(filter));
    case "AT_LATEST":
      return shards.filter((shard) => shard.isOpen);
    case "AT_TRIM_HORIZON":
      return shards.filter((shard) => wasOpenAt(shard, cutoffMs, stream));
    case "AT_TIMESTAMP":
      return shards.filter((shard) => wasOpenAt(shard, timeGiven(filter, nowMs), stream));
    case "FROM_TIMESTAMP": {
      const sinceMs = timeGiven(filter, nowMs);
      return shards.filter(({ state }) => state.closedMs === null || state.closedMs >= sinceMs);
    }
    default:
      return shards;
  }
}

/** Before the stream was made its first shards stand for the beginning. */
function wasOpenAt({ state }: Shard, timeMs: number, stream: Stream): boolean {
  const atMs = Math.max(timeMs, stream.state.createdMs);
  const isMade = state.parents.length === 0 || madeMs(state, stream) <= atMs;
  return isMade && (state.closedMs === null || state.closedMs > atMs);
}

/** A child begins when its parents end. */
function madeMs({ parents, createdSecond }: Shard["state"], stream: Stream): number {
  const parent = stream.state.shards.find(({ index }) => index === parents[0]);
  return parent?.closedMs ?? createdSecond * 1000;
}

function indexGiven({ ShardId: id }: Filter): number {
  if (id === undefined) {
    throw invalidArgument("ShardId must be set for ShardFilter AFTER_SHARD_ID.");
  }
  return shardIndexOf(id) ?? -1;
}

function timeGiven({ Type: type, Timestamp: timeMs }: Filter, nowMs: number): number {
  if (timeMs === undefined) throw invalidArgument(`Timestamp must be set for ShardFilter ${type}.`);
  if (timeMs <= nowMs) return timeMs;
  throw invalidArgument("Timestamp of ShardFilter must not be in the future.");
}
