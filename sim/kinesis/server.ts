/**
 * Server: gives a handler a port at 127.0.0.1 that takes HTTP/1.1 and, with prior knowledge,
 * HTTP/2. Deno's own server does both, which ours in sim/net does not.
 */
import type { Service } from "../service.ts";
import type { Handler, KinesisRequest } from "./handler.ts";

/** 10 MiB as base64 in JSON, and room for 500 names. */
const bodyBytesMax = 16 * 1024 * 1024;

export interface ServerOptions {
  port: number;
  /** Asked after the work is done: true takes the answer away. */
  losesAnswer(): boolean;
}

/** @throws {Deno.errors.AddrInUse} */
export function serve(handler: Handler, { port, losesAnswer }: ServerOptions): Service {
  const ending = new AbortController();
  const server = Deno.serve({
    hostname: "127.0.0.1",
    port,
    signal: ending.signal,
    onListen: () => {},
    // What a handler throws is our bug: said, and no reason to end the whole simulator.
    onError: (error) => error === lost ? new Response(null) : brokenAnswer(error),
  }, async (request) => {
    const body = await wholeBody(request);
    if (body === null) return new Response(null, { status: 413 });
    const { status, headers, body: answer } = handler(wireRequest(request, body));
    if (losesAnswer()) return lostAnswer();
    return new Response(answer, { status, headers });
  });
  return {
    port: server.addr.port,
    async [Symbol.asyncDispose]() {
      ending.abort();
      await server.finished;
    },
  };
}

const lost = new Error("The answer was lost");

/** Announces a body and breaks off: a reset of the connection, or of the stream in HTTP/2. */
function lostAnswer(): Response {
  const body = new ReadableStream({
    pull(controller) {
      controller.error(lost);
    },
  });
  return new Response(body, { headers: { "Content-Length": "1" } });
}

function brokenAnswer(error: unknown): Response {
  console.error(error);
  return new Response(null, { status: 500 });
}

/** Null if it is longer than allowed. */
async function wholeBody(request: Request): Promise<Uint8Array | null> {
  const announced = Number(request.headers.get("content-length") ?? NaN);
  if (announced > bodyBytesMax) return null;
  if (Number.isFinite(announced) || request.body === null) return await request.bytes();
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of request.body) {
    size += piece.length;
    if (size > bodyBytesMax) return null;
    pieces.push(piece);
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/**
 * Over HTTP/2 the address stands in `:authority`, and clients sign it under that name or as
 * `host`; Deno tells it as part of the URL alone.
 */
function wireRequest(request: Request, body: Uint8Array): KinesisRequest {
  const { method, url } = request;
  const headers = new Map<string, string>(request.headers);
  const hostStart = url.indexOf("//") + 2;
  const pathStart = url.indexOf("/", hostStart);
  const authority = url.slice(hostStart, pathStart);
  headers.set(":authority", authority);
  if (!headers.has("host")) headers.set("host", authority);
  const target = url.slice(pathStart);
  const mark = target.indexOf("?");
  const path = mark < 0 ? target : target.slice(0, mark);
  return { method, path, query: mark < 0 ? "" : target.slice(mark + 1), headers, body };
}
