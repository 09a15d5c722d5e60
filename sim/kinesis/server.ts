/** Server: gives the handler a port that takes HTTP/1.1 and, with prior knowledge, HTTP/2. */
import { type Events, type RequestNote, telling } from "../events.ts";
import { type HttpRequest, type HttpResponse, jsonResponse, serveHttp } from "../net/http.ts";
import type { Service } from "../service.ts";
import type { Handler } from "./handler.ts";

/** 10 MiB as base64 in JSON, and room for 500 names. */
const bodyBytesMax = 16 * 1024 * 1024;

export interface ServerOptions {
  port: number;
  /** Asked after the work is done: true takes the answer away. */
  losesAnswer(): boolean;
  events?: Events | undefined;
}

/** @throws {Deno.errors.AddrInUse} */
export function serve(handler: Handler, { port, losesAnswer, events }: ServerOptions): Service {
  const answerTo = (request: HttpRequest, note: RequestNote | null) =>
    answer(request, handler, note);
  return serveHttp(telling(events, "kinesis", answerTo), {
    port,
    losesAnswer,
    bodyBytesMax,
    http2: true,
    refusal: (message) =>
      jsonResponse(403, { __type: "AccessDeniedException", message }, "application/x-amz-json-1.1"),
  });
}

const utf8 = new TextEncoder();
const none = new Uint8Array(0);

function answer(
  { method, target, headers, body }: HttpRequest,
  handler: Handler,
  note: RequestNote | null,
): HttpResponse {
  if (body === null) return { status: 413, headers: [], body: none };
  const fields = new Map<string, string>();
  for (const [name, value] of headers) {
    const key = name.toLowerCase();
    const before = fields.get(key);
    const isRepeated = before !== undefined && key !== "host";
    fields.set(key, isRepeated ? `${before},${value}` : value);
  }
  const mark = target.indexOf("?");
  const path = mark < 0 ? target : target.slice(0, mark);
  const query = mark < 0 ? "" : target.slice(mark + 1);
  const response = handler({ method, path, query, headers: fields, body }, note);
  const bytes = typeof response.body === "string" ? utf8.encode(response.body) : response.body;
  return { status: response.status, headers: response.headers, body: bytes };
}
