/**
 * GetShardIterator: a place in a shard, good for five minutes.
 *
 * The place is settled now: LATEST is the tip when the iterator is made, not when it is used.
 *
 * Source: Kinesis Data Streams API reference, GetShardIterator; texts by mhart/kinesalite.
 */
import { ServiceError } from "../../errors.ts";
import { onStream } from "../access.ts";
import {
  type Answer,
  type KinesisContext,
  sequenceNumber,
  shardId,
  shardIndexOf,
  streamFields,
  streamNameOf,
} from "../context.ts";
import {
  invalidArgument,
  rateExceededText,
  shardMissing,
  shardNotFound,
  throughputExceeded,
} from "../errors.ts";
import { lastPlace, parseSequence } from "../sequence.ts";
import { type Infer, required, string, timestamp } from "../shapes.ts";
import { type Shard, shardIdOf } from "../shard.ts";
import type { Stream } from "../stream.ts";
import { makeIterator } from "../tokens.ts";

const types = [
  "AFTER_SEQUENCE_NUMBER",
  "LATEST",
  "AT_TIMESTAMP",
  "AT_SEQUENCE_NUMBER",
  "TRIM_HORIZON",
];

export const access = onStream;
export const shape = {
  ShardId: required(shardId),
  ShardIteratorType: required(string({ oneOf: types })),
  StartingSequenceNumber: sequenceNumber,
  ...streamFields,
  Timestamp: timestamp(),
};

/** @throws {ServiceError} ResourceNotFoundException, InvalidArgumentException */
export function getShardIterator(request: Infer<typeof shape>, ctx: KinesisContext): Answer {
  const nowMs = ctx.nowMs();
  const stream = streamNameOf(request, ctx);
  const { found, shard } = shardOf(request.ShardId, stream, ctx);
  if (ctx.hasLimits && shard.isOpen && !shard.rates.tryIterator(nowMs)) {
    throw new ServiceError(throughputExceeded, rateExceededText(shard.id, stream, ctx));
  }
  const { createdMs } = found.state;
  const offset = offsetOf(request, found, shard, ctx);
  const shardIndex = shard.state.index;
  return { ShardIterator: makeIterator({ stream, createdMs, shardIndex, offset, madeMs: nowMs }) };
}

function shardOf(id: string, name: string, ctx: KinesisContext): { found: Stream; shard: Shard } {
  const index = shardIndexOf(id);
  if (index === null) throw shardNotFound(id, name, ctx);
  const found = ctx.streams.find(name);
  const shard = found?.shard(index);
  if (found === null || shard === undefined) throw shardMissing(shardIdOf(index), name, ctx);
  return { found, shard };
}

function offsetOf(
  request: Infer<typeof shape>,
  stream: Stream,
  shard: Shard,
  ctx: KinesisContext,
): bigint {
  const { ShardIteratorType: type, StartingSequenceNumber: number } = request;
  const needsNumber = type.endsWith("SEQUENCE_NUMBER");
  if (needsNumber !== (number !== undefined)) throw wrongChoice(type, number !== undefined);
  if (number !== undefined) {
    const place = placeOf(number, stream, shard, ctx);
    const isAfter = type === "AFTER_SEQUENCE_NUMBER";
    if (place === lastPlace) return shard.endOffset;
    // The start of the shard has place 0, and the record at offset 0 place 1.
    return isAfter || place === 0n ? place : place - 1n;
  }
  if (type === "TRIM_HORIZON") return shard.startOffset(stream.cutoffMs);
  if (type === "LATEST") return shard.endOffset;
  return shard.offsetSince(timeOf(request, ctx), stream.cutoffMs);
}

function wrongChoice(type: string, hasNumber: boolean): ServiceError {
  return invalidArgument(
    "Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and " +
      "StartingSequenceNumber or (2) TRIM_HORIZON or LATEST and no StartingSequenceNumber. " +
      `Request specified ${type} and ${hasNumber ? "also a" : "no"} StartingSequenceNumber.`,
  );
}

function placeOf(number: string, stream: Stream, shard: Shard, ctx: KinesisContext): bigint {
  const parts = parseSequence(number);
  const where = `on shard ${shard.id} in stream ${stream.name} under account ${ctx.accountId}`;
  const invalid = `StartingSequenceNumber ${number} used in GetShardIterator ${where} is invalid`;
  if (parts === null) throw invalidArgument(`${invalid}.`);
  if (parts.shardIndex !== shard.state.index) {
    throw invalidArgument(
      `Invalid StartingSequenceNumber. It encodes ${shardIdOf(parts.shardIndex)}, ` +
        `while it was used in a call to a shard with ${shard.id}`,
    );
  }
  const isOurs = parts.createdSecond === shard.state.createdSecond;
  if (isOurs && (parts.place <= shard.endOffset || parts.place === lastPlace)) return parts.place;
  throw invalidArgument(`${invalid} because it did not come from this stream.`);
}

function timeOf({ Timestamp: timeMs }: Infer<typeof shape>, ctx: KinesisContext): number {
  if (timeMs === undefined) {
    throw invalidArgument(
      "Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP",
    );
  }
  const nowMs = ctx.nowMs();
  if (timeMs <= nowMs) return timeMs;
  throw invalidArgument(
    "The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. " +
      `timestampInMillis: ${timeMs}, currentTimestampInMillis: ${nowMs}`,
  );
}
