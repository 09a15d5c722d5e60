/**
 * CreateStream: a stream on demand with four shards, or with as many as are asked for.
 *
 * The answer comes at once; the stream is ACTIVE a while later.
 *
 * Source: Kinesis Data Streams API reference, CreateStream.
 * Left out: warm throughput, distribution of records without keys.
 */
import { ServiceError } from "../../errors.ts";
import { onNewStream } from "../access.ts";
import { type KinesisContext, streamName } from "../context.ts";
import { invalidArgument } from "../errors.ts";
import { hashKeyMax } from "../hash_keys.ts";
import { requireRoomForStream, requireShards } from "../limits.ts";
import { fiveASecond } from "../rates.ts";
import { firstShards } from "../reshard.ts";
import { type Infer, integer, required, string, structure, textMap } from "../shapes.ts";
import type { StreamMode, StreamState } from "../stream.ts";
import { addedTags } from "../tags.ts";

/** Documented: what a stream on demand begins with. */
const onDemandShards = 4;

export const streamModeDetails = structure({
  StreamMode: required(string({ oneOf: ["PROVISIONED", "ON_DEMAND"] })),
}, "StreamModeDetails");

export const access = onNewStream;
export const shape = {
  ShardCount: integer({ min: 1 }),
  StreamName: required(streamName),
  StreamModeDetails: streamModeDetails,
  Tags: textMap({ max: 50, keyMax: 128, valueMax: 256 }),
  MaxRecordSizeInKiB: integer({ min: 1024, max: 10_240 }),
};
export const rate = fiveASecond;

/** @throws {ServiceError} ResourceInUseException if there is one of that name. */
export function createStream(request: Infer<typeof shape>, ctx: KinesisContext): void {
  const { StreamName: name } = request;
  const mode: StreamMode = request.StreamModeDetails?.StreamMode === "ON_DEMAND"
    ? "ON_DEMAND"
    : "PROVISIONED";
  const count = shardCount(mode, request.ShardCount);
  if (ctx.streams.find(name) !== null) {
    const message = `Stream ${name} under account ${ctx.accountId} already exists.`;
    throw new ServiceError("ResourceInUseException", message);
  }
  requireRoomForStream(mode, ctx);
  if (mode === "PROVISIONED") requireShards(count, ctx);
  const nowMs = ctx.nowMs();
  const state: StreamState = {
    name,
    createdMs: nowMs,
    mode,
    retentionHours: 24,
    maxRecordSizeKiB: request.MaxRecordSizeInKiB ?? 1024,
    tags: addedTags(name, [], request.Tags ?? new Map(), ctx),
    shards: firstShards(count, Math.floor(nowMs / 1000), hashKeyMax),
    nextShard: count,
    change: { status: "CREATING", sinceMs: nowMs, steps: [] },
    shardCountUpdatesMs: [],
    modeUpdatesMs: [],
  };
  ctx.streams.create(state);
}

/** Assumed: the words. */
function shardCount(mode: StreamMode, asked: number | undefined): number {
  if (mode === "ON_DEMAND") {
    if (asked === undefined) return onDemandShards;
    throw invalidArgument("ShardCount must not be set for a stream in ON_DEMAND mode.");
  }
  if (asked !== undefined) return asked;
  throw invalidArgument("ShardCount must be set for a stream in PROVISIONED mode.");
}
