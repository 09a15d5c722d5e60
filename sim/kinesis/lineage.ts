/** Which shards may be split and merged. */
import { type KinesisContext, shardIndexOf } from "./context.ts";
import { invalidArgument, shardNotFound } from "./errors.ts";
import { type Shard, shardIdOf } from "./shard.ts";
import type { Stream } from "./stream.ts";

/**
 * A shard by the id in a request.
 * @throws {ServiceError} ResourceNotFoundException; InvalidArgumentException if it is closed,
 * in words that are assumed.
 */
export function openShardOf(id: string, stream: Stream, ctx: KinesisContext): Shard {
  const index = shardIndexOf(id);
  if (index === null) throw shardNotFound(id, stream.name, ctx);
  const shard = stream.shard(index);
  if (shard === undefined) throw shardNotFound(shardIdOf(index), stream.name, ctx);
  if (shard.isOpen) return shard;
  const where = `in stream ${stream.name} under account ${ctx.accountId}`;
  throw invalidArgument(`Shard ${shard.id} ${where} is not an open shard`);
}
