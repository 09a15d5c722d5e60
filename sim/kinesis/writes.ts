/**
 * Writes: records -> the shards their keys hash to, each with its verdict, in the order given.
 *
 * All records of a request that go to one shard are stored as one batch: all of them or none.
 */
import { StorageError } from "../storage/append_file.ts";
import type { RecordToEncode } from "../storage/record_batch.ts";
import type { KinesisContext } from "./context.ts";
import { explicitHashKey, hashKeyOf } from "./hash_keys.ts";
import { showBytes, validationError } from "./shapes.ts";
import { invalidArgument } from "./errors.ts";
import type { Shard } from "./shard.ts";
import type { Stream } from "./stream.ts";
import { placeStep } from "./sequence.ts";

export interface RecordToPut {
  Data: Uint8Array;
  PartitionKey: string;
  ExplicitHashKey: string | undefined;
}

export type Verdict =
  | { kind: "stored"; shard: Shard; sequenceNumber: string }
  | { kind: "throttled"; shard: Shard }
  | { kind: "failed"; shard: Shard };

interface Group {
  shard: Shard;
  records: RecordToEncode[];
  /** Where each record stood in the request. */
  positions: number[];
}

const utf8 = new TextEncoder();

/** @param sizes of the records, key included. */
export function putAll(
  records: readonly RecordToPut[],
  sizes: readonly number[],
  stream: Stream,
  ctx: KinesisContext,
): Verdict[] {
  const nowMs = ctx.nowMs();
  const verdicts = new Array<Verdict>(records.length);
  const groups = new Map<Shard, Group>();
  const keys = records.map(({ PartitionKey }) => utf8.encode(PartitionKey));
  const shards = records.map((record, index) => shardOf(record, keys[index]!, stream));
  for (let position = 0; position < records.length; position++) {
    const { Data: value } = records[position]!;
    const shard = shards[position]!;
    const isThrottled = ctx.faults.strikes("kinesis.put_records.throttle") ||
      (ctx.hasLimits && !shard.rates.tryWrite(nowMs, sizes[position]!));
    if (isThrottled) {
      verdicts[position] = { kind: "throttled", shard };
      continue;
    }
    let group = groups.get(shard);
    if (group === undefined) groups.set(shard, group = { shard, records: [], positions: [] });
    group.records.push({ key: keys[position]!, value });
    group.positions.push(position);
  }
  for (const group of groups.values()) store(group, nowMs, verdicts);
  return verdicts;
}

function shardOf({ ExplicitHashKey }: RecordToPut, key: Uint8Array, stream: Stream): Shard {
  return stream.shardFor(
    ExplicitHashKey === undefined ? hashKeyOf(key) : explicitHashKey(ExplicitHashKey),
  );
}

/** A disk that takes no more is a failure of these records; those of other shards may be stored. */
function store({ shard, records, positions }: Group, nowMs: number, verdicts: Verdict[]): void {
  let offset: bigint;
  try {
    offset = shard.append(records, nowMs);
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    for (const position of positions) verdicts[position] = { kind: "failed", shard };
    return;
  }
  let value = shard.sequenceAt(offset, nowMs);
  for (const position of positions) {
    verdicts[position] = { kind: "stored", shard, sequenceNumber: value.toString() };
    value += placeStep;
  }
}

/** Bytes of a record as they are counted: data and UTF-8 key. */
export function sizeOf({ Data, PartitionKey }: RecordToPut): number {
  return Data.length + keyBytes(PartitionKey);
}

function keyBytes(key: string): number {
  let bytes = key.length;
  for (let at = 0; at < key.length; at++) {
    // Half of a pair of surrogates is two of its four bytes.
    const code = key.charCodeAt(at);
    if (code >= 0x80) bytes += code < 0x800 || (code >= 0xd800 && code < 0xe000) ? 1 : 2;
  }
  return bytes;
}

/**
 * Documented: the limit is the stream's own. Assumed: the words where only the key makes it too much.
 * @throws {ServiceError} ValidationException, InvalidArgumentException
 */
export function requireSize(
  record: RecordToPut,
  size: number,
  path: string[],
  stream: Stream,
): void {
  const maxBytes = stream.state.maxRecordSizeKiB * 1024;
  if (size <= maxBytes) return;
  if (record.Data.length > maxBytes) {
    const constraint = `Member must have length less than or equal to ${maxBytes}`;
    throw validationError([{ path, value: `'${showBytes(record.Data)}'`, constraint }]);
  }
  throw invalidArgument(
    `Record size of ${size} bytes, partition key included, exceeds ${maxBytes} bytes`,
  );
}
