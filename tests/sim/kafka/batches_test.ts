import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { checkBatch } from "../../../sim/kafka/batches.ts";
import { TopicConfig } from "../../../sim/kafka/configs.ts";
import { crc32c } from "../../../sim/net/crc32c.ts";
import { decodeRecordBatch, encodeRecordBatch } from "../../../sim/storage/record_batch.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);
const context = { config: new TopicConfig(), nowMs: 5000, takesZstd: true };
const goodBatch = () =>
  encodeRecordBatch([{ key: null, value: utf8("a") }, { key: utf8("k"), value: utf8("b") }], {
    timestampMs: 1000,
  });

/** A good batch with one change below a checksum that holds. */
function changed(change: (view: DataView) => void): Uint8Array {
  const batch = goodBatch();
  const view = new DataView(batch.buffer, batch.byteOffset, batch.length);
  change(view);
  view.setUint32(17, crc32c(batch, 21));
  return batch;
}

const errorOf = (records: Uint8Array | null, change: Partial<typeof context> = {}) =>
  checkBatch(records, { ...context, ...change }).error;

Deno.test("A good batch is taken as it is", () => {
  const batch = goodBatch();
  const before = batch.slice();
  const check = checkBatch(batch, context);
  assert.equal(check.error, 0);
  assert.deepEqual(batch, before);
});

Deno.test("What is no whole batch is corrupt", () => {
  assert.equal(errorOf(null), 2);
  const batch = goodBatch();
  for (let size = 0; size < batch.length; size++) {
    assert.equal(errorOf(batch.slice(0, size)), 2, `${size} bytes`);
  }
});

Deno.test("A changed bit behind the checksum is corrupt", () => {
  for (let at = 17; at < goodBatch().length; at++) {
    const batch = goodBatch();
    batch[at] = batch[at]! ^ 0x80;
    assert.equal(errorOf(batch), 2, `byte ${at}`);
  }
});

Deno.test("Older formats, two batches at once, and wrong counts are no records", () => {
  assert.equal(errorOf(changed((view) => view.setInt8(16, 1))), 87);
  assert.equal(errorOf(new Uint8Array([...goodBatch(), ...goodBatch()])), 87);
  assert.equal(errorOf(changed((view) => view.setInt32(57, 3))), 87);
  assert.equal(errorOf(changed((view) => view.setInt32(57, 0))), 87);
  assert.equal(errorOf(changed((view) => view.setInt32(23, 5))), 87);
});

Deno.test("Clients write neither control batches nor transactions", () => {
  assert.equal(errorOf(changed((view) => view.setInt16(21, 0x20))), 87);
  assert.equal(errorOf(changed((view) => view.setInt16(21, 0x10))), 48);
});

Deno.test("A producer id comes with epoch and sequence", () => {
  assert.equal(errorOf(changed((view) => view.setBigInt64(43, 5n))), 87);
});

Deno.test("A codec must be one that the version knows", () => {
  assert.equal(errorOf(changed((view) => view.setInt16(21, 4))), 0);
  const old = { takesZstd: false };
  assert.equal(errorOf(changed((view) => view.setInt16(21, 4)), old), 76);
  assert.equal(errorOf(changed((view) => view.setInt16(21, 5))), 76);
});

Deno.test("A batch may be as large as the topic says, and not a byte larger", () => {
  const size = goodBatch().length;
  const limit = (bytes: number) => ({
    config: new TopicConfig([["max.message.bytes", String(bytes)]]),
  });
  assert.equal(errorOf(goodBatch(), limit(size)), 0);
  assert.equal(errorOf(goodBatch(), limit(size - 1)), 10);
});

Deno.test("A compacted topic takes no record without a key, compressed or not", () => {
  const config = new TopicConfig([["cleanup.policy", "compact"]]);
  assert.equal(errorOf(goodBatch(), { config }), 87);
  const gzipped = (batch: Uint8Array) => {
    const zipped = new Uint8Array([...batch.subarray(0, 61), ...gzipSync(batch.subarray(61))]);
    const view = new DataView(zipped.buffer);
    view.setInt32(8, zipped.length - 12);
    view.setInt16(21, 1);
    view.setUint32(17, crc32c(zipped, 21));
    return zipped;
  };
  assert.equal(errorOf(gzipped(goodBatch()), { config }), 87);
  const keyed = encodeRecordBatch([{ key: utf8("k"), value: null }], { timestampMs: 1 });
  assert.equal(errorOf(gzipped(keyed), { config }), 0);
  assert.equal(errorOf(keyed, { config }), 0);
  assert.equal(errorOf(changed((view) => view.setInt16(21, 1)), { config }), 2, "no gzip data");
});

Deno.test("LogAppendTime puts the broker's time on all records", () => {
  const config = new TopicConfig([["message.timestamp.type", "LogAppendTime"]]);
  const batch = goodBatch();
  const check = checkBatch(batch, { ...context, config });
  assert.ok(check.error === 0);
  assert.equal(check.logAppendTimeMs, 5000n);
  const times = decodeRecordBatch(batch).records.map(({ timestampMs }) => timestampMs);
  assert.deepEqual(times, [5000, 5000]);
});
