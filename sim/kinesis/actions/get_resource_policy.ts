/**
 * GetResourcePolicy: the policy of a stream, as it was put; an empty document if it has none.
 *
 * Source: Kinesis Data Streams API reference, GetResourcePolicy; the empty document as recorded by
 * getmoto/moto.
 */
import { onResource } from "../access.ts";
import type { Answer, KinesisContext } from "../context.ts";
import { fiveASecond } from "../rates.ts";
import { resourceFields, streamOfArn } from "../resource_policy.ts";
import type { Infer } from "../shapes.ts";

export const access = onResource;
export const shape = resourceFields;
export const rate = fiveASecond;

/** @throws {ServiceError} ResourceNotFoundException */
export function getResourcePolicy(request: Infer<typeof shape>, ctx: KinesisContext): Answer {
  return { Policy: streamOfArn(request.ResourceARN, ctx).state.policy ?? "{}" };
}
