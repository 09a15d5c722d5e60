/**
 * Batch: pages of a stream as they come -> the records of one commit, in the order of verdicts.
 *
 *   in    pages of any shard, each shard's in order
 *   out   records by (shard id, sequence number), each with its line for the engine
 *
 * A record that is no JSON object gets a line all the same (`null`), so that line n is record n,
 * and its reason stands beside it; so does one that was rejected before a restart. Lines are made page by page, while the batch before this one
 * is being committed.
 */
import type { KinesisRecord } from "../clients/kinesis.ts";
import { jsonLine } from "../record/json_line.ts";
import { reasons } from "../record/reasons.ts";
import { compareSequence, type Positions } from "./positions.ts";
import type { Page } from "./page_queue.ts";

export interface PlacedRecord {
  shardId: string;
  record: KinesisRecord;
}

/** One record of a stream, as a key. */
export function placeOf(shardId: string, sequenceNumber: string): string {
  return `${shardId}/${sequenceNumber}`;
}

interface Chunk {
  shardId: string;
  records: readonly KinesisRecord[];
  lines: readonly Uint8Array[];
  /** Index in `records` to the reason why it has no line of its own. */
  flaws: ReadonlyMap<number, string>;
}

const openBrace = 0x7b;
const ofNull = new TextEncoder().encode("null");

export class Batch {
  readonly #verdicts: ReadonlyMap<string, string>;
  readonly #chunks: Chunk[] = [];
  readonly #positions: Record<string, string> = {};
  #recordCount = 0;
  #byteCount = 0;

  /** @param verdicts reasons of records that were rejected before, by `placeOf` */
  constructor(verdicts: ReadonlyMap<string, string> = new Map()) {
    this.#verdicts = verdicts;
  }

  get recordCount(): number {
    return this.#recordCount;
  }

  /** Of the records' data. */
  get byteCount(): number {
    return this.#byteCount;
  }

  add({ shardId, position }: Page, records: readonly KinesisRecord[]): void {
    const known = this.#positions[shardId];
    if (known === undefined || compareSequence(position, known) > 0) {
      this.#positions[shardId] = position;
    }
    if (records.length === 0) return;
    this.#chunks.push(chunkOf(shardId, records, this.#verdicts));
    this.#recordCount += records.length;
    for (const { data } of records) this.#byteCount += data.length;
  }

  /** Where these positions stand once this batch is behind them. */
  positionsAfter(before: Positions): Positions {
    return { ...before, ...this.#positions };
  }

  /** Nothing more is added: the records in the order in which verdicts are given. */
  close(): ClosedBatch {
    // Shard by shard; the pages of one shard stay as they came.
    this.#chunks.sort((a, b) => a.shardId < b.shardId ? -1 : Number(a.shardId > b.shardId));
    return new ClosedBatch(this.#chunks);
  }
}

/** The records of one commit by number; line n is record n. */
export class ClosedBatch {
  readonly records: readonly PlacedRecord[];
  /** Record number to the reason why it is no JSON object. */
  readonly flaws: ReadonlyMap<number, string>;
  readonly #lines: Uint8Array[];

  constructor(chunks: readonly Chunk[]) {
    this.records = chunks.flatMap(({ shardId, records }) =>
      records.map((record) => ({ shardId, record }))
    );
    this.#lines = chunks.flatMap(({ lines }) => lines);
    const flaws = new Map<number, string>();
    let start = 0;
    for (const chunk of chunks) {
      for (const [at, reason] of chunk.flaws) flaws.set(start + at, reason);
      start += chunk.records.length;
    }
    this.flaws = flaws;
  }

  /** All lines, each with its line feed. */
  lines(): Uint8Array {
    const bytes = new Uint8Array(this.#lines.reduce((sum, line) => sum + line.length + 1, 0));
    let at = 0;
    for (const line of this.#lines) {
      bytes.set(line, at);
      at += line.length;
      bytes[at++] = 0x0a;
    }
    return bytes;
  }

  get longestLineBytes(): number {
    return this.#lines.reduce((longest, line) => Math.max(longest, line.length), 0);
  }
}

function chunkOf(
  shardId: string,
  records: readonly KinesisRecord[],
  verdicts: ReadonlyMap<string, string>,
): Chunk {
  const flaws = new Map<number, string>();
  const lines = records.map(({ data, sequenceNumber }, at) => {
    const line = jsonLine(data);
    const verdict = verdicts.size > 0 ? verdicts.get(placeOf(shardId, sequenceNumber)) : undefined;
    const isObject = "bytes" in line && line.bytes[0] === openBrace;
    if (isObject && verdict === undefined) return line.bytes;
    flaws.set(at, verdict ?? ("reason" in line ? line.reason : reasons.notObject));
    return ofNull;
  });
  return { shardId, records, lines, flaws };
}
