/**
 * ListTagsForStream: the tags of a stream, in the order of their names.
 *
 * Source: Kinesis Data Streams API reference, ListTagsForStream.
 */
import { onStream } from "../access.ts";
import { type Answer, type KinesisContext, streamFields, streamOf } from "../context.ts";
import { fiveASecond } from "../rates.ts";
import { type Infer, integer, string } from "../shapes.ts";

export const access = onStream;
export const shape = {
  ...streamFields,
  ExclusiveStartTagKey: string({ min: 1, max: 128 }),
  Limit: integer({ min: 1, max: 50 }),
};
export const rate = fiveASecond;

/** @throws {ServiceError} ResourceNotFoundException */
export function listTagsForStream(request: Infer<typeof shape>, ctx: KinesisContext): Answer {
  const { ExclusiveStartTagKey: after = "", Limit: limit = 50 } = request;
  const rest = streamOf(request, ctx).state.tags.filter(([name]) => name > after);
  return {
    Tags: rest.slice(0, limit).map(([Key, Value]) => ({ Key, Value })),
    HasMoreTags: rest.length > limit,
  };
}
