import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import KafkajsDecoder from "kafkajs/src/protocol/decoder.js";
import kafkajsDecodeBatch from "kafkajs/src/protocol/recordBatch/v0/decoder.js";
import kafkajsRecord from "kafkajs/src/protocol/recordBatch/record/v0/index.js";
import kafkajsBatch from "kafkajs/src/protocol/recordBatch/v0/index.js";
import { ServiceError } from "../../../sim/errors.ts";
import {
  batchHeaderSize,
  completeBatches,
  decodeRecordBatch,
  encodeRecordBatch,
  isBatchIntact,
  placeBatch,
  readBatchHeader,
  type RecordToEncode,
} from "../../../sim/storage/record_batch.ts";
import { crc32c } from "../../../sim/net/crc32c.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);

interface ForeignRecord {
  key: Uint8Array | null;
  value: Uint8Array | null;
  timestamp: number;
  headers: Record<string, string>;
}

/** One batch by kafkajs; it writes records of its own kind into an encoder of its own kind. */
async function foreignBatch(records: ForeignRecord[], { gzip = false } = {}): Promise<Uint8Array> {
  const firstTimestamp = records[0]?.timestamp ?? 0;
  const encoder = await kafkajsBatch.RecordBatch({
    compression: gzip ? 1 : 0,
    firstTimestamp,
    maxTimestamp: Math.max(...records.map(({ timestamp }) => timestamp)),
    producerId: 77,
    producerEpoch: 3,
    firstSequence: 12,
    lastOffsetDelta: records.length - 1,
    records: records.map(({ timestamp, key, value, headers }, index) =>
      kafkajsRecord({
        offsetDelta: index,
        timestampDelta: timestamp - firstTimestamp,
        key: key === null ? null : Buffer.from(key),
        value: value === null ? null : Buffer.from(value),
        headers,
      })
    ),
  });
  return new Uint8Array(encoder.buffer);
}

interface ForeignDecoded {
  offset: string;
  timestamp: string;
  key: Uint8Array | null;
  value: Uint8Array | null;
  headers: Record<string, Uint8Array>;
}

async function foreignRecords(batch: Uint8Array) {
  const decoder = new KafkajsDecoder(Buffer.from(batch));
  const { records }: { records: ForeignDecoded[] } = await kafkajsDecodeBatch(decoder);
  return records.map((record) => ({
    offset: BigInt(record.offset),
    timestampMs: Number(record.timestamp),
    key: record.key === null ? null : new Uint8Array(record.key),
    value: record.value === null ? null : new Uint8Array(record.value),
    headers: Object.entries(record.headers).map(([key, value]) => ({
      key,
      value: new Uint8Array(value),
    })),
  }));
}

const twoRecords: ForeignRecord[] = [
  { key: utf8("k1"), value: utf8("first"), timestamp: 1_700_000_000_000, headers: { a: "1" } },
  { key: null, value: null, timestamp: 1_700_000_099_000, headers: {} },
];

for (const gzip of [false, true]) {
  Deno.test(`A batch by kafkajs, ${gzip ? "gzip" : "uncompressed"}, decodes to its records`, async () => {
    const batch = await foreignBatch(twoRecords, { gzip });
    const { records, ...header } = decodeRecordBatch(batch);
    assert.equal(header.producerId, 77n);
    assert.equal(header.producerEpoch, 3);
    assert.equal(header.baseSequence, 12);
    assert.equal(header.count, 2);
    assert.equal(header.maxTimestampMs, 1_700_000_099_000n);
    assert.deepEqual(
      records.map(({ key, value, ...rest }) => ({
        ...rest,
        key: key && new TextDecoder().decode(key),
        value: value && new TextDecoder().decode(value),
      })),
      [
        {
          offset: 0n,
          timestampMs: 1_700_000_000_000,
          headers: [{ key: "a", value: utf8("1") }],
          key: "k1",
          value: "first",
        },
        { offset: 1n, timestampMs: 1_700_000_099_000, headers: [], key: null, value: null },
      ],
    );
  });
}

const plain = { noNullPrototype: true };
// Header names of few letters: kafkajs looks them up in an object that knows `constructor`.
const field = fc.option(fc.uint8Array({ maxLength: 200 }));
const recordToEncode: fc.Arbitrary<RecordToEncode> = fc.record({
  key: field,
  value: field,
  headers: fc.uniqueArray(
    fc.record({ key: fc.stringMatching(/^[x-zé€😀]{1,70}$/u), value: fc.uint8Array() }, plain),
    { maxLength: 3, selector: ({ key }) => key },
  ),
  timestampMs: fc.integer({ min: 0, max: 4_000_000_000_000 }),
}, plain);

Deno.test("What we encode, kafkajs decodes to the same records", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(recordToEncode, { minLength: 1, maxLength: 20 }), async (records) => {
      const batch = encodeRecordBatch(records, { timestampMs: 1_000_000, baseOffset: 5n });
      const expected = records.map((record, index) => ({ ...record, offset: 5n + BigInt(index) }));
      assert.deepEqual(
        await foreignRecords(batch),
        expected.map(({ offset, timestampMs, key, value, headers }) => ({
          offset,
          timestampMs,
          key,
          value,
          headers,
        })),
      );
    }),
    { numRuns: 200 },
  );
});

Deno.test("What we encode, we decode to the same records", () => {
  fc.assert(fc.property(fc.array(recordToEncode, { minLength: 1, maxLength: 20 }), (records) => {
    const decoded = decodeRecordBatch(encodeRecordBatch(records, { timestampMs: 7 })).records;
    const expected = records.map((record, index) => ({ ...record, offset: BigInt(index) }));
    assert.deepEqual(decoded.map((record) => ({ ...record })), expected);
  }));
});

Deno.test("Placing a batch moves its offsets and leaves its checksum right", async () => {
  const batch = await foreignBatch(twoRecords);
  placeBatch(batch, 1_000_000_000_000n, 9);
  assert.equal(readBatchHeader(batch).leaderEpoch, 9);
  assert.equal(isBatchIntact(batch), true);
  assert.deepEqual(decodeRecordBatch(batch).records.map(({ offset }) => offset), [
    1_000_000_000_000n,
    1_000_000_000_001n,
  ]);
});

Deno.test("A changed bit anywhere behind the checksum is found", async () => {
  const batch = await foreignBatch(twoRecords);
  for (let at = 17; at < batch.length; at++) {
    const changed = batch.slice();
    changed[at] = changed[at]! ^ 1;
    assert.equal(isBatchIntact(changed), false, `byte ${at}`);
    assert.throws(() => decodeRecordBatch(changed), ServiceError);
  }
});

Deno.test("A header cut short throws, never guesses", async () => {
  const batch = await foreignBatch(twoRecords);
  for (let size = 0; size < batchHeaderSize; size++) {
    assert.throws(() => readBatchHeader(batch.subarray(0, size)), RangeError);
  }
});

/** The batch with other record bytes and a checksum that holds. */
function withRecords(batch: Uint8Array, records: Uint8Array, attributes = 0): Uint8Array {
  const changed = new Uint8Array([...batch.subarray(0, batchHeaderSize), ...records]);
  const view = new DataView(changed.buffer);
  view.setInt32(8, changed.length - 12);
  view.setInt16(21, attributes);
  view.setUint32(17, crc32c(changed, 21));
  return changed;
}

Deno.test("Records cut short or followed by more are corrupt though the checksum holds", () => {
  const batch = encodeRecordBatch([{ key: utf8("key"), value: utf8("value") }], { timestampMs: 1 });
  const records = batch.subarray(batchHeaderSize);
  for (let size = 0; size < records.length; size++) {
    const cut = withRecords(batch, records.subarray(0, size));
    assert.throws(() => decodeRecordBatch(cut), { code: "CORRUPT_MESSAGE" });
  }
  const longer = withRecords(batch, new Uint8Array([...records, 0]));
  assert.throws(() => decodeRecordBatch(longer), { code: "CORRUPT_MESSAGE" });
  const broken = withRecords(batch, gzipSync(records).subarray(0, 15), 1);
  assert.throws(() => decodeRecordBatch(broken), { code: "CORRUPT_MESSAGE" });
});

Deno.test("A codec that we do not decode is named", () => {
  const batch = encodeRecordBatch([{ key: null, value: null }], { timestampMs: 1 });
  const zstd = withRecords(batch, batch.subarray(batchHeaderSize), 4);
  assert.throws(() => decodeRecordBatch(zstd), {
    code: "UNSUPPORTED_COMPRESSION_TYPE",
    message: /zstd/,
  });
});

Deno.test("Batches are found one after the other, and a cut last one is left out", async () => {
  const one = await foreignBatch(twoRecords);
  const two = encodeRecordBatch([{ key: null, value: utf8("x") }], { timestampMs: 1 });
  const bytes = new Uint8Array([...one, ...two, ...one.subarray(0, one.length - 1)]);
  assert.deepEqual([...completeBatches(bytes)].map(({ length }) => length), [
    one.length,
    two.length,
  ]);
});
