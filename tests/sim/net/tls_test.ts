import assert from "node:assert/strict";
import { TlsChannel } from "../../../sim/net/tls.ts";
import { writeAll } from "../../../sim/net/tcp.ts";
import { Port } from "../../../sim/net/port.ts";
import { serverIdentity } from "../../../sim/storage/authority.ts";

interface Place {
  port: Port;
  connect(): Promise<Deno.TlsConn>;
}

/** A port that sends everything back. */
async function withEcho(test: (place: Place) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir();
  try {
    const identity = serverIdentity(dir, Date.now());
    await using port = new Port({}, async ({ conn }) => {
      const channel = new TlsChannel(conn, identity);
      try {
        const buffer = new Uint8Array(100_000);
        for (
          let size = await channel.read(buffer);
          size !== null;
          size = await channel.read(buffer)
        ) {
          await writeAll(channel, buffer.subarray(0, size));
        }
      } finally {
        await channel.close();
      }
    });
    const caCerts = [Deno.readTextFileSync(identity.caFile)];
    const connect = () => Deno.connectTls({ hostname: "127.0.0.1", port: port.port, caCerts });
    await test({ port, connect });
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

async function echoed(conn: Deno.TlsConn, sent: Uint8Array): Promise<Uint8Array> {
  const back = new Uint8Array(sent.length);
  const reading = (async () => {
    for (let at = 0; at < back.length;) {
      const count = await conn.read(back.subarray(at));
      if (count === null) return;
      at += count;
    }
  })();
  await writeAll(conn, sent);
  await reading;
  return back;
}

Deno.test("bytes of any number go through TLS and come back", () =>
  withEcho(async ({ connect }) => {
    using conn = await connect();
    for (const size of [1, 16_383, 16_384, 16_385, 70_000, 3_000_000]) {
      const sent = new Uint8Array(size).map((_, at) => (at * 7 + size) % 251);
      assert.ok((await echoed(conn, sent)).every((byte, at) => byte === sent[at]), `${size}`);
    }
  }));

Deno.test("no answer waits for an acknowledgement", () =>
  withEcho(async ({ connect }) => {
    using conn = await connect();
    const sent = new Uint8Array(20_000);
    let fastestMs = Infinity;
    for (let count = 0; count < 20; count++) {
      const startMs = performance.now();
      await echoed(conn, sent);
      fastestMs = Math.min(fastestMs, performance.now() - startMs);
    }
    // Each of them would wait 40 ms.
    assert.ok(fastestMs < 30, `${fastestMs} ms`);
  }));

Deno.test("who speaks no TLS or hangs up is no trouble for the others", () =>
  withEcho(async ({ port, connect }) => {
    for (const words of ["GET / HTTP/1.1\r\n\r\n", "\0\0\0\x10\0\x12\0\x03\0\0\0\x01", ""]) {
      const conn = await Deno.connect({ hostname: "127.0.0.1", port: port.port });
      await conn.write(new TextEncoder().encode(words));
      if (words !== "") await conn.read(new Uint8Array(100)).catch(() => null);
      conn.close();
    }
    const gone = await connect();
    await gone.handshake();
    gone.close();
    using conn = await connect();
    assert.deepEqual(await echoed(conn, Uint8Array.of(1, 2, 3)), Uint8Array.of(1, 2, 3));
  }));

Deno.test("a port that closes waits for nobody's goodbye", async () => {
  let conn: Deno.TlsConn | undefined;
  await withEcho(async ({ connect }) => {
    conn = await connect();
    await echoed(conn, Uint8Array.of(1));
  });
  assert.equal(await conn?.read(new Uint8Array(1)).catch(() => null), null);
  conn?.close();
});
