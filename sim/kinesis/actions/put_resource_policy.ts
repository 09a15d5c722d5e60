/**
 * PutResourcePolicy: who may do what with a stream, in place of what was said before.
 *
 * In force with the next request.
 *
 * Source: Kinesis Data Streams API reference, PutResourcePolicy.
 */
import { onResource } from "../access.ts";
import type { KinesisContext } from "../context.ts";
import { fiveASecond } from "../rates.ts";
import { checkPolicy, resourceFields, streamOfArn } from "../resource_policy.ts";
import { type Infer, required, string } from "../shapes.ts";

export const access = onResource;
export const shape = { ...resourceFields, Policy: required(string()) };
export const rate = fiveASecond;

/** @throws {ServiceError} ResourceNotFoundException, InvalidArgumentException */
export function putResourcePolicy(request: Infer<typeof shape>, ctx: KinesisContext): void {
  const { ResourceARN: arn, Policy: policy } = request;
  const stream = streamOfArn(arn, ctx);
  checkPolicy(policy, arn);
  stream.update({ policy });
}
