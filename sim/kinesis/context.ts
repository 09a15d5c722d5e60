/** What an action works with: streams, clock, faults, limits; nothing of HTTP. */
import { ServiceError } from "../errors.ts";
import type { Faults } from "../faults/plan.ts";
import type { CborWriter } from "../net/cbor.ts";
import { invalidArgument, notActive } from "./errors.ts";
import { string } from "./shapes.ts";
import type { Stream } from "./stream.ts";
import type { Streams } from "./streams.ts";

export interface KinesisContext {
  region: string;
  accountId: string;
  streams: Streams;
  faults: Faults;
  nowMs(): number;
  /** Whether throughput and rates of calls are enforced. */
  hasLimits: boolean;
}

/** An answer whose form is worth making by hand, because it is large. */
export interface Rendered {
  json(): string;
  cbor(writer: CborWriter): void;
}

/** Values under their names on the wire; `Date` for times. Nothing: an empty body. */
export type Answer = Readonly<Record<string, unknown>> | Rendered | undefined;

export function isRendered(answer: NonNullable<Answer>): answer is Rendered {
  return typeof answer.json === "function" && typeof answer.cbor === "function";
}

export const streamName = string({ pattern: "[a-zA-Z0-9_.-]+", min: 1, max: 128 });
export const shardId = string({ pattern: "[a-zA-Z0-9_.-]+", min: 1, max: 128 });
export const hashKey = string({ pattern: "0|([1-9]\\d{0,38})" });
export const sequenceNumber = string({ pattern: "0|([1-9]\\d{0,128})" });
export const streamArn = string({
  pattern: "arn:aws.*:kinesis:.*:\\d{12}:stream/\\S+",
  min: 1,
  max: 2048,
});
/** Documented: reserved, not implemented. */
export const streamId = string({ pattern: "[a-z0-9]{20}\\.[a-z0-9]{3}", min: 1, max: 24 });

/** Part of every request that is about one stream. */
export const streamFields = {
  StreamName: streamName,
  StreamARN: streamArn,
  StreamId: streamId,
};

export interface StreamFields {
  StreamName: string | undefined;
  StreamARN: string | undefined;
  StreamId?: string | undefined;
}

export function arnOf(stream: string, { region, accountId }: KinesisContext): string {
  return `arn:aws:kinesis:${region}:${accountId}:stream/${stream}`;
}

/**
 * The name that a request means; name and ARN may both be there if they say the same.
 * Assumed: the words for all three refusals.
 * @throws {ServiceError} InvalidArgumentException, ResourceNotFoundException
 */
export function streamNameOf(request: StreamFields, ctx: KinesisContext): string {
  const { StreamName: name, StreamARN: arn } = request;
  if (arn === undefined) {
    if (name !== undefined) return name;
    throw invalidArgument("Either StreamName or StreamARN should be provided.");
  }
  const named = arn.slice(arn.indexOf("/") + 1);
  if (name !== undefined && name !== named) {
    throw invalidArgument(`StreamARN ${arn} and StreamName ${name} do not match.`);
  }
  if (arn === arnOf(named, ctx)) return named;
  throw new ServiceError("ResourceNotFoundException", `Stream ${arn} not found.`);
}

/** @throws {ServiceError} ResourceNotFoundException */
export function streamOf(request: StreamFields, ctx: KinesisContext): Stream {
  return ctx.streams.get(streamNameOf(request, ctx));
}

/** @throws {ServiceError} ResourceNotFoundException, ResourceInUseException */
export function activeStreamOf(request: StreamFields, ctx: KinesisContext): Stream {
  const stream = streamOf(request, ctx);
  if (stream.status === "ACTIVE") return stream;
  throw notActive(stream.name, stream.status, ctx);
}

/**
 * One whose shards are the user's own affair.
 * Assumed: the words; documented: the code.
 * @throws {ServiceError} ValidationException on a stream on demand
 */
export function refuseOnDemand(stream: Stream, action: string): void {
  if (stream.state.mode === "PROVISIONED") return;
  throw new ServiceError(
    "ValidationException",
    `Request is invalid. ${action} is only supported for streams in PROVISIONED mode; ` +
      `stream ${stream.name} is in ON_DEMAND mode.`,
  );
}

/**
 * The number in a shard id. Observed: what stands before the hyphen, and the hyphen, do not matter.
 * Null if there can be no such shard.
 */
export function shardIndexOf(shardId: string): number | null {
  const digits = shardId.split("-")[1] ?? shardId;
  if (!/^[0-9]{1,12}$/.test(digits)) return null;
  const index = Number(digits);
  return index <= 0x7fff_ffff ? index : null;
}
