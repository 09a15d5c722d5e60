/**
 * HTTP server: a function from request to response -> a port at 127.0.0.1.
 *
 * Requests of one connection are answered in their order, one after another, as HTTP/1.1
 * demands of pipelining; connections do not wait for each other. A body is read whole before
 * the handler sees it, and never beyond `bodyBytesMax`; http_calls.ts is for longer ones.
 */
import { Http2 } from "./http2.ts";
import { Growing } from "./growing.ts";
import { type CallServerOptions, type HttpServer, plainRefusal, serveCalls } from "./http_calls.ts";
import type { HeaderField } from "./http_wire.ts";
import { refusedFor } from "./origin.ts";

export type { HttpServer } from "./http_calls.ts";
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

export interface HttpServerOptions extends Omit<CallServerOptions, "refusal" | "http2" | "hosts"> {
  bodyBytesMax: number;
  /** The service's own words to who calls it by a foreign name, or from a foreign page. */
  refusal?: (reason: string) => HttpResponse;
  /** Asked after the work of a request is done: true closes the connection instead of answering. */
  losesAnswer?: () => boolean;
  /** Whether the port takes HTTP/2 with prior knowledge too. Default: no. */
  http2?: boolean;
}

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
  const { bodyBytesMax, losesAnswer, http2: hasHttp2, ...others } = options;
  const http2 = hasHttp2 ? new Http2((request) => answerHttp2(request, handler, options)) : null;
  const server = serveCalls(
    async (call) => {
      const body = await call.whole(bodyBytesMax);
      const { method, target, headers, client } = call;
      const response = await handler({ method, target, headers, body, client });
      return losesAnswer?.() === true ? null : response;
    },
    {
      ...others,
      http2: http2 === null ? undefined : (visit, reader) => http2.serve(visit, reader),
    },
  );
  return {
    port: server.port,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await http2?.[Symbol.asyncDispose]();
    },
  };
}

async function answerHttp2(
  request: Request,
  handler: HttpHandler,
  { bodyBytesMax, losesAnswer, refusal = plainRefusal }: HttpServerOptions,
): Promise<Response> {
  const { method, url } = request;
  const hostStart = url.indexOf("//") + 2;
  const pathStart = url.indexOf("/", hostStart);
  // The address stands in `:authority` here, and clients sign it under that name or as `host`.
  const authority = url.slice(hostStart, pathStart);
  const headers: HeaderField[] = [
    [":authority", authority],
    ["host", authority],
    ...request.headers,
  ];
  const reason = refusedFor(headers, "own");
  if (reason !== null) return toResponse(refusal(reason));
  const body = await wholeBody(request, bodyBytesMax);
  const target = url.slice(pathStart);
  const response = await handler({ method, target, headers, body, client: "127.0.0.1" });
  return losesAnswer?.() === true ? lostAnswer() : toResponse(response);
}

function toResponse({ status, headers, body }: HttpResponse): Response {
  const fields: [string, string][] = headers.map(([name, value]) => [name, value]);
  return new Response(new Uint8Array(body), { status, headers: fields });
}

/** Null if it is longer than allowed. */
async function wholeBody(request: Request, bytesMax: number): Promise<Uint8Array | null> {
  const whole = new Growing();
  let size = 0;
  for await (const piece of request.body ?? []) {
    size += piece.length;
    if (size <= bytesMax) whole.append(piece);
  }
  return size <= bytesMax ? whole.finish() : null;
}

/** Announces a body and breaks off: the stream is reset. */
function lostAnswer(): Response {
  const body = new ReadableStream({
    pull(controller) {
      controller.error(new Error("The answer was lost"));
    },
  });
  return new Response(body, { headers: { "Content-Length": "1" } });
}
