import assert from "node:assert/strict";
import fc from "fast-check";
import KafkajsDecoder from "kafkajs/src/protocol/decoder.js";
import KafkajsEncoder from "kafkajs/src/protocol/encoder.js";
import Long from "kafkajs/src/utils/long.js";
import { Reader, Writer } from "../../../sim/net/bytes.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);
const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const text = fc.string({ unit: "grapheme", maxLength: 60 });

Deno.test("Numbers, texts and bytes by kafkajs read as what they are", () => {
  fc.assert(fc.property(int32, int64, text, (small, large, words) => {
    const encoder = new KafkajsEncoder()
      .writeInt32(small)
      .writeInt64(Long.fromValue(String(large)))
      .writeVarInt(small)
      .writeVarLong(Long.fromValue(String(large)))
      .writeString(words)
      .writeString(null)
      .writeBytes(Buffer.from(words))
      .writeArray([small, 1])
      .writeUVarIntString(words)
      .writeUVarIntBytes(Buffer.from(words));
    const reader = new Reader(new Uint8Array(encoder.buffer));
    assert.equal(reader.int32(), small);
    assert.equal(reader.int64(), large);
    assert.equal(reader.varint(), small);
    assert.equal(reader.varlong(), large);
    assert.equal(reader.string(), words);
    assert.equal(reader.nullableString(), null);
    assert.deepEqual(reader.blob(), utf8(words));
    assert.deepEqual(reader.array(() => reader.int32()), [small, 1]);
    const flexible = new Reader(reader.view(reader.remaining), { flexible: true });
    assert.equal(flexible.string(), words);
    assert.deepEqual(flexible.blob(), utf8(words));
    assert.equal(flexible.remaining, 0);
  }));
});

Deno.test("What we write, kafkajs reads as what it is", () => {
  fc.assert(fc.property(int32, int64, text, (small, large, words) => {
    const writer = new Writer({ capacity: 1 });
    writer.int8(-3).int16(-300).int32(small).int64(large).varint(small).varlong(large);
    writer.string(words).nullableString(null).blob(utf8(words)).nullableBlob(null).boolean(true);
    writer.array([small, 2], (value) => writer.int32(value));
    const decoder = new KafkajsDecoder(Buffer.from(writer.finish()));
    assert.equal(decoder.readInt8(), -3);
    assert.equal(decoder.readInt16(), -300);
    assert.equal(decoder.readInt32(), small);
    assert.equal(String(decoder.readInt64()), String(large));
    assert.equal(decoder.readVarInt(), small);
    assert.equal(String(decoder.readVarLong()), String(large));
    assert.equal(decoder.readString(), words);
    assert.equal(decoder.readString(), null);
    assert.equal(String(decoder.readBytes()), words);
    assert.equal(decoder.readBytes(), null);
    assert.equal(decoder.readBoolean(), true);
    assert.deepEqual(decoder.readArray((each: KafkajsDecoder) => each.readInt32()), [small, 2]);
    assert.equal(decoder.canReadInt32(), false);
  }));
});

Deno.test("Reading past the end names what was asked, where, and what is left", () => {
  const reader = new Reader(new Uint8Array(14), { offset: 12 });
  assert.throws(() => reader.int32(), new RangeError("Cannot read 4 bytes at offset 12: 2 left"));
  assert.equal(reader.offset, 12, "nothing was consumed");
});

Deno.test("Forged lengths and counts throw before anything is allocated", () => {
  const huge = Uint8Array.fromHex("7fffffff00");
  assert.throws(() => new Reader(huge).array(() => 0), RangeError);
  assert.throws(() => new Reader(huge).blob(), RangeError);
  assert.throws(() => new Reader(Uint8Array.fromHex("7fff")).string(), RangeError);
  const endless = Uint8Array.fromHex("ffffffffffffffffffffff");
  assert.throws(() => new Reader(endless).uvarint(), /longer than 5 bytes/);
  assert.throws(() => new Reader(endless).varlong(), /longer than 10 bytes/);
});

Deno.test("Null where there must be a value throws", () => {
  const ffff = Uint8Array.fromHex("ffffffff");
  assert.throws(() => new Reader(ffff).string(), /null string/);
  assert.throws(() => new Reader(ffff).blob(), /null bytes/);
  assert.throws(() => new Reader(ffff).array(() => 0), /null array/);
  assert.equal(new Reader(ffff).nullableArray(() => 0), null);
});

Deno.test("Tags are skipped in flexible versions and not there in others", () => {
  // two tags: 0 with three bytes, 5 with none; then a byte
  const bytes = Uint8Array.fromHex("02" + "0003aabbcc" + "0500" + "07");
  const flexible = new Reader(bytes, { flexible: true });
  flexible.tags();
  assert.equal(flexible.int8(), 7);
  const old = new Reader(bytes);
  old.tags();
  assert.equal(old.int8(), 2);
  assert.equal(new Writer().tags().finish().toHex(), "");
  assert.equal(new Writer({ flexible: true }).tags().finish().toHex(), "00");
});

Deno.test("Compact forms have their length plus one, and 0 for null", () => {
  const writer = new Writer({ flexible: true });
  writer.string("ab").nullableString(null).blob(utf8("c")).array([1, 2], (n) => writer.int8(n));
  writer.nullableArray(null, () => {}).uuid("0123456789abcdef0123456789abcdef");
  const expected = "036162" + "00" + "0263" + "030102" + "00" + "0123456789abcdef0123456789abcdef";
  assert.equal(writer.finish().toHex(), expected);
  const reader = new Reader(writer.finish().subarray(-16));
  assert.equal(reader.uuid(), "0123456789abcdef0123456789abcdef");
});

Deno.test("Bytes that were attached stand where they were attached, uncopied", () => {
  const attached = utf8("attached");
  const writer = new Writer({ capacity: 2 });
  writer.string("before").attach(attached).string("behind").attach(new Uint8Array(0));
  const parts = writer.parts();
  assert.ok(parts.includes(attached));
  const bytes = new Uint8Array(parts.flatMap((part) => [...part]));
  assert.equal(
    bytes.toHex(),
    "0006" + utf8("before").toHex() + attached.toHex() + "0006" +
      utf8("behind").toHex(),
  );
});

Deno.test("A blob is a copy, a view is not", () => {
  const bytes = Uint8Array.fromHex("00000001" + "01" + "00000001" + "02");
  const reader = new Reader(bytes);
  const blob = reader.blob();
  const view = reader.nullableView();
  bytes.fill(9);
  assert.deepEqual([blob[0], view?.[0]], [1, 9]);
});
