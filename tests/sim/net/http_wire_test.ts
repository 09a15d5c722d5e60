import assert from "node:assert/strict";
import { HttpBody, HttpReader } from "../../../sim/net/http_wire.ts";

/** A connection on which `size` bytes arrive, then nothing more; it remembers what it was offered. */
function arriving(size: number) {
  const offered: number[] = [];
  let left = size;
  const conn = {
    read(buffer: Uint8Array): Promise<number | null> {
      offered.push(buffer.length);
      const count = Math.min(left, buffer.length);
      left -= count;
      return Promise.resolve(count === 0 ? null : count);
    },
  };
  return { reader: new HttpReader(conn as unknown as Deno.Conn), offered };
}

Deno.test("The buffer of a body grows with what arrives, not with what is announced", async () => {
  for (const size of [0, 1000, 300_000, 3_000_000]) {
    const { reader, offered } = arriving(size);
    const framing = { kind: "length", length: 200_000_000 } as const;
    await assert.rejects(reader.body(framing, 256_000_000), { name: "ConnectionClosed" });
    assert.ok(Math.max(...offered) <= Math.max(262_144, size), `${size}: ${offered}`);
    const pieces = arriving(size);
    const body = new HttpBody(pieces.reader, framing);
    await assert.rejects(async () => {
      while (await body.next() !== null);
    }, { name: "ConnectionClosed" });
    assert.ok(Math.max(...pieces.offered) <= 262_144);
  }
});
