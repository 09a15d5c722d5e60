/**
 * The policy of a stream: what all three actions about it have in common.
 *
 * Source: Kinesis Data Streams developer guide, "Resource-based policies"; texts as recorded by
 * getmoto/moto.
 * Left out: policies of consumers.
 */
import { ServiceError } from "../errors.ts";
import { compiled, MalformedPolicy } from "../iam/policy/mod.ts";
import { arnOf, type KinesisContext } from "./context.ts";
import { invalidArgument } from "./errors.ts";
import { required, string } from "./shapes.ts";
import type { Stream } from "./stream.ts";

/** Documented: 20 KB. */
const bytesMax = 20_480;

export const resourceFields = {
  ResourceARN: required(string({
    pattern: "arn:aws.*:kinesis:.*:\\d{12}:.*stream/\\S+",
    min: 1,
    max: 2048,
  })),
};

/** @throws {ServiceError} ResourceNotFoundException */
export function streamOfArn(arn: string, ctx: KinesisContext): Stream {
  const name = arn.slice(arn.indexOf("/") + 1);
  const stream = arn === arnOf(name, ctx) ? ctx.streams.find(name) : null;
  if (stream !== null) return stream;
  throw notFound(`Stream ${arn} under account ${ctx.accountId} not found.`);
}

export function noPolicy(arn: string): ServiceError {
  return notFound(`No resource policy found for resource ARN ${arn}.`);
}

function notFound(message: string): ServiceError {
  return new ServiceError("ResourceNotFoundException", message);
}

/** @throws {ServiceError} InvalidArgumentException. Assumed: its words beside those of policies. */
export function checkPolicy(text: string, arn: string): void {
  if (new TextEncoder().encode(text).length > bytesMax) {
    throw invalidArgument("Policy exceeds the maximum allowed document size.");
  }
  try {
    compiled(text, "resource", arn);
  } catch (error) {
    throw error instanceof MalformedPolicy ? invalidArgument(error.message) : error;
  }
  const { Statement: statement } = JSON.parse(text);
  const resources: unknown[] = [statement].flat()
    .flatMap(({ Resource: some, NotResource: others }) => some ?? others);
  if (resources.every((resource) => resource === arn)) return;
  throw invalidArgument("Policy has invalid resource");
}
