/**
 * DeleteResourcePolicy: a stream without a policy from here on.
 *
 * Source: Kinesis Data Streams API reference, DeleteResourcePolicy.
 */
import { onResource } from "../access.ts";
import type { KinesisContext } from "../context.ts";
import { fiveASecond } from "../rates.ts";
import { noPolicy, resourceFields, streamOfArn } from "../resource_policy.ts";
import type { Infer } from "../shapes.ts";

export const access = onResource;
export const shape = resourceFields;
export const rate = fiveASecond;

/** @throws {ServiceError} ResourceNotFoundException, also if there is no policy */
export function deleteResourcePolicy(request: Infer<typeof shape>, ctx: KinesisContext): void {
  const { ResourceARN: arn } = request;
  const stream = streamOfArn(arn, ctx);
  if (!stream.state.policy) throw noPolicy(arn);
  stream.update({ policy: null });
}
