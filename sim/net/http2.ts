/**
 * HTTP/2 with prior knowledge: connections that begin with its preface -> the same handler that
 * answers HTTP/1.1 on that port.
 *
 * The protocol itself is left to Deno's server, on a port of its own behind this one; what passes
 * through here are whole frames. One kind is kept back: GOAWAY of the client.
 * Observed (Deno 2.9.6; AWS SDK for JavaScript, client-kinesis 3.1143, on Node and Deno, 2026-11-23):
 * that SDK's handler says GOAWAY as soon as an answer begins, and Deno's server then ends the answer
 * after 65,535 bytes, the first window. It must go on: RFC 9113, 6.8, lets streams below run out.
 *
 * Source: RFC 9113, sections 3.3 and 4.1.
 * Left out: HTTP/2 by upgrade or over TLS.
 */
import { closeQuietly, isConnectionTrouble } from "./http_calls.ts";
import { ConnectionClosed, type HttpReader, writeAll } from "./http_wire.ts";

/** Head of the preface as HTTP/1.1 reads it, and what follows it. */
const preface = new TextEncoder().encode("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
const prefaceRestBytes = 6;
const frameHeadBytes = 9;
/** Documented: what a server takes unless it says otherwise, and Deno's does not. */
const payloadBytesMax = 16_384;
const goaway = 7;

export class Http2 implements AsyncDisposable {
  readonly #handler: (request: Request) => Promise<Response>;
  readonly #ending = new AbortController();
  #server: Deno.HttpServer<Deno.NetAddr> | null = null;

  constructor(handler: (request: Request) => Promise<Response>) {
    this.#handler = handler;
  }

  /** Made when the first connection needs it. */
  get #port(): number {
    this.#server ??= Deno.serve({
      hostname: "127.0.0.1",
      port: 0,
      signal: this.#ending.signal,
      onListen: () => {},
      onError: () => new Response(null, { status: 500 }),
    }, this.#handler);
    return this.#server.addr.port;
  }

  /** Serves a connection whose preface was read as a head, until either side ends it. */
  async serve(conn: Deno.TcpConn, reader: HttpReader): Promise<void> {
    const inner = await Deno.connect({ hostname: "127.0.0.1", port: this.#port });
    try {
      await reader.exactly(prefaceRestBytes);
      inner.setNoDelay();
      await writeAll(inner, preface);
      const answers = quietly(passAnswers(inner, conn)).finally(() => closeQuietly(conn));
      await quietly(passFrames(reader, inner)).finally(() => closeQuietly(inner));
      await answers;
    } finally {
      closeQuietly(inner);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort();
    await this.#server?.finished;
  }
}

async function passFrames(reader: HttpReader, inner: Deno.Conn): Promise<void> {
  while (await reader.ready()) {
    const head = await reader.exactly(frameHeadBytes);
    const size = head[0]! << 16 | head[1]! << 8 | head[2]!;
    if (size > payloadBytesMax) throw new ConnectionClosed(`A frame has ${size} bytes`);
    const payload = await reader.exactly(size);
    if (head[3] === goaway) continue;
    const frame = new Uint8Array(frameHeadBytes + size);
    frame.set(head);
    frame.set(payload, frameHeadBytes);
    await writeAll(inner, frame);
  }
}

async function passAnswers(inner: Deno.Conn, conn: Deno.Conn): Promise<void> {
  const buffer = new Uint8Array(64 * 1024);
  for (;;) {
    const count = await inner.read(buffer);
    if (count === null) return;
    await writeAll(conn, buffer.subarray(0, count));
  }
}

/** One side going away ends the other, and is no failure of ours. */
async function quietly(work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!isConnectionTrouble(error)) throw error;
  }
}
