/**
 * HTTP server: a function from request to response -> a port at 127.0.0.1.
 *
 * Requests of one connection are answered in their order, one after another, as HTTP/1.1
 * demands of pipelining; connections do not wait for each other. A body is read whole before
 * the handler sees it, and never beyond `bodyBytesMax`; http_calls.ts is for longer ones.
 */
import { type HttpServer, serveCalls } from "./http_calls.ts";
import type { HeaderField } from "./http_wire.ts";

export { closeQuietly, type HttpServer, isConnectionTrouble } from "./http_calls.ts";
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
  const { port = 0, bodyBytesMax, losesAnswer } = options;
  return serveCalls(async (call) => {
    const body = await call.whole(bodyBytesMax);
    const { method, target, headers, client } = call;
    const response = await handler({ method, target, headers, body, client });
    return losesAnswer?.() === true ? null : response;
  }, port);
}
