/**
 * PutRecord: appends one record to the shard its key hashes to.
 *
 * Source: Kinesis Data Streams API reference, PutRecord.
 * Left out: encryption. `SequenceNumberForOrdering` is checked and changes nothing: records of a
 * shard are in the order of their requests here.
 */
import { ServiceError } from "../../errors.ts";
import { onStream } from "../access.ts";
import {
  type Answer,
  hashKey,
  type KinesisContext,
  sequenceNumber,
  streamFields,
  streamNameOf,
} from "../context.ts";
import {
  internalFailure,
  internalFailureText,
  invalidArgument,
  rateExceededText,
  throughputExceeded,
} from "../errors.ts";
import { mebibyte } from "../rates.ts";
import { parseSequence } from "../sequence.ts";
import { blob, type Infer, required, string } from "../shapes.ts";
import { putAll, requireSize, sizeOf } from "../writes.ts";

export const access = onStream;
export const shape = {
  Data: required(blob({ maxBytes: 10 * mebibyte })),
  ExplicitHashKey: hashKey,
  PartitionKey: required(string({ min: 1, max: 256 })),
  SequenceNumberForOrdering: sequenceNumber,
  ...streamFields,
};

/** @throws {ServiceError} ResourceNotFoundException, ProvisionedThroughputExceededException */
export function putRecord(request: Infer<typeof shape>, ctx: KinesisContext): Answer {
  const stream = ctx.streams.usable(streamNameOf(request, ctx));
  const size = sizeOf(request);
  requireSize(request, size, ["data"], stream);
  requireOrdering(request.SequenceNumberForOrdering, stream.name, ctx);
  const [verdict] = putAll([request], [size], stream, ctx);
  switch (verdict!.kind) {
    case "stored":
      return { ShardId: verdict!.shard.id, SequenceNumber: verdict!.sequenceNumber };
    case "throttled": {
      const message = rateExceededText(verdict!.shard.id, stream.name, ctx);
      throw new ServiceError(throughputExceeded, message);
    }
    case "failed":
      throw new ServiceError(internalFailure, internalFailureText, 500);
  }
}

function requireOrdering(number: string | undefined, stream: string, ctx: KinesisContext): void {
  if (number === undefined) return;
  const parts = parseSequence(number);
  if (parts !== null && parts.arrivalSecond * 1000 <= ctx.nowMs()) return;
  throw invalidArgument(
    `ExclusiveMinimumSequenceNumber ${number} used in PutRecord on stream ${stream} ` +
      `under account ${ctx.accountId} is invalid.`,
  );
}
