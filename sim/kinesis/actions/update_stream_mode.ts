/**
 * UpdateStreamMode: from on demand to provisioned and back; the shards stay as they are.
 *
 * Documented: twice in 24 hours.
 *
 * Source: Kinesis Data Streams API reference, UpdateStreamMode.
 * Left out: warm throughput.
 */
import { onStream } from "../access.ts";
import { activeStreamOf, type KinesisContext, streamArn, streamId } from "../context.ts";
import { limitExceeded } from "../errors.ts";
import { type Infer, required } from "../shapes.ts";
import type { Stream } from "../stream.ts";
import { streamModeDetails } from "./create_stream.ts";

const updatesMax = 2;
const dayMs = 24 * 3_600_000;

export const access = onStream;
export const shape = {
  StreamARN: required(streamArn),
  StreamModeDetails: required(streamModeDetails),
  StreamId: streamId,
};

/** @throws {ServiceError} ResourceNotFoundException, ResourceInUseException, LimitExceededException */
export function updateStreamMode(request: Infer<typeof shape>, ctx: KinesisContext): void {
  const stream = activeStreamOf({ StreamName: undefined, ...request }, ctx);
  const isOnDemand = request.StreamModeDetails.StreamMode === "ON_DEMAND";
  stream.begin("UPDATING", [], {
    mode: isOnDemand ? "ON_DEMAND" : "PROVISIONED",
    modeUpdatesMs: lateUpdates(stream, ctx),
  });
}

/** The updates of the last 24 hours, with this one. Assumed: the words. */
function lateUpdates(stream: Stream, ctx: KinesisContext): number[] {
  const nowMs = ctx.nowMs();
  const late = stream.state.modeUpdatesMs.filter((ms) => ms > nowMs - dayMs && ms <= nowMs);
  if (ctx.hasLimits && late.length >= updatesMax) {
    throw limitExceeded(
      `The mode of stream ${stream.name} under account ${ctx.accountId} was switched ` +
        `${late.length} times in a rolling 24-hour period. Limit: ${updatesMax}.`,
    );
  }
  return [...late, nowMs];
}
