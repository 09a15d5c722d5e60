import assert from "node:assert/strict";
import fc from "fast-check";
import { frame, FrameError, FrameReader, writeAll } from "../../../sim/net/tcp.ts";

/** A source that hands its bytes out in pieces of these sizes, over and over. */
function inPieces(bytes: Uint8Array, sizes: number[]) {
  let at = 0;
  let turn = 0;
  const seen: number[] = [];
  return {
    seen,
    read(buffer: Uint8Array): Promise<number | null> {
      seen.push(buffer.length);
      if (at === bytes.length) return Promise.resolve(null);
      const size = sizes[turn++ % sizes.length] ?? 1;
      const piece = bytes.subarray(at, at + Math.min(size, buffer.length));
      buffer.set(piece);
      at += piece.length;
      return Promise.resolve(piece.length);
    },
  };
}

const joined = (parts: Uint8Array[]) => {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
};

Deno.test("Frames come out as they went in, however the bytes arrive", async () => {
  const payload = fc.oneof(
    fc.uint8Array({ maxLength: 50 }),
    fc.integer({ min: 60_000, max: 140_000 }).map((size) => new Uint8Array(size).fill(size)),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(payload, { maxLength: 12 }),
      fc.array(fc.integer({ min: 1, max: 200_000 }), { minLength: 1, maxLength: 5 }),
      async (payloads, sizes) => {
        const reader = new FrameReader(inPieces(joined(payloads.map(frame)), sizes));
        for (const payload of payloads) {
          assert.ok(Buffer.from(payload).equals((await reader.next()) ?? new Uint8Array(0)));
        }
        assert.equal(await reader.next(), null);
      },
    ),
    { numRuns: 40 },
  );
});

Deno.test("A frame that is over the limit, or of no size at all, is refused", async () => {
  const limit = { frameBytesMax: 10 };
  const exact = new FrameReader(inPieces(frame(new Uint8Array(10)), [99]), limit);
  assert.equal((await exact.next())?.length, 10);
  const over = new FrameReader(inPieces(frame(new Uint8Array(11)), [99]), limit);
  await assert.rejects(over.next(), FrameError);
  const negative = new FrameReader(inPieces(Uint8Array.fromHex("ffffffff"), [4]), limit);
  await assert.rejects(negative.next(), FrameError);
});

Deno.test("An end in the middle of a frame is an end", async () => {
  const bytes = frame(new Uint8Array(10));
  for (let size = 0; size < bytes.length; size++) {
    assert.equal(await new FrameReader(inPieces(bytes.subarray(0, size), [99])).next(), null);
  }
});

Deno.test("The buffer grows with what arrives of a frame, not with what it announces", async () => {
  for (const size of [0, 1000, 200_000, 3_000_000]) {
    const announced = joined([Uint8Array.of(5, 0xf5, 0xe1, 0), new Uint8Array(size)]);
    const source = inPieces(announced, [1_000_000]);
    assert.equal(await new FrameReader(source).next(), null);
    const most = Math.max(64 * 1024, 4 * announced.length);
    assert.ok(Math.max(...source.seen) <= most, `${size}: ${source.seen}`);
  }
});

Deno.test("The memory of a large frame is given back", async () => {
  const large = frame(new Uint8Array(5_000_000));
  const source = inPieces(joined([large, frame(new Uint8Array(1))]), [1_000_000]);
  const reader = new FrameReader(source);
  await reader.next();
  await reader.next();
  await reader.next();
  assert.ok((source.seen.at(-1) ?? Infinity) <= 64 * 1024);
  assert.ok(Math.max(...source.seen) <= 5_000_004);
});

Deno.test("All bytes are written, however few the sink takes at a time", async () => {
  const taken: number[] = [];
  await writeAll({
    write(bytes) {
      taken.push(...bytes.subarray(0, 3));
      return Promise.resolve(Math.min(3, bytes.length));
    },
  }, Uint8Array.from([1, 2, 3, 4, 5, 6, 7]));
  assert.deepEqual(taken, [1, 2, 3, 4, 5, 6, 7]);
});
