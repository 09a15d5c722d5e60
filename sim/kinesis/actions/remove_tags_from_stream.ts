/**
 * RemoveTagsFromStream: takes tags away; those that are not there do not matter.
 *
 * Source: Kinesis Data Streams API reference, RemoveTagsFromStream.
 */
import { onTagged } from "../access.ts";
import { type KinesisContext, streamFields, streamOf } from "../context.ts";
import { fiveASecond } from "../rates.ts";
import { type Infer, list, required, string } from "../shapes.ts";

export const access = onTagged;
export const shape = {
  TagKeys: required(list(string({ min: 1, max: 128 }), { min: 1, max: 50 })),
  ...streamFields,
};
export const rate = fiveASecond;

/** @throws {ServiceError} ResourceNotFoundException */
export function removeTagsFromStream(request: Infer<typeof shape>, ctx: KinesisContext): void {
  const stream = streamOf(request, ctx);
  const gone = new Set(request.TagKeys);
  stream.update({ tags: stream.state.tags.filter(([name]) => !gone.has(name)) });
}
