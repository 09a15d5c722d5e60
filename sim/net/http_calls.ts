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
 * What comes under a foreign name or from a foreign page is refused before anything is done.
 *
 * Left out: HTTP/2 (handed to http2.ts where a service wants it), TLS.
 */
import { headersOf, requestOf } from "./http_head.ts";
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
import { type Hosts, refusedFor } from "./origin.ts";
import { Port, type PortOptions, type Visit } from "./port.ts";
import { closeQuietly } from "./trouble.ts";

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

export type CallHandler = (call: HttpCall) => Promise<HttpAnswer | null> | HttpAnswer | null;

export interface HttpServer extends AsyncDisposable {
  readonly port: number;
}

/** How long a client may take for each step, milliseconds. */
export interface Patience {
  /** From the first byte of a head to its last, and for the first head of a connection. */
  headMs: number;
  /** For a piece of a body, or a whole one that is asked for as a whole. */
  bodyMs: number;
  /** Between two requests, or to take a piece of an answer: programs pause as they work. */
  idleMs: number;
}

const defaultPatience: Patience = { headMs: 30_000, bodyMs: 120_000, idleMs: 600_000 };

export interface CallServerOptions extends Pick<PortOptions, "port" | "visitsMax"> {
  /** Names that the port answers to. Default: those of this machine. */
  hosts?: Hosts;
  /** The service's own words to who calls it by a foreign name, or from a foreign page. */
  refusal?: (reason: string) => HttpAnswer;
  http2?: TakeHttp2 | undefined;
  patience?: Partial<Patience>;
}

/** The refusal of a service that has no words of its own for it. */
export function plainRefusal(reason: string): HttpAnswer & { body: Uint8Array } {
  const body = new TextEncoder().encode(`${reason}\n`);
  return { status: 403, headers: [["Content-Type", "text/plain; charset=utf-8"]], body };
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
  414: "URI Too Long",
  415: "Unsupported Media Type",
  416: "Range Not Satisfiable",
  422: "Unprocessable Entity",
  429: "Too Many Requests",
  431: "Request Header Fields Too Large",
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
  readonly #visit: Visit;
  readonly #bodyMs: number;
  readonly #body: HttpBody;
  /** The client sends its body only when told to. */
  #isWaiting: boolean;
  /** What made the connection useless while the body was read. */
  failure: unknown = null;

  constructor(visit: Visit, reader: HttpReader, { firstLine, headers }: Head, bodyMs: number) {
    const [method, target, version] = firstLine;
    this.method = method;
    this.target = target;
    this.headers = headers;
    this.#conn = visit.conn;
    this.#visit = visit;
    this.#bodyMs = bodyMs;
    this.#body = new HttpBody(reader, framingOf(headers, { kind: "length", length: 0 }));
    const expected = headerOf(headers, "expect")?.toLowerCase();
    this.#isWaiting = expected === "100-continue" && version !== "HTTP/1.0";
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
    this.#visit.clientsTurn(this.#bodyMs);
    try {
      if (this.#isWaiting) await writeMessage(this.#conn, "HTTP/1.1 100 Continue", [], none);
      this.#isWaiting = false;
      return await read();
    } catch (error) {
      this.failure = error;
      throw error;
    } finally {
      this.#visit.ourTurn();
    }
  }

  /** Throws away what nobody asked for, so that the next call can be read. */
  async skipRest(): Promise<void> {
    while (!this.#body.isRead) await this.#reading(() => this.#body.next());
  }
}

/** Takes a connection over that begins with the preface of HTTP/2. */
export type TakeHttp2 = (visit: Visit, reader: HttpReader) => Promise<void>;

/** Opens the port; it answers when this returns. Disposing closes all and waits for its handlers. */
export function serveCalls(handler: CallHandler, options: CallServerOptions = {}): HttpServer {
  const { port = 0, patience, ...rest } = options;
  const server: Server = { handler, patience: { ...defaultPatience, ...patience }, ...rest };
  const firstWordsMs = server.patience.headMs;
  return new Port({ ...rest, port, firstWordsMs, farewell }, (visit) => answerAll(visit, server));
}

interface Server extends Pick<CallServerOptions, "hosts" | "refusal" | "http2"> {
  handler: CallHandler;
  patience: Patience;
}

const farewell = new TextEncoder().encode(
  "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nRetry-After: 1\r\n" +
    "Connection: close\r\n\r\n",
);

async function answerAll(visit: Visit, server: Server): Promise<void> {
  const reader = new HttpReader(visit.conn);
  try {
    while (await answerNext(visit, reader, server)) visit.clientsTurn(server.patience.idleMs);
  } catch (error) {
    if (!(error instanceof MalformedHttp)) throw error;
    await refuse(visit.conn, error);
  }
}

/** False when the connection has to end. */
async function answerNext(visit: Visit, reader: HttpReader, server: Server): Promise<boolean> {
  if (!await reader.ready()) return false;
  const { patience, http2, handler } = server;
  visit.clientsTurn(patience.headMs);
  const head = await reader.head();
  if (head === null) return false;
  visit.ourTurn();
  if (http2 !== undefined && head.firstLine[0] === "PRI" && head.firstLine[2] === "HTTP/2.0") {
    await http2(visit, reader);
    return false;
  }
  const request = requestOf(head);
  const call = new HttpCall(visit, reader, request, patience.bodyMs);
  const reason = refusedFor(request.headers, server.hosts ?? "own");
  const answer = reason === null ? await handler(call) : (server.refusal ?? plainRefusal)(reason);
  if (call.failure !== null) throw call.failure;
  if (answer === null) return false;
  // Nobody can tell whether a client that was not told to go on sends its body after all.
  const keeps = keepsOpen(request) && !call.isWaiting && reason === null;
  visit.clientsTurn(patience.idleMs);
  await writeAnswer(visit, call.method, answer, keeps, patience);
  if (keeps || !call.isWaiting && reason === null) await call.skipRest();
  else await readOut(visit.conn);
  return keeps;
}

function keepsOpen({ firstLine, headers }: Head): boolean {
  const asked = headersOf(headers, "connection").join().toLowerCase().split(/[ \t]*,[ \t]*/);
  return firstLine[2] === "HTTP/1.0" ? asked.includes("keep-alive") : !asked.includes("close");
}

async function writeAnswer(
  visit: Visit,
  method: string,
  { status, headers, body }: HttpAnswer,
  keeps: boolean,
  patience: Patience,
): Promise<void> {
  const { conn } = visit;
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
  else await writePieces(visit, body, patience);
}

async function writePieces(visit: Visit, body: HttpPieces, { idleMs }: Patience): Promise<void> {
  let left = body.length;
  for await (const piece of body.read()) {
    visit.clientsTurn(idleMs);
    await writeAll(visit.conn, piece);
    left -= piece.length;
  }
  // A body shorter than announced is how the client learns.
  if (left !== 0) throw new ConnectionClosed(`Body ended ${left} bytes early`);
}

/** Says what is wrong. */
async function refuse(conn: Deno.TcpConn, { status, message }: MalformedHttp): Promise<void> {
  const body = new TextEncoder().encode(`${message}\n`);
  const headers: HeaderField[] = [
    ["Content-Type", "text/plain; charset=utf-8"],
    ["Content-Length", String(body.length)],
    ["Connection", "close"],
  ];
  await writeMessage(conn, `HTTP/1.1 ${status} ${reasons[status] ?? "Unknown"}`, headers, body);
  await readOut(conn);
}

/**
 * Ends our side and reads on for a moment: a socket closed with bytes unread resets the
 * connection, and the other side might never see the answer.
 */
export async function readOut(conn: Deno.TcpConn): Promise<void> {
  const late = setTimeout(() => closeQuietly(conn), 1000);
  try {
    await conn.closeWrite();
    const thrownAway = new Uint8Array(16_384);
    while (await conn.read(thrownAway) !== null);
  } finally {
    clearTimeout(late);
  }
}
