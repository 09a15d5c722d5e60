/**
 * HTTP client: a request to 127.0.0.1 or elsewhere -> its response, over kept connections.
 *
 * A request is sent once and never again by itself: after the connection broke nobody knows
 * whether the work was done. A kept connection is read from while it rests, so that one which
 * the server closed is thrown away and not tried.
 */
import {
  ConnectionClosed,
  framingOf,
  type HeaderField,
  HttpReader,
  MalformedHttp,
  writeMessage,
} from "./http_wire.ts";
import type { HttpResponse } from "./http.ts";
import { closeQuietly, isConnectionTrouble } from "./trouble.ts";

/** Why there is no response. */
export class HttpFailure extends Error {
  override readonly name = "HttpFailure";
  constructor(readonly kind: "refused" | "broken" | "timeout", cause?: unknown) {
    super(`HTTP request failed: ${kind}`, { cause });
  }
}

export interface OutgoingRequest {
  method: string;
  target: string;
  /** With Host, without Content-Length. */
  headers: readonly HeaderField[];
  body: Uint8Array;
}

export interface SendOptions {
  timeoutMs: number;
  bodyBytesMax: number;
}

interface Kept {
  conn: Deno.TcpConn;
  reader: HttpReader;
  /** Settles when the server says something or closes; false at the end. */
  ready: Promise<boolean>;
}

/** Keeps connections to one host and port. Disposing breaks what is under way. */
export class HttpClient implements Disposable {
  readonly #hostname: string;
  readonly #port: number;
  readonly #idle: Kept[] = [];
  readonly #open = new Set<Deno.Conn>();
  #disposed = false;

  constructor(hostname: string, port: number) {
    this.#hostname = hostname;
    this.#port = port;
  }

  /** @throws {HttpFailure} when no whole response came in time. */
  async send(
    request: OutgoingRequest,
    { timeoutMs, bodyBytesMax }: SendOptions,
  ): Promise<HttpResponse> {
    let current: Deno.Conn | undefined;
    let isLate = false;
    const late = setTimeout(() => {
      isLate = true;
      if (current !== undefined) this.#close(current);
    }, timeoutMs);
    try {
      const kept = this.#idle.pop() ?? await this.#connect();
      current = kept.conn;
      if (isLate) throw new HttpFailure("timeout");
      return await this.#exchange(kept, request, bodyBytesMax);
    } catch (error) {
      if (current !== undefined) this.#close(current);
      if (isLate) throw new HttpFailure("timeout", error);
      if (!isConnectionTrouble(error) && !(error instanceof MalformedHttp)) throw error;
      throw new HttpFailure("broken", error);
    } finally {
      clearTimeout(late);
    }
  }

  async #connect(): Promise<Kept> {
    let conn: Deno.TcpConn;
    try {
      conn = await Deno.connect({ hostname: this.#hostname, port: this.#port });
    } catch (error) {
      throw new HttpFailure("refused", error);
    }
    if (this.#disposed) {
      conn.close();
      throw new HttpFailure("broken");
    }
    conn.setNoDelay();
    this.#open.add(conn);
    const reader = new HttpReader(conn);
    const ready = reader.ready();
    ready.catch(() => {}); // Nobody may be waiting yet when it breaks.
    return { conn, reader, ready };
  }

  async #exchange(kept: Kept, request: OutgoingRequest, bodyBytesMax: number) {
    const { conn, reader, ready } = kept;
    const { method, target, body } = request;
    const headers: HeaderField[] = [...request.headers];
    if (body.length > 0 || method === "POST" || method === "PUT") {
      headers.push(["Content-Length", String(body.length)]);
    }
    const writing = writeMessage(conn, `${method} ${target} HTTP/1.1`, headers, body);
    // The answer may come before all is written, and a failed write shows at the read as well.
    writing.catch(() => {});
    if (!await ready) throw new ConnectionClosed("Server closed the connection");
    const { response, keeps } = await readResponse(reader, method, bodyBytesMax);
    await writing;
    if (keeps && !this.#disposed) this.#keep(conn, reader);
    else this.#close(conn);
    return response;
  }

  #keep(conn: Deno.TcpConn, reader: HttpReader): void {
    const kept: Kept = { conn, reader, ready: reader.ready() };
    this.#idle.push(kept);
    const drop = () => {
      const at = this.#idle.indexOf(kept);
      if (at < 0) return;
      this.#idle.splice(at, 1);
      this.#close(conn);
    };
    // Whatever a resting server sends, this connection is of no more use.
    kept.ready.then(drop, drop);
  }

  #close(conn: Deno.Conn): void {
    this.#open.delete(conn);
    closeQuietly(conn);
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    this.#idle.length = 0;
    for (const conn of [...this.#open]) this.#close(conn);
  }
}

async function readResponse(
  reader: HttpReader,
  method: string,
  bodyBytesMax: number,
): Promise<{ response: HttpResponse; keeps: boolean }> {
  for (;;) {
    const head = await reader.head();
    if (head === null) throw new ConnectionClosed("Server closed the connection");
    const status = Number(head.firstLine[1]);
    if (!Number.isInteger(status)) throw new MalformedHttp(`Status is '${head.firstLine[1]}'`);
    if (status >= 100 && status < 200) continue;
    const bodiless = method === "HEAD" || status === 204 || status === 304;
    const framing = bodiless
      ? { kind: "length", length: 0 } as const
      : framingOf(head.headers, { kind: "close" });
    const body = await reader.body(framing, bodyBytesMax);
    if (body === null) throw new MalformedHttp(`Body is longer than ${bodyBytesMax} bytes`);
    const closes = head.headers.some(([name, value]) =>
      name.toLowerCase() === "connection" && value.toLowerCase() === "close"
    );
    const keeps = !closes && framing.kind !== "close" && head.firstLine[0] === "HTTP/1.1";
    return { response: { status, headers: head.headers, body }, keeps };
  }
}
