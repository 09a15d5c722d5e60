/** Quotas: how much an account may have, whether throughput is limited or not. */
import { limitExceeded } from "./errors.ts";
import type { KinesisContext } from "./context.ts";

/** Documented: the default for us-east-1, us-west-2 and eu-west-1. */
export const shardLimit = 20_000;
/** Documented: the default number of streams on demand. */
export const onDemandStreamLimit = 50;
/** Documented: how many streams may be in the making at once. */
const creatingMax = 5;

/** @throws {ServiceError} LimitExceededException */
export function requireShards(more: number, ctx: KinesisContext): void {
  const count = openShardCount(ctx);
  if (count + more <= shardLimit) return;
  const subject = `the account ${ctx.accountId} in ${ctx.region}`;
  throw limitExceeded(
    `This request would exceed the shard limit for ${subject}. Current shard count for the ` +
      `account: ${count}. Limit: ${shardLimit}. Number of additional shards that would have ` +
      `resulted from this request: ${more}. Refer to the AWS Service Limits page ` +
      "(http://docs.aws.amazon.com/general/latest/gr/aws_service_limits.html) " +
      "for current limits and how to request higher limits.",
  );
}

export function openShardCount({ streams }: KinesisContext): number {
  return streams.all()
    .filter(({ state }) => state.mode === "PROVISIONED")
    .reduce((sum, stream) => sum + stream.state.shards.filter((one) => !one.closedMs).length, 0);
}

/** Documented: the quotas. Assumed: the words. */
export function requireRoomForStream(mode: string, ctx: KinesisContext): void {
  const streams = ctx.streams.all();
  const creating = streams.filter(({ status }) => status === "CREATING").length;
  if (ctx.hasLimits && creating >= creatingMax) {
    throw limitExceeded(
      `Cannot create more than ${creatingMax} streams concurrently under account ${ctx.accountId}.`,
    );
  }
  const onDemand = streams.filter(({ state }) => state.mode === "ON_DEMAND").length;
  if (mode === "ON_DEMAND" && onDemand >= onDemandStreamLimit) {
    throw limitExceeded(
      `On-demand stream limit of ${onDemandStreamLimit} reached under account ${ctx.accountId}.`,
    );
  }
}
