/**
 * HTTP server for bodies of any size: a function from a call to an answer -> a port at 127.0.0.1.
 *
 *   in    a call: the head; its body when the function asks for it, whole or in pieces
 *   out   an answer with bytes or with pieces of a length told before; or null, which closes
 *         the connection without a word
 *
 * Calls of one connection are answered in their order, one after another, as HTTP/1.1 demands of
 * pipelining; connections do not wait for each other. A client that waits with its body is told
 * to go on when the body is asked for. No more than a piece of a body is held here.
 *
 * Left out: idle time-outs, HTTP/2 (handed to http2.ts where a service wants it), TLS.
 */
import {
  ConnectionClosed,
  framingOf,
  type Head,
  type HeaderField,
  headerOf,
  HttpBody,
  HttpReader,
  MalformedHttp,
  writeAll,
  writeMessage,
} from "./http_wire.ts";

export interface HttpAnswer {
  status: number;
  /** Without Connection, which the server adds, as it does Content-Length where it is not here. */
  headers: readonly HeaderField[];
  body: Uint8Array | HttpPieces;
}

/** A body that is made while it is sent; one that ends early ends the connection. */
export interface HttpPieces {
  length: number;
  /** Each piece is sent before the next is asked for. */
  read(): AsyncIterable<Uint8Array>;
  /** Called instead of `read` where nothing is to be sent. */
  cancel(): void;
}

export type CallHandler = (call: HttpCall) => Promise<HttpAnswer | null>;

export interface HttpServer extends AsyncDisposable {
  readonly port: number;
}

const none = new Uint8Array(0);
const reasons: Readonly<Record<number, string>> = {
  200: "OK",
  204: "No Content",
  206: "Partial Content",
  304: "Not Modified",
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  406: "Not Acceptable",
  408: "Request Timeout",
  409: "Conflict",
  411: "Length Required",
  412: "Precondition Failed",
  413: "Request Entity Too Large",
  415: "Unsupported Media Type",
  416: "Range Not Satisfiable",
  422: "Unprocessable Entity",
  429: "Too Many Requests",
  500: "Internal Server Error",
  501: "Not Implemented",
  503: "Service Unavailable",
  504: "Gateway Timeout",
};

/** A request whose body is still to be read. */
export class HttpCall {
  readonly method: string;
  /** Path and query, raw, as they stood in the first line. */
  readonly target: string;
  readonly headers: readonly HeaderField[];
  readonly #conn: Deno.TcpConn;
  readonly #body: HttpBody;
  /** The client sends its body only when told to. */
  #isWaiting: boolean;
  /** What made the connection useless while the body was read. */
  failure: unknown = null;

  constructor(conn: Deno.TcpConn, reader: HttpReader, { firstLine, headers }: Head) {
    [this.method, this.target] = firstLine;
    this.headers = headers;
    this.#conn = conn;
    this.#body = new HttpBody(reader, framingOf(headers, { kind: "length", length: 0 }));
    this.#isWaiting = headerOf(headers, "expect")?.toLowerCase() === "100-continue";
  }

  /** Address of the client, without its port. */
  get client(): string {
    return this.#conn.remoteAddr.hostname;
  }

  /** Whether the client waits with its body and has not been told to go on. */
  get isWaiting(): boolean {
    return this.#isWaiting;
  }

  /** The body, or null (read to its end and thrown away) if it is longer than `bytesMax`. */
  whole(bytesMax: number): Promise<Uint8Array | null> {
    return this.#reading(() => this.#body.whole(bytesMax));
  }

  /**
   * Hands the body over as it comes; each piece is the taker's own. What `take` throws ends the
   * reading and comes out here.
   */
  read(take: (bytes: Uint8Array) => void): Promise<void> {
    return this.#pieces(take);
  }

  async #pieces(take: (bytes: Uint8Array) => void): Promise<void> {
    for (;;) {
      const piece = await this.#reading(() => this.#body.next());
      if (piece === null) return;
      take(piece);
    }
  }

  async #reading<T>(read: () => Promise<T>): Promise<T> {
    try {
      if (this.#isWaiting) await writeMessage(this.#conn, "HTTP/1.1 100 Continue", [], none);
      this.#isWaiting = false;
      return await read();
    } catch (error) {
      this.failure = error;
      throw error;
    }
  }

  /** Throws away what nobody asked for, so that the next call can be read. */
  async skipRest(): Promise<void> {
    while (!this.#body.isRead && await this.#body.next() !== null);
  }
}

/** Takes a connection over that begins with the preface of HTTP/2. */
export type TakeHttp2 = (conn: Deno.TcpConn, reader: HttpReader) => Promise<void>;

/** Opens the port; it answers when this returns. Disposing closes all and waits for its handlers. */
export function serveCalls(handler: CallHandler, port: number, http2?: TakeHttp2): HttpServer {
  const listener = Deno.listen({ hostname: "127.0.0.1", port });
  const open = new Map<Deno.Conn, Promise<void>>();
  const accepting = (async () => {
    for await (const conn of acceptedBy(listener)) {
      conn.setNoDelay();
      open.set(conn, answerAll(conn, handler, http2).finally(() => open.delete(conn)));
    }
  })();
  return {
    port: listener.addr.port,
    async [Symbol.asyncDispose]() {
      listener.close();
      await accepting;
      const ending = [...open.values()];
      for (const conn of open.keys()) closeQuietly(conn);
      await Promise.all(ending);
    },
  };
}

async function* acceptedBy(listener: Deno.TcpListener): AsyncGenerator<Deno.TcpConn> {
  for (;;) {
    try {
      yield await listener.accept();
    } catch (error) {
      if (error instanceof Deno.errors.BadResource || error instanceof Deno.errors.Interrupted) {
        return;
      }
      // A client that hung up while it waited is its own trouble, not that of the port.
      if (!isConnectionTrouble(error)) throw error;
    }
  }
}

async function answerAll(
  conn: Deno.TcpConn,
  handler: CallHandler,
  http2: TakeHttp2 | undefined,
): Promise<void> {
  const reader = new HttpReader(conn);
  try {
    while (await answerNext(conn, reader, handler, http2));
  } catch (error) {
    if (error instanceof MalformedHttp) await refuse(conn);
    else if (!isConnectionTrouble(error)) throw error;
  } finally {
    closeQuietly(conn);
  }
}

/** False when the connection has to end. */
async function answerNext(
  conn: Deno.TcpConn,
  reader: HttpReader,
  handler: CallHandler,
  http2: TakeHttp2 | undefined,
): Promise<boolean> {
  const head = await reader.head();
  if (head === null) return false;
  const [method, , version] = head.firstLine;
  if (http2 !== undefined && method === "PRI" && version === "HTTP/2.0") {
    await http2(conn, reader);
    return false;
  }
  if (!version.startsWith("HTTP/1.")) throw new MalformedHttp(`Version is '${version}'`);
  const call = new HttpCall(conn, reader, head);
  const answer = await handler(call);
  if (call.failure !== null) throw call.failure;
  if (answer === null) return false;
  // Nobody can tell whether a client that was not told to go on sends its body after all.
  const keeps = keepsOpen(head) && !call.isWaiting;
  await writeAnswer(conn, call.method, answer, keeps);
  if (call.isWaiting) await readOut(conn);
  else await call.skipRest();
  return keeps;
}

function keepsOpen({ firstLine, headers }: Head): boolean {
  const asked = headerOf(headers, "connection")?.toLowerCase() ?? "";
  return firstLine[2] === "HTTP/1.0" ? asked.includes("keep-alive") : !asked.includes("close");
}

async function writeAnswer(
  conn: Deno.Conn,
  method: string,
  { status, headers, body }: HttpAnswer,
  keeps: boolean,
): Promise<void> {
  const all: HeaderField[] = [...headers];
  if (status !== 204 && status !== 304 && headerOf(headers, "content-length") === undefined) {
    all.push(["Content-Length", String(body.length)]);
  }
  all.push(["Connection", keeps ? "keep-alive" : "close"]);
  const firstLine = `HTTP/1.1 ${status} ${reasons[status] ?? "Unknown"}`;
  const isEmpty = method === "HEAD" || status === 204 || status === 304;
  if (body instanceof Uint8Array) {
    return await writeMessage(conn, firstLine, all, isEmpty ? none : body);
  }
  try {
    await writeMessage(conn, firstLine, all, none);
  } catch (error) {
    body.cancel();
    throw error;
  }
  if (isEmpty) body.cancel();
  else await writePieces(conn, body);
}

async function writePieces(conn: Deno.Conn, body: HttpPieces): Promise<void> {
  let left = body.length;
  for await (const piece of body.read()) {
    await writeAll(conn, piece);
    left -= piece.length;
  }
  // A body shorter than announced is how the client learns.
  if (left !== 0) throw new ConnectionClosed(`Body ended ${left} bytes early`);
}

/** Answers 400. */
async function refuse(conn: Deno.TcpConn): Promise<void> {
  const headers: HeaderField[] = [["Content-Length", "0"], ["Connection", "close"]];
  try {
    await writeMessage(conn, "HTTP/1.1 400 Bad Request", headers, none);
    await readOut(conn);
  } catch (error) {
    if (!isConnectionTrouble(error)) throw error;
  }
}

/**
 * Ends our side and reads on for a moment: a socket closed with bytes unread resets the
 * connection, and the other side might never see the answer.
 */
async function readOut(conn: Deno.TcpConn): Promise<void> {
  const late = setTimeout(() => closeQuietly(conn), 1000);
  try {
    await conn.closeWrite();
    const thrownAway = new Uint8Array(16_384);
    while (await conn.read(thrownAway) !== null);
  } finally {
    clearTimeout(late);
  }
}

/** What a socket throws when the other side is gone or our own side was closed. */
export function isConnectionTrouble(error: unknown): boolean {
  return error instanceof ConnectionClosed ||
    error instanceof Deno.errors.ConnectionReset ||
    error instanceof Deno.errors.ConnectionAborted ||
    error instanceof Deno.errors.BrokenPipe ||
    error instanceof Deno.errors.NotConnected ||
    error instanceof Deno.errors.TimedOut ||
    error instanceof Deno.errors.UnexpectedEof ||
    error instanceof Deno.errors.BadResource ||
    error instanceof Deno.errors.Interrupted;
}

/** Closes a socket that may be closed already. */
export function closeQuietly(conn: Deno.Conn): void {
  try {
    conn.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}
