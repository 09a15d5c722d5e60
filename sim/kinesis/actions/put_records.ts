/**
 * PutRecords: appends up to 500 records, each to the shard its key hashes to.
 *
 * One bad record does not fail the call: every record gets a result, in request order, and
 * `FailedRecordCount` counts the ones to send again. An HTTP 200 alone proves nothing.
 *
 * Source: Kinesis Data Streams API reference, PutRecords.
 * Left out: encryption.
 */
import { ServiceError } from "../../errors.ts";
import { onStream } from "../access.ts";
import {
  type Answer,
  hashKey,
  type KinesisContext,
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
import { blob, type Infer, list, required, string, structure } from "../shapes.ts";
import type { Stream } from "../stream.ts";
import { putAll, requireSize, sizeOf, type Verdict } from "../writes.ts";

/** Documented: keys included. */
const requestBytesMax = 10 * mebibyte;

export const access = onStream;
export const shape = {
  Records: required(list(
    structure({
      Data: required(blob({ maxBytes: 10 * mebibyte })),
      ExplicitHashKey: hashKey,
      PartitionKey: required(string({ min: 1, max: 256 })),
    }, "com.amazonaws.kinesis.v20131202.PutRecordsRequestEntry"),
    { min: 1, max: 500 },
  )),
  ...streamFields,
};

/** @throws {ServiceError} ResourceNotFoundException if there is no such stream. */
export function putRecords(request: Infer<typeof shape>, ctx: KinesisContext): Answer {
  const stream = ctx.streams.usable(streamNameOf(request, ctx));
  const { Records: records } = request;
  const sizes = records.map(sizeOf);
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  if (bytes > requestBytesMax) throw invalidArgument("Records size exceeds 10 MB limit");
  records.forEach((record, index) => {
    requireSize(record, sizes[index]!, ["records", String(index + 1), "member", "data"], stream);
  });
  const verdicts = putAll(records, sizes, stream, ctx);
  if (verdicts.every(({ kind }) => kind === "failed")) {
    throw new ServiceError(internalFailure, internalFailureText, 500);
  }
  return answer(verdicts, stream, ctx);
}

function answer(verdicts: readonly Verdict[], stream: Stream, ctx: KinesisContext): Answer {
  const failedCount = verdicts.filter(({ kind }) => kind !== "stored").length;
  return {
    json() {
      // None of these texts holds a sign that JSON would escape, except for the names of streams.
      const results = verdicts.map((verdict) =>
        verdict.kind === "stored"
          ? `{"SequenceNumber":"${verdict.sequenceNumber}","ShardId":"${verdict.shard.id}"}`
          : JSON.stringify(failure(verdict, stream, ctx))
      );
      return `{"FailedRecordCount":${failedCount},"Records":[${results.join(",")}]}`;
    },
    cbor(writer) {
      writer.value({
        FailedRecordCount: failedCount,
        Records: verdicts.map((verdict) =>
          verdict.kind === "stored"
            ? { SequenceNumber: verdict.sequenceNumber, ShardId: verdict.shard.id }
            : failure(verdict, stream, ctx)
        ),
      });
    },
  };
}

function failure({ kind, shard }: Verdict, stream: Stream, ctx: KinesisContext) {
  if (kind === "failed") return { ErrorCode: internalFailure, ErrorMessage: internalFailureText };
  const message = rateExceededText(shard.id, stream.name, ctx);
  return { ErrorCode: throughputExceeded, ErrorMessage: message };
}
