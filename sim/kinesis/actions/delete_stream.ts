/**
 * DeleteStream: a stream and all its records go away, after a while in which it is DELETING.
 *
 * Source: Kinesis Data Streams API reference, DeleteStream.
 */
import { onStream } from "../access.ts";
import { type KinesisContext, streamFields, streamOf } from "../context.ts";
import { fiveASecond } from "../rates.ts";
import { boolean, type Infer } from "../shapes.ts";

export const access = onStream;
export const shape = { ...streamFields, EnforceConsumerDeletion: boolean() };
export const rate = fiveASecond;

/** @throws {ServiceError} ResourceNotFoundException */
export function deleteStream(request: Infer<typeof shape>, ctx: KinesisContext): void {
  const stream = streamOf(request, ctx);
  if (stream.status !== "DELETING") stream.begin("DELETING");
}
