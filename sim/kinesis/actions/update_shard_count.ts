/**
 * UpdateShardCount: splits and merges shards until there are so many, of equal size.
 *
 * Documented: at most twice as many and at least half as many as are open, at most 10,000, and ten
 * times in 24 hours.
 *
 * Source: Kinesis Data Streams API reference, UpdateShardCount; texts by mhart/kinesalite.
 */
import { onStream } from "../access.ts";
import {
  activeStreamOf,
  type Answer,
  arnOf,
  type KinesisContext,
  refuseOnDemand,
  streamFields,
} from "../context.ts";
import { limitExceeded } from "../errors.ts";
import { requireShards } from "../limits.ts";
import { stepsToUniform } from "../reshard.ts";
import { type Infer, integer, required, string } from "../shapes.ts";
import type { Stream } from "../stream.ts";

const shardsMax = 10_000;
const updatesMax = 10;
const dayMs = 24 * 3_600_000;

export const access = onStream;
export const shape = {
  ...streamFields,
  TargetShardCount: required(integer({ min: 1 })),
  ScalingType: required(string({ oneOf: ["UNIFORM_SCALING"] })),
};

/** @throws {ServiceError} LimitExceededException, ResourceInUseException, ValidationException */
export function updateShardCount(request: Infer<typeof shape>, ctx: KinesisContext): Answer {
  const stream = activeStreamOf(request, ctx);
  refuseOnDemand(stream, "UpdateShardCount");
  const open = stream.openShards.map(({ state }) => state);
  const { TargetShardCount: target } = request;
  requireTarget(target, open.length);
  requireShards(target - open.length, ctx);
  const shardCountUpdatesMs = lateUpdates(stream, ctx);
  const steps = stepsToUniform(open, target, stream.state.nextShard);
  stream.begin("UPDATING", steps, { shardCountUpdatesMs });
  return {
    StreamName: stream.name,
    CurrentShardCount: open.length,
    TargetShardCount: target,
    StreamARN: arnOf(stream.name, ctx),
  };
}

function requireTarget(target: number, open: number): void {
  const counts = `Current open shard count: ${open}, Target shard count: ${target}`;
  if (target > shardsMax) {
    const subject = "Target shard count or number of open shards";
    throw limitExceeded(`${subject} cannot be greater than ${shardsMax}. ${counts}`);
  }
  if (target > open * 2) {
    const what = "UpdateShardCount cannot scale up over double your current open shard count";
    throw limitExceeded(`${what}. ${counts}`);
  }
  if (target < open / 2) {
    const what = "UpdateShardCount cannot scale down below half your current open shard count";
    throw limitExceeded(`${what}. ${counts}`);
  }
}

/** The updates of the last 24 hours, with this one. Assumed: the words. */
function lateUpdates(stream: Stream, ctx: KinesisContext): number[] {
  const nowMs = ctx.nowMs();
  const late = stream.state.shardCountUpdatesMs.filter((ms) => ms > nowMs - dayMs && ms <= nowMs);
  if (ctx.hasLimits && late.length >= updatesMax) {
    throw limitExceeded(
      `Stream ${stream.name} under account ${ctx.accountId} was scaled ${late.length} times in a ` +
        `rolling 24-hour period. Limit: ${updatesMax}.`,
    );
  }
  return [...late, nowMs];
}
