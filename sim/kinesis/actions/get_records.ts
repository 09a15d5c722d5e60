/**
 * GetRecords: the next records of a shard, and where to go on.
 *
 * At most 10,000 records or 10 MiB. A closed shard that is drained has no next iterator and names
 * its children.
 *
 * Source: Kinesis Data Streams API reference, GetRecords.
 * Left out: encryption. A page is never empty while there is more to read.
 */
import { ServiceError } from "../../errors.ts";
import { onIterator } from "../access.ts";
import { type Answer, type KinesisContext, streamArn, streamId } from "../context.ts";
import { describeChild } from "../describe.ts";
import { rateExceededText, shardMissing, throughputExceeded } from "../errors.ts";
import { type Page, recordsCbor, recordsJson } from "../pages.ts";
import { mebibyte } from "../rates.ts";
import { type Infer, integer, required, string } from "../shapes.ts";
import { type Shard, shardIdOf } from "../shard.ts";
import type { Stream } from "../stream.ts";
import { expiredIterator, makeIterator, readIterator, type ShardIterator } from "../tokens.ts";

const bytesMax = 10 * mebibyte;

export const access = onIterator;
export const shape = {
  ShardIterator: required(string({ min: 1, max: 512 })),
  Limit: integer({ min: 1, max: 10_000 }),
  StreamARN: streamArn,
  StreamId: streamId,
};

/** @throws {ServiceError} ExpiredIteratorException, ProvisionedThroughputExceededException */
export function getRecords(request: Infer<typeof shape>, ctx: KinesisContext): Answer {
  const nowMs = ctx.nowMs();
  const iterator = readIterator(request.ShardIterator, nowMs);
  if (ctx.faults.strikes("kinesis.iterator_expired")) throw expiredIterator(iterator.madeMs, nowMs);
  const { stream, shard } = placeOf(iterator, ctx);
  const isThrottled = ctx.faults.strikes("kinesis.get_records.throttle") ||
    (ctx.hasLimits && !shard.rates.tryRead(nowMs));
  if (isThrottled) {
    throw new ServiceError(throughputExceeded, rateExceededText(shard.id, stream.name, ctx));
  }
  const { Limit: limit = 10_000 } = request;
  const page = shard.read(iterator.offset, { limit, bytesMax, cutoffMs: stream.cutoffMs });
  if (ctx.hasLimits) shard.rates.didRead(nowMs, page.bytes);
  return answer(iterator, stream, shard, page, nowMs);
}

function placeOf(iterator: ShardIterator, ctx: KinesisContext): { stream: Stream; shard: Shard } {
  const stream = ctx.streams.find(iterator.stream);
  const isSame = stream?.state.createdMs === iterator.createdMs;
  const shard = isSame ? stream?.shard(iterator.shardIndex) : undefined;
  if (stream === null || shard === undefined) {
    throw shardMissing(shardIdOf(iterator.shardIndex), iterator.stream, ctx);
  }
  return { stream, shard };
}

function answer(
  iterator: ShardIterator,
  stream: Stream,
  shard: Shard,
  page: Page,
  nowMs: number,
): Answer {
  const isAtEnd = page.nextOffset >= shard.endOffset;
  const behindMs = isAtEnd ? 0 : behind(page, nowMs);
  const isDrained = isAtEnd && !shard.isOpen;
  const next = isDrained
    ? null
    : makeIterator({ ...iterator, offset: page.nextOffset, madeMs: nowMs });
  const children = isDrained ? stream.childrenOf(shard).map(describeChild) : null;
  return {
    json() {
      const rest = {
        ...(next !== null && { NextShardIterator: next }),
        MillisBehindLatest: behindMs,
        ...(children !== null && { ChildShards: children }),
      };
      return `{"Records":${recordsJson(shard, page.records)},${JSON.stringify(rest).slice(1)}`;
    },
    cbor(writer) {
      writer.map(2 + (next === null ? 0 : 1) + (children === null ? 0 : 1)).text("Records");
      recordsCbor(shard, page.records, writer);
      writer.text("MillisBehindLatest").number(behindMs);
      if (next !== null) writer.text("NextShardIterator").text(next);
      if (children !== null) writer.text("ChildShards").value(children);
    },
  };
}

/** Never 0 while there is more: readers take 0 for the tip. */
function behind({ records }: Page, nowMs: number): number {
  return Math.max(1, nowMs - (records.at(-1)?.arrivalMs ?? nowMs));
}
