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
 * The port behind serves no other connections than those that come through here. It ends when it
 * finds no file handle for one (Observed: Deno 2.9.6), and the next connection opens another.
 *
 * Source: RFC 9113, sections 3.3, 4.1, 6.8 and 10.5.
 * Left out: HTTP/2 by upgrade or over TLS.
 */
import { ControlBudget } from "./control_budget.ts";
import { readOut } from "./http_calls.ts";
import { ConnectionClosed, type HttpReader, writeAll } from "./http_wire.ts";
import type { Visit } from "./port.ts";
import { closeQuietly, isConnectionTrouble } from "./trouble.ts";

/** Head of the preface as HTTP/1.1 reads it, and what follows it. */
const preface = new TextEncoder().encode("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
const prefaceRestBytes = 6;
const frameHeadBytes = 9;
/** Documented: what a server takes unless it says otherwise, and Deno's does not. */
const payloadBytesMax = 16_384;
const [headersType, goawayType] = [1, 7];
const enhanceYourCalm = 11;
/** For a client to send the next frame. */
const idleMs = 600_000;
const goodbyeMs = 1000;

export class Http2 implements AsyncDisposable {
  readonly #handler: (request: Request) => Promise<Response>;
  /** The ports from which we speak to the server. */
  readonly #ours = new Set<number>();
  #server: Deno.HttpServer<Deno.NetAddr> | null = null;
  #ending = new AbortController();

  constructor(handler: (request: Request) => Promise<Response>) {
    this.#handler = handler;
  }

  /** Made when the first connection needs it. */
  #open(): Deno.HttpServer<Deno.NetAddr> {
    // Each has its own: a signal that fires for a server that has ended already throws.
    const ending = this.#ending = new AbortController();
    const server = Deno.serve({
      hostname: "127.0.0.1",
      port: 0,
      signal: ending.signal,
      onListen: () => {},
      onError: () => new Response(null, { status: 500 }),
    }, (request, { remoteAddr }) => this.#answer(request, remoteAddr));
    const forget = () => {
      if (this.#server === server) this.#server = null;
    };
    server.finished.then(forget, forget);
    return server;
  }

  async #answer(request: Request, { port }: Deno.NetAddr): Promise<Response> {
    return this.#ours.has(port)
      ? await this.#handler(request)
      : new Response(null, { status: 403 });
  }

  /** Serves a connection whose preface was read as a head, until either side ends it. */
  async serve(visit: Visit, reader: HttpReader): Promise<void> {
    this.#server ??= this.#open();
    const inner = await Deno.connect({ hostname: "127.0.0.1", port: this.#server.addr.port });
    const { port } = inner.localAddr;
    this.#ours.add(port);
    try {
      await new Passage(visit, reader, inner).run();
    } finally {
      closeQuietly(inner);
      this.#ours.delete(port);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#server === null) return;
    this.#ending.abort();
    await this.#server.finished;
  }
}

/** One connection: its frames to the server, the server's answers back. */
class Passage {
  readonly #visit: Visit;
  readonly #reader: HttpReader;
  readonly #inner: Deno.TcpConn;
  readonly #budget = new ControlBudget();
  /** Of the last request that was passed on. */
  #streamId = 0;

  constructor(visit: Visit, reader: HttpReader, inner: Deno.TcpConn) {
    this.#visit = visit;
    this.#reader = reader;
    this.#inner = inner;
  }

  async run(): Promise<void> {
    const { conn } = this.#visit;
    this.#visit.clientsTurn(idleMs);
    await this.#reader.exactly(prefaceRestBytes);
    this.#inner.setNoDelay();
    await writeAll(this.#inner, preface);
    let isCalm = true;
    const answers = quietly(this.#passAnswers()).finally(() => isCalm && closeQuietly(conn));
    await quietly(this.#passFrames().then((calm) => void (isCalm = calm)));
    closeQuietly(this.#inner);
    if (!isCalm) this.#visit.clientsTurn(goodbyeMs);
    await answers;
    if (isCalm) return;
    await writeAll(conn, this.#goaway());
    await readOut(conn);
  }

  /** False where the client has sent more frames without data than it may. */
  async #passFrames(): Promise<boolean> {
    while (await this.#reader.ready()) {
      this.#visit.clientsTurn(idleMs);
      const head = await this.#reader.exactly(frameHeadBytes);
      const [high = 0, middle = 0, low = 0, type = 0, flags = 0] = head;
      const size = high << 16 | middle << 8 | low;
      if (size > payloadBytesMax) throw new ConnectionClosed(`A frame has ${size} bytes`);
      const payload = await this.#reader.exactly(size);
      if (!this.#budget.takes(type, flags, payload)) return false;
      if (type === headersType) this.#streamId = new DataView(head.buffer).getUint32(5);
      if (type === goawayType) continue;
      const frame = new Uint8Array(frameHeadBytes + size);
      frame.set(head);
      frame.set(payload, frameHeadBytes);
      await writeAll(this.#inner, frame);
    }
    return true;
  }

  async #passAnswers(): Promise<void> {
    const buffer = new Uint8Array(64 * 1024);
    for (;;) {
      const count = await this.#inner.read(buffer);
      if (count === null) return;
      this.#budget.answered(count);
      await writeAll(this.#visit.conn, buffer.subarray(0, count));
    }
  }

  /** Says which requests were passed on, and why there will be no more. */
  #goaway(): Uint8Array {
    const frame = new Uint8Array(frameHeadBytes + 8);
    frame[2] = 8;
    frame[3] = goawayType;
    const view = new DataView(frame.buffer);
    view.setUint32(frameHeadBytes, this.#streamId);
    view.setUint32(frameHeadBytes + 4, enhanceYourCalm);
    return frame;
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
