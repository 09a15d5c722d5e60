/**
 * UpdateMaxRecordSize: how large one record of a stream may be, 1 to 10 MiB.
 *
 * Source: Kinesis Data Streams API reference, UpdateMaxRecordSize.
 */
import { onStream } from "../access.ts";
import { activeStreamOf, type KinesisContext, streamArn, streamId } from "../context.ts";
import { fiveASecond } from "../rates.ts";
import { type Infer, integer, required } from "../shapes.ts";

export const access = onStream;
export const shape = {
  MaxRecordSizeInKiB: required(integer({ min: 1024, max: 10_240 })),
  StreamARN: streamArn,
  StreamId: streamId,
};
export const rate = fiveASecond;

/** @throws {ServiceError} ResourceNotFoundException, ResourceInUseException */
export function updateMaxRecordSize(request: Infer<typeof shape>, ctx: KinesisContext): void {
  const stream = activeStreamOf({ StreamName: undefined, ...request }, ctx);
  stream.begin("UPDATING", [], { maxRecordSizeKiB: request.MaxRecordSizeInKiB });
}
