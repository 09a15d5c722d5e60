/**
 * DescribeLimits: the account's quotas and how much of them is used.
 *
 * Source: Kinesis Data Streams API reference, DescribeLimits.
 */
import { onAll } from "../access.ts";
import type { Answer, KinesisContext } from "../context.ts";
import { onDemandStreamLimit, openShardCount, shardLimit } from "../limits.ts";
import type { Rate } from "../rates.ts";
import type { Infer } from "../shapes.ts";

export const access = onAll;
export const shape = {};
export const rate: Rate = { max: 1, spanMs: 1000, per: "account" };

export function describeLimits(_: Infer<typeof shape>, ctx: KinesisContext): Answer {
  return {
    ShardLimit: shardLimit,
    OpenShardCount: openShardCount(ctx),
    OnDemandStreamCount: ctx.streams.all().filter(({ state }) => state.mode === "ON_DEMAND").length,
    OnDemandStreamCountLimit: onDemandStreamLimit,
  };
}
