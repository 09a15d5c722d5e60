/**
 * HTTP server: a function from request to response -> a port at 127.0.0.1.
 *
 * Requests of one connection are answered in their order, one after another, as HTTP/1.1
 * demands of pipelining; connections do not wait for each other. A body is read whole before
 * the handler sees it, and never beyond `bodyBytesMax`.
 *
 * Left out: idle time-outs, HTTP/2, TLS.
 */
import {
  ConnectionClosed,
  framingOf,
  type Head,
  type HeaderField,
  headerOf,
  HttpReader,
  MalformedHttp,
  writeMessage,
} from "./http_wire.ts";

export type { HeaderField } from "./http_wire.ts";

export interface HttpRequest {
  method: string;
  /** Path and query, raw, as they stood in the first line. */
  target: string;
  headers: readonly HeaderField[];
  /** The caller's own: nothing writes into it later. Null: it was longer than allowed. */
  body: Uint8Array | null;
  /** Address of the client, without its port. */
  client: string;
}

export interface HttpResponse {
  status: number;
  /** Without Content-Length and Connection, which the server adds. */
  headers: readonly HeaderField[];
  body: Uint8Array;
}

export type HttpHandler = (request: HttpRequest) => Promise<HttpResponse> | HttpResponse;

export interface HttpServerOptions {
  /** Default 0: any free port. */
  port?: number;
  bodyBytesMax: number;
  /** Asked after the work of a request is done: true closes the connection instead of answering. */
  losesAnswer?: () => boolean;
}

export interface HttpServer extends AsyncDisposable {
  readonly port: number;
}

const none = new Uint8Array(0);
const reasons: Readonly<Record<number, string>> = {
  200: "OK",
  204: "No Content",
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  406: "Not Acceptable",
  408: "Request Timeout",
  409: "Conflict",
  413: "Request Entity Too Large",
  415: "Unsupported Media Type",
  422: "Unprocessable Entity",
  429: "Too Many Requests",
  500: "Internal Server Error",
  503: "Service Unavailable",
  504: "Gateway Timeout",
};

/** A value as JSON, with its type and more headers. */
export function jsonResponse(
  status: number,
  value: unknown,
  type: string,
  headers: readonly HeaderField[] = [],
): HttpResponse {
  const body = new TextEncoder().encode(JSON.stringify(value));
  return { status, headers: [["Content-Type", type], ...headers], body };
}

/** Opens the port; it answers when this returns. Disposing closes all and waits for its handlers. */
export function serveHttp(handler: HttpHandler, options: HttpServerOptions): HttpServer {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: options.port ?? 0 });
  const open = new Map<Deno.Conn, Promise<void>>();
  const accepting = (async () => {
    for await (const conn of acceptedBy(listener)) {
      conn.setNoDelay();
      open.set(conn, answerAll(conn, handler, options).finally(() => open.delete(conn)));
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
  handler: HttpHandler,
  options: HttpServerOptions,
): Promise<void> {
  const reader = new HttpReader(conn);
  try {
    while (await answerNext(conn, reader, handler, options));
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
  handler: HttpHandler,
  { bodyBytesMax, losesAnswer }: HttpServerOptions,
): Promise<boolean> {
  const head = await reader.head();
  if (head === null) return false;
  const [method, target, version] = head.firstLine;
  if (!version.startsWith("HTTP/1.")) throw new MalformedHttp(`Version is '${version}'`);
  const framing = framingOf(head.headers, { kind: "length", length: 0 });
  if (headerOf(head.headers, "expect")?.toLowerCase() === "100-continue") {
    await writeMessage(conn, "HTTP/1.1 100 Continue", [], none);
  }
  const body = await reader.body(framing, bodyBytesMax);
  const client = conn.remoteAddr.hostname;
  const response = await handler({ method, target, headers: head.headers, body, client });
  if (losesAnswer?.() === true) return false;
  const keeps = keepsOpen(head);
  await writeResponse(conn, method, response, keeps);
  return keeps;
}

function keepsOpen({ firstLine, headers }: Head): boolean {
  const asked = headerOf(headers, "connection")?.toLowerCase() ?? "";
  return firstLine[2] === "HTTP/1.0" ? asked.includes("keep-alive") : !asked.includes("close");
}

async function writeResponse(
  conn: Deno.Conn,
  method: string,
  { status, headers, body }: HttpResponse,
  keeps: boolean,
): Promise<void> {
  const all: HeaderField[] = [...headers];
  if (status !== 204 && status !== 304) all.push(["Content-Length", String(body.length)]);
  all.push(["Connection", keeps ? "keep-alive" : "close"]);
  const firstLine = `HTTP/1.1 ${status} ${reasons[status] ?? "Unknown"}`;
  await writeMessage(conn, firstLine, all, method === "HEAD" || status === 204 ? none : body);
}

/**
 * Answers 400 and reads on for a moment: a socket closed with bytes unread resets the connection,
 * and the other side might never see the answer.
 */
async function refuse(conn: Deno.TcpConn): Promise<void> {
  const headers: HeaderField[] = [["Content-Length", "0"], ["Connection", "close"]];
  const late = setTimeout(() => closeQuietly(conn), 1000);
  try {
    await writeMessage(conn, "HTTP/1.1 400 Bad Request", headers, none);
    await conn.closeWrite();
    const thrownAway = new Uint8Array(16_384);
    while (await conn.read(thrownAway) !== null);
  } catch (error) {
    if (!isConnectionTrouble(error)) throw error;
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
