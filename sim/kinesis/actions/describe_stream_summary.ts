/**
 * DescribeStreamSummary: what a stream is, without its shards.
 *
 * Source: Kinesis Data Streams API reference, DescribeStreamSummary.
 */
import { onStream } from "../access.ts";
import { type Answer, type KinesisContext, streamFields, streamOf } from "../context.ts";
import { describeStream } from "../describe.ts";
import type { Rate } from "../rates.ts";
import type { Infer } from "../shapes.ts";

export const access = onStream;
export const shape = streamFields;
export const rate: Rate = { max: 20, spanMs: 1000, per: "account" };

/** @throws {ServiceError} ResourceNotFoundException */
export function describeStreamSummary(request: Infer<typeof shape>, ctx: KinesisContext): Answer {
  const stream = streamOf(request, ctx);
  return {
    StreamDescriptionSummary: {
      ...describeStream(stream, ctx),
      OpenShardCount: stream.openShards.length,
      ConsumerCount: 0,
      MaxRecordSizeInKiB: stream.state.maxRecordSizeKiB,
    },
  };
}
