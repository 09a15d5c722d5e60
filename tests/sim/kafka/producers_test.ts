import assert from "node:assert/strict";
import { Producers } from "../../../sim/kafka/producers.ts";
import {
  type BatchHeader,
  encodeRecordBatch,
  readBatchHeader,
} from "../../../sim/storage/record_batch.ts";

interface Numbers {
  producerId?: bigint;
  epoch?: number;
  sequence: number;
  count?: number;
  offset?: bigint;
}

function header(numbers: Numbers): BatchHeader {
  const { producerId = 7n, epoch = 0, sequence, count = 1, offset = 0n } = numbers;
  const records = Array.from({ length: count }, () => ({ key: null, value: null }));
  return readBatchHeader(encodeRecordBatch(records, {
    timestampMs: 0,
    baseOffset: offset,
    producerId,
    producerEpoch: epoch,
    baseSequence: sequence,
  }));
}

const isNew = { kind: "new" };
const refused = (error: number) => ({ kind: "refused", error });

Deno.test("Batches in sequence are new, a gap is not", () => {
  const producers = new Producers();
  producers.add(header({ sequence: 0, count: 3 }));
  assert.deepEqual(producers.check(header({ sequence: 3 })), isNew);
  assert.deepEqual(producers.check(header({ sequence: 4 })), refused(45));
  assert.deepEqual(producers.check(header({ sequence: 1 })), refused(45));
});

Deno.test("Each of the last five batches is known by its first offset, the sixth is forgotten", () => {
  const producers = new Producers();
  for (let sequence = 0; sequence < 6; sequence++) {
    producers.add(header({ sequence, offset: 100n + BigInt(sequence) }));
  }
  for (let sequence = 1; sequence < 6; sequence++) {
    const baseOffset = 100n + BigInt(sequence);
    assert.deepEqual(producers.check(header({ sequence })), { kind: "duplicate", baseOffset });
  }
  assert.deepEqual(producers.check(header({ sequence: 0 })), refused(45));
  assert.deepEqual(producers.check(header({ sequence: 5, count: 2 })), refused(45), "not the same");
});

Deno.test("An old epoch is fenced, a new one begins at 0", () => {
  const producers = new Producers();
  producers.add(header({ epoch: 1, sequence: 4 }));
  assert.deepEqual(producers.check(header({ epoch: 0, sequence: 5 })), refused(47));
  assert.deepEqual(producers.check(header({ epoch: 2, sequence: 5 })), refused(45));
  assert.deepEqual(producers.check(header({ epoch: 2, sequence: 0 })), isNew);
  producers.add(header({ epoch: 2, sequence: 0 }));
  assert.deepEqual(producers.check(header({ epoch: 1, sequence: 5 })), refused(47));
});

Deno.test("Producers do not know of each other, and those without an id have no sequence", () => {
  const producers = new Producers();
  producers.add(header({ producerId: 1n, sequence: 0 }));
  assert.deepEqual(producers.check(header({ producerId: 2n, sequence: 9 })), isNew);
  producers.add(header({ producerId: -1n, sequence: -1 }));
  assert.deepEqual(producers.check(header({ producerId: -1n, sequence: -1 })), isNew);
});

Deno.test("Sequences go on with 0 behind 2^31 - 1, within a batch and between two", () => {
  const producers = new Producers();
  producers.add(header({ sequence: 2 ** 31 - 1 }));
  assert.deepEqual(producers.check(header({ sequence: 0 })), isNew);
  producers.add(header({ producerId: 8n, sequence: 2 ** 31 - 2, count: 4 }));
  assert.deepEqual(producers.check(header({ producerId: 8n, sequence: 2 })), isNew);
});

Deno.test("What was saved is known again", () => {
  const producers = new Producers();
  producers.add(header({ sequence: 0, offset: 5n }));
  producers.add(header({ producerId: 8n, epoch: 3, sequence: 9, offset: 6n }));
  const again = new Producers();
  again.load(producers.save().slice());
  assert.deepEqual(again.check(header({ sequence: 0 })), { kind: "duplicate", baseOffset: 5n });
  assert.deepEqual(again.check(header({ producerId: 8n, epoch: 2, sequence: 10 })), refused(47));
  again.load(null);
  assert.deepEqual(again.check(header({ sequence: 4 })), isNew);
});

Deno.test("The longest silent producers are forgotten, never the busy ones", () => {
  const producers = new Producers();
  producers.add(header({ producerId: 1n, sequence: 0 }));
  producers.add(header({ producerId: 2n, sequence: 0 }));
  producers.add(header({ producerId: 1n, sequence: 1 }));
  for (let producerId = 3n; producerId <= 10_001n; producerId++) {
    producers.add(header({ producerId, sequence: 0 }));
  }
  assert.deepEqual(producers.check(header({ producerId: 1n, sequence: 9 })), refused(45));
  assert.deepEqual(producers.check(header({ producerId: 2n, sequence: 9 })), isNew);
});
