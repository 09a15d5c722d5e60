/**
 * DecreaseStreamRetentionPeriod: records are kept less long, a day at least; those that are older
 * are gone at once.
 *
 * Source: Kinesis Data Streams API reference, DecreaseStreamRetentionPeriod.
 */
import { onStream } from "../access.ts";
import { activeStreamOf, type KinesisContext, streamFields } from "../context.ts";
import { invalidArgument } from "../errors.ts";
import { fiveASecond } from "../rates.ts";
import { requireRetention } from "../retention.ts";
import { type Infer, integer, required } from "../shapes.ts";

export const access = onStream;
export const shape = { ...streamFields, RetentionPeriodHours: required(integer()) };
export const rate = fiveASecond;

/** @throws {ServiceError} InvalidArgumentException, ResourceInUseException */
export function decreaseStreamRetentionPeriod(
  request: Infer<typeof shape>,
  ctx: KinesisContext,
): void {
  const stream = activeStreamOf(request, ctx);
  const { RetentionPeriodHours: hours } = request;
  requireRetention(hours);
  const { retentionHours } = stream.state;
  if (hours > retentionHours) {
    throw invalidArgument(
      `Requested retention period (${hours} hours) for stream ${stream.name} can not be longer ` +
        `than existing retention period (${retentionHours} hours). Use IncreaseRetentionPeriod API.`,
    );
  }
  stream.begin("UPDATING", [], { retentionHours: hours });
}
