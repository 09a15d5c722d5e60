/**
 * AddTagsToStream: adds tags, or gives those that are there a new value.
 *
 * Source: Kinesis Data Streams API reference, AddTagsToStream.
 */
import { onTagged } from "../access.ts";
import { type KinesisContext, streamFields, streamOf } from "../context.ts";
import { fiveASecond } from "../rates.ts";
import { type Infer, required, textMap } from "../shapes.ts";
import { addedTags } from "../tags.ts";

export const access = onTagged;
export const shape = {
  Tags: required(textMap({ min: 1, max: 50, keyMax: 128, valueMax: 256 })),
  ...streamFields,
};
export const rate = fiveASecond;

/** @throws {ServiceError} ResourceNotFoundException, InvalidArgumentException */
export function addTagsToStream(request: Infer<typeof shape>, ctx: KinesisContext): void {
  const stream = streamOf(request, ctx);
  stream.update({ tags: addedTags(stream.name, stream.state.tags, request.Tags, ctx) });
}
