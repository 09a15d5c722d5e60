/**
 * Producers: the batches that idempotent producers sent to one partition -> which one is new.
 *
 * A producer numbers its records per partition. The last five batches of each are remembered, as
 * many as it may have in flight: one that comes again gets its first offset back and is not stored.
 *
 * Source: Apache Kafka, KIP-98 and KIP-360; ProducerAppendInfo for the order of the checks.
 * Left out: expiry by time; the longest silent producers are forgotten by number instead.
 */
import { Reader, Writer } from "../net/bytes.ts";
import type { LogState } from "../storage/segment_log.ts";
import type { BatchHeader } from "../storage/record_batch.ts";
import { type ErrorCode, errors } from "./errors.ts";

const batchesRemembered = 5;
const producersMax = 10_000;
const sequences = 2 ** 31;

interface SequencedBatch {
  baseSequence: number;
  lastSequence: number;
  baseOffset: bigint;
}

interface Producer {
  epoch: number;
  batches: SequencedBatch[];
}

export type SequenceCheck =
  | { kind: "new" }
  | { kind: "duplicate"; baseOffset: bigint }
  | { kind: "refused"; error: ErrorCode };

export class Producers implements LogState {
  /** The longest silent first. */
  readonly #producers = new Map<bigint, Producer>();

  check(header: BatchHeader): SequenceCheck {
    const producer = this.#producers.get(header.producerId);
    if (header.producerId < 0n || producer === undefined) return { kind: "new" };
    if (header.producerEpoch < producer.epoch) {
      return { kind: "refused", error: errors.INVALID_PRODUCER_EPOCH };
    }
    const { baseSequence } = header;
    const outOfOrder = { kind: "refused", error: errors.OUT_OF_ORDER_SEQUENCE_NUMBER } as const;
    if (header.producerEpoch > producer.epoch) {
      return baseSequence === 0 ? { kind: "new" } : outOfOrder;
    }
    const lastSequence = lastSequenceOf(header);
    const same = producer.batches.find((batch) =>
      batch.baseSequence === baseSequence && batch.lastSequence === lastSequence
    );
    if (same !== undefined) return { kind: "duplicate", baseOffset: same.baseOffset };
    const last = producer.batches.at(-1);
    const expected = last === undefined ? baseSequence : (last.lastSequence + 1) % sequences;
    return baseSequence === expected ? { kind: "new" } : outOfOrder;
  }

  /** Remembers a batch that was stored. */
  add(header: BatchHeader): void {
    const { producerId, producerEpoch, baseSequence, baseOffset } = header;
    if (producerId < 0n) return;
    const known = this.#producers.get(producerId);
    const batches = known?.epoch === producerEpoch ? known.batches : [];
    batches.push({ baseSequence, lastSequence: lastSequenceOf(header), baseOffset });
    if (batches.length > batchesRemembered) batches.shift();
    this.#producers.delete(producerId);
    this.#producers.set(producerId, { epoch: producerEpoch, batches });
    this.#forget();
  }

  #forget(): void {
    for (const producerId of this.#producers.keys()) {
      if (this.#producers.size <= producersMax) return;
      this.#producers.delete(producerId);
    }
  }

  save(): Uint8Array {
    const writer = new Writer();
    writer.array([...this.#producers], ([producerId, { epoch, batches }]) => {
      writer.int64(producerId).int16(epoch).array(batches, (batch) => {
        writer.int32(batch.baseSequence).int32(batch.lastSequence).int64(batch.baseOffset);
      });
    });
    return writer.finish();
  }

  load(saved: Uint8Array | null): void {
    this.#producers.clear();
    if (saved === null) return;
    const reader = new Reader(saved);
    reader.array(() => {
      const producerId = reader.int64();
      const epoch = reader.int16();
      const batches = reader.array(() => ({
        baseSequence: reader.int32(),
        lastSequence: reader.int32(),
        baseOffset: reader.int64(),
      }));
      this.#producers.set(producerId, { epoch, batches });
    });
  }
}

/** Sequences wrap to 0 behind 2^31 - 1. */
function lastSequenceOf({ baseSequence, lastOffsetDelta }: BatchHeader): number {
  return (baseSequence + lastOffsetDelta) % sequences;
}
