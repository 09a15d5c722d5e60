/**
 * Tokens: what a client carries from one answer to the next request (shard iterators and next
 * tokens) <-> opaque texts.
 *
 * Nothing is remembered here: a token holds all there is to know, so it outlives a restart. Its
 * end is a hash, by which one that was made up or cut short is told.
 */
import { hash } from "node:crypto";
import { ServiceError } from "../errors.ts";
import { invalidArgument } from "./errors.ts";

/** Documented: iterators and tokens die after five minutes. */
const lifetimeMs = 300_000;

export interface ShardIterator {
  stream: string;
  /** Tells a stream from an earlier one with its name. */
  createdMs: number;
  shardIndex: number;
  offset: bigint;
  madeMs: number;
}

function seal(kind: string, parts: readonly (string | number | bigint)[]): string {
  const text = [kind, ...parts].join("/");
  const bytes = new TextEncoder().encode(`${text}/${digest(text)}`);
  return bytes.toBase64();
}

function digest(text: string): string {
  return hash("sha256", `token of the simulator ${text}`, "hex").slice(0, 24);
}

/** Asked for twice in a request: by who may read, and by the reading. */
let opened: { kind: string; token: string; parts: readonly string[] | null } | null = null;

/** Null if it is none of ours. */
function open(kind: string, token: string): readonly string[] | null {
  if (opened?.kind !== kind || opened.token !== token) {
    opened = { kind, token, parts: unsealed(kind, token) };
  }
  return opened.parts;
}

function unsealed(kind: string, token: string): string[] | null {
  let text: string;
  try {
    text = new TextDecoder().decode(Uint8Array.fromBase64(token));
  } catch {
    return null;
  }
  const end = text.lastIndexOf("/");
  if (end < 0 || text.slice(end + 1) !== digest(text.slice(0, end))) return null;
  const [found, ...parts] = text.slice(0, end).split("/");
  return found === kind ? parts : null;
}

export function makeIterator(iterator: ShardIterator): string {
  const { stream, createdMs, shardIndex, offset, madeMs } = iterator;
  return seal("iterator", [stream, createdMs, shardIndex, offset, madeMs]);
}

/** The stream of an iterator, however old; null if it is none. */
export function iteratorStream(token: string): string | null {
  return open("iterator", token)?.[0] ?? null;
}

/** @throws {ServiceError} InvalidArgumentException, ExpiredIteratorException */
export function readIterator(token: string, nowMs: number): ShardIterator {
  const [stream, createdMs, shardIndex, offset, madeMs] = open("iterator", token) ?? [];
  // How a token ends is no secret: whoever reads this can make one.
  if (stream === undefined || ![createdMs, shardIndex, offset, madeMs].every(isWhole)) {
    throw invalidArgument("Invalid ShardIterator.");
  }
  const made = Number(madeMs);
  if (nowMs - made > lifetimeMs) throw expiredIterator(made, nowMs);
  return {
    stream,
    createdMs: Number(createdMs),
    shardIndex: Number(shardIndex),
    offset: BigInt(offset ?? 0),
    madeMs: made,
  };
}

export function expiredIterator(madeMs: number, nowMs: number): ServiceError {
  const times = `created at time ${javaTime(madeMs)} while right now it is ${javaTime(nowMs)}`;
  const verdict = "which is further in the future than the tolerated delay of";
  return new ServiceError(
    "ExpiredIteratorException",
    `Iterator expired. The iterator was ${times} ${verdict} ${lifetimeMs} milliseconds.`,
  );
}

/** `Thu Jan 22 01:22:02 UTC 2015`, as Java prints a time. */
export function javaTime(ms: number): string {
  const [day, date, month, year, time] = new Date(ms).toUTCString().split(/,? /);
  return `${day} ${month} ${date} ${time} UTC ${year}`;
}

/** What a list of shards goes on with. */
export interface ShardsToken {
  stream: string;
  createdMs: number;
  /** The last shard that was listed. */
  afterShard: number;
  /** The filter as JSON, or nothing. */
  filter: string;
  madeMs: number;
}

export function makeShardsToken(token: ShardsToken): string {
  const { stream, createdMs, afterShard, filter, madeMs } = token;
  return seal("shards", [stream, createdMs, afterShard, madeMs, encodeURIComponent(filter)]);
}

/** The stream of such a token, however old; null if it is none. */
export function shardsTokenStream(token: string): string | null {
  return open("shards", token)?.[0] ?? null;
}

/** @throws {ServiceError} InvalidArgumentException, ExpiredNextTokenException */
export function readShardsToken(token: string, nowMs: number): ShardsToken {
  const [stream, createdMs, afterShard, madeMs, filter] = open("shards", token) ?? [];
  if (stream === undefined || ![createdMs, afterShard, madeMs].every(isWhole)) {
    throw invalidArgument("Invalid NextToken.");
  }
  if (nowMs - Number(madeMs) > lifetimeMs) {
    throw new ServiceError("ExpiredNextTokenException", "NextToken has expired.");
  }
  return {
    stream,
    createdMs: Number(createdMs),
    afterShard: Number(afterShard),
    filter: filterIn(filter),
    madeMs: Number(madeMs),
  };
}

function isWhole(text: string | undefined): boolean {
  return /^-?[0-9]{1,19}$/.test(text ?? "");
}

function filterIn(encoded = ""): string {
  try {
    const filter = decodeURIComponent(encoded);
    if (filter !== "") JSON.parse(filter);
    return filter;
  } catch {
    throw invalidArgument("Invalid NextToken.");
  }
}

export function makeStreamsToken(afterStream: string): string {
  return seal("streams", [afterStream]);
}

/** @throws {ServiceError} InvalidArgumentException */
export function readStreamsToken(token: string): string {
  const [afterStream] = open("streams", token) ?? [];
  if (afterStream === undefined) throw invalidArgument("Invalid NextToken.");
  return afterStream;
}
